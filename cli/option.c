/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option tables. getopt_long does the splitting; this file turns rows into its form and text into
 * typed values. Runs once per command.
 */
#include "option.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "habit.h"
#include "io/environment.h"
#include "nearest.h"

#define LONG_BASE 256
/* Of an unknown one, as far as it is repeated. */
#define NAME_BYTES_MAX 128

struct suffix {
    char letter;
    uint64_t factor;
};

static int parse_scaled(const char *text, const struct suffix *suffixes, uint64_t *ret)
{
    struct sw_str s = sw_str_of(text);
    uint64_t factor = 1;
    if (s.n > 0 && (s.p[s.n - 1] < '0' || s.p[s.n - 1] > '9')) {
        char letter = s.p[s.n - 1];
        while (suffixes->letter != 0 && suffixes->letter != letter &&
               suffixes->letter + ('A' - 'a') != letter)
            suffixes++;
        if (suffixes->letter == 0)
            return -EINVAL;
        factor = suffixes->factor;
        s.n--;
    }
    uint64_t value = 0;
    if (sw_str_parse_u64(s, 10, &value) < 0 || !sw_num_mul(value, factor, &value))
        return -EINVAL;
    *ret = value;
    return 0;
}

int sw_option_parse_size(const char *text, uint64_t *ret)
{
    static const struct suffix suffixes[] = {
        {'k', 1024}, {'m', 1024 * 1024}, {'g', 1024 * 1024 * 1024}, {0}};
    return parse_scaled(text, suffixes, ret);
}

int sw_option_parse_duration(const char *text, int64_t *ret)
{
    static const struct suffix suffixes[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0}};
    uint64_t value = 0;
    if (parse_scaled(text, suffixes, &value) < 0 || value > INT64_MAX)
        return -EINVAL;
    *ret = (int64_t)value;
    return 0;
}

static int append(struct sw_option_list *list, const char *text)
{
    if (list->n == SW_OPTION_LIST_MAX)
        return -E2BIG;
    list->v[list->n++] = text;
    return 0;
}

static int store(const struct sw_option *row, void *values, const char *text, struct sw_err *err)
{
    void *place = (char *)values + row->offset;
    int r = text != NULL ? sw_habit_explain_value(row->name, text, err) : 0;
    if (r < 0)
        return r;
    switch (row->type) {
    case SW_OPTION_FLAG:
        *(bool *)place = true;
        break;
    case SW_OPTION_STRING:
        *(const char **)place = text;
        break;
    case SW_OPTION_OPTIONAL:
        *(const char **)place = text != NULL ? text : "";
        break;
    case SW_OPTION_LIST:
        r = append(place, text);
        break;
    case SW_OPTION_SIZE:
        r = sw_option_parse_size(text, place);
        break;
    case SW_OPTION_COUNT:
        r = sw_str_parse_u64(sw_str_of(text), 10, place);
        break;
    case SW_OPTION_DURATION:
        r = sw_option_parse_duration(text, place);
        break;
    case _SW_OPTION_TYPE_MAX:
        assert(false);
        break;
    }
    if (r == -E2BIG)
        return sw_err_set(
            err, -EINVAL, "--%s was given more than %d times", row->name, SW_OPTION_LIST_MAX);
    if (r < 0)
        return sw_err_set(err, -EINVAL, "--%s: '%s' is not a %s", row->name, text,
            row->type == SW_OPTION_SIZE       ? "size such as 256M"
            : row->type == SW_OPTION_DURATION ? "duration such as 3d or 12h"
                                              : "number");
    return 0;
}

static int apply_environment(const struct sw_option *table, void *values, struct sw_err *err)
{
    for (const struct sw_option *row = table; row->name != NULL; row++) {
        const char *text = row->environment != NULL ? sw_environment_get(row->environment) : NULL;
        if (text == NULL || text[0] == '\0')
            continue;
        int r = store(row, values, text, err);
        if (r < 0)
            return sw_err_wrap(err, r, "environment variable %s", row->environment);
    }
    return 0;
}

static void fill(const struct sw_option *table, struct option *long_options, char *letters)
{
    size_t n = 0;
    *letters++ = ':';
    for (; table[n].name != NULL && n < SW_OPTIONS_MAX; n++) {
        int has_argument = table[n].type == SW_OPTION_FLAG       ? no_argument
                           : table[n].type == SW_OPTION_OPTIONAL ? optional_argument
                                                                 : required_argument;
        long_options[n] = (struct option){table[n].name, has_argument, NULL, LONG_BASE + (int)n};
        if (table[n].letter == 0)
            continue;
        *letters++ = table[n].letter;
        if (has_argument == required_argument)
            *letters++ = ':';
    }
    long_options[n] = (struct option){0};
    *letters = '\0';
}

static const struct sw_option *find_row(const struct sw_option *table, int code)
{
    if (code >= LONG_BASE)
        return &table[code - LONG_BASE];
    while (table->name != NULL && table->letter != code)
        table++;
    return table->name != NULL ? table : NULL;
}

/* What no row has: from another scanner, or mistyped. */
static int refuse(
    const struct sw_option *table, struct sw_str word, const char *value, struct sw_err *err)
{
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof(name), "%.*s", (int)(word.n < sizeof(name) ? word.n : sizeof(name) - 1),
        word.p);
    int r = sw_habit_explain_option(name, value, table, err);
    if (r < 0)
        return r;
    struct sw_nearest nearest;
    sw_nearest_init(&nearest, name[1] == '-' ? name + 2 : name);
    for (; table->name != NULL && name[1] == '-'; table++)
        sw_nearest_offer(&nearest, table->name);
    return nearest.name == NULL
               ? sw_err_set(err, -EINVAL, "unknown option '%s'", name)
               : sw_err_set(
                     err, -EINVAL, "unknown option '%s'; did you mean '--%s'?", name, nearest.name);
}

/* getopt's '?': no row, a beginning that several rows have, or a flag that was given a value. */
static int report_unknown(const struct sw_option *table, int argc, char **argv, struct sw_err *err)
{
    const char *next = optind < argc ? argv[optind] : NULL;
    if (optopt >= LONG_BASE)
        return sw_err_set(err, -EINVAL, "--%s takes no value", table[optopt - LONG_BASE].name);
    if (optopt != 0) {
        char letter[] = {'-', (char)optopt, '\0'};
        return refuse(table, sw_str_of(letter), next, err);
    }
    struct sw_str rest = sw_str_of(argv[optind - 1]);
    struct sw_str word;
    sw_str_next_token(&rest, '=', &word);
    return refuse(table, word, rest.p != NULL ? rest.p : next, err);
}

/* The beginning of one of our options may be another scanner's word for something else. */
static int check_beginning(
    const struct sw_option *table, const struct sw_option *row, char **argv, struct sw_err *err)
{
    bool is_apart = optarg != NULL && optarg == argv[optind - 1];
    struct sw_str rest = sw_str_of(argv[optind - (is_apart ? 2 : 1)]);
    struct sw_str word;
    sw_str_next_token(&rest, '=', &word);
    if (!sw_str_starts_with(word, SW_STR("--")) || sw_str_equal_z(sw_str_skip(word, 2), row->name))
        return 0;
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof(name), "%.*s", (int)(word.n < sizeof(name) ? word.n : sizeof(name) - 1),
        word.p);
    return sw_habit_explain_option(name, optarg, table, err);
}

/* `seawall scan image alpine:3.19`: the word of another scanner's command is one too many. */
static int report_surplus(const char **operands, size_t n, const char *argument, struct sw_err *err)
{
    return n > 0 && sw_habit_explain_command(operands[0], NULL) < 0
               ? sw_err_set(err, -EINVAL, "unexpected argument '%s'; leave out '%s'", argument,
                     operands[0])
               : sw_err_set(err, -EINVAL, "unexpected argument '%s'", argument);
}

int sw_option_parse(const struct sw_option *table, int argc, char **argv, void *values,
    const char **operands, size_t max, size_t *ret_n, struct sw_err *err)
{
    struct option long_options[SW_OPTIONS_MAX + 1];
    char letters[2 * SW_OPTIONS_MAX + 2];
    fill(table, long_options, letters);
    int r = apply_environment(table, values, err);
    if (r < 0)
        return r;
    opterr = 0;
    optind = 0;
    for (;;) {
        int code = getopt_long(argc, argv, letters, long_options, NULL);
        if (code == -1)
            break;
        if (code == ':')
            return sw_err_set(err, -EINVAL, "'%s' needs a value", argv[optind - 1]);
        const struct sw_option *row = code != '?' ? find_row(table, code) : NULL;
        if (row == NULL)
            return report_unknown(table, argc, argv, err);
        r = code >= LONG_BASE ? check_beginning(table, row, argv, err) : 0;
        if (r == 0)
            r = store(row, values, optarg, err);
        if (r < 0)
            return r;
    }
    size_t n = 0;
    for (; optind < argc; optind++) {
        if (n == max)
            return report_surplus(operands, n, argv[optind], err);
        operands[n++] = argv[optind];
    }
    *ret_n = n;
    return 0;
}

#define HELP_COLUMN 28

static void print_row(const struct sw_option *row, FILE *out)
{
    char left[128];
    const char *argument = row->argument != NULL ? row->argument : "";
    const char *join = row->argument == NULL ? "" : row->type == SW_OPTION_OPTIONAL ? "[=" : " ";
    const char *close = row->type == SW_OPTION_OPTIONAL ? "]" : "";
    char letter[8] = "    ";
    if (row->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    int n =
        snprintf(left, sizeof(left), "  %s--%s%s%s%s", letter, row->name, join, argument, close);
    fprintf(out, "%s", left);
    if (n >= HELP_COLUMN)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - n, "");
    size_t column = HELP_COLUMN;
    struct sw_str rest = sw_str_of(row->help);
    struct sw_str word;
    while (sw_str_next_token(&rest, ' ', &word)) {
        if (column + word.n + 1 > 80) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        fprintf(out, "%s%.*s", column > HELP_COLUMN ? " " : "", SW_STR_ARG(word));
        column += word.n + 1;
    }
    fprintf(out, "\n");
}

void sw_option_print_help(const struct sw_option *table, FILE *out)
{
    for (; table->name != NULL; table++)
        print_row(table, out);
}

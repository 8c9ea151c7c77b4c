/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidates for a word; once per press of a key in a shell. What an option takes is told by its
 * argument's name as --help shows it.
 */
#include "complete.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command.h"
#include "model/aspect.h"
#include "model/finding.h"
#include "report/format.h"
#include "rules/version.h"
#include "scan/source.h"

/* Of an explanation beside a word; shells cut it at the screen's edge anyway. */
#define EXPLANATION_BYTES_MAX 72

enum argument_kind {
    ARGUMENT_OTHER, /* nothing is known of it */
    ARGUMENT_FILE,
    ARGUMENT_DIRECTORY,
    ARGUMENT_TARGET,
    ARGUMENT_FORMAT, /* FORMAT or FORMAT=FILE */
    ARGUMENT_LEVEL,
    ARGUMENT_PLATFORM,
    ARGUMENT_SCHEME,
    ARGUMENT_ASPECTS, /* "vuln,secrets" */
    ARGUMENT_WORDS,   /* "bash|zsh|fish" */
};

struct completion {
    struct sw_buf *out;
    const char *word; /* to be completed */
    size_t n_head;    /* its bytes that stay whatever comes */
    int r;            /* of the first append that failed */
};

static enum argument_kind kind_of(struct sw_str name)
{
    static const struct {
        const char *name;
        enum argument_kind kind;
    } known[] = {
        {"FILE", ARGUMENT_FILE},
        {"PEM", ARGUMENT_FILE},
        {"OLD", ARGUMENT_FILE},
        {"DELTA", ARGUMENT_FILE},
        {"REPORT.json", ARGUMENT_FILE},
        {"DIR", ARGUMENT_DIRECTORY},
        {"TARGET", ARGUMENT_TARGET},
        {"FORMAT", ARGUMENT_FORMAT},
        {"FORMAT[=FILE]", ARGUMENT_FORMAT},
        {"LEVEL", ARGUMENT_LEVEL},
        {"OS/ARCH[/VARIANT]", ARGUMENT_PLATFORM},
        {"SCHEME", ARGUMENT_SCHEME},
        {"KIND[,KIND]", ARGUMENT_ASPECTS},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(known); i++)
        if (sw_str_equal_z(name, known[i].name))
            return known[i].kind;
    return sw_str_find_char(name, '|') >= 0 ? ARGUMENT_WORDS : ARGUMENT_OTHER;
}

/* Up to the first clause, for a shell shows it beside the word. */
static struct sw_str cut(const char *text)
{
    struct sw_str s = sw_str_of(text);
    ptrdiff_t end = sw_str_find_char(s, ';');
    return sw_str_part(s, 0,
        end >= 0 && end < EXPLANATION_BYTES_MAX ? (size_t)end : (size_t)EXPLANATION_BYTES_MAX);
}

/* "LEAD" + name + "END", when the word could become it. */
static void offer(struct completion *c, struct sw_str name, const char *end, const char *what)
{
    struct sw_str typed = sw_str_skip(sw_str_of(c->word), c->n_head);
    size_t n = typed.n < name.n ? typed.n : name.n;
    if (!sw_str_equal(sw_str_part(typed, 0, n), sw_str_part(name, 0, n)) ||
        (typed.n > name.n && !sw_str_equal_z(sw_str_skip(typed, name.n), end)))
        return;
    int r = sw_buf_printf(c->out, "%.*s%.*s%s\t%.*s\n", (int)c->n_head, c->word, SW_STR_ARG(name),
        end, SW_STR_ARG(cut(what)));
    c->r = c->r == 0 ? r : c->r;
}

static void offer_name(struct completion *c, const char *name)
{
    offer(c, sw_str_of(name), "", "");
}

static void ask_shell(struct completion *c, const char *what)
{
    int r = sw_buf_printf(c->out, ":%s %.*s\n", what, (int)c->n_head, c->word);
    c->r = c->r == 0 ? r : c->r;
}

/* The help of an option may name some of the formats; "as in scan" means all. */
static bool has_format(const char *help, const char *name)
{
    size_t n = strlen(name);
    if (help == NULL || strstr(help, "as in scan") != NULL)
        return true;
    for (const char *at = strstr(help, name); at != NULL; at = strstr(at + 1, name))
        if ((at == help || strchr(" ,", at[-1]) != NULL) && strchr(" ,;", at[n]) != NULL)
            return true;
    return false;
}

static void complete_format(struct completion *c, const struct sw_option *row)
{
    const char *equals = strchr(c->word + c->n_head, '=');
    if (equals != NULL) {
        c->n_head = (size_t)(equals + 1 - c->word);
        ask_shell(c, "files");
        return;
    }
    for (const struct sw_report_format *const *f = sw_report_formats; *f != NULL; f++)
        if (row == NULL || has_format(row->help, (*f)->name))
            offer(c, sw_str_of((*f)->name), "", (*f)->summary);
}

/* "oci:FILE", or a file without a word before it. Images of engines and registries are not known.
 */
static void complete_target(struct completion *c)
{
    static const char *const files[] = {
        "docker-archive", "oci", "oci-archive", "oci-dir", "rootfs", "dir"};
    const char *typed = c->word + c->n_head;
    const char *colon = strchr(typed, ':');
    for (const struct sw_source_kind *kind = sw_source_kinds; kind->prefix != NULL; kind++)
        if (colon == NULL)
            offer(c, sw_str_of(kind->prefix), ":", "");
    for (size_t i = 0; colon != NULL && i < SW_ARRAY_SIZE(files); i++) {
        if (strncmp(typed, files[i], (size_t)(colon - typed)) != 0 ||
            files[i][colon - typed] != '\0')
            continue;
        c->n_head = (size_t)(colon + 1 - c->word);
        ask_shell(c, "files");
        return;
    }
    if (colon == NULL)
        ask_shell(c, "files");
}

static void complete_aspects(struct completion *c)
{
    const char *comma = strrchr(c->word + c->n_head, ',');
    c->n_head = comma != NULL ? (size_t)(comma + 1 - c->word) : c->n_head;
    for (int i = 0; i < _SW_ASPECT_MAX; i++)
        offer_name(c, sw_aspect_name((enum sw_aspect)i));
}

static void complete_words(struct completion *c, struct sw_str words)
{
    struct sw_str word;
    while (sw_str_next_token(&words, '|', &word))
        offer(c, word, "", "");
}

/* The row is NULL for an operand. */
static void complete_argument(
    struct completion *c, struct sw_str argument, const struct sw_option *row)
{
    static const char *const platforms[] = {"linux/amd64", "linux/arm64", "linux/arm/v7",
        "linux/arm/v6", "linux/386", "linux/ppc64le", "linux/s390x", "linux/riscv64"};
    switch (kind_of(argument)) {
    case ARGUMENT_FILE:
        ask_shell(c, "files");
        break;
    case ARGUMENT_DIRECTORY:
        ask_shell(c, "directories");
        break;
    case ARGUMENT_TARGET:
        complete_target(c);
        break;
    case ARGUMENT_FORMAT:
        complete_format(c, row);
        break;
    case ARGUMENT_LEVEL:
        for (int i = SW_SEVERITY_NEGLIGIBLE; i < _SW_SEVERITY_MAX; i++)
            offer_name(c, sw_severity_name((enum sw_severity)i));
        break;
    case ARGUMENT_PLATFORM:
        for (size_t i = 0; i < SW_ARRAY_SIZE(platforms); i++)
            offer_name(c, platforms[i]);
        break;
    case ARGUMENT_SCHEME:
        for (int i = 0; i < _SW_VERSION_SCHEME_MAX; i++)
            offer_name(c, sw_version_scheme_name((enum sw_version_scheme)i));
        break;
    case ARGUMENT_ASPECTS:
        complete_aspects(c);
        break;
    case ARGUMENT_WORDS:
        complete_words(c, argument);
        break;
    case ARGUMENT_OTHER:
        break;
    }
}

/* The first operand of "db delta OLD NEW -o FILE [--key PEM]"; empty when there is none. */
static struct sw_str operand_of(const struct sw_command *command)
{
    struct sw_str rest = sw_str_skip(sw_str_of(command->usage), strlen(command->name));
    struct sw_str word;
    bool is_in_brackets = false;
    bool is_value = false;
    while (sw_str_next_token(&rest, ' ', &word)) {
        bool is_option = word.n > 0 && strchr("-[", word.p[0]) != NULL;
        is_in_brackets = is_in_brackets || (word.n > 0 && word.p[0] == '[');
        if (word.n > 0 && word.p[0] != '|' && !is_option && !is_in_brackets && !is_value)
            return sw_str_ends_with(word, SW_STR("...")) ? sw_str_part(word, 0, word.n - 3) : word;
        is_value = is_option && !is_in_brackets && word.n == 2;
        if (sw_str_ends_with(word, SW_STR("]")))
            is_in_brackets = false;
    }
    return SW_STR_NONE;
}

static const struct sw_option *find_option(const struct sw_option *table, struct sw_str name)
{
    for (; table != NULL && table->name != NULL; table++)
        if (sw_str_equal_z(name, table->name))
            return table;
    return NULL;
}

/* The option that waits for the word after this one; NULL: none. */
static const struct sw_option *find_waiting(const struct sw_option *table, const char *word)
{
    if (strncmp(word, "--", 2) == 0)
        table = find_option(table, sw_str_of(word + 2));
    else if (word[0] == '-' && word[1] != '\0')
        while (table != NULL && table->name != NULL && table->letter != word[strlen(word) - 1])
            table++;
    else
        return NULL;
    bool is_waiting = table != NULL && table->name != NULL && table->type != SW_OPTION_FLAG &&
                      table->type != SW_OPTION_OPTIONAL;
    return is_waiting ? table : NULL;
}

static void complete_option(struct completion *c, const struct sw_option *table)
{
    const char *equals = strchr(c->word, '=');
    if (equals != NULL) {
        struct sw_str name = {c->word + 2, (size_t)(equals - c->word) - 2};
        const struct sw_option *row = find_option(table, name);
        c->n_head = (size_t)(equals + 1 - c->word);
        if (row != NULL && row->argument != NULL)
            complete_argument(c, sw_str_of(row->argument), row);
        return;
    }
    c->n_head = strlen(c->word) < 2 ? 0 : 2;
    for (; table != NULL && table->name != NULL; table++) {
        char name[64];
        snprintf(name, sizeof(name), "%s%s", c->n_head == 0 ? "--" : "", table->name);
        offer(c, sw_str_of(name), "", table->help);
    }
    offer(c, c->n_head == 0 ? SW_STR("--help") : SW_STR("help"), "", "all about this command");
}

static void complete_in_command(
    struct completion *c, const struct sw_command *command, const char *const *given, size_t n)
{
    bool has_ended = false;
    const struct sw_option *waiting = NULL;
    for (size_t i = 0; i < n; i++) {
        bool is_value = waiting != NULL;
        waiting = has_ended || is_value ? NULL : find_waiting(command->options, given[i]);
        has_ended = has_ended || (!is_value && strcmp(given[i], "--") == 0);
    }
    if (waiting != NULL)
        complete_argument(
            c, sw_str_of(waiting->argument != NULL ? waiting->argument : ""), waiting);
    else if (!has_ended && c->word[0] == '-')
        complete_option(c, command->options);
    else
        complete_argument(c, operand_of(command), NULL);
}

/* The next word of a command's name after those that are given; empty: it does not go on so. */
static struct sw_str next_word(const struct sw_command *command, const char *const *given, size_t n)
{
    struct sw_str rest = sw_str_of(command->name);
    struct sw_str word;
    for (size_t i = 0; i < n; i++)
        if (!sw_str_next_token(&rest, ' ', &word) || !sw_str_equal_z(word, given[i]))
            return SW_STR_NONE;
    return rest.p != NULL && sw_str_next_token(&rest, ' ', &word) ? word : SW_STR_NONE;
}

static void complete_command(struct completion *c, const char *const *given, size_t n)
{
    struct sw_str last = SW_STR_NONE;
    for (const struct sw_command *const *i = sw_commands; *i != NULL; i++) {
        struct sw_str word = next_word(*i, given, n);
        /* Commands of a group follow one another. */
        if ((*i)->is_hidden || word.n == 0 || sw_str_equal(word, last))
            continue;
        bool is_group = n == 0 && strchr((*i)->name, ' ') != NULL;
        offer(c, word, "", is_group ? "more commands" : (*i)->summary);
        last = word;
    }
    if (n > 0 || c->word[0] != '-')
        return;
    offer(c, SW_STR("--help"), "", "what there is");
    offer(c, SW_STR("--version"), "", "which Seawall this is");
}

/* The number of words of its name, when all are given. */
static size_t match(const struct sw_command *command, const char *const *given, size_t n)
{
    struct sw_str rest = sw_str_of(command->name);
    struct sw_str word;
    size_t i = 0;
    for (; sw_str_next_token(&rest, ' ', &word); i++)
        if (i == n || !sw_str_equal_z(word, given[i]))
            return 0;
    return i;
}

int sw_complete_print(const char *const *words, size_t n, struct sw_buf *ret_lines)
{
    if (n == 0)
        return 0;
    struct completion c = {.out = ret_lines, .word = words[n - 1]};
    for (const struct sw_command *const *i = sw_commands; *i != NULL; i++) {
        size_t n_name = match(*i, words, n - 1);
        if (n_name == 0)
            continue;
        complete_in_command(&c, *i, words + n_name, n - 1 - n_name);
        return c.r;
    }
    complete_command(&c, words, n - 1);
    return c.r;
}

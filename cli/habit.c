/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a word that another scanner knows to a sentence; once per run that ends with a usage error.
 * Nothing is translated in silence: who reads the answer once types ours from then on.
 */
#include "habit.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/finding.h"
#include "report/format.h"

/* Of a list of levels such as CRITICAL,HIGH,UNKNOWN. */
#define LEVELS_MAX 16

/* "'--input' is Trivy's; here: seawall scan FILE (it is told by its bytes)". */
static void tell(
    struct sw_buf *text, const struct sw_habit *habit, const char *word, const char *where)
{
    sw_buf_printf(text, "%s'%s' is %s's", text->n > 0 ? "; " : "", word, habit->peers);
    if (habit->ours != NULL)
        sw_buf_printf(text, "; here: %s%s", habit->ours, where);
    if (habit->says != NULL)
        sw_buf_printf(text, habit->ours != NULL ? " (%s)" : "; %s", habit->says);
}

static int finish(const struct sw_buf *text, struct sw_err *err)
{
    return text->n > 0 ? sw_err_set(err, -ENOTSUP, "%s", text->p) : 0;
}

static int explain(enum sw_habit_kind kind, const char *word, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_ERR_MESSAGE_MAX);
    for (const struct sw_habit *habit = sw_habits; habit->word != NULL; habit++)
        if (habit->kind == kind && strcmp(habit->word, word) == 0)
            tell(&text, habit, word, "");
    return finish(&text, err);
}

int sw_habit_explain_command(const char *word, struct sw_err *err)
{
    return explain(SW_HABIT_COMMAND, word, err);
}

static const struct sw_habit *find_value(const char *name, struct sw_str value)
{
    for (const struct sw_habit *habit = sw_habits; habit->word != NULL; habit++) {
        if (habit->kind != SW_HABIT_VALUE)
            continue;
        struct sw_str rest = sw_str_skip(sw_str_of(habit->word), 2);
        struct sw_str option;
        if (sw_str_next_token(&rest, ' ', &option) && sw_str_equal_z(option, name) &&
            sw_str_equal_ignore_case(rest, value))
            return habit;
    }
    return NULL;
}

/* "-f FORMAT", and -o is followed by a word that is one, here or elsewhere. */
static bool is_format(struct sw_str value)
{
    return sw_report_format_find(value) != NULL || find_value("format", value) != NULL;
}

static bool has_option(const struct sw_option *table, const char *ours)
{
    struct sw_str rest = sw_str_of(ours);
    struct sw_str word;
    if (!sw_str_next_token(&rest, ' ', &word) || word.p[0] != '-')
        return true;
    struct sw_str name = sw_str_skip(word, 2);
    ptrdiff_t end = sw_str_find_char(name, '=');
    name = end >= 0 ? sw_str_part(name, 0, (size_t)end) : name;
    for (; table->name != NULL; table++)
        if (word.n == 2 ? table->letter == word.p[1] : sw_str_equal_z(name, table->name))
            return true;
    return false;
}

/* One of two that are spelled the same: a format for some, a file for others. */
static bool is_meant(const struct sw_habit *habit, const char *value)
{
    bool is_output = strcmp(habit->word, "-o") == 0 || strcmp(habit->word, "--output") == 0;
    if (!is_output || value == NULL)
        return true;
    struct sw_str rest = sw_str_of(value);
    struct sw_str format;
    sw_str_next_token(&rest, '=', &format);
    return is_format(format) == (strstr(habit->peers, "Grype") != NULL);
}

int sw_habit_explain_option(
    const char *word, const char *value, const struct sw_option *table, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_ERR_MESSAGE_MAX);
    for (const struct sw_habit *habit = sw_habits; habit->word != NULL; habit++) {
        if (habit->kind != SW_HABIT_OPTION || strcmp(habit->word, word) != 0 ||
            !is_meant(habit, value))
            continue;
        bool is_elsewhere = habit->ours != NULL && !has_option(table, habit->ours);
        tell(&text, habit, word, is_elsewhere ? " of seawall scan" : "");
    }
    return finish(&text, err);
}

/* HIGH,CRITICAL: a list elsewhere, here the level where it begins. */
static int explain_levels(const char *name, const char *value, struct sw_err *err)
{
    struct sw_str rest = sw_str_of(value);
    struct sw_str word;
    enum sw_severity least = _SW_SEVERITY_MAX;
    for (size_t n = 0; sw_str_next_token(&rest, ',', &word); n++) {
        char lower[16];
        enum sw_severity level;
        if (n == LEVELS_MAX || word.n >= sizeof(lower))
            return 0;
        for (size_t i = 0; i < word.n; i++)
            lower[i] = (char)tolower((unsigned char)word.p[i]);
        if (sw_severity_find((struct sw_str){lower, word.n}, &level) < 0)
            return 0;
        least = level < least ? level : least;
    }
    if (least == _SW_SEVERITY_MAX || strcmp(value, sw_severity_name(least)) == 0)
        return 0;
    return sw_err_set(err, -ENOTSUP, "'--%s %s' is %s's; here: --%s %s (from this level on)", name,
        value, strcmp(name, "severity") == 0 ? "Trivy" : "Grype", name, sw_severity_name(least));
}

int sw_habit_explain_value(const char *name, const char *value, struct sw_err *err)
{
    if (strcmp(name, "severity") == 0 || strcmp(name, "fail-on") == 0) {
        int r = explain_levels(name, value, err);
        if (r < 0)
            return r;
    }
    struct sw_str rest = sw_str_of(value);
    struct sw_str first;
    sw_str_next_token(&rest, '=', &first);
    const struct sw_habit *habit = find_value(name, first);
    if (habit == NULL)
        return 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_ERR_MESSAGE_MAX);
    tell(&text, habit, habit->word, "");
    return finish(&text, err);
}

int sw_habit_explain_source(const char *target, struct sw_err *err)
{
    /* A file may have any name. */
    if (access(target, F_OK) == 0)
        return 0;
    for (const struct sw_habit *habit = sw_habits; habit->word != NULL; habit++)
        if (habit->kind == SW_HABIT_SOURCE &&
            strncmp(target, habit->word, strlen(habit->word)) == 0)
            return explain(SW_HABIT_SOURCE, habit->word, err);
    return 0;
}

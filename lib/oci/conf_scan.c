/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of TOML. Files of a few kilobytes, once per scan.
 */
#include "oci/conf_scan.h"

#include <errno.h>
#include <string.h>

#include "oci/engine_image.h"

int sw_conf_fail(struct sw_conf_scan *scan, const char *what)
{
    return sw_err_set(scan->err, -EINVAL, "line %u: %s", scan->line, what);
}

void sw_conf_skip_line(struct sw_conf_scan *scan)
{
    ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
    scan->rest = sw_str_skip(scan->rest, end < 0 ? scan->rest.n : (size_t)end);
}

void sw_conf_skip_space(struct sw_conf_scan *scan, bool is_across)
{
    while (scan->rest.n > 0) {
        char c = *scan->rest.p;
        if (c == '#') {
            sw_conf_skip_line(scan);
            continue;
        }
        if (c == '\n' && is_across)
            scan->line++;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
        scan->rest = sw_str_skip(scan->rest, 1);
    }
}

bool sw_conf_take_char(struct sw_conf_scan *scan, char c)
{
    if (scan->rest.n == 0 || *scan->rest.p != c)
        return false;
    scan->rest = sw_str_skip(scan->rest, 1);
    return true;
}

int sw_conf_take_string(struct sw_conf_scan *scan, struct sw_str *ret)
{
    char quote = scan->rest.n > 0 ? *scan->rest.p : '\0';
    if (quote != '"' && quote != '\'')
        return sw_conf_fail(scan, "no string where one should be");
    scan->rest = sw_str_skip(scan->rest, 1);
    ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
    char *text = sw_region_alloc(scan->region, (end < 0 ? scan->rest.n : (size_t)end) + 1);
    if (text == NULL)
        return -ENOMEM;
    size_t n = 0;
    while (scan->rest.n > 0 && *scan->rest.p != quote && *scan->rest.p != '\n') {
        bool is_escape = quote == '"' && *scan->rest.p == '\\' && scan->rest.n > 1;
        scan->rest = sw_str_skip(scan->rest, is_escape ? 1 : 0);
        if (is_escape && *scan->rest.p != '\\' && *scan->rest.p != '"')
            return sw_conf_fail(scan, "an escape that no path needs");
        text[n++] = *scan->rest.p;
        scan->rest = sw_str_skip(scan->rest, 1);
    }
    if (!sw_conf_take_char(scan, quote))
        return sw_conf_fail(scan, "a string that does not end on its line");
    if (memchr(text, '\0', n) != NULL || n > SW_ENGINE_TEXT_MAX)
        return sw_conf_fail(scan, "a string that is no path");
    *ret = (struct sw_str){text, n};
    return 0;
}

bool sw_conf_take_key(struct sw_conf_scan *scan, struct sw_str *ret)
{
    ptrdiff_t equals = sw_str_find_char(scan->rest, '=');
    ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
    if (equals < 0 || (end >= 0 && end < equals))
        return false;
    *ret = sw_str_trim(sw_str_part(scan->rest, 0, (size_t)equals));
    scan->rest = sw_str_skip(scan->rest, (size_t)equals + 1);
    return true;
}

/* Behind the opening quotes, one or three of them. */
static void skip_quoted(struct sw_conf_scan *scan, char quote, bool is_long)
{
    const char three[] = {quote, quote, quote};
    struct sw_str end = {three, is_long ? 3 : 1};
    while (scan->rest.n > 0 && !sw_str_starts_with(scan->rest, end)) {
        if (*scan->rest.p == '\n' && !is_long)
            return;
        scan->line += *scan->rest.p == '\n';
        scan->rest = sw_str_skip(scan->rest, quote == '"' && *scan->rest.p == '\\' ? 2 : 1);
    }
    scan->rest = sw_str_skip(scan->rest, end.n);
}

static void skip_string(struct sw_conf_scan *scan)
{
    const char three[] = {*scan->rest.p, *scan->rest.p, *scan->rest.p};
    bool is_long = sw_str_starts_with(scan->rest, (struct sw_str){three, sizeof(three)});
    scan->rest = sw_str_skip(scan->rest, is_long ? 3 : 1);
    skip_quoted(scan, three[0], is_long);
}

void sw_conf_skip_value(struct sw_conf_scan *scan)
{
    size_t depth = 0;
    for (;;) {
        sw_conf_skip_space(scan, depth > 0);
        if (scan->rest.n == 0 || (depth == 0 && *scan->rest.p == '\n'))
            return;
        char c = *scan->rest.p;
        if (c == '"' || c == '\'') {
            skip_string(scan);
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= (c == ']' || c == '}') && depth > 0;
        scan->rest = sw_str_skip(scan->rest, 1);
    }
}

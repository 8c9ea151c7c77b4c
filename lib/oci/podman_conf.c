/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage.conf, as much of its TOML as says where images are: tables, strings of both kinds on one
 * line, and lists of them over several.
 */
#include <errno.h>
#include <string.h>

#include "oci/podman_store.h"

struct scan {
    struct sw_str rest;
    struct sw_region *region;
    struct sw_err *err;
    unsigned line;
};

#define ADDITIONAL_MAX ((size_t)16)

static int fail(struct scan *scan, const char *what)
{
    return sw_err_set(scan->err, -EINVAL, "line %u: %s", scan->line, what);
}

/* Passes over white space, over ends of lines as well where `is_across`, and over comments. */
static void skip_space(struct scan *scan, bool is_across)
{
    while (scan->rest.n > 0) {
        char c = *scan->rest.p;
        if (c == '#') {
            ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
            scan->rest = sw_str_skip(scan->rest, end < 0 ? scan->rest.n : (size_t)end);
            continue;
        }
        if (c == '\n' && is_across)
            scan->line++;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
        scan->rest = sw_str_skip(scan->rest, 1);
    }
}

static bool take_char(struct scan *scan, char c)
{
    if (scan->rest.n == 0 || *scan->rest.p != c)
        return false;
    scan->rest = sw_str_skip(scan->rest, 1);
    return true;
}

/* A string; in the double-quoted kind only \\ and \" are known, paths need no others. */
static int take_string(struct scan *scan, struct sw_str *ret)
{
    char quote = scan->rest.n > 0 ? *scan->rest.p : '\0';
    if (quote != '"' && quote != '\'')
        return fail(scan, "no string where one should be");
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
            return fail(scan, "an escape that no path needs");
        text[n++] = *scan->rest.p;
        scan->rest = sw_str_skip(scan->rest, 1);
    }
    if (!take_char(scan, quote))
        return fail(scan, "a string that does not end on its line");
    if (memchr(text, '\0', n) != NULL || n > SW_ENGINE_TEXT_MAX)
        return fail(scan, "a string that is no path");
    *ret = (struct sw_str){text, n};
    return 0;
}

static int take_list(struct scan *scan, struct sw_podman_conf *conf)
{
    if (!take_char(scan, '['))
        return fail(scan, "no list where one should be");
    conf->n_additional = 0;
    conf->additional = sw_region_array(scan->region, ADDITIONAL_MAX, sizeof(*conf->additional));
    if (conf->additional == NULL)
        return -ENOMEM;
    for (;;) {
        skip_space(scan, true);
        if (take_char(scan, ']'))
            return 0;
        if (conf->n_additional == ADDITIONAL_MAX)
            return fail(scan, "more additional stores than anybody has");
        int r = take_string(scan, &conf->additional[conf->n_additional]);
        if (r < 0)
            return r;
        conf->n_additional++;
        skip_space(scan, true);
        if (!take_char(scan, ',') && (scan->rest.n == 0 || *scan->rest.p != ']'))
            return fail(scan, "a list without its end");
    }
}

static void skip_line(struct scan *scan)
{
    ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
    scan->rest = sw_str_skip(scan->rest, end < 0 ? scan->rest.n : (size_t)end);
}

/* `key = value` of the table that the file is in. */
static int take_pair(struct scan *scan, struct sw_str table, struct sw_podman_conf *conf)
{
    ptrdiff_t equals = sw_str_find_char(scan->rest, '=');
    ptrdiff_t end = sw_str_find_char(scan->rest, '\n');
    if (equals < 0 || (end >= 0 && end < equals)) {
        skip_line(scan); /* the rest of a value that is of no interest here */
        return 0;
    }
    struct sw_str key = sw_str_trim(sw_str_part(scan->rest, 0, (size_t)equals));
    scan->rest = sw_str_skip(scan->rest, (size_t)equals + 1);
    skip_space(scan, false);
    bool is_storage = sw_str_equal_z(table, "storage");
    bool is_options = sw_str_equal_z(table, "storage.options");
    int r = 0;
    if (is_storage && sw_str_equal_z(key, "graphroot"))
        r = take_string(scan, &conf->graph_root);
    else if (is_storage && sw_str_equal_z(key, "runroot"))
        r = take_string(scan, &conf->run_root);
    else if (is_storage && sw_str_equal_z(key, "rootless_storage_path"))
        r = take_string(scan, &conf->rootless_path);
    else if (is_options && sw_str_equal_z(key, "additionalimagestores"))
        r = take_list(scan, conf);
    skip_line(scan);
    return r;
}

int sw_podman_conf_parse(
    struct sw_str text, struct sw_region *region, struct sw_podman_conf *ret, struct sw_err *err)
{
    struct scan scan = {.rest = text, .region = region, .err = err, .line = 1};
    struct sw_podman_conf conf = {0};
    struct sw_str table = SW_STR_NONE;
    if (text.n > SW_PODMAN_CONF_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "%zu bytes are no settings", text.n);
    for (;;) {
        skip_space(&scan, true);
        if (scan.rest.n == 0)
            break;
        int r = 0;
        if (take_char(&scan, '[')) {
            ptrdiff_t end = sw_str_find_char(scan.rest, ']');
            table = end < 0 ? SW_STR_NONE : sw_str_trim(sw_str_part(scan.rest, 0, (size_t)end));
            skip_line(&scan);
        } else {
            r = take_pair(&scan, table, &conf);
        }
        if (r < 0)
            return r;
    }
    *ret = conf;
    return 0;
}

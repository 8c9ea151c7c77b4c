/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage.conf, as much of its TOML as says where images are: tables, strings of both kinds on one
 * line, and lists of them over several.
 */
#include <errno.h>

#include "oci/conf_scan.h"
#include "oci/podman_store.h"

#define ADDITIONAL_MAX ((size_t)16)

static int take_list(struct sw_conf_scan *scan, struct sw_podman_conf *conf)
{
    if (!sw_conf_take_char(scan, '['))
        return sw_conf_fail(scan, "no list where one should be");
    conf->n_additional = 0;
    conf->additional = sw_region_array(scan->region, ADDITIONAL_MAX, sizeof(*conf->additional));
    if (conf->additional == NULL)
        return -ENOMEM;
    for (;;) {
        sw_conf_skip_space(scan, true);
        if (sw_conf_take_char(scan, ']'))
            return 0;
        if (conf->n_additional == ADDITIONAL_MAX)
            return sw_conf_fail(scan, "more additional stores than anybody has");
        int r = sw_conf_take_string(scan, &conf->additional[conf->n_additional]);
        if (r < 0)
            return r;
        conf->n_additional++;
        sw_conf_skip_space(scan, true);
        if (!sw_conf_take_char(scan, ',') && (scan->rest.n == 0 || *scan->rest.p != ']'))
            return sw_conf_fail(scan, "a list without its end");
    }
}

/* `key = value` of the table that the file is in. */
static int take_pair(struct sw_conf_scan *scan, struct sw_str table, struct sw_podman_conf *conf)
{
    struct sw_str key;
    if (!sw_conf_take_key(scan, &key)) {
        sw_conf_skip_line(scan); /* no pair; the engine says so itself */
        return 0;
    }
    sw_conf_skip_space(scan, false);
    bool is_storage = sw_str_equal_z(table, "storage");
    bool is_options = sw_str_equal_z(table, "storage.options");
    int r = 0;
    if (is_storage && sw_str_equal_z(key, "graphroot"))
        r = sw_conf_take_string(scan, &conf->graph_root);
    else if (is_storage && sw_str_equal_z(key, "runroot"))
        r = sw_conf_take_string(scan, &conf->run_root);
    else if (is_storage && sw_str_equal_z(key, "rootless_storage_path"))
        r = sw_conf_take_string(scan, &conf->rootless_path);
    else if (is_options && sw_str_equal_z(key, "additionalimagestores"))
        r = take_list(scan, conf);
    else
        sw_conf_skip_value(scan);
    sw_conf_skip_line(scan);
    return r;
}

int sw_podman_conf_parse(
    struct sw_str text, struct sw_region *region, struct sw_podman_conf *ret, struct sw_err *err)
{
    struct sw_conf_scan scan = {.rest = text, .region = region, .err = err, .line = 1};
    struct sw_podman_conf conf = {0};
    struct sw_str table = SW_STR_NONE;
    if (text.n > SW_PODMAN_CONF_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "%zu bytes are no settings", text.n);
    for (;;) {
        sw_conf_skip_space(&scan, true);
        if (scan.rest.n == 0)
            break;
        int r = 0;
        if (sw_conf_take_char(&scan, '[')) {
            ptrdiff_t end = sw_str_find_char(scan.rest, ']');
            table = end < 0 ? SW_STR_NONE : sw_str_trim(sw_str_part(scan.rest, 0, (size_t)end));
            sw_conf_skip_line(&scan);
        } else {
            r = take_pair(&scan, table, &conf);
        }
        if (r < 0)
            return r;
    }
    *ret = conf;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd's config.toml: the two keys before its first table that say where its files are.
 */
#include <errno.h>

#include "oci/conf_scan.h"
#include "oci/containerd_node.h"

int sw_containerd_conf_parse(struct sw_str text, struct sw_region *region,
    struct sw_containerd_conf *ret, struct sw_err *err)
{
    struct sw_conf_scan scan = {.rest = text, .region = region, .err = err, .line = 1};
    struct sw_containerd_conf conf = {0};
    if (text.n > SW_CONTAINERD_CONF_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "%zu bytes are no settings", text.n);
    for (;;) {
        struct sw_str key;
        int r = 0;
        sw_conf_skip_space(&scan, true);
        if (scan.rest.n == 0 || *scan.rest.p == '[')
            break;
        if (sw_conf_take_key(&scan, &key)) {
            sw_conf_skip_space(&scan, false);
            if (sw_str_equal_z(key, "root"))
                r = sw_conf_take_string(&scan, &conf.root);
            else if (sw_str_equal_z(key, "state"))
                r = sw_conf_take_string(&scan, &conf.state);
            else
                sw_conf_skip_value(&scan);
        }
        if (r < 0)
            return r;
        sw_conf_skip_line(&scan);
    }
    *ret = conf;
    return 0;
}

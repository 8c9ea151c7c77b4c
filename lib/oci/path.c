/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path cleaning; called for each member of each layer, so it is one pass without allocation.
 */
#include "oci/path.h"

#include <string.h>

/* Drops the last component of the n bytes written so far. */
static size_t drop_last(const char *out, size_t n)
{
    while (n > 0 && out[n - 1] != '/')
        n--;
    return n > 0 ? n - 1 : 0;
}

static size_t add_part(char *out, size_t n, struct sw_str part)
{
    if (n > 0)
        out[n++] = '/';
    memmove(out + n, part.p, part.n);
    return n + part.n;
}

size_t sw_path_clean(struct sw_str raw, char *out, bool *ret_climbs)
{
    size_t n = 0;
    bool climbs = false;
    size_t from = 0;
    while (from < raw.n) {
        const char *slash = memchr(raw.p + from, '/', raw.n - from);
        size_t end = slash != NULL ? (size_t)(slash - raw.p) : raw.n;
        struct sw_str part = sw_str_part(raw, from, end - from);
        if (sw_str_equal(part, SW_STR(".."))) {
            climbs = climbs || n == 0;
            n = drop_last(out, n);
        } else if (part.n > 0 && !sw_str_equal(part, SW_STR("."))) {
            n = add_part(out, n, part);
        }
        from = end + 1;
    }
    if (ret_climbs != NULL)
        *ret_climbs = climbs;
    return n;
}

struct sw_str sw_path_folder(struct sw_str path)
{
    ptrdiff_t slash = sw_str_find_last_char(path, '/');
    return slash < 0 ? sw_str_part(path, 0, 0) : sw_str_part(path, 0, (size_t)slash);
}

struct sw_str sw_path_base(struct sw_str path)
{
    return sw_str_skip(path, (size_t)(sw_str_find_last_char(path, '/') + 1));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses package URLs. Called once per product of a document, up to some 100,000 times.
 */
#include "vulndb/build/csaf_purl.h"

#include <errno.h>

/* Percent escapes to bytes; a broken escape stays as it is. */
static int decode(struct sw_region *region, struct sw_str s, struct sw_str *ret)
{
    struct sw_str copy;
    if (sw_region_copy(region, s, &copy) < 0)
        return -ENOMEM;
    char *p = (char *)copy.p;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool is_escape = i + 2 < s.n && s.p[i] == '%';
        int high = is_escape ? sw_str_hex_digit(s.p[i + 1]) : SW_STR_NO_DIGIT;
        int low = is_escape ? sw_str_hex_digit(s.p[i + 2]) : SW_STR_NO_DIGIT;
        if (high == SW_STR_NO_DIGIT || low == SW_STR_NO_DIGIT) {
            p[n++] = s.p[i];
            continue;
        }
        p[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *ret = (struct sw_str){copy.p, n};
    return 0;
}

int sw_csaf_purl_parse(struct sw_region *region, struct sw_str text, struct sw_csaf_purl *ret)
{
    struct sw_csaf_purl purl = {0};
    if (!sw_str_starts_with(text, SW_STR("pkg:")))
        return 0;
    struct sw_str rest = sw_str_skip(text, 4);
    ptrdiff_t hash = sw_str_find_char(rest, '#');
    if (hash >= 0)
        rest = sw_str_part(rest, 0, (size_t)hash);
    ptrdiff_t question = sw_str_find_char(rest, '?');
    if (question >= 0) {
        purl.qualifiers = sw_str_skip(rest, (size_t)question + 1);
        rest = sw_str_part(rest, 0, (size_t)question);
    }
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    if (slash <= 0)
        return 0;
    purl.type = sw_str_part(rest, 0, (size_t)slash);
    rest = sw_str_skip(rest, (size_t)slash + 1);
    struct sw_str version = SW_STR_NONE;
    ptrdiff_t at = sw_str_find_last_char(rest, '@');
    if (at >= 0) {
        version = sw_str_skip(rest, (size_t)at + 1);
        rest = sw_str_part(rest, 0, (size_t)at);
    }
    slash = sw_str_find_last_char(rest, '/');
    struct sw_str vendor = slash < 0 ? SW_STR_NONE : sw_str_part(rest, 0, (size_t)slash);
    struct sw_str name = sw_str_skip(rest, slash < 0 ? 0 : (size_t)slash + 1);
    if (name.n == 0)
        return 0;
    if (decode(region, vendor, &purl.vendor) < 0 || decode(region, name, &purl.name) < 0 ||
        decode(region, version, &purl.version) < 0)
        return -ENOMEM;
    *ret = purl;
    return 1;
}

int sw_csaf_purl_qualifier(
    struct sw_region *region, const struct sw_csaf_purl *purl, const char *key, struct sw_str *ret)
{
    struct sw_str pair;
    struct sw_str rest = purl->qualifiers;
    struct sw_str name = sw_str_of(key);
    while (rest.n > 0 && sw_str_next_token(&rest, '&', &pair)) {
        if (!sw_str_starts_with(pair, name) || pair.n <= name.n || pair.p[name.n] != '=')
            continue;
        return decode(region, sw_str_skip(pair, name.n + 1), ret);
    }
    *ret = SW_STR_NONE;
    return 0;
}

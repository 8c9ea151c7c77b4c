/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of version schemes. The matcher calls the comparison for each candidate range of each
 * package, so it must neither allocate nor copy.
 */
#include "rules/version.h"

#include <assert.h>

#include "model/names.h"
#include "rules/version_priv.h"

static const char *const scheme_names[] = {
    [SW_VERSION_DPKG] = "dpkg",
    [SW_VERSION_APK] = "apk",
    [SW_VERSION_RPM] = "rpm",
};
static_assert(sizeof(scheme_names) / sizeof(scheme_names[0]) == _SW_VERSION_SCHEME_MAX,
    "a name for each scheme");

static const struct {
    int (*compare)(struct sw_str a, struct sw_str b);
    bool (*is_valid)(struct sw_str s);
} schemes[] = {
    [SW_VERSION_DPKG] = {sw_version_dpkg_compare, sw_version_dpkg_is_valid},
    [SW_VERSION_APK] = {sw_version_apk_compare, sw_version_apk_is_valid},
    [SW_VERSION_RPM] = {sw_version_rpm_compare, sw_version_rpm_is_valid},
};
static_assert(
    sizeof(schemes) / sizeof(schemes[0]) == _SW_VERSION_SCHEME_MAX, "functions for each scheme");

const char *sw_version_scheme_name(enum sw_version_scheme scheme)
{
    assert(scheme < _SW_VERSION_SCHEME_MAX);
    return scheme_names[scheme];
}

int sw_version_scheme_find(struct sw_str name, enum sw_version_scheme *ret)
{
    int r = sw_names_find(scheme_names, _SW_VERSION_SCHEME_MAX, name);
    if (r < 0)
        return r;
    *ret = (enum sw_version_scheme)r;
    return 0;
}

int sw_version_compare(enum sw_version_scheme scheme, struct sw_str a, struct sw_str b)
{
    assert(scheme < _SW_VERSION_SCHEME_MAX);
    return schemes[scheme].compare(a, b);
}

bool sw_version_is_valid(enum sw_version_scheme scheme, struct sw_str s)
{
    assert(scheme < _SW_VERSION_SCHEME_MAX);
    return schemes[scheme].is_valid(s);
}

struct sw_str sw_version_take_digits(struct sw_str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    struct sw_str digits = sw_str_part(*rest, 0, n);
    *rest = sw_str_skip(*rest, n);
    return digits;
}

static struct sw_str skip_zeros(struct sw_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == '0')
        n++;
    return sw_str_skip(s, n);
}

int sw_version_compare_numbers(struct sw_str a, struct sw_str b)
{
    a = skip_zeros(a);
    b = skip_zeros(b);
    /* Without leading zeros the longer number is the larger one: no conversion, no overflow. */
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return sw_str_compare(a, b);
}

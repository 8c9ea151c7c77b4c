/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups entries by sorting, so that a document of 100,000 of them is n log n and its records come
 * in the same order whatever the order of the document.
 */
#include "vulndb/build/csaf_entries.h"

#include <errno.h>
#include <stdlib.h>

#include "rules/version.h"

/* Architectures listed of one package; there are about ten. */
#define ARCHS_MAX_BYTES ((size_t)256)

void sw_csaf_entries_done(struct sw_csaf_entries *entries)
{
    sw_vec_done(&entries->list);
}

int sw_csaf_entries_add(struct sw_csaf_entries *entries, const struct sw_csaf_entry *entry)
{
    return sw_vec_push(&entries->list, *entry, SW_CSAF_ENTRIES_MAX);
}

static int compare_package(const struct sw_csaf_entry *a, const struct sw_csaf_entry *b)
{
    int order = sw_str_compare(a->key, b->key);
    if (order == 0)
        order = sw_str_compare(a->name, b->name);
    if (order == 0)
        order = sw_str_compare(a->module, b->module);
    if (order == 0)
        order = (int)a->name_kind - (int)b->name_kind;
    if (order == 0)
        order = (int)a->status - (int)b->status;
    return order;
}

static int compare_versions(const struct sw_csaf_entry *a, const struct sw_csaf_entry *b)
{
    int order = sw_version_compare(SW_VERSION_RPM, a->evr, b->evr);
    return order != 0 ? order : sw_str_compare(a->evr, b->evr);
}

/* Architecture before version: the oldest fix of each stands first. */
static int by_arch(const void *left, const void *right)
{
    const struct sw_csaf_entry *a = left;
    const struct sw_csaf_entry *b = right;
    int order = compare_package(a, b);
    if (order == 0)
        order = sw_str_compare(a->arch, b->arch);
    return order != 0 ? order : compare_versions(a, b);
}

static int by_version(const void *left, const void *right)
{
    const struct sw_csaf_entry *a = left;
    const struct sw_csaf_entry *b = right;
    int order = compare_package(a, b);
    if (order == 0)
        order = compare_versions(a, b);
    return order != 0 ? order : sw_str_compare(a->arch, b->arch);
}

/* Leaves the first entry of each package and architecture. */
static size_t drop_later_fixes(struct sw_csaf_entry *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && compare_package(&v[kept - 1], &v[i]) == 0 &&
            sw_str_equal(v[kept - 1].arch, v[i].arch))
            continue;
        v[kept++] = v[i];
    }
    return kept;
}

static bool is_same_group(const struct sw_csaf_entry *a, const struct sw_csaf_entry *b)
{
    return compare_package(a, b) == 0 && sw_str_equal(a->evr, b->evr);
}

/* The architectures of a group, space separated; empty when one entry names none. */
static int join_archs(
    struct sw_region *region, const struct sw_csaf_entry *v, size_t n, struct sw_str *ret)
{
    *ret = SW_STR_NONE;
    if (n == 0 || v[0].arch.n == 0)
        return 0;
    char text[ARCHS_MAX_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (used + v[i].arch.n + 1 > sizeof(text))
            return 0; /* more than there are: any */
        if (used > 0)
            text[used++] = ' ';
        for (size_t k = 0; k < v[i].arch.n; k++)
            text[used++] = v[i].arch.p[k];
    }
    return sw_region_copy(region, (struct sw_str){text, used}, ret);
}

static int make_affected(
    struct sw_region *region, const struct sw_csaf_entry *v, size_t n, struct sw_affected *affected)
{
    *affected = (struct sw_affected){
        .product = v[0].key,
        .package = v[0].name,
        .name_kind = v[0].name_kind,
        .status = v[0].status,
        .vendor_status = v[0].vendor_status,
        .module = v[0].module,
        .severity = v[0].severity,
    };
    int r = join_archs(region, v, n, &affected->arch);
    if (r < 0 || v[0].evr.n == 0)
        return r;
    affected->ranges = sw_region_array(region, 1, sizeof(*affected->ranges));
    if (affected->ranges == NULL)
        return -ENOMEM;
    affected->ranges[0].fixed = v[0].evr;
    affected->n_ranges = 1;
    return 0;
}

int sw_csaf_entries_group(struct sw_csaf_entries *entries, struct sw_region *region,
    struct sw_affected **ret, size_t *ret_n)
{
    struct sw_csaf_entry *v = entries->list.v;
    size_t n = entries->list.n;
    *ret = NULL;
    *ret_n = 0;
    if (n == 0)
        return 0;
    qsort(v, n, sizeof(*v), by_arch);
    n = drop_later_fixes(v, n);
    qsort(v, n, sizeof(*v), by_version);
    size_t n_groups = 0;
    for (size_t i = 0; i < n; i++)
        n_groups += i == 0 || !is_same_group(&v[i - 1], &v[i]);
    if (n_groups > SW_ADVISORY_AFFECTED_MAX)
        return -EFBIG;
    struct sw_affected *affected = sw_region_array(region, n_groups, sizeof(*affected));
    if (affected == NULL)
        return -ENOMEM;
    size_t group = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && is_same_group(&v[i], &v[end]))
            end++;
        int r = make_affected(region, &v[i], end - i, &affected[group++]);
        if (r < 0)
            return r;
        i = end;
    }
    *ret = affected;
    *ret_n = n_groups;
    return 0;
}

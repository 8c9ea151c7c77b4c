/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errata that list several builds of one package. AlmaLinux and Rocky Linux name every build that
 * was in their repositories: a module's rebuilds for each minor release, and, where two streams
 * share a package, the other stream's build too (ALSA-2025:0739 is for mariadb:10.5 and lists
 * galera as mariadb:10.11 has it). All come from the same source and have the fix, and no system
 * gets more than one of them, so the package is fixed from the lowest on. Called once per record.
 */
#include <stdlib.h>

#include "rules/version.h"
#include "vulndb/build/osv_priv.h"

static bool lists_builds(const struct sw_affected *affected)
{
    bool is_rebuilder = sw_str_starts_with(affected->product, SW_STR("alma:")) ||
                        sw_str_starts_with(affected->product, SW_STR("rocky:"));
    if (!is_rebuilder || affected->n_ranges != 1 || affected->n_versions != 0)
        return false;
    const struct sw_range *range = &affected->ranges[0];
    bool is_from_start = range->introduced.n == 0 || sw_str_equal_z(range->introduced, "0");
    return is_from_start && range->fixed.n > 0 && range->type == SW_RANGE_ECOSYSTEM;
}

static int compare_subjects(const struct sw_affected *a, const struct sw_affected *b)
{
    int r = sw_str_compare(a->product, b->product);
    if (r == 0)
        r = sw_str_compare(a->package, b->package);
    if (r == 0)
        r = sw_str_compare(a->module, b->module);
    return r;
}

static int compare_entries(const void *a, const void *b)
{
    const struct sw_affected *x = a;
    const struct sw_affected *y = b;
    int r = compare_subjects(x, y);
    bool is_listed = lists_builds(x);
    if (r == 0)
        r = lists_builds(y) - is_listed;
    if (r == 0 && is_listed)
        r = sw_version_compare(SW_VERSION_RPM, x->ranges[0].fixed, y->ranges[0].fixed);
    return r;
}

void osv_affected_keep_lowest(struct osv_affected_list *list)
{
    size_t n = 0;
    bool is_any = false;
    for (size_t i = 0; i < list->n && !is_any; i++)
        is_any = lists_builds(&list->items[i]);
    if (!is_any)
        return;
    qsort(list->items, list->n, sizeof(*list->items), compare_entries);
    for (size_t i = 0; i < list->n; i++) {
        const struct sw_affected *entry = &list->items[i];
        bool is_same = n > 0 && compare_subjects(&list->items[n - 1], entry) == 0;
        if (is_same && lists_builds(&list->items[n - 1]) && lists_builds(entry))
            continue;
        list->items[n++] = *entry;
    }
    list->n = n;
}

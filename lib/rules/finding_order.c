/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chain of comparisons, the weightiest first.
 */
#include "rules/finding_order.h"

#include <stdbool.h>
#include <stddef.h>

/* Larger first. */
static int compare_rank(long long a, long long b)
{
    return (a < b) - (a > b);
}

/* None, and what is no number, counts as less than any probability. */
static double epss_of(const struct sw_finding *finding)
{
    return finding->epss >= 0 ? finding->epss : -1;
}

static int compare_weight(const struct sw_finding *a, const struct sw_finding *b)
{
    int r = compare_rank(a->is_kev, b->is_kev);
    if (r == 0)
        r = compare_rank(a->status == SW_FIX_FIXED, b->status == SW_FIX_FIXED);
    if (r == 0)
        r = compare_rank(a->severity, b->severity);
    if (r == 0)
        r = (epss_of(a) < epss_of(b)) - (epss_of(a) > epss_of(b));
    return r;
}

int sw_finding_compare(const struct sw_finding *a, const struct sw_finding *b)
{
    int r = compare_weight(a, b);
    if (r == 0)
        r = sw_str_compare(a->source_name, b->source_name);
    if (r == 0)
        r = sw_str_compare(a->id, b->id);
    if (r == 0)
        r = compare_rank(b->kind, a->kind);
    if (r == 0)
        r = sw_str_compare(a->location.path, b->location.path);
    if (r == 0)
        r = sw_str_compare(a->location.inner, b->location.inner);
    if (r == 0)
        r = compare_rank((long long)b->location.offset, (long long)a->location.offset);
    if (r == 0)
        r = sw_str_compare(a->advisory_id, b->advisory_id);
    if (r == 0)
        r = sw_str_compare(a->feed, b->feed);
    if (r == 0)
        r = sw_str_compare(a->record, b->record);
    if (r == 0)
        r = sw_str_compare(a->installed_version, b->installed_version);
    if (r == 0 && a->n_packages > 0 && b->n_packages > 0)
        r = compare_rank((long long)b->packages[0], (long long)a->packages[0]);
    return r;
}

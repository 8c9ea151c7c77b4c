/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two lists sorted and walked together, once for findings and once for packages.
 */
#include "diff.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

static const char *const change_names[] = {
    [SW_DIFF_NEW] = "new",
    [SW_DIFF_FIXED] = "fixed",
    [SW_DIFF_UNCHANGED] = "unchanged",
};
static_assert(SW_ARRAY_SIZE(change_names) == _SW_DIFF_CHANGE_MAX, "a name for each value");

const char *sw_diff_change_name(enum sw_diff_change change)
{
    return change_names[change];
}

/* ---- findings ---- */

static int compare_findings(const struct sw_finding *a, const struct sw_finding *b)
{
    int r = sw_str_compare(a->id, b->id);
    if (r == 0)
        r = sw_str_compare(a->source_name, b->source_name);
    if (r == 0)
        r = sw_str_compare(a->location.path, b->location.path);
    if (r == 0)
        r = sw_str_compare(a->location.inner, b->location.inner);
    if (r == 0)
        r = sw_str_compare(a->fingerprint, b->fingerprint);
    return r != 0 ? r : (int)a->kind - (int)b->kind;
}

static int compare_finding_pointers(const void *left, const void *right)
{
    const struct sw_finding *const *a = left;
    const struct sw_finding *const *b = right;
    int r = compare_findings(*a, *b);
    return r != 0 ? r : *a < *b ? -1 : *a > *b;
}

/* Pointers to the findings of a report, sorted; NULL for want of memory. */
static const struct sw_finding **sort_findings(const struct sw_report *report)
{
    size_t n = report->findings.n;
    const struct sw_finding **sorted = sw_mem_zalloc(n + 1, sizeof(const struct sw_finding *));
    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &report->findings.v[i];
    qsort(sorted, n, sizeof(const struct sw_finding *), compare_finding_pointers);
    return sorted;
}

static bool is_among(const struct sw_finding **sorted, size_t n, const struct sw_finding *finding)
{
    size_t from = 0;
    while (from < n) {
        size_t middle = from + (n - from) / 2;
        int r = compare_findings(sorted[middle], finding);
        if (r == 0)
            return true;
        if (r < 0)
            from = middle + 1;
        else
            n = middle;
    }
    return false;
}

static int add_findings(struct sw_diff *diff, const struct sw_report *report,
    enum sw_diff_change change, bool is_in_other, const struct sw_finding **other, size_t n_other)
{
    SW_VEC_EACH (finding, &report->findings) {
        if (is_among(other, n_other, finding) != is_in_other)
            continue;
        const struct sw_diff_finding entry = {change, finding, report};
        int r = sw_vec_push(&diff->findings, entry, 2 * SW_REPORT_FINDINGS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int compare_reports(struct sw_diff *diff)
{
    SW_CLEANUP(sw_mem_freep) const struct sw_finding **before = sort_findings(diff->before);
    SW_CLEANUP(sw_mem_freep) const struct sw_finding **after = sort_findings(diff->after);
    if (before == NULL || after == NULL)
        return -ENOMEM;
    size_t n_before = diff->before->findings.n;
    size_t n_after = diff->after->findings.n;
    int r = add_findings(diff, diff->after, SW_DIFF_NEW, false, before, n_before);
    if (r == 0)
        r = add_findings(diff, diff->before, SW_DIFF_FIXED, false, after, n_after);
    if (r == 0)
        r = add_findings(diff, diff->after, SW_DIFF_UNCHANGED, true, before, n_before);
    return r;
}

/* ---- packages ---- */

static int compare_names(const struct sw_package *a, const struct sw_package *b)
{
    int r = sw_str_compare(a->name, b->name);
    if (r == 0)
        r = (int)a->type - (int)b->type;
    return r != 0 ? r : sw_str_compare(a->arch, b->arch);
}

static int compare_package_pointers(const void *left, const void *right)
{
    const struct sw_package *const *a = left;
    const struct sw_package *const *b = right;
    int r = compare_names(*a, *b);
    if (r == 0)
        r = sw_str_compare((*a)->version, (*b)->version);
    return r != 0 ? r : *a < *b ? -1 : *a > *b;
}

struct side {
    const struct sw_package **v; /* sorted, a NULL at the end */
    size_t i;
    size_t other; /* where the other side stands beside i */
};

static int open_side(struct side *side, const struct sw_report *report)
{
    size_t n = report->packages.n;
    side->v = sw_mem_zalloc(n + 1, sizeof(const struct sw_package *));
    if (side->v == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        side->v[i] = &report->packages.v[i];
    qsort(side->v, n, sizeof(const struct sw_package *), compare_package_pointers);
    return 0;
}

static void close_side(struct side *side)
{
    sw_mem_free(SW_TAKE(side->v));
}

static const struct sw_package *at(const struct side *side)
{
    return side->v[side->i];
}

/* The next one within the group of `name`, passing over what the other side has too; NULL: none.
 * An image may hold 100,000 packages of one name: both sides are only ever walked forward. */
static const struct sw_package *next_of(
    struct side *side, const struct sw_package *name, const struct side *other)
{
    for (; at(side) != NULL && compare_names(at(side), name) == 0; side->i++) {
        const struct sw_package *package;
        int r = -1;
        while ((package = other->v[side->other]) != NULL && compare_names(package, name) == 0 &&
               (r = sw_str_compare(package->version, at(side)->version)) < 0)
            side->other++;
        if (package == NULL || r != 0 || compare_names(package, name) != 0)
            return side->v[side->i++];
    }
    return NULL;
}

static size_t skip_group(const struct side *side, const struct sw_package *name)
{
    size_t i = side->i;
    while (side->v[i] != NULL && compare_names(side->v[i], name) == 0)
        i++;
    return i;
}

/* All versions of one name: those that only one side has are paired, lowest with lowest. */
static int compare_group(struct sw_diff *diff, struct side *before, struct side *after)
{
    const struct sw_package *name = at(before);
    if (name == NULL || (at(after) != NULL && compare_names(at(after), name) < 0))
        name = at(after);
    before->other = after->i;
    after->other = before->i;
    size_t n_after = skip_group(after, name) - after->i;
    size_t n_differing = 0;
    for (;;) {
        const struct sw_diff_package pair = {
            next_of(before, name, after), next_of(after, name, before)};
        if (pair.before == NULL && pair.after == NULL)
            break;
        n_differing += pair.after != NULL;
        int r = sw_vec_push(&diff->packages, pair, 2 * SW_REPORT_PACKAGES_MAX);
        if (r < 0)
            return r;
    }
    diff->n_same_packages += n_after - n_differing;
    return 0;
}

static int compare_packages(struct sw_diff *diff)
{
    SW_CLEANUP(close_side) struct side before = {0};
    SW_CLEANUP(close_side) struct side after = {0};
    int r = open_side(&before, diff->before);
    if (r == 0)
        r = open_side(&after, diff->after);
    while (r == 0 && (at(&before) != NULL || at(&after) != NULL))
        r = compare_group(diff, &before, &after);
    return r;
}

int sw_diff_init(struct sw_diff *diff, const struct sw_report *before,
    const struct sw_report *after, struct sw_err *err)
{
    *diff = (struct sw_diff){.before = before, .after = after};
    int r = compare_reports(diff);
    if (r == 0)
        r = compare_packages(diff);
    if (r == 0)
        return 0;
    sw_diff_done(diff);
    return sw_err_set(err, r, "out of memory");
}

void sw_diff_done(struct sw_diff *diff)
{
    sw_vec_done(&diff->findings);
    sw_vec_done(&diff->packages);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups by hash, as sw_groups_add (lib/vulndb/group.c) makes findings of packages.
 */
#include "rescan_count.h"

#include <errno.h>

#include "base/mem.h"

#define GROUPS_MAX ((size_t)2000000) /* findings of one inventory */
#define SLOTS_MIN ((size_t)4096)

/* A finding in the making. */
struct sw_rescan_group {
    struct sw_memo_verdict verdict;
    bool is_source_named;
    bool is_shown; /* not ignored in some package */
};

void sw_rescan_counter_done(struct sw_rescan_counter *counter)
{
    sw_vec_done(&counter->groups);
    sw_mem_free(SW_TAKE(counter->slots));
    counter->n_slots = 0;
}

static int grow_slots(struct sw_rescan_counter *c)
{
    if (c->groups.n < c->n_slots / 2)
        return 0;
    size_t n = c->n_slots == 0 ? SLOTS_MIN : c->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < c->groups.n; i++) {
        size_t at = (size_t)c->groups.v[i].verdict.group & (n - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)i + 1;
    }
    sw_mem_free(c->slots);
    c->slots = slots;
    c->n_slots = n;
    return 0;
}

static int add_verdict(
    struct sw_rescan_counter *c, const struct sw_memo_verdict *verdict, bool is_source_named)
{
    int r = grow_slots(c);
    if (r < 0)
        return r;
    size_t at = (size_t)verdict->group & (c->n_slots - 1);
    while (c->slots[at] != 0 && c->groups.v[c->slots[at] - 1].verdict.group != verdict->group)
        at = (at + 1) & (c->n_slots - 1);
    if (c->slots[at] == 0) {
        struct sw_rescan_group group = {.verdict = *verdict,
            .is_source_named = is_source_named,
            .is_shown = verdict->is_ignored == 0};
        r = sw_vec_push(&c->groups, group, GROUPS_MAX);
        c->slots[at] = (uint32_t)c->groups.n;
        return r;
    }
    /* The package called as its source speaks for all: what is fixed, not how grave it is. */
    struct sw_rescan_group *group = &c->groups.v[c->slots[at] - 1];
    if (is_source_named && !group->is_source_named)
        group->verdict.status = verdict->status;
    group->is_source_named = group->is_source_named || is_source_named;
    group->is_shown = group->is_shown || verdict->is_ignored == 0;
    return 0;
}

static void clear_groups(struct sw_rescan_counter *c)
{
    for (size_t i = 0; i < c->groups.n; i++) {
        size_t at = (size_t)c->groups.v[i].verdict.group & (c->n_slots - 1);
        while (c->slots[at] != 0) {
            c->slots[at] = 0;
            at = (at + 1) & (c->n_slots - 1);
        }
    }
    c->groups.n = 0;
}

static const struct sw_memo_verdicts *select_verdicts(
    const struct sw_memo_package *package, enum sw_rescan_which which)
{
    switch (which) {
    case SW_RESCAN_BEFORE:
        return &package->before;
    case SW_RESCAN_NOW:
        return &package->now;
    case SW_RESCAN_MOVED_BEFORE:
        return &package->moved_before;
    case SW_RESCAN_MOVED_NOW:
        return &package->moved_now;
    }
    return &package->now;
}

int sw_rescan_count(struct sw_rescan_counter *c, const uint32_t *packages, size_t n,
    enum sw_rescan_which which, struct sw_judged_counts *ret)
{
    struct sw_judged_counts counts = {0};
    clear_groups(c);
    for (size_t i = 0; i < n; i++) {
        const struct sw_memo_package *package = sw_memo_get(c->memo, packages[i]);
        const struct sw_memo_verdicts *verdicts = select_verdicts(package, which);
        for (uint32_t k = 0; k < verdicts->n; k++) {
            int r = add_verdict(c, &verdicts->v[k], package->is_source_named);
            if (r < 0)
                return r;
        }
    }
    SW_VEC_EACH (group, &c->groups) {
        if (group->is_shown)
            counts.n[group->verdict.severity][group->verdict.status == SW_FIX_FIXED]++;
        else
            counts.n_ignored++;
    }
    *ret = counts;
    return 0;
}

int sw_rescan_list(struct sw_rescan_counter *c, struct sw_buf *buf)
{
    SW_CLEANUP(sw_mem_freep)
    struct sw_judged_finding *all = sw_mem_zalloc(c->groups.n + 1, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < c->groups.n; i++) {
        const struct sw_rescan_group *group = &c->groups.v[i];
        all[i] = (struct sw_judged_finding){
            group->verdict.identity, group->verdict.severity, !group->is_shown};
    }
    return sw_judged_list_put(buf, all, sw_judged_list_sort(all, c->groups.n));
}

/* Both are sorted. What is below the level that is asked for is no change, nor is what is ignored.
 */
void sw_rescan_compare(struct sw_str before, struct sw_str now, enum sw_severity least,
    uint64_t *ret_n_new, uint64_t *ret_n_fixed)
{
    size_t n_before = sw_judged_list_count(before);
    size_t n_now = sw_judged_list_count(now);
    *ret_n_new = 0;
    *ret_n_fixed = 0;
    for (size_t i = 0, j = 0; i < n_before || j < n_now;) {
        struct sw_judged_finding old = {0};
        struct sw_judged_finding found = {0};
        if (i < n_before)
            old = sw_judged_list_get(before, i);
        if (j < n_now)
            found = sw_judged_list_get(now, j);
        bool is_old = i < n_before && (j >= n_now || old.identity <= found.identity);
        bool is_found = j < n_now && (i >= n_before || found.identity <= old.identity);
        bool was_shown = is_old && !old.is_ignored && old.severity >= least;
        if (is_found && !found.is_ignored && found.severity >= least)
            *ret_n_new += !is_old || old.is_ignored;
        else if (!is_found)
            *ret_n_fixed += was_shown;
        i += is_old;
        j += is_found;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of hashes, and lists cut down to it. A group is a finding of one source and version, and an
 * identity a flaw of one: whatever shares neither with a verdict that changed is not concerned.
 */
#include "rescan_moved.h"

#include <errno.h>

#include "base/mem.h"

#define SLOTS_MIN ((size_t)1024)

void sw_rescan_moved_done(struct sw_rescan_moved *moved)
{
    sw_mem_free(SW_TAKE(moved->slots));
    moved->n_slots = 0;
    moved->n = 0;
}

static size_t find_slot(const struct sw_rescan_moved *moved, uint64_t hash)
{
    size_t i = (size_t)hash & (moved->n_slots - 1);
    while (moved->slots[i] != 0 && moved->slots[i] != hash)
        i = (i + 1) & (moved->n_slots - 1);
    return i;
}

static int grow(struct sw_rescan_moved *moved)
{
    if (moved->n < moved->n_slots / 2)
        return 0;
    struct sw_rescan_moved larger = {
        .n_slots = moved->n_slots == 0 ? SLOTS_MIN : moved->n_slots * 2, .n = moved->n};
    larger.slots = sw_mem_zalloc(larger.n_slots, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < moved->n_slots; i++)
        if (moved->slots[i] != 0)
            larger.slots[find_slot(&larger, moved->slots[i])] = moved->slots[i];
    sw_mem_free(moved->slots);
    *moved = larger;
    return 0;
}

/* A hash of 0 is taken for 1, here and below. */
static int add(struct sw_rescan_moved *moved, uint64_t hash)
{
    int r = grow(moved);
    if (r < 0)
        return r;
    size_t slot = find_slot(moved, hash != 0 ? hash : 1);
    moved->n += moved->slots[slot] == 0;
    moved->slots[slot] = hash != 0 ? hash : 1;
    return 0;
}

static bool has(const struct sw_rescan_moved *moved, uint64_t hash)
{
    return moved->slots[find_slot(moved, hash != 0 ? hash : 1)] != 0;
}

static int add_verdict(struct sw_rescan_moved *moved, const struct sw_memo_verdict *verdict)
{
    int r = add(moved, verdict->group);
    return r < 0 ? r : add(moved, verdict->identity);
}

static int compare_keys(const struct sw_memo_verdict *x, const struct sw_memo_verdict *y)
{
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->identity < y->identity ? -1 : x->identity > y->identity;
}

static bool is_same(const struct sw_memo_verdict *x, const struct sw_memo_verdict *y)
{
    return x->severity == y->severity && x->status == y->status && x->is_ignored == y->is_ignored;
}

/* Both are sorted. */
static int collect_package(struct sw_rescan_moved *moved, const struct sw_memo_package *package)
{
    const struct sw_memo_verdicts *before = &package->before;
    const struct sw_memo_verdicts *now = &package->now;
    int r = 0;
    for (uint32_t i = 0, j = 0; r == 0 && (i < before->n || j < now->n);) {
        int order = i >= before->n ? 1 : j >= now->n ? -1 : compare_keys(&before->v[i], &now->v[j]);
        if (order < 0)
            r = add_verdict(moved, &before->v[i]);
        else if (order > 0 || !is_same(&before->v[i], &now->v[j]))
            r = add_verdict(moved, &now->v[j]);
        i += order <= 0;
        j += order >= 0;
    }
    return r;
}

int sw_rescan_moved_collect(struct sw_rescan_moved *moved, const struct sw_memo *memo)
{
    int r = grow(moved);
    for (uint32_t part = 0; part < SW_MEMO_PARTS; part++)
        for (uint32_t i = 0; i < sw_memo_n_packages(memo, part) && r == 0; i++) {
            const struct sw_memo_package *package = sw_memo_get(memo, i * SW_MEMO_PARTS + part);
            if (package->has_before && package->is_judged && package->is_changed)
                r = collect_package(moved, package);
        }
    return r;
}

static int narrow(const struct sw_rescan_moved *moved, const struct sw_memo_verdicts *all,
    struct sw_region *region, struct sw_memo_verdicts *ret)
{
    struct sw_memo_verdict *kept = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        if (!has(moved, all->v[i].group) && !has(moved, all->v[i].identity))
            continue;
        if (kept == NULL)
            kept = sw_region_array(region, all->n - i, sizeof(*kept));
        if (kept == NULL)
            return -ENOMEM;
        kept[n++] = all->v[i];
    }
    *ret = (struct sw_memo_verdicts){kept, n};
    return 0;
}

int sw_rescan_moved_narrow(
    const struct sw_rescan_moved *moved, struct sw_memo_package *package, struct sw_region *region)
{
    if (!package->has_before || !package->is_judged)
        return 0;
    int r = narrow(moved, &package->before, region, &package->moved_before);
    return r < 0 ? r : narrow(moved, &package->now, region, &package->moved_now);
}

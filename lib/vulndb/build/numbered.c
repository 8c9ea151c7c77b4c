/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinct strings by number: an open hash table of numbers over an array of strings. Asked several
 * times per record.
 */
#include "vulndb/build/numbered.h"

#include <errno.h>

#include "base/mem.h"

#define SLOTS_MIN ((size_t)1024)

void sw_numbered_init(struct sw_numbered *t, size_t max, size_t max_bytes)
{
    *t = (struct sw_numbered){.max = max};
    sw_region_init(&t->region, max_bytes);
}

void sw_numbered_done(struct sw_numbered *t)
{
    sw_vec_done(&t->strings);
    sw_mem_free(SW_TAKE(t->slots));
    t->n_slots = 0;
    sw_region_done(&t->region);
}

/* The slot of s, or the free one where it would go. There is always a free one. */
static size_t find_slot(const struct sw_numbered *t, struct sw_str s)
{
    size_t i = (size_t)sw_str_hash(s) & (t->n_slots - 1);
    while (t->slots[i] != 0 && !sw_str_equal(t->strings.v[t->slots[i] - 1], s))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow(struct sw_numbered *t)
{
    size_t n = t->n_slots == 0 ? SLOTS_MIN : t->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    sw_mem_free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t i = 0; i < t->strings.n; i++)
        t->slots[find_slot(t, t->strings.v[i])] = (uint32_t)i + 1;
    return 0;
}

int64_t sw_numbered_find(const struct sw_numbered *t, struct sw_str s)
{
    uint32_t slot = t->n_slots > 0 ? t->slots[find_slot(t, s)] : 0;
    return slot > 0 ? (int64_t)slot - 1 : -ENOENT;
}

int64_t sw_numbered_put(struct sw_numbered *t, struct sw_str s)
{
    if (t->strings.n >= t->n_slots / 2) {
        int r = grow(t);
        if (r < 0)
            return r;
    }
    size_t slot = find_slot(t, s);
    if (t->slots[slot] != 0)
        return (int64_t)t->slots[slot] - 1;
    struct sw_str copy;
    if (t->strings.n >= t->max || s.n > t->region.max_bytes - t->region.used_bytes)
        return -EFBIG;
    int r = sw_region_copy(&t->region, s, &copy);
    if (r < 0)
        return r;
    r = sw_vec_push(&t->strings, copy, t->max);
    if (r < 0)
        return r;
    t->slots[slot] = (uint32_t)t->strings.n;
    return (int64_t)t->strings.n - 1;
}

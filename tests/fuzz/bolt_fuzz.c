/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/oci/bolt.c: every key and value of every bucket, and a lookup. Checksums of meta pages
 * are made right first, for no mutation would pass them.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "oci/bolt.h"

#define DEPTH_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
    struct sw_bolt *bolt;
    int depth;
    uint8_t sum;
};

static int each(void *opaque, const struct sw_bolt_item *item)
{
    struct walk *walk = opaque;
    for (size_t i = 0; i < item->key.n; i++)
        walk->sum ^= (uint8_t)item->key.p[i];
    if (item->value.n > 0)
        walk->sum ^= (uint8_t)item->value.p[item->value.n - 1];
    if (!item->is_bucket || walk->depth >= DEPTH_MAX)
        return 0;
    walk->depth++;
    int r = sw_bolt_walk(walk->bolt, &item->bucket, each, walk, NULL);
    walk->depth--;
    return r;
}

static void mend(uint8_t *page, size_t n)
{
    if (n < 80)
        return;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 16; i < 72; i++)
        hash = (hash ^ page[i]) * 1099511628211u;
    memcpy(page + 72, &hash, sizeof(hash));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_mem_freep) uint8_t *copy = sw_mem_alloc(size);
    if (copy == NULL)
        return 0;
    if (size > 0)
        memcpy(copy, data, size);
    mend(copy, size);
    struct sw_bolt bolt;
    if (sw_bolt_parse((struct sw_str){(const char *)copy, size}, &bolt, NULL) < 0)
        return 0;
    if (bolt.n_visits_left > 4096)
        bolt.n_visits_left = 4096; /* of time, not of safety */
    struct sw_bolt_bucket top = sw_bolt_top(&bolt);
    struct sw_bolt_item item;
    sw_bolt_find(&bolt, &top, "v1", &item, NULL);
    struct walk walk = {.bolt = &bolt};
    sw_bolt_walk(&bolt, &top, each, &walk, NULL);
    volatile uint8_t sum = walk.sum;
    (void)sum;
    return 0;
}

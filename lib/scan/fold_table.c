/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chained hash tables of things that live in a region.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define BUCKETS_MIN ((size_t)256)

uint64_t sw_fold_hash(uint64_t seed, struct sw_str s)
{
    return sw_str_hash_seeded(seed, s);
}

static int grow(struct sw_fold_table *table)
{
    size_t n = table->n_buckets == 0 ? BUCKETS_MIN : table->n_buckets * 2;
    struct sw_fold_link **buckets = sw_mem_zalloc(n, sizeof(struct sw_fold_link *));
    if (buckets == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < table->n_buckets; i++) {
        struct sw_fold_link *link = table->buckets[i];
        while (link != NULL) {
            struct sw_fold_link *next = link->next;
            struct sw_fold_link **bucket = &buckets[link->hash & (n - 1)];
            link->next = *bucket;
            *bucket = link;
            link = next;
        }
    }
    sw_mem_free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n;
    return 0;
}

int sw_fold_table_add(struct sw_fold_table *table, struct sw_fold_link *link)
{
    if (table->n >= table->n_buckets && grow(table) < 0)
        return -ENOMEM;
    struct sw_fold_link **bucket = &table->buckets[link->hash & (table->n_buckets - 1)];
    link->next = *bucket;
    *bucket = link;
    table->n++;
    return 0;
}

struct sw_fold_link *sw_fold_table_chain(const struct sw_fold_table *table, uint64_t hash)
{
    return table->n_buckets > 0 ? table->buckets[hash & (table->n_buckets - 1)] : NULL;
}

void sw_fold_table_remove(struct sw_fold_table *table, struct sw_fold_link *link)
{
    if (table->n_buckets == 0)
        return;
    struct sw_fold_link **at = &table->buckets[link->hash & (table->n_buckets - 1)];
    while (*at != NULL && *at != link)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = link->next;
    table->n--;
}

void sw_fold_table_done(struct sw_fold_table *table)
{
    sw_mem_free(table->buckets);
    *table = (struct sw_fold_table){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Since when each package is there. A key counts the lists that name it, so that a layer which
 * rewrites its whole database leaves the age of what stays the same untouched.
 */
#include "scan/fold_priv.h"

#include <errno.h>

static uint64_t key_hash(const struct sw_fold_packages *packages, const struct sw_package *package)
{
    uint64_t hash = sw_fold_hash(packages->seed + package->type, package->name);
    hash = sw_fold_hash(hash, package->version);
    return sw_fold_hash(hash, package->arch);
}

static bool is_same(const struct sw_package *a, const struct sw_package *b)
{
    return a->type == b->type && sw_str_equal(a->name, b->name) &&
           sw_str_equal(a->version, b->version) && sw_str_equal(a->arch, b->arch);
}

static struct sw_fold_package *find(
    const struct sw_fold_packages *packages, uint64_t hash, const struct sw_package *package)
{
    for (struct sw_fold_link *link = sw_fold_table_chain(&packages->table, hash); link != NULL;
         link = link->next) {
        struct sw_fold_package *entry = (struct sw_fold_package *)link;
        if (link->hash == hash && is_same(entry->package, package))
            return entry;
    }
    return NULL;
}

struct sw_fold_package *sw_fold_packages_find(
    const struct sw_fold_packages *packages, const struct sw_package *package)
{
    return find(packages, key_hash(packages, package), package);
}

int sw_fold_packages_add(struct sw_fold_packages *packages, const struct sw_fact *fact, int layer)
{
    for (size_t i = 0; i < fact->n_packages; i++) {
        uint64_t hash = key_hash(packages, &fact->packages[i]);
        struct sw_fold_package *entry = find(packages, hash, &fact->packages[i]);
        if (entry == NULL) {
            entry = sw_region_alloc(packages->region, sizeof(*entry));
            if (entry == NULL)
                return -ENOMEM;
            entry->link.hash = hash;
            entry->package = &fact->packages[i];
            if (sw_fold_table_add(&packages->table, &entry->link) < 0)
                return -ENOMEM;
        }
        if (entry->n == 0)
            entry->since = layer;
        entry->n++;
    }
    return 0;
}

void sw_fold_packages_remove(struct sw_fold_packages *packages, const struct sw_fact *fact)
{
    for (size_t i = 0; i < fact->n_packages; i++) {
        struct sw_fold_package *entry = sw_fold_packages_find(packages, &fact->packages[i]);
        if (entry != NULL && entry->n > 0)
            entry->n--;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database says of a package of a system, found out once. Any number of threads ask, each
 * with a database of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scan/inventory_store.h"
#include "vulndb/vulndb.h"

struct sw_memo_verdict {
    uint64_t group;    /* hash of what one finding is: feed, record, source and its version */
    uint64_t identity; /* hash of id, source and version: the same in another database */
    uint8_t severity;
    uint8_t status;
};

struct sw_memo_package {
    struct sw_memo_verdict *verdicts;
    uint32_t n;
    bool is_source_named;
};

struct sw_memo_system {
    uint64_t seed;      /* of its packages' keys */
    bool is_incomplete; /* cannot be judged whole */
};

struct sw_memo;

int sw_memo_new(struct sw_str today, struct sw_memo **ret);
void sw_memo_free(struct sw_memo *memo);
/* Both are borrowed until the memo is freed. 0 or negative errno. */
int sw_memo_system(struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_inventory *inventory, const struct sw_memo_system **ret);
int sw_memo_package(struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_memo_system *system, const struct sw_os *os, struct sw_str package,
    const struct sw_memo_package **ret);

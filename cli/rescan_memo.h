/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Systems and packages of all inventories, each once, with what the database says of it and what it
 * said when it was judged last. Any number of threads put them in; judging is one thread a package,
 * each with a database of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "rules/ignore.h"
#include "scan/inventory_store.h"
#include "vulndb/touched.h"
#include "vulndb/vulndb.h"

struct sw_memo_verdict {
    uint64_t group;    /* hash of what one finding is: feed, record, source and its version */
    uint64_t identity; /* hash of id, source and version: the same in another database */
    uint8_t severity;
    uint8_t status;
    uint8_t is_ignored; /* by a rule, in this package */
};

struct sw_memo_verdicts {
    const struct sw_memo_verdict *v;
    uint32_t n;
};

struct sw_memo_package {
    struct sw_str bytes; /* as the inventory has it */
    uint32_t system;
    uint32_t hash;   /* of it in its part */
    uint32_t number; /* for whoever writes them down */
    struct sw_memo_verdicts before;
    struct sw_memo_verdicts now; /* where is_judged */
    /* Those of both that share something with any that changed (rescan_moved.h). */
    struct sw_memo_verdicts moved_before;
    struct sw_memo_verdicts moved_now;
    bool is_wanted;
    bool has_before;
    bool is_judged;
    bool is_changed; /* now is not before, or there is no before */
    bool is_source_named;
};

struct sw_memo_system {
    struct sw_str bytes;
    struct sw_os os;
    uint32_t number;
    bool is_judged;
    bool is_incomplete; /* cannot be judged whole */
};

struct sw_memo;

int sw_memo_new(struct sw_memo **ret);
void sw_memo_free(struct sw_memo *memo);

/* Finds a system or puts it in; its bytes, and the text of os, which lies in them, are copied. */
int sw_memo_add_system(struct sw_memo *memo, struct sw_str bytes, uint32_t *ret);
/* The same for a package; bytes are copied. */
int sw_memo_add_package(struct sw_memo *memo, uint32_t system, struct sw_str bytes, uint32_t *ret);
/* Borrowed until the memo is freed. Packages: not while others put some in. */
struct sw_memo_system *sw_memo_get_system(struct sw_memo *memo, uint32_t id);
struct sw_memo_package *sw_memo_get(const struct sw_memo *memo, uint32_t id);
size_t sw_memo_n_systems(struct sw_memo *memo);
/* Ids are i * SW_MEMO_PARTS + part for each i below this. */
#define SW_MEMO_PARTS ((uint32_t)64)
size_t sw_memo_n_packages(const struct sw_memo *memo, uint32_t part);

/* Memory for verdicts; not for use by two threads at once. */
struct sw_region *sw_memo_region(struct sw_memo *memo);

/* What was said before still holds: the database is the same, or the way from that one to this
 * touched none of the package's names. */
bool sw_memo_package_is_untouched(
    const struct sw_memo_package *package, const struct sw_touched *touched);

/* With which what is judged. */
struct sw_memo_judge {
    const struct sw_vulndb *db;
    struct sw_vulndb_kept *kept;
    struct sw_str today;
    const struct sw_ignore_rules *rules; /* NULL: none */
    struct sw_ignore_use *use;
    struct sw_region *region; /* of the thread: verdicts live there */
};

int sw_memo_judge_system(const struct sw_memo_judge *judge, struct sw_memo_system *system);
int sw_memo_judge_package(const struct sw_memo_judge *judge, const struct sw_memo_system *system,
    struct sw_memo_package *package);

/* Hash of id, source and version of a finding. */
uint64_t sw_memo_identity(const struct sw_finding *finding, struct sw_str source_version);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging many stored inventories at once, for `seawall rescan`: what the same match says of each
 * package is found out once and shared by all inventories that hold it, and taken from last time
 * where the database did not change for it. Gives numbers and what changed since an inventory was
 * judged last; whole reports are made one by one where a format wants them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "base/vec.h"
#include "model/finding.h"
#include "rescan_found.h"
#include "rescan_judged.h"
#include "scan/inventory_store.h"

struct sw_rescan_options {
    const char *database;
    struct sw_judged_state state; /* by which it is judged now */
    struct sw_str today;          /* "YYYY-MM-DD" */
    enum sw_severity least;
    enum sw_severity fail_on; /* with has_gate */
    bool has_gate;
    bool is_only_fixed;
    unsigned n_threads; /* at least 1 */
    const char *const *wanted;
    size_t n_wanted;                     /* 0: all */
    const struct sw_ignore_rules *rules; /* NULL: none */
    const struct sw_inventories *inventories;
    const struct sw_found *found;
};

/* One inventory's outcome; text is in the run's regions, or in the file of last time. */
struct sw_rescan_result {
    struct sw_judged_entry now;           /* name, and what is to be remembered */
    const struct sw_judged_entry *before; /* NULL: not known */
    struct sw_str found;                  /* by a scan since then, with has_found */
    bool has_found;
    int code; /* negative errno: damaged, and not judged */
    bool is_gone;
    bool is_wanted;
    bool is_read; /* from its file: not as it was last time */
    bool is_incomplete;
    bool is_failing;
    bool is_first; /* was not judged before: nothing to compare with */
    uint64_t n_findings[_SW_SEVERITY_MAX];
    uint64_t n_ignored;
    uint64_t n_new;
    uint64_t n_fixed;
};

struct sw_rescan {
    struct sw_memo *memo; /* owned */
    struct sw_judged judged;
    struct sw_rescan_result *results; /* owned; as many as inventories */
    size_t n_results;
    struct sw_region *regions; /* owned; one per thread */
    size_t n_regions;
    size_t n_judged_packages; /* that had to be matched */
};

int sw_rescan_run(const struct sw_rescan_options *options, const char *cache_dir,
    struct sw_rescan *ret, struct sw_err *err);
/* Writes down what there is to remember, where that changed; those that were not judged now stay as
 * they were. */
int sw_rescan_remember(const struct sw_rescan_options *options, const char *cache_dir,
    struct sw_rescan *rescan, struct sw_err *err);
/* What is to be shown of these counts. */
void sw_rescan_sum(const struct sw_rescan_options *options, const struct sw_judged_counts *counts,
    struct sw_rescan_result *result);
void sw_rescan_done(struct sw_rescan *rescan);

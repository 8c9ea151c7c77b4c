/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging many stored inventories at once, for `seawall rescan`: what the same match says of each
 * package is found out once and shared by all inventories that hold it. Gives numbers and what
 * changed since last time; whole reports are made one by one where a format wants them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "base/vec.h"
#include "model/finding.h"
#include "rescan_judged.h"
#include "scan/inventory_store.h"

struct sw_rescan_options {
    const char *database;
    struct sw_str today; /* "YYYY-MM-DD" */
    enum sw_severity least;
    enum sw_severity fail_on; /* with has_gate */
    bool has_gate;
    bool is_only_fixed;
    unsigned n_threads; /* at least 1 */
    const char *const *wanted;
    size_t n_wanted; /* 0: all */
    const struct sw_judged *before;
    const struct sw_inventories *inventories;
};

/* One inventory's outcome; text is in the run's regions. */
struct sw_rescan_result {
    struct sw_str name; /* of its file */
    struct sw_str target;
    struct sw_str platform;
    int code; /* negative errno: damaged, and not judged */
    bool is_wanted;
    bool is_incomplete;
    bool is_failing;
    bool is_first; /* was not judged before: nothing to compare with */
    uint64_t n_packages;
    uint64_t n_findings[_SW_SEVERITY_MAX];
    uint64_t n_new;
    uint64_t n_fixed;
    struct sw_judged_finding *findings; /* all, by id; owned */
    size_t n;
};

struct sw_rescan {
    struct sw_rescan_result *results; /* owned; as many as inventories */
    size_t n_results;
    struct sw_region *regions; /* owned; one per thread */
    size_t n_regions;
};

int sw_rescan_run(
    const struct sw_rescan_options *options, struct sw_rescan *ret, struct sw_err *err);
void sw_rescan_done(struct sw_rescan *rescan);

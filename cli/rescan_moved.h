/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which verdicts are others than last time. Of an inventory that is as it was only those have to be
 * added up again: findings of packages that share none of their hashes are what they were.
 */
#pragma once

#include "base/region.h"
#include "rescan_memo.h"

/* Hashes of groups and identities (both hold source and version). */
struct sw_rescan_moved {
    uint64_t *slots; /* owned; 0: free */
    size_t n_slots;
    size_t n;
};

void sw_rescan_moved_done(struct sw_rescan_moved *moved);
/* Compares what was with what is, of every package that was judged both times. */
int sw_rescan_moved_collect(struct sw_rescan_moved *moved, const struct sw_memo *memo);
/* Sets the package's moved_before and moved_now, in the region. */
int sw_rescan_moved_narrow(
    const struct sw_rescan_moved *moved, struct sw_memo_package *package, struct sw_region *region);

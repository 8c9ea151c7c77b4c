/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds up what the memo says of the packages of one inventory: packages of one source share a
 * finding, as in a report. One of these per thread.
 */
#pragma once

#include "base/vec.h"
#include "rescan_judged.h"

struct sw_rescan_group;

struct sw_rescan_counter {
    const struct sw_memo *memo; /* borrowed */
    SW_VEC(struct sw_rescan_group) groups;
    uint32_t *slots; /* owned; group + 1 by hash */
    size_t n_slots;
};

/* Which verdicts of a package. */
enum sw_rescan_which {
    SW_RESCAN_BEFORE,
    SW_RESCAN_NOW,
    SW_RESCAN_MOVED_BEFORE,
    SW_RESCAN_MOVED_NOW,
};

void sw_rescan_counter_done(struct sw_rescan_counter *counter);
/* The findings of these packages. */
int sw_rescan_count(struct sw_rescan_counter *counter, const uint32_t *packages, size_t n,
    enum sw_rescan_which which, struct sw_judged_counts *ret);
/* After it: every finding once, by identity, appended to the buffer as a list. */
int sw_rescan_list(struct sw_rescan_counter *counter, struct sw_buf *buf);

/* What of the second list is new, and what of the first is no more, from a severity on. */
void sw_rescan_compare(struct sw_str before, struct sw_str now, enum sw_severity least,
    uint64_t *ret_n_new, uint64_t *ret_n_fixed);

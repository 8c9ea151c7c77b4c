/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds out, while a delta is applied, of which packages it may change what a match says: those
 * whose entries it changes, those of changed records, and those whose findings may borrow a
 * severity from a record that came, went or changed.
 */
#pragma once

#include "base/vec.h"
#include "vulndb/touched.h"
#include "vulndb/transform.h"

struct sw_delta_touched {
    struct sw_touched packages;
    struct sw_touched ids;    /* whose records may lend their severity */
    SW_VEC(uint32_t) records; /* advisories that changed, by new number */
    int error;                /* 0, or why it is not known */
};

void sw_delta_touched_init(struct sw_delta_touched *touched);
void sw_delta_touched_done(struct sw_delta_touched *touched);
/* An operation of the delta. */
void sw_delta_touched_note(
    struct sw_delta_touched *touched, enum sw_table table, struct sw_str key);
/* An entry of this package is no more. */
void sw_delta_touched_drop(void *touched, struct sw_str package);
/* All that was noted, to names of packages: 0, or negative errno: everything may have changed. */
int sw_delta_touched_finish(struct sw_delta_touched *touched, const struct sw_transform *transform,
    const struct sw_vulndb *now);

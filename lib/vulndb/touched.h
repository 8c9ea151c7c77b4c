/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of which packages a delta may have changed what a match says. `db apply` leaves that beside the
 * database (FILE.touched), step by step from one file's digest to the next, so that whoever keeps
 * verdicts of the former state only judges those packages again. No such file, or none that leads
 * from the one state to the other: everything may have changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Beyond it judging everything again is no slower. */
#define SW_TOUCHED_NAMES_MAX ((size_t)200000)
#define SW_TOUCHED_STEPS_MAX ((size_t)64) /* the oldest are forgotten */
#define SW_TOUCHED_BYTES_MAX ((size_t)32 << 20)

/* Names of packages, source or binary. */
struct sw_touched {
    struct sw_region region;
    struct sw_str *v; /* owned; names in the region */
    size_t n;
    size_t capacity;
    uint32_t *slots; /* owned; index + 1 by hash */
    size_t n_slots;
};

void sw_touched_init(struct sw_touched *touched);
void sw_touched_done(struct sw_touched *touched);
/* 0, also for a name that is in already; -EFBIG, -ENOMEM. */
int sw_touched_add(struct sw_touched *touched, struct sw_str name);
bool sw_touched_has(const struct sw_touched *touched, struct sw_str name);

/* Adds what the steps between two digests (of whole files, as sw_vulndb_get_info gives them)
 * touched: 1, also when both are one; 0: not known. Negative errno only for want of memory. */
int sw_touched_load(
    const char *database, struct sw_str from, struct sw_str to, struct sw_touched *touched);
/* The same from bytes. */
int sw_touched_parse(
    struct sw_str bytes, struct sw_str from, struct sw_str to, struct sw_touched *touched);
/* Adds one more step to those of the file, where it is one, and forgets the others where it does
 * not go on from the last. */
int sw_touched_save(const char *database, struct sw_str from, struct sw_str to,
    const struct sw_touched *touched, struct sw_err *err);

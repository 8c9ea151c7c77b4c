/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorts any number of (key, value) pairs within a fixed amount of memory: what does not fit goes to
 * an unnamed file as sorted runs, which are merged while they are read back. Pairs of equal keys
 * keep the order in which they came.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sw_sorter;

/* `directory` takes the unnamed file when one is needed. NULL: out of memory. */
struct sw_sorter *sw_sorter_new(const char *directory, size_t memory_bytes);
void sw_sorter_free(struct sw_sorter *sorter);
void sw_sorter_freep(struct sw_sorter **sorter);

/* Copies both. 0, -EFBIG for a pair beyond the memory, or what the disk says. */
int sw_sorter_add(
    struct sw_sorter *sorter, struct sw_str key, struct sw_str value, struct sw_err *err);
/* Ends adding. */
int sw_sorter_finish(struct sw_sorter *sorter, struct sw_err *err);
/* The next pair in order, borrowed until the next call: 1, 0 at the end, negative errno. */
int sw_sorter_next(
    struct sw_sorter *sorter, struct sw_str *ret_key, struct sw_str *ret_value, struct sw_err *err);

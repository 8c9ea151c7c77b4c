/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that whole files may take, all threads together. Each thread has a small allowance of
 * its own, so that ordinary files never wait; a large file takes from the shared rest and waits
 * until it is free. A thread that keeps what it took until its layer ends (files of one folder
 * belong together) must be the only one of that kind, or two of them could wait for each other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sw_budget;

/* What was taken; zeroed: nothing. */
struct sw_budget_share {
    size_t n_bytes;
    bool is_shared;
    bool is_kept;
};

/* One thread's hold on the budget for one walk. */
struct sw_budget_hold {
    struct sw_budget *budget; /* borrowed */
    size_t own_bytes;         /* used of the allowance */
    size_t kept_bytes;        /* shared bytes kept until the end */
    bool has_token;           /* this is the one that keeps shared memory */
};

/* NULL: out of memory. */
struct sw_budget *sw_budget_new(size_t total_bytes, unsigned n_threads);
void sw_budget_free(struct sw_budget *budget);
void sw_budget_freep(struct sw_budget **budget);
/* The most that one file can ever get. */
size_t sw_budget_largest(const struct sw_budget *budget);

void sw_budget_hold_init(struct sw_budget_hold *hold, struct sw_budget *budget);
/* Everything taken must have been given back. */
void sw_budget_hold_done(struct sw_budget_hold *hold);

/* Takes n bytes, waiting for other threads where it must; is_kept: until the end of the walk. 0, or
 * -EFBIG when that much will never be free. */
int sw_budget_take(
    struct sw_budget_hold *hold, size_t n, bool is_kept, struct sw_budget_share *ret);
void sw_budget_give(struct sw_budget_hold *hold, struct sw_budget_share *share);

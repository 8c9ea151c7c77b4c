/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The budget for whole files, shared by all threads of the child.
 */
#include "budget.h"

#include <errno.h>

#include "base/mem.h"
#include "io/thread.h"

/* Databases of small images are within it. */
#define ALLOWANCE_MAX ((size_t)8 << 20)

struct sw_budget {
    struct sw_mutex mutex;
    struct sw_condition changed;
    size_t allowance_bytes; /* of each thread */
    size_t shared_bytes;    /* of all together */
    size_t free_bytes;      /* of the shared ones */
    bool is_token_taken;
};

struct sw_budget *sw_budget_new(size_t total_bytes, unsigned n_threads)
{
    struct sw_budget *budget = sw_mem_zalloc(1, sizeof(*budget));
    if (budget == NULL)
        return NULL;
    sw_mutex_init(&budget->mutex);
    sw_condition_init(&budget->changed);
    size_t share = total_bytes / 2 / (n_threads > 0 ? n_threads : 1);
    budget->allowance_bytes = share < ALLOWANCE_MAX ? share : ALLOWANCE_MAX;
    budget->shared_bytes = total_bytes - budget->allowance_bytes * n_threads;
    budget->free_bytes = budget->shared_bytes;
    return budget;
}

void sw_budget_free(struct sw_budget *budget)
{
    if (budget == NULL)
        return;
    sw_condition_done(&budget->changed);
    sw_mutex_done(&budget->mutex);
    sw_mem_free(budget);
}

void sw_budget_freep(struct sw_budget **budget)
{
    sw_budget_free(*budget);
}

size_t sw_budget_largest(const struct sw_budget *budget)
{
    return budget->shared_bytes;
}

void sw_budget_hold_init(struct sw_budget_hold *hold, struct sw_budget *budget)
{
    *hold = (struct sw_budget_hold){.budget = budget, .kept_bytes = 0};
}

void sw_budget_hold_done(struct sw_budget_hold *hold)
{
    if (!hold->has_token)
        return;
    SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&hold->budget->mutex);
    (void)held;
    hold->budget->is_token_taken = false;
    hold->has_token = false;
    sw_condition_broadcast(&hold->budget->changed);
}

/* Waits for shared bytes; the lock is held. Who keeps shared bytes waits only for threads that
 * give theirs back at once, so this ends. */
static int take_shared(struct sw_budget_hold *hold, size_t n, bool is_kept)
{
    struct sw_budget *budget = hold->budget;
    if (n > budget->shared_bytes - hold->kept_bytes)
        return -EFBIG;
    while (is_kept && !hold->has_token && budget->is_token_taken)
        sw_condition_wait(&budget->changed, &budget->mutex);
    if (is_kept) {
        budget->is_token_taken = true;
        hold->has_token = true;
    }
    while (budget->free_bytes < n)
        sw_condition_wait(&budget->changed, &budget->mutex);
    budget->free_bytes -= n;
    if (is_kept)
        hold->kept_bytes += n;
    return 0;
}

int sw_budget_take(struct sw_budget_hold *hold, size_t n, bool is_kept, struct sw_budget_share *ret)
{
    if (n <= hold->budget->allowance_bytes - hold->own_bytes) {
        hold->own_bytes += n;
        *ret = (struct sw_budget_share){.n_bytes = n};
        return 0;
    }
    SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&hold->budget->mutex);
    (void)held;
    int r = take_shared(hold, n, is_kept);
    if (r == 0)
        *ret = (struct sw_budget_share){.n_bytes = n, .is_shared = true, .is_kept = is_kept};
    return r;
}

void sw_budget_give(struct sw_budget_hold *hold, struct sw_budget_share *share)
{
    if (share->n_bytes == 0)
        return;
    if (share->is_shared) {
        SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&hold->budget->mutex);
        (void)held;
        hold->budget->free_bytes += share->n_bytes;
        hold->kept_bytes -= share->is_kept ? share->n_bytes : 0;
        sw_condition_broadcast(&hold->budget->changed);
    } else {
        hold->own_bytes -= share->n_bytes;
    }
    *share = (struct sw_budget_share){0};
}

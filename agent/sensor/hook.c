/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks. One line each: how to add one is said in agent/README.md.
 */
#include "sensor/hook.h"

#include <assert.h>

#include "base/mem.h"

#define KIND_BIT(kind) ((uint64_t)1 << SW_EVENT_##kind)
#define A(need, kinds, program, target)                                                            \
    {                                                                                              \
        need, kinds, SW_HOOK_LSM, program, target                                                  \
    }
#define B(need, kinds, program, target)                                                            \
    {                                                                                              \
        need, kinds, SW_HOOK_FENTRY, program, target                                               \
    }
#define C(need, kinds, program, target)                                                            \
    {                                                                                              \
        need, kinds, SW_HOOK_TRACEPOINT, program, target                                           \
    }

const struct sw_hook sw_hooks[] = {
    C("exec", KIND_BIT(EXEC), "on_sched_process_exec", "sched_process_exec"),
    C("fork", KIND_BIT(FORK), "on_sched_process_fork", "sched_process_fork"),
    C("exit", KIND_BIT(EXIT), "on_sched_process_exit", "sched_process_exit"),
    {NULL, 0, SW_HOOK_TRACEPOINT, NULL, NULL},
};

static const char *const letters[] = {
    [SW_HOOK_LSM] = "A", [SW_HOOK_FENTRY] = "B", [SW_HOOK_TRACEPOINT] = "C"};
static_assert(SW_ARRAY_SIZE(letters) == _SW_HOOK_TIER_MAX, "each tier has a letter");

const char *sw_hook_tier_letter(enum sw_hook_tier tier)
{
    return letters[tier];
}

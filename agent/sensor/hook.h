/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of hooks: which program of bpf/ serves which need, on which tier. A need takes the best
 * tier of which a program can be had on this node; the others are not loaded.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

enum sw_hook_tier {
    SW_HOOK_LSM,        /* A: BPF LSM, can refuse */
    SW_HOOK_FENTRY,     /* B: fentry and fexit on security_* and kin */
    SW_HOOK_TRACEPOINT, /* C: typed tracepoints, per-syscall tracepoints */
    _SW_HOOK_TIER_MAX
};

struct sw_hook {
    const char *need; /* what it is for: "exec", "open", ... */
    uint64_t kinds;   /* events that it makes, bit per kind */
    enum sw_hook_tier tier;
    const char *program; /* in bpf/ */
    const char *target;  /* function or tracepoint; "sys_exit_openat" for a system call's */
};

/* Ends with a hook without a need. Hooks of one need stand together, best tier first. */
extern const struct sw_hook sw_hooks[];

/* "A", "B", "C". */
const char *sw_hook_tier_letter(enum sw_hook_tier tier);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading kernel structures. READ(p, a, b) is p->a->b for a pointer that the verifier knows (a
 * context's argument, the current task): plain loads, a tenth of the cost of a helper call. KREAD
 * is the same through the helper, for addresses that came as numbers.
 */
#pragma once

#include "maps.bpf.h"

#ifdef SEAWALL_NO_FETCH
#define READ(p, ...) BPF_CORE_READ(p, __VA_ARGS__)
#else
#define READ(p, ...) ___arrow(p, __VA_ARGS__)
#endif
#define KREAD(p, ...) BPF_CORE_READ(p, __VA_ARGS__)

static __always_inline struct task_struct *current_task(void)
{
#ifdef SEAWALL_NO_FETCH
    return (struct task_struct *)bpf_get_current_task();
#else
    return bpf_get_current_task_btf();
#endif
}

static __always_inline __u64 cgroup_id_of(struct task_struct *task)
{
    return READ(task, cgroups, dfl_cgrp, kn, id);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space wants to hear of. Everything is data in maps; nothing is compiled in.
 */
#pragma once

#include "maps.bpf.h"
#include "read.bpf.h"

static __always_inline const struct sw_abi_settings *settings_get(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&settings, &zero);
}

/* Whether an event of this kind, done by this task, is to be reported. */
static __always_inline bool is_wanted(__u32 kind, struct task_struct *task)
{
    const struct sw_abi_settings *wanted = settings_get();
    if (wanted == NULL)
        return 0;
    if (kind == SW_ABI_CANARY || kind == SW_ABI_PROCESS)
        return 1;
    __u64 kinds = wanted->kinds;
    if (wanted->has_cgroups != 0) {
        __u64 id = cgroup_id_of(task);
        const __u64 *own = bpf_map_lookup_elem(&cgroups, &id);
        if (own != NULL)
            kinds = *own;
    }
    if ((kinds >> (kind & 63) & 1) == 0)
        return 0;
    if (wanted->own_pid != 0 && wanted->own_pid == (__u32)READ(task, tgid))
        return 0;
    if (wanted->scope != 0) {
        bool is_host = READ(task, nsproxy, mnt_ns, ns.inum) == wanted->host_mnt_ns;
        if (is_host != (wanted->scope == SW_ABI_ONLY_HOST))
            return 0;
    }
    return 1;
}

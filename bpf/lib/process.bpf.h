/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who a task is: ids in both pid namespaces, uids in both user namespaces, namespaces, cgroups.
 */
#pragma once

#include "read.bpf.h"

#define PF_KTHREAD 0x00200000
#define PF_USER_WORKER 0x00004000 /* io_uring's since 6.4; PF_IO_WORKER before is 0x10 */
#define PF_IO_WORKER 0x00000010

/* Extents that stand in the map itself; with more of them the kernel keeps a table elsewhere, which
 * is not followed: the id is not known then. */
#define EXTENTS_MAX 5

/* The id in its own namespace, for the struct pid of a task. */
static __always_inline __u32 pid_number(struct pid *pid, unsigned int *ret_ns_inum)
{
    struct upid upid = {0};
    unsigned int level = KREAD(pid, level);
    unsigned long at = (unsigned long)__builtin_preserve_access_index(&pid->numbers[0]);
    bpf_probe_read_kernel(&upid, bpf_core_type_size(struct upid),
        (void *)(at + level * bpf_core_type_size(struct upid)));
    if (ret_ns_inum != NULL)
        *ret_ns_inum = KREAD(upid.ns, ns.inum);
    return (__u32)upid.nr;
}

/* The id in the initial namespace: that of level 0. */
static __always_inline __u32 pid_number_initial(struct pid *pid)
{
    return (__u32)KREAD(pid, numbers[0].nr);
}

/* What the kernel's id is called inside the namespace that the map belongs to. */
static __always_inline bool map_id(struct uid_gid_map *map, __u32 id, __u32 *ret)
{
    __u32 n = KREAD(map, nr_extents);
    if (n > EXTENTS_MAX)
        return 0;
    for (__u32 i = 0; i < EXTENTS_MAX; i++) {
        if (i >= n)
            break;
        struct uid_gid_extent extent;
        bpf_core_read(&extent, sizeof(extent), &map->extent[i]);
        if (id - extent.lower_first < extent.count) {
            *ret = id - extent.lower_first + extent.first;
            return 1;
        }
    }
    return 0;
}

static __always_inline void ids_fill(struct sw_abi_record *record, const struct cred *cred)
{
    struct sw_abi_process *process = &record->process;
    process->uid = READ(cred, uid.val);
    process->euid = READ(cred, euid.val);
    process->gid = READ(cred, gid.val);
    process->egid = READ(cred, egid.val);
    struct user_namespace *ns = READ(cred, user_ns);
    process->user_ns = READ(ns, ns.inum);
    process->ns_uid = process->euid;
    process->ns_gid = process->egid;
    if (READ(ns, level) == 0 || (map_id(&ns->uid_map, process->euid, &process->ns_uid) &&
                                    map_id(&ns->gid_map, process->egid, &process->ns_gid)))
        record->flags |= SW_ABI_HAS_NS_UID;
}

static __always_inline __u64 cgroup1_id_at(struct task_struct *task, __u64 index)
{
    struct cgroup_subsys_state *css = NULL;
    struct css_set *set = READ(task, cgroups);
    unsigned long at = (unsigned long)__builtin_preserve_access_index(&set->subsys[0]);
    bpf_probe_read_kernel(&css, sizeof(css), (void *)(at + index * sizeof(void *)));
    return KREAD(css, cgroup, kn, id);
}

/* The first of the hierarchies that runtimes place containers in. */
static __always_inline __u64 cgroup1_id_of(struct task_struct *task)
{
    if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
        return cgroup1_id_at(task, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
    if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
        return cgroup1_id_at(task, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
    if (bpf_core_enum_value_exists(enum cgroup_subsys_id, freezer_cgrp_id))
        return cgroup1_id_at(task, bpf_core_enum_value(enum cgroup_subsys_id, freezer_cgrp_id));
    return 0;
}

static __always_inline __u64 start_of(struct task_struct *task)
{
    struct task_struct *leader = READ(task, group_leader);
    return READ(leader, start_boottime);
}

static __always_inline void process_fill(struct sw_abi_record *record, struct task_struct *task)
{
    struct sw_abi_process *process = &record->process;
    struct task_struct *parent = READ(task, real_parent);
    process->start_ns = start_of(task);
    process->parent_start_ns = start_of(parent);
    process->cgroup_id = cgroup_id_of(task);
    process->cgroup1_id = cgroup1_id_of(task);
    process->pid = (__u32)READ(task, tgid);
    process->tid = (__u32)READ(task, pid);
    process->parent_pid = (__u32)READ(parent, tgid);
    process->ns_tid = pid_number(READ(task, thread_pid), &process->pid_ns);
    struct task_struct *leader = READ(task, group_leader);
    process->ns_pid =
        process->pid == process->tid ? process->ns_tid : pid_number(READ(leader, thread_pid), NULL);
    process->session = pid_number_initial(READ(task, signal, pids[PIDTYPE_SID]));
    ids_fill(record, READ(task, cred));
    process->login_uid = ~0u;
    if (bpf_core_field_exists(task->loginuid))
        process->login_uid = READ(task, loginuid.val);
    /* A task that is ending has none any more. */
    struct nsproxy *spaces = READ(task, nsproxy);
    process->mnt_ns = 0;
    process->net_ns = 0;
    if (spaces != NULL) {
        process->mnt_ns = READ(spaces, mnt_ns, ns.inum);
        process->net_ns = READ(spaces, net_ns, ns.inum);
    }
    process->reserved = 0;
    BPF_CORE_READ_STR_INTO(&process->comm, task, comm);
    if ((READ(task, flags) & PF_KTHREAD) != 0)
        record->flags |= SW_ABI_IS_KERNEL_TASK;
}

static __always_inline __u64 capability_read(const void *from)
{
    __u64 set = 0;
    bpf_probe_read_kernel(&set, sizeof(set), from);
    return set;
}

/* Before 6.3 a set was two halves in an array: the same eight bytes. */
static __always_inline void capabilities_fill(
    struct sw_abi_capabilities *capabilities, const struct cred *cred)
{
    capabilities->inheritable =
        capability_read(__builtin_preserve_access_index(&cred->cap_inheritable));
    capabilities->permitted =
        capability_read(__builtin_preserve_access_index(&cred->cap_permitted));
    capabilities->effective =
        capability_read(__builtin_preserve_access_index(&cred->cap_effective));
    capabilities->bounding = capability_read(__builtin_preserve_access_index(&cred->cap_bset));
    capabilities->ambient = capability_read(__builtin_preserve_access_index(&cred->cap_ambient));
}

static __always_inline void target_fill(struct sw_abi_target *target, struct task_struct *task)
{
    target->start_ns = start_of(task);
    target->pid = (__u32)READ(task, tgid);
    target->tid = (__u32)READ(task, pid);
    struct task_struct *leader = READ(task, group_leader);
    target->ns_tid = pid_number(READ(task, thread_pid), NULL);
    target->ns_pid =
        target->pid == target->tid ? target->ns_tid : pid_number(READ(leader, thread_pid), NULL);
    target->uid = READ(task, cred, euid.val);
    BPF_CORE_READ_STR_INTO(&target->comm, task, comm);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, as far as the programs here look into them. Offsets are not those below:
 * libbpf puts in those of the running kernel, by name (CO-RE). Kept by hand instead of generated,
 * so that a build needs no BTF and every build is the same. Names with three underscores are former
 * forms of a type: what changed, and since when, is said there.
 */
#pragma once

/* Registers by the kernel's names in <bpf/bpf_tracing.h>. */
#define __VMLINUX_H__

#include <linux/types.h>
#include <linux/bpf.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef _Bool bool;
#define NULL ((void *)0)

typedef struct {
    __u32 val;
} kuid_t;
typedef struct {
    __u32 val;
} kgid_t;
typedef struct {
    __u64 val;
} kernel_cap_t;
typedef struct {
    int counter;
} atomic_t;

struct ns_common {
    unsigned int inum;
};
struct uid_gid_extent {
    __u32 first;
    __u32 lower_first;
    __u32 count;
};
struct uid_gid_map {
    __u32 nr_extents;
    struct uid_gid_extent extent[5];
};
struct user_namespace {
    struct uid_gid_map uid_map;
    struct uid_gid_map gid_map;
    int level;
    struct ns_common ns;
};
struct pid_namespace {
    struct ns_common ns;
};
struct mnt_namespace {
    struct ns_common ns;
};
struct uts_namespace {
    struct ns_common ns;
};
struct ipc_namespace {
    struct ns_common ns;
};
struct cgroup_namespace {
    struct ns_common ns;
};
struct net {
    struct ns_common ns;
};
struct nsproxy {
    struct uts_namespace *uts_ns;
    struct ipc_namespace *ipc_ns;
    struct mnt_namespace *mnt_ns;
    struct pid_namespace *pid_ns_for_children;
    struct net *net_ns;
    struct cgroup_namespace *cgroup_ns;
};
struct upid {
    int nr;
    struct pid_namespace *ns;
};
struct pid {
    unsigned int level;
    struct upid numbers[1];
};
struct cred {
    kuid_t uid;
    kgid_t gid;
    kuid_t suid;
    kgid_t sgid;
    kuid_t euid;
    kgid_t egid;
    kuid_t fsuid;
    kgid_t fsgid;
    kernel_cap_t cap_inheritable;
    kernel_cap_t cap_permitted;
    kernel_cap_t cap_effective;
    kernel_cap_t cap_bset;
    kernel_cap_t cap_ambient;
    struct user_namespace *user_ns;
};

struct kernfs_node {
    __u64 id;
};
struct cgroup_root {
    int hierarchy_id;
};
struct cgroup {
    int level;
    struct kernfs_node *kn;
    struct cgroup_root *root;
};
struct cgroup_subsys_state {
    struct cgroup *cgroup;
};
struct css_set {
    struct cgroup_subsys_state *subsys[1];
    struct cgroup *dfl_cgrp;
};
enum cgroup_subsys_id {
    memory_cgrp_id = 1,
    freezer_cgrp_id,
    pids_cgrp_id,
};

struct timespec64 {
    long long tv_sec;
    long tv_nsec;
};
struct super_block {
    unsigned int s_dev;
    unsigned long s_magic;
};
struct inode {
    unsigned short i_mode;
    kuid_t i_uid;
    struct super_block *i_sb;
    unsigned long i_ino;
    unsigned int i_nlink;
    unsigned int i_rdev;
    long long i_mtime_sec;
    long long i_ctime_sec;
    __u32 i_mtime_nsec;
    __u32 i_ctime_nsec;
};
/* Until 6.5 (i_ctime) and 6.6 (i_mtime). */
struct inode___plain {
    struct timespec64 i_mtime;
    struct timespec64 i_ctime;
};
/* 6.6 (__i_ctime), 6.7 (both) to 6.10. */
struct inode___hidden {
    struct timespec64 __i_mtime;
    struct timespec64 __i_ctime;
};
struct qstr {
    __u32 len;
    const unsigned char *name;
};
struct hlist_bl_node {
    struct hlist_bl_node **pprev;
};
struct dentry {
    struct hlist_bl_node d_hash;
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
};
struct vfsmount {
    struct dentry *mnt_root;
};
struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
};
struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};
struct file {
    unsigned int f_flags;
    unsigned int f_mode;
    struct path f_path;
    struct inode *f_inode;
    void *private_data;
};
struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};
struct files_struct {
    struct fdtable *fdt;
};
struct fs_struct {
    struct path root;
    struct path pwd;
};
struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    struct file *exe_file;
};
struct linux_binprm {
    struct file *file;
    int argc;
    const char *filename;
};

struct signal_struct {
    atomic_t live;
    int group_exit_code;
    unsigned int flags;
    struct pid *pids[4];
};
enum pid_type { PIDTYPE_SID = 3 };

struct task_struct {
    unsigned int flags;
    int exit_code;
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    __u64 start_boottime;
    const struct cred *cred;
    char comm[16];
    struct fs_struct *fs;
    struct files_struct *files;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    kuid_t loginuid;
    struct css_set *cgroups;
    struct mm_struct *mm;
};
/* Until 5.4. */
struct task_struct___former {
    __u64 real_start_time;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long r10, r9, r8, dx, si, di, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
    __u64 regs[31];
};
struct pt_regs {
    __u64 regs[31];
    __u64 orig_x0;
};
#endif

struct in6_addr {
    __u8 bytes[16];
};
struct sock_common {
    __u32 skc_daddr;
    __u32 skc_rcv_saddr;
    __u16 skc_dport; /* network order */
    __u16 skc_num;
    unsigned short skc_family;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
    struct sock_common __sk_common;
    __u16 sk_type;
    __u16 sk_protocol;
};
struct socket {
    struct sock *sk;
};

struct seq_file;
struct bpf_iter_meta {
    struct seq_file *seq;
};
struct bpf_iter__task {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
};

#pragma clang attribute pop

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths from dentries, as the process sees them: up to its root. Our own walk, because bpf_d_path
 * is for few hooks only and for tracepoints not at all.
 */
#pragma once

#include "record.bpf.h"

/* Components of a path, mounts counted as well. A longer one loses its beginning, and says so. */
#define PATH_DEPTH_MAX 56

struct walk {
    struct dentry *dentry;
    struct vfsmount *mnt;
    struct dentry *root_dentry;
    struct vfsmount *root_mnt;
};

/* Puts one component, and its slash, before what is there. Bound: `at` is masked below PATH_BYTES,
 * and a name has at most NAME_BYTES, which are kept behind it. */
static __always_inline bool path_put(struct scratch *scratch, struct dentry *dentry, bool has_slash)
{
    __u64 n = KREAD(dentry, d_name.len);
    const unsigned char *name = KREAD(dentry, d_name.name);
    __u64 at = scratch->path_at;
    if (n > NAME_BYTES - 1)
        n = NAME_BYTES - 1;
    if (at < n + 1)
        return 0;
    at -= n;
    asm volatile("%0 &= 255" : "+r"(n));
    asm volatile("%0 &= 4095" : "+r"(at));
    bpf_probe_read_kernel(scratch->path + at, (__u32)n, name);
    if (has_slash) {
        at--;
        asm volatile("%0 &= 4095" : "+r"(at));
        scratch->path[at] = '/';
    }
    scratch->path_at = (__u32)at;
    return 1;
}

/* A function of its own to the verifier, which so looks at it once and not for each path of each
 * program. 0, or 1 when the beginning of the path is missing. */
__weak __noinline int path_walk(struct scratch *scratch, struct walk *walk)
{
    if (scratch == NULL || walk == NULL)
        return 1;
    for (int i = 0; i < PATH_DEPTH_MAX; i++) {
        struct dentry *dentry = walk->dentry;
        struct vfsmount *mnt = walk->mnt;
        if (dentry == walk->root_dentry && mnt == walk->root_mnt)
            return 0;
        struct dentry *parent = KREAD(dentry, d_parent);
        struct dentry *mnt_root = KREAD(mnt, mnt_root);
        if (dentry == mnt_root) {
            struct mount *mount =
                (void *)((unsigned long)mnt - bpf_core_field_offset(struct mount, mnt));
            struct mount *mnt_parent = KREAD(mount, mnt_parent);
            if (mount == mnt_parent)
                return 0;
            walk->dentry = KREAD(mount, mnt_mountpoint);
            walk->mnt =
                (void *)((unsigned long)mnt_parent + bpf_core_field_offset(struct mount, mnt));
            continue;
        }
        bool is_top = dentry == parent;
        if (!path_put(scratch, dentry, !is_top))
            return 1;
        /* Without a parent and not the root of its mount: memfd, pipe, socket. */
        if (is_top)
            return 0;
        walk->dentry = parent;
    }
    return 1;
}

/* Appends the path to the record. `fs` is that of the process. */
static __always_inline void path_append(struct scratch *scratch, struct sw_abi_text *text,
    struct fs_struct *fs, struct vfsmount *mnt, struct dentry *dentry)
{
    struct walk walk = {.dentry = dentry, .mnt = mnt};
    walk.root_dentry = KREAD(fs, root.dentry);
    walk.root_mnt = KREAD(fs, root.mnt);
    scratch->path_at = PATH_BYTES;
    if (path_walk(scratch, &walk) != 0)
        scratch->record.flags |= SW_ABI_IS_CUT;
    __u64 at = scratch->path_at;
    if (at >= PATH_BYTES) {
        scratch->path[PATH_BYTES - 1] = '/';
        at = PATH_BYTES - 1;
    }
    __u64 n = PATH_BYTES - at;
    asm volatile("%0 &= 4095" : "+r"(at));
    text_append(scratch, text, scratch->path + at, n, TEXT_KERNEL);
}

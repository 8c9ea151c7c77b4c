/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a file is: device and inode, and whether it comes from an image.
 */
#pragma once

#include "path.bpf.h"

#define OVERLAYFS_MAGIC 0x794c7630
#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6

/* Low 20 bits are the minor number inside the kernel. */
#define MINOR_BITS 20

static __always_inline void times_fill(struct sw_abi_file *file, struct inode *inode)
{
    const __u64 second = 1000000000ULL;
    if (bpf_core_field_exists(inode->i_mtime_sec)) {
        file->mtime_ns = (__u64)KREAD(inode, i_mtime_sec) * second + KREAD(inode, i_mtime_nsec);
        file->ctime_ns = (__u64)KREAD(inode, i_ctime_sec) * second + KREAD(inode, i_ctime_nsec);
        return;
    }
    struct inode___plain *plain = (void *)inode;
    struct inode___hidden *hidden = (void *)inode;
    struct timespec64 time = {0};
    if (bpf_core_field_exists(plain->i_mtime))
        time = KREAD(plain, i_mtime);
    else if (bpf_core_field_exists(hidden->__i_mtime))
        time = KREAD(hidden, __i_mtime);
    file->mtime_ns = (__u64)time.tv_sec * second + (__u64)time.tv_nsec;
    if (bpf_core_field_exists(plain->i_ctime))
        time = KREAD(plain, i_ctime);
    else if (bpf_core_field_exists(hidden->__i_ctime))
        time = KREAD(hidden, __i_ctime);
    file->ctime_ns = (__u64)time.tv_sec * second + (__u64)time.tv_nsec;
}

/* Overlay keeps the dentry of the upper layer right behind the inode (struct ovl_inode, whose BTF
 * is in a module on many kernels): NULL as long as the file is that of a lower layer. */
static __always_inline bool is_upper(struct inode *inode)
{
    struct dentry *upper = NULL;
    bpf_probe_read_kernel(
        &upper, sizeof(upper), (void *)((unsigned long)inode + bpf_core_type_size(struct inode)));
    return upper != NULL;
}

static __always_inline bool is_memfd(struct dentry *dentry)
{
    char name[6] = {0};
    if (KREAD(dentry, d_parent) != dentry)
        return 0;
    bpf_probe_read_kernel(name, sizeof(name), KREAD(dentry, d_name.name));
    return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' &&
           name[5] == ':';
}

static __always_inline void inode_fill(
    struct sw_abi_file *file, struct inode *inode, struct dentry *dentry)
{
    struct super_block *super = KREAD(inode, i_sb);
    __u32 device = KREAD(super, s_dev);
    file->inode = KREAD(inode, i_ino);
    file->major = device >> MINOR_BITS;
    file->minor = device & ((1u << MINOR_BITS) - 1);
    file->mode = KREAD(inode, i_mode);
    file->uid = KREAD(inode, i_uid.val);
    file->n_links = KREAD(inode, i_nlink);
    file->magic = (__u32)KREAD(super, s_magic);
    times_fill(file, inode);
    if (file->magic == OVERLAYFS_MAGIC) {
        file->flags |= SW_ABI_FILE_OVERLAY;
        if (is_upper(inode))
            file->flags |= SW_ABI_FILE_UPPER;
    }
    bool is_memory = (file->magic == TMPFS_MAGIC || file->magic == HUGETLBFS_MAGIC) &&
                     file->n_links == 0 && is_memfd(dentry);
    if (is_memory)
        file->flags |= SW_ABI_FILE_MEMFD;
    else if (file->n_links == 0 || KREAD(dentry, d_hash.pprev) == NULL)
        file->flags |= SW_ABI_FILE_DELETED;
}

static __always_inline void file_fill(struct sw_abi_file *to, struct file *file)
{
    inode_fill(to, KREAD(file, f_inode), KREAD(file, f_path.dentry));
}

static __always_inline void file_path_append(
    struct scratch *scratch, struct sw_abi_text *text, struct fs_struct *fs, struct file *file)
{
    path_append(scratch, text, fs, KREAD(file, f_path.mnt), KREAD(file, f_path.dentry));
}

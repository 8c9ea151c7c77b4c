/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls as tier C sees them: at their end, where the result is known and objects can be
 * taken from descriptors. Arguments are still in the task's saved registers, so that no program is
 * needed at the beginning. Texts in user memory may have been changed by another thread since:
 * records made of them are marked SW_ABI_IS_TEXT_PATH.
 */
#pragma once

#include "file.bpf.h"

/* The context of a tracepoint syscalls/sys_exit_*: the same on every kernel. */
struct call_end {
    __u64 common;
    long number;
    long result;
};

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define AT_FDCWD (-100)

static __always_inline unsigned long call_argument(struct task_struct *task, int n)
{
    struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
    switch (n) {
    case 0:
        return PT_REGS_PARM1_CORE_SYSCALL(registers);
    case 1:
        return PT_REGS_PARM2_CORE_SYSCALL(registers);
    case 2:
        return PT_REGS_PARM3_CORE_SYSCALL(registers);
    case 3:
        return PT_REGS_PARM4_CORE_SYSCALL(registers);
    default:
        return PT_REGS_PARM5_CORE_SYSCALL(registers);
    }
}

/* The open file behind a descriptor of the task; NULL when there is none. */
static __always_inline struct file *file_of(struct task_struct *task, long fd)
{
    struct file *file = NULL;
    struct fdtable *table = READ(task, files, fdt);
    if (fd < 0 || (unsigned long)fd >= READ(table, max_fds))
        return NULL;
    struct file **files = READ(table, fd);
    bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
    return file;
}

/* Begins a record of a call that returned `result`. */
static __always_inline struct scratch *call_begin(
    __u32 kind, enum sw_abi_call call, struct task_struct *task, long result)
{
    struct scratch *scratch = record_begin(kind, task);
    if (scratch == NULL)
        return NULL;
    scratch->record.call = (__u16)call;
    scratch->record.result = result;
    return scratch;
}

/* A path as the caller wrote it. A relative one gets the directory that it begins at before it. */
static __always_inline void path_text_append(struct scratch *scratch, struct sw_abi_text *text,
    struct task_struct *task, long directory, unsigned long from)
{
    char first = 0;
    scratch->record.flags |= SW_ABI_IS_TEXT_PATH;
    bpf_probe_read_user(&first, 1, (void *)from);
    if (first == '/') {
        text_append_z(scratch, text, (void *)from, TEXT_USER);
        return;
    }
    struct fs_struct *fs = READ(task, fs);
    if ((int)directory == AT_FDCWD) {
        path_append(scratch, text, fs, READ(fs, pwd.mnt), READ(fs, pwd.dentry));
    } else {
        struct file *file = file_of(task, (int)directory);
        if (file != NULL)
            file_path_append(scratch, text, fs, file);
    }
    if (first == 0)
        return;
    /* After "/" alone no other slash. */
    __u64 at = scratch->used;
    HIDE(at);
    if (at > 0 && at < APPEND_MAX && text->length > 1) {
        scratch->bytes[at] = '/';
        scratch->used = (__u32)at + 1;
        text->length++;
    }
    struct sw_abi_text name = {0};
    text_append_z(scratch, &name, (void *)from, TEXT_USER);
    if (text->length == 0)
        *text = name;
    else
        text->length += name.length;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files: opened for writing, made, renamed, removed, linked, their mode changed. An open file is
 * looked at itself, whatever path led to it; paths of the other calls are as written (tier C).
 */
#include "lib/call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000

#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define DEBUGFS_MAGIC 0x64626720
#define TRACEFS_MAGIC 0x74726163
#define CONFIGFS_MAGIC 0x62656570
#define SECURITYFS_MAGIC 0x73636673
#define BINFMTFS_MAGIC 0x42494e4d
#define SELINUX_MAGIC 0xf97cff8c
#define EFIVARFS_MAGIC 0xde5e81e4

static __always_inline bool is_setting(unsigned long magic)
{
    return magic == PROC_SUPER_MAGIC || magic == SYSFS_MAGIC || magic == CGROUP_SUPER_MAGIC ||
           magic == CGROUP2_SUPER_MAGIC || magic == DEBUGFS_MAGIC || magic == TRACEFS_MAGIC ||
           magic == CONFIGFS_MAGIC || magic == SECURITYFS_MAGIC || magic == BINFMTFS_MAGIC ||
           magic == SELINUX_MAGIC || magic == EFIVARFS_MAGIC;
}

/* /dev/null and /dev/zero: every shell writes to them, and nothing comes of it. Pipes have no path.
 */
static __always_inline bool is_sink(struct inode *inode)
{
    __u32 type = KREAD(inode, i_mode) & S_IFMT;
    __u32 device = KREAD(inode, i_rdev);
    bool is_nothing = device == (1u << MINOR_BITS | 3) || device == (1u << MINOR_BITS | 5);
    return type == S_IFIFO || (type == S_IFCHR && is_nothing);
}

/* Whether any path that is watched is a beginning of it. */
static __always_inline bool is_watched(struct scratch *scratch, const struct sw_abi_text *text)
{
    const struct sw_abi_settings *wanted = settings_get();
    if (wanted == NULL || wanted->has_paths == 0)
        return 1;
    struct sw_abi_prefix prefix = {.n_bits = SW_ABI_PREFIX_BYTES * 8};
    __u64 at = text->offset;
    __u64 n = text->length;
    HIDE(at);
    if (at > APPEND_MAX)
        return 1;
    if (n > SW_ABI_PREFIX_BYTES - 1)
        n = SW_ABI_PREFIX_BYTES - 1;
    asm volatile("%0 &= 127" : "+r"(n));
    if (n > SW_ABI_PREFIX_BYTES - 1)
        return 1;
    bpf_probe_read_kernel(prefix.text, (__u32)n, scratch->bytes + at);
    return bpf_map_lookup_elem(&paths, &prefix) != NULL;
}

static __always_inline int open_ended(struct call_end *end, enum sw_abi_call call)
{
    if (end->result < 0)
        return 0;
    struct task_struct *task = current_task();
    struct file *file = file_of(task, end->result);
    if (file == NULL || (KREAD(file, f_mode) & FMODE_WRITE) == 0)
        return 0;
    struct inode *inode = KREAD(file, f_inode);
    if (is_sink(inode))
        return 0;
    __u32 kind = is_setting(KREAD(inode, i_sb, s_magic)) ? SW_ABI_SETTING : SW_ABI_OPEN;
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_open *open = record_payload(scratch, sizeof(*open));
    file_fill(&open->file, file);
    if ((KREAD(file, f_mode) & FMODE_CREATED) != 0)
        open->file.flags |= SW_ABI_FILE_CREATED;
    open->open_flags = KREAD(file, f_flags);
    open->fd = (__s32)end->result;
    file_path_append(scratch, &open->path, READ(task, fs), file);
    if (kind == SW_ABI_SETTING)
        record_submit_priority(scratch);
    else if (!is_watched(scratch, &open->path))
        record_skip(scratch);
    else
        record_submit(scratch);
    return 0;
}

#define ON_OPEN(symbol, call)                                                                      \
    SEC("tp/syscalls/sys_exit_" #call)                                                             \
    int on_exit_##call(struct call_end *end)                                                       \
    {                                                                                              \
        return open_ended(end, SW_ABI_CALL_##symbol);                                              \
    }
ON_OPEN(OPEN, open)
ON_OPEN(OPENAT, openat)
ON_OPEN(OPENAT2, openat2)
ON_OPEN(CREAT, creat)
ON_OPEN(OPEN_BY_HANDLE_AT, open_by_handle_at)

/* Where in the arguments of a call its two paths are; -1: from the working directory. */
struct two_paths {
    int from_directory, from, to_directory, to, flags;
};

static __always_inline long directory_argument(struct task_struct *task, int n)
{
    return n < 0 ? AT_FDCWD : (long)call_argument(task, n);
}

static __always_inline int two_paths_ended(
    struct call_end *end, __u32 kind, enum sw_abi_call call, struct two_paths at, bool is_symlink)
{
    if (end->result < 0)
        return 0;
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_rename *rename = record_payload(scratch, sizeof(*rename));
    if (at.flags >= 0)
        rename->call_flags = (__u32)call_argument(task, at.flags);
    if (is_symlink)
        text_append_z(scratch, &rename->from, (void *)call_argument(task, at.from), TEXT_USER);
    else
        path_text_append(scratch, &rename->from, task, directory_argument(task, at.from_directory),
            call_argument(task, at.from));
    path_text_append(scratch, &rename->to, task, directory_argument(task, at.to_directory),
        call_argument(task, at.to));
    if (!is_watched(scratch, &rename->to) && (is_symlink || !is_watched(scratch, &rename->from)))
        record_skip(scratch);
    else
        record_submit(scratch);
    return 0;
}

#define ON_TWO(kind, symbol, call, is_symlink, ...)                                                \
    SEC("tp/syscalls/sys_exit_" #call)                                                             \
    int on_exit_##call(struct call_end *end)                                                       \
    {                                                                                              \
        struct two_paths at = {__VA_ARGS__};                                                       \
        return two_paths_ended(end, SW_ABI_##kind, SW_ABI_CALL_##symbol, at, is_symlink);          \
    }
ON_TWO(RENAME, RENAME, rename, 0, -1, 0, -1, 1, -1)
ON_TWO(RENAME, RENAMEAT, renameat, 0, 0, 1, 2, 3, -1)
ON_TWO(RENAME, RENAMEAT2, renameat2, 0, 0, 1, 2, 3, 4)
ON_TWO(LINK, LINK, link, 0, -1, 0, -1, 1, -1)
ON_TWO(LINK, LINKAT, linkat, 0, 0, 1, 2, 3, 4)
ON_TWO(LINK, SYMLINK, symlink, 1, -1, 0, -1, 1, -1)
ON_TWO(LINK, SYMLINKAT, symlinkat, 1, -1, 0, 1, 2, -1)

struct one_path {
    int directory, path, mode, flags;
};

static __always_inline int one_path_ended(
    struct call_end *end, __u32 kind, enum sw_abi_call call, struct one_path at)
{
    if (end->result < 0)
        return 0;
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_path *path = record_payload(scratch, sizeof(*path));
    if (at.mode >= 0)
        path->mode = (__u32)call_argument(task, at.mode) & 07777;
    if (at.flags >= 0)
        path->call_flags = (__u32)call_argument(task, at.flags);
    path_text_append(scratch, &path->path, task, directory_argument(task, at.directory),
        call_argument(task, at.path));
    if (!is_watched(scratch, &path->path))
        record_skip(scratch);
    else
        record_submit(scratch);
    return 0;
}

#define ON_ONE(kind, symbol, call, ...)                                                            \
    SEC("tp/syscalls/sys_exit_" #call)                                                             \
    int on_exit_##call(struct call_end *end)                                                       \
    {                                                                                              \
        struct one_path at = {__VA_ARGS__};                                                        \
        return one_path_ended(end, SW_ABI_##kind, SW_ABI_CALL_##symbol, at);                       \
    }
ON_ONE(UNLINK, UNLINK, unlink, -1, 0, -1, -1)
ON_ONE(UNLINK, UNLINKAT, unlinkat, 0, 1, -1, 2)
ON_ONE(UNLINK, RMDIR, rmdir, -1, 0, -1, -1)
ON_ONE(CHMOD, CHMOD, chmod, -1, 0, 1, -1)
ON_ONE(CHMOD, FCHMODAT, fchmodat, 0, 1, 2, -1)
ON_ONE(CHMOD, FCHMODAT2, fchmodat2, 0, 1, 2, 3)

SEC("tp/syscalls/sys_exit_fchmod")
int on_exit_fchmod(struct call_end *end)
{
    if (end->result < 0)
        return 0;
    struct task_struct *task = current_task();
    struct file *file = file_of(task, (int)call_argument(task, 0));
    if (file == NULL)
        return 0;
    struct scratch *scratch = call_begin(SW_ABI_CHMOD, SW_ABI_CALL_FCHMOD, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_path *path = record_payload(scratch, sizeof(*path));
    path->mode = (__u32)call_argument(task, 1) & 07777;
    file_fill(&path->file, file);
    file_path_append(scratch, &path->path, READ(task, fs), file);
    if (!is_watched(scratch, &path->path))
        record_skip(scratch);
    else
        record_submit(scratch);
    return 0;
}

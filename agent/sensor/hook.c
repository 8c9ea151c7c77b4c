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
    C("open", KIND_BIT(OPEN) | KIND_BIT(SETTING), "on_exit_openat", "sys_exit_openat"),
    C("open", KIND_BIT(OPEN) | KIND_BIT(SETTING), "on_exit_open", "sys_exit_open"),
    C("open", KIND_BIT(OPEN) | KIND_BIT(SETTING), "on_exit_openat2", "sys_exit_openat2"),
    C("open", KIND_BIT(OPEN) | KIND_BIT(SETTING), "on_exit_creat", "sys_exit_creat"),
    C("open", KIND_BIT(OPEN) | KIND_BIT(SETTING), "on_exit_open_by_handle_at",
        "sys_exit_open_by_handle_at"),
    C("rename", KIND_BIT(RENAME), "on_exit_rename", "sys_exit_rename"),
    C("rename", KIND_BIT(RENAME), "on_exit_renameat", "sys_exit_renameat"),
    C("rename", KIND_BIT(RENAME), "on_exit_renameat2", "sys_exit_renameat2"),
    C("unlink", KIND_BIT(UNLINK), "on_exit_unlink", "sys_exit_unlink"),
    C("unlink", KIND_BIT(UNLINK), "on_exit_unlinkat", "sys_exit_unlinkat"),
    C("unlink", KIND_BIT(UNLINK), "on_exit_rmdir", "sys_exit_rmdir"),
    C("link", KIND_BIT(LINK), "on_exit_link", "sys_exit_link"),
    C("link", KIND_BIT(LINK), "on_exit_linkat", "sys_exit_linkat"),
    C("link", KIND_BIT(LINK), "on_exit_symlink", "sys_exit_symlink"),
    C("link", KIND_BIT(LINK), "on_exit_symlinkat", "sys_exit_symlinkat"),
    C("chmod", KIND_BIT(CHMOD), "on_exit_chmod", "sys_exit_chmod"),
    C("chmod", KIND_BIT(CHMOD), "on_exit_fchmod", "sys_exit_fchmod"),
    C("chmod", KIND_BIT(CHMOD), "on_exit_fchmodat", "sys_exit_fchmodat"),
    C("chmod", KIND_BIT(CHMOD), "on_exit_fchmodat2", "sys_exit_fchmodat2"),
    C("mount", KIND_BIT(MOUNT), "on_exit_mount", "sys_exit_mount"),
    C("mount", KIND_BIT(MOUNT), "on_exit_move_mount", "sys_exit_move_mount"),
    C("mount", KIND_BIT(MOUNT), "on_exit_pivot_root", "sys_exit_pivot_root"),
    C("umount", KIND_BIT(UMOUNT), "on_exit_umount", "sys_exit_umount"),
    C("namespace", KIND_BIT(NAMESPACE), "on_exit_setns", "sys_exit_setns"),
    C("namespace", KIND_BIT(NAMESPACE), "on_exit_unshare", "sys_exit_unshare"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setuid", "sys_exit_setuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setgid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setgid", "sys_exit_setgid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setreuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setreuid", "sys_exit_setreuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setregid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setregid", "sys_exit_setregid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setresuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setresuid", "sys_exit_setresuid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_setresgid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_setresgid", "sys_exit_setresgid"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_enter_credentials", "sys_enter_capset"),
    C("credentials", KIND_BIT(CREDENTIALS), "on_exit_capset", "sys_exit_capset"),
    C("connect", KIND_BIT(CONNECT) | KIND_BIT(UNIX_CONNECT), "on_exit_connect", "sys_exit_connect"),
    C("accept", KIND_BIT(ACCEPT), "on_exit_accept", "sys_exit_accept"),
    C("accept", KIND_BIT(ACCEPT), "on_exit_accept4", "sys_exit_accept4"),
    C("listen", KIND_BIT(LISTEN), "on_exit_listen", "sys_exit_listen"),
    C("bind", KIND_BIT(BIND), "on_exit_bind", "sys_exit_bind"),
    C("dns", KIND_BIT(DNS), "on_exit_sendto", "sys_exit_sendto"),
    C("dns", KIND_BIT(DNS), "on_exit_sendmsg", "sys_exit_sendmsg"),
    C("dns", KIND_BIT(DNS), "on_exit_sendmmsg", "sys_exit_sendmmsg"),
    C("ptrace", KIND_BIT(PTRACE), "on_exit_ptrace", "sys_exit_ptrace"),
    C("vm_write", KIND_BIT(VM_WRITE), "on_exit_process_vm_writev", "sys_exit_process_vm_writev"),
    C("module", KIND_BIT(MODULE), "on_exit_init_module", "sys_exit_init_module"),
    C("module", KIND_BIT(MODULE), "on_exit_finit_module", "sys_exit_finit_module"),
    C("bpf", KIND_BIT(BPF), "on_exit_bpf", "sys_exit_bpf"),
    C("io_uring", KIND_BIT(IO_URING), "on_exit_io_uring_setup", "sys_exit_io_uring_setup"),
    C("memfd", KIND_BIT(MEMFD), "on_exit_memfd_create", "sys_exit_memfd_create"),
    C("cgroup", KIND_BIT(CGROUP), "on_cgroup_mkdir", "cgroup_mkdir"),
    C("cgroup", KIND_BIT(CGROUP), "on_cgroup_rmdir", "cgroup_rmdir"),
    {NULL, 0, SW_HOOK_TRACEPOINT, NULL, NULL},
};

static const char *const letters[] = {
    [SW_HOOK_LSM] = "A", [SW_HOOK_FENTRY] = "B", [SW_HOOK_TRACEPOINT] = "C"};
static_assert(SW_ARRAY_SIZE(letters) == _SW_HOOK_TIER_MAX, "each tier has a letter");

const char *sw_hook_tier_letter(enum sw_hook_tier tier)
{
    return letters[tier];
}

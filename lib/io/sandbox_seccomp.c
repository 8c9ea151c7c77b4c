/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a reader with threads, and no other. What a library may try in passing is
 * refused with EPERM; what only an attacker would try kills, which the parent reports.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/sandbox_priv.h"

/* O_TMPFILE without the O_DIRECTORY that it includes. */
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define OPEN_WRITING ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | TMPFILE_BIT))
#define CLONE_OF_THREAD                                                                            \
    ((uint64_t)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD))
#define CLONE_OF_NAMESPACE                                                                         \
    ((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |      \
                CLONE_NEWPID | CLONE_NEWNET))
/* Names a mapping; glibc and sanitizers try it. */
#define PRCTL_SET_VMA 0x53564d41

static const int allowed[] = {
    /* bytes of descriptors at hand */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup),
    SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(fadvise64), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(shutdown), SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), /* as which glibc does fstat */
    /* memory */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mincore),
    SCMP_SYS(membarrier),
    /* threads */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    /* who, when, how much */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname)};

/* The tree, where one was handed in, as far as Landlock lets it be seen; openat2 takes its flags by
 * pointer, so Landlock and the limits have to hold it to reading. Without a tree no name is looked
 * up at all: Landlock may be missing. */
static const int allowed_with_tree[] = {SCMP_SYS(openat2), SCMP_SYS(getdents64), SCMP_SYS(statx),
    SCMP_SYS(fstatfs), SCMP_SYS(readlinkat)};

static const int deadly[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(userfaultfd), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(fsopen),
    SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(setns), SCMP_SYS(unshare),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(modify_ldt), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(setuid),
    SCMP_SYS(setresuid), SCMP_SYS(setgid), SCMP_SYS(setresgid), SCMP_SYS(capset)};

static int add_list(scmp_filter_ctx filter, uint32_t action, const int *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int r = seccomp_rule_add(filter, action, list[i], 0);
        /* A call that this architecture never had needs no rule. */
        if (r < 0 && r != -EDOM)
            return r;
    }
    return 0;
}

struct condition {
    int syscall;
    struct scmp_arg_cmp condition;
};

static int add_conditions(scmp_filter_ctx filter, const struct condition *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int r =
            seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rows[i].syscall, 1, &rows[i].condition);
        if (r < 0 && r != -EDOM)
            return r;
    }
    return 0;
}

static int add_tree(scmp_filter_ctx filter)
{
    const struct condition rows[] = {
        {SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, OPEN_WRITING, 0)},
        {SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, OPEN_WRITING, 0)},
    };
    int r = add_list(filter, SCMP_ACT_ALLOW, allowed_with_tree, SW_ARRAY_SIZE(allowed_with_tree));
    return r < 0 ? r : add_conditions(filter, rows, SW_ARRAY_SIZE(rows));
}

/* Allowed only for some arguments. */
static int add_conditional(scmp_filter_ctx filter)
{
    const struct condition rows[] = {
        {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {SCMP_SYS(clone),
            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_OF_THREAD | CLONE_OF_NAMESPACE, CLONE_OF_THREAD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFL)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFL)},
        {SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)},
        {SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PRCTL_SET_VMA)},
        {SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0)},
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())}, /* abort */
    };
    int r = add_conditions(filter, rows, SW_ARRAY_SIZE(rows));
    if (r < 0)
        return r;
    /* Its flags stand behind a pointer; told that it is missing, glibc uses clone. */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int fill(scmp_filter_ctx filter, bool has_tree)
{
    int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (r == 0)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    /* A tree instead of a chain: read and write must not pay for the length of the list. */
    if (r == 0)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (r == 0)
        r = add_list(filter, SCMP_ACT_ALLOW, allowed, SW_ARRAY_SIZE(allowed));
    if (r == 0)
        r = add_conditional(filter);
    if (r == 0 && has_tree)
        r = add_tree(filter);
    if (r == 0)
        r = add_list(filter, SCMP_ACT_KILL_PROCESS, deadly, SW_ARRAY_SIZE(deadly));
#if SEAWALL_SANITIZED
    /* Reports of sanitizers name our program. */
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(readlink), 0);
#endif
    return r;
}

int sw_sandbox_seccomp(bool has_tree, enum sw_sandbox_state *ret, struct sw_err *err)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0) {
        *ret = SW_SANDBOX_UNAVAILABLE;
        return 0;
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = fill(filter, has_tree);
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    if (r < 0)
        return sw_err_wrap(err, r, "load the filter");
    *ret = SW_SANDBOX_ON;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes: exec, fork, exit, and an iterator over those that were there before us. Typed
 * tracepoints, which every tier has; all of it goes through the priority ring.
 */
#include "lib/file.bpf.h"
#include "lib/maps.bpf.h"
#include "lib/record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGNAL_GROUP_EXIT 0x4u
#define CORE_DUMPED 0x80

#define CLONE_NEWNS 0x00020000
#define CLONE_NEWCGROUP 0x02000000
#define CLONE_NEWUTS 0x04000000
#define CLONE_NEWIPC 0x08000000
#define CLONE_NEWUSER 0x10000000
#define CLONE_NEWPID 0x20000000
#define CLONE_NEWNET 0x40000000

SEC("tp_btf/sched_process_exec")
int BPF_PROG(
    on_sched_process_exec, struct task_struct *task, int former_tid, struct linux_binprm *program)
{
    struct scratch *scratch = record_begin(SW_ABI_EXEC, task);
    if (scratch == NULL)
        return 0;
    scratch->record.call = SW_ABI_CALL_EXECVE;
    struct sw_abi_exec *exec = record_payload(scratch, sizeof(*exec));
    struct mm_struct *mm = READ(task, mm);
    struct fs_struct *fs = READ(task, fs);
    struct file *file = READ(mm, exe_file);
    file_fill(&exec->exe, file);
    capabilities_fill(&exec->capabilities, READ(task, cred));
    exec->former_tid = (__u32)former_tid;
    exec->n_args = (__u32)READ(program, argc);
    file_path_append(scratch, &exec->path, fs, file);
    text_append_z(scratch, &exec->filename, READ(program, filename), TEXT_KERNEL);
    path_append(scratch, &exec->cwd, fs, READ(fs, pwd.mnt), READ(fs, pwd.dentry));
    unsigned long from = READ(mm, arg_start);
    text_append(scratch, &exec->args, (void *)from, READ(mm, arg_end) - from, TEXT_USER);
    record_submit_priority(scratch);
    return 0;
}

static __always_inline __u64 new_namespaces(
    struct nsproxy *parent, struct nsproxy *child, struct sw_abi_fork *fork, bool is_new_user)
{
    __u64 flags = is_new_user ? CLONE_NEWUSER : 0;
    fork->child_mnt_ns = READ(child, mnt_ns, ns.inum);
    fork->child_net_ns = READ(child, net_ns, ns.inum);
    if (parent == child)
        return flags;
    if (READ(parent, mnt_ns) != READ(child, mnt_ns))
        flags |= CLONE_NEWNS;
    if (READ(parent, net_ns) != READ(child, net_ns))
        flags |= CLONE_NEWNET;
    if (READ(parent, uts_ns) != READ(child, uts_ns))
        flags |= CLONE_NEWUTS;
    if (READ(parent, ipc_ns) != READ(child, ipc_ns))
        flags |= CLONE_NEWIPC;
    if (READ(parent, cgroup_ns) != READ(child, cgroup_ns))
        flags |= CLONE_NEWCGROUP;
    return flags;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_sched_process_fork, struct task_struct *task, struct task_struct *child)
{
    const struct sw_abi_settings *wanted = settings_get();
    if (wanted == NULL || (wanted->wants_threads == 0 && READ(task, tgid) == READ(child, tgid)))
        return 0;
    struct scratch *scratch = record_begin(SW_ABI_FORK, task);
    if (scratch == NULL)
        return 0;
    scratch->record.call = SW_ABI_CALL_CLONE;
    struct sw_abi_fork *fork = record_payload(scratch, sizeof(*fork));
    target_fill(&fork->child, child);
    scratch->record.result = (__s64)fork->child.tid;
    fork->child_cgroup_id = cgroup_id_of(child);
    fork->child_user_ns = READ(child, cred, user_ns, ns.inum);
    bool is_new_user = fork->child_user_ns != scratch->record.process.user_ns;
    fork->new_namespaces =
        new_namespaces(READ(task, nsproxy), READ(child, nsproxy), fork, is_new_user);
    pid_number(READ(child, thread_pid), &fork->child_pid_ns);
    if (fork->child_pid_ns != scratch->record.process.pid_ns)
        fork->new_namespaces |= CLONE_NEWPID;
    record_submit_priority(scratch);
    return 0;
}

/* The last thread of a process. Kernels before 6.16 do not say whether it is; there two threads
 * that end at once may both look like the last, and user space keeps the first. */
SEC("tp_btf/sched_process_exit")
int on_sched_process_exit(__u64 *context)
{
    struct task_struct *task = (void *)context[0];
    if (config.has_group_dead != 0) {
        if ((context[1] & 1) == 0)
            return 0;
    } else if (READ(task, signal, live.counter) != 0) {
        return 0;
    }
    struct scratch *scratch = record_begin(SW_ABI_EXIT, task);
    if (scratch == NULL)
        return 0;
    scratch->record.call = SW_ABI_CALL_EXIT;
    struct sw_abi_exit *end = record_payload(scratch, sizeof(*end));
    int code = READ(task, exit_code);
    if ((READ(task, signal, flags) & SIGNAL_GROUP_EXIT) != 0)
        code = READ(task, signal, group_exit_code);
    end->code = code >> 8 & 0xff;
    end->signal = (__u32)code & 0x7f;
    end->has_core = (code & CORE_DUMPED) != 0;
    record_submit_priority(scratch);
    return 0;
}

/* One record per process, to whoever reads the iterator. */
SEC("iter/task")
int on_task(struct bpf_iter__task *context)
{
    struct seq_file *seq = context->meta->seq;
    struct task_struct *task = context->task;
    if (task == NULL || READ(task, pid) != READ(task, tgid))
        return 0;
    struct scratch *scratch = record_begin(SW_ABI_PROCESS, task);
    if (scratch == NULL)
        return 0;
    struct sw_abi_seed *seed = record_payload(scratch, sizeof(*seed));
    struct mm_struct *mm = READ(task, mm);
    struct fs_struct *fs = READ(task, fs);
    capabilities_fill(&seed->capabilities, READ(task, cred));
    if (mm != NULL && fs != NULL) {
        struct file *file = READ(mm, exe_file);
        if (file != NULL) {
            file_fill(&seed->exe, file);
            file_path_append(scratch, &seed->path, fs, file);
        }
        path_append(scratch, &seed->cwd, fs, READ(fs, pwd.mnt), READ(fs, pwd.dentry));
    }
    __u64 size = (scratch->used + 7) & ~7ULL;
    scratch->record.sequence = 0;
    scratch->record.size = (__u32)size;
    HIDE(size);
    long r = -1;
    if (size <= SW_ABI_RECORD_MAX)
        r = bpf_seq_write(seq, &scratch->record, (__u32)size);
    record_drop(scratch);
    struct sw_abi_counter *counter = counter_of(SW_ABI_PROCESS);
    if (counter == NULL)
        return 0;
    /* A reader's buffer was full: the kernel calls again for the same task. */
    if (r == 0)
        __sync_fetch_and_add(&counter->reserved, 1);
    else
        __sync_fetch_and_add(&counter->seen, -1);
    return 0;
}

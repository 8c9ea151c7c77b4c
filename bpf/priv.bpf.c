/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Privilege: credentials, namespaces, mounts, other processes' memory, modules, bpf(), io_uring,
 * memfd, and cgroups, by which containers begin.
 */
#include "lib/call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Credentials before a call that changes them, by thread. */
struct former {
    struct sw_abi_ids ids;
    struct sw_abi_capabilities capabilities;
};
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, struct former);
} formers SEC(".maps");

static __always_inline void all_ids_fill(struct sw_abi_ids *ids, const struct cred *cred)
{
    ids->ruid = READ(cred, uid.val);
    ids->euid = READ(cred, euid.val);
    ids->suid = READ(cred, suid.val);
    ids->fsuid = READ(cred, fsuid.val);
    ids->rgid = READ(cred, gid.val);
    ids->egid = READ(cred, egid.val);
    ids->sgid = READ(cred, sgid.val);
    ids->fsgid = READ(cred, fsgid.val);
}

/* At the beginning of each of these calls. */
SEC("tp/syscalls/sys_enter_setuid")
int on_enter_credentials(void *context)
{
    struct task_struct *task = current_task();
    const struct cred *cred = READ(task, cred);
    struct former former = {0};
    all_ids_fill(&former.ids, cred);
    capabilities_fill(&former.capabilities, cred);
    __u64 thread = bpf_get_current_pid_tgid();
    bpf_map_update_elem(&formers, &thread, &former, BPF_ANY);
    return 0;
}

static __always_inline bool is_same(const struct former *a, const struct former *b)
{
    const __u64 *left = (const void *)a;
    const __u64 *right = (const void *)b;
    for (unsigned i = 0; i < sizeof(*a) / sizeof(__u64); i++)
        if (left[i] != right[i])
            return 0;
    return 1;
}

/* Reported when something changed, and when it was refused. */
static __always_inline int credentials_ended(struct call_end *end, enum sw_abi_call call)
{
    struct task_struct *task = current_task();
    __u64 thread = bpf_get_current_pid_tgid();
    struct former *former = bpf_map_lookup_elem(&formers, &thread);
    struct former now = {0};
    const struct cred *cred = READ(task, cred);
    all_ids_fill(&now.ids, cred);
    capabilities_fill(&now.capabilities, cred);
    if (former != NULL && end->result >= 0 && is_same(former, &now)) {
        bpf_map_delete_elem(&formers, &thread);
        return 0;
    }
    struct scratch *scratch = call_begin(SW_ABI_CREDENTIALS, call, task, end->result);
    if (scratch != NULL) {
        struct sw_abi_credentials *credentials = record_payload(scratch, sizeof(*credentials));
        credentials->ids = now.ids;
        credentials->capabilities = now.capabilities;
        if (former != NULL) {
            credentials->has_former = 1;
            credentials->former = former->ids;
            credentials->former_capabilities = former->capabilities;
        }
        record_submit_priority(scratch);
    }
    bpf_map_delete_elem(&formers, &thread);
    return 0;
}

#define ON_CREDENTIALS(symbol, call)                                                               \
    SEC("tp/syscalls/sys_exit_" #call)                                                             \
    int on_exit_##call(struct call_end *end)                                                       \
    {                                                                                              \
        return credentials_ended(end, SW_ABI_CALL_##symbol);                                       \
    }
ON_CREDENTIALS(SETUID, setuid)
ON_CREDENTIALS(SETGID, setgid)
ON_CREDENTIALS(SETREUID, setreuid)
ON_CREDENTIALS(SETREGID, setregid)
ON_CREDENTIALS(SETRESUID, setresuid)
ON_CREDENTIALS(SETRESGID, setresgid)
ON_CREDENTIALS(CAPSET, capset)

static __always_inline int namespace_ended(
    struct call_end *end, enum sw_abi_call call, __s32 fd, __u64 flags)
{
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(SW_ABI_NAMESPACE, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_namespace *space = record_payload(scratch, sizeof(*space));
    space->fd = fd;
    space->ns_flags = flags;
    record_submit_priority(scratch);
    return 0;
}

SEC("tp/syscalls/sys_exit_setns")
int on_exit_setns(struct call_end *end)
{
    struct task_struct *task = current_task();
    return namespace_ended(
        end, SW_ABI_CALL_SETNS, (__s32)call_argument(task, 0), (__u32)call_argument(task, 1));
}

SEC("tp/syscalls/sys_exit_unshare")
int on_exit_unshare(struct call_end *end)
{
    return namespace_ended(end, SW_ABI_CALL_UNSHARE, -1, (__u32)call_argument(current_task(), 0));
}

/* Where in the arguments of a call its texts are; -1: it has none. */
struct mount_arguments {
    int source_directory, source, target_directory, target, fstype, flags;
};

static __always_inline int mount_ended(
    struct call_end *end, __u32 kind, enum sw_abi_call call, struct mount_arguments at)
{
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_mount *mount = record_payload(scratch, sizeof(*mount));
    if (at.flags >= 0)
        mount->mount_flags = call_argument(task, at.flags);
    scratch->record.flags |= SW_ABI_IS_TEXT_PATH;
    if (at.source >= 0 && at.source_directory >= 0)
        path_text_append(scratch, &mount->source, task,
            (long)call_argument(task, at.source_directory), call_argument(task, at.source));
    else if (at.source >= 0)
        text_append_z(scratch, &mount->source, (void *)call_argument(task, at.source), TEXT_USER);
    path_text_append(scratch, &mount->target, task,
        at.target_directory >= 0 ? (long)call_argument(task, at.target_directory) : AT_FDCWD,
        call_argument(task, at.target));
    if (at.fstype >= 0)
        text_append_z(scratch, &mount->fstype, (void *)call_argument(task, at.fstype), TEXT_USER);
    record_submit(scratch);
    return 0;
}

#define ON_MOUNT(kind, symbol, call, ...)                                                          \
    SEC("tp/syscalls/sys_exit_" #call)                                                             \
    int on_exit_##call(struct call_end *end)                                                       \
    {                                                                                              \
        struct mount_arguments at = {__VA_ARGS__};                                                 \
        return mount_ended(end, SW_ABI_##kind, SW_ABI_CALL_##symbol, at);                          \
    }
ON_MOUNT(MOUNT, MOUNT, mount, -1, 0, -1, 1, 2, 3)
ON_MOUNT(MOUNT, MOVE_MOUNT, move_mount, 0, 1, 2, 3, -1, 4)
ON_MOUNT(MOUNT, PIVOT_ROOT, pivot_root, -1, 1, -1, 0, -1, -1)
ON_MOUNT(UMOUNT, UMOUNT2, umount, -1, -1, -1, 0, -1, 1)

/* Requests that take hold of another process, or change it. */
static __always_inline bool is_taking_hold(unsigned long request)
{
    return request == 0 /* TRACEME */ || (request >= 4 && request <= 6) /* POKE* */ ||
           request == 13 /* SETREGS */ || request == 15 /* SETFPREGS */ ||
           request == 16 /* ATTACH */ || request == 0x4205 /* SETREGSET */ ||
           request == 0x4206 /* SEIZE */;
}

/* The target is known by the number that the caller used: that of its own pid namespace. */
static __always_inline int trace_ended(struct call_end *end, __u32 kind, enum sw_abi_call call,
    unsigned long request, unsigned long pid, unsigned long address)
{
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(kind, call, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_trace *trace = record_payload(scratch, sizeof(*trace));
    trace->target.ns_pid = (__u32)pid;
    trace->target.ns_tid = (__u32)pid;
    /* Initial namespace: the numbers are the same. */
    if (scratch->record.process.tid == scratch->record.process.ns_tid) {
        trace->target.pid = (__u32)pid;
        trace->target.tid = (__u32)pid;
    }
    trace->request = request;
    trace->address = address;
    record_submit_priority(scratch);
    return 0;
}

SEC("tp/syscalls/sys_exit_ptrace")
int on_exit_ptrace(struct call_end *end)
{
    struct task_struct *task = current_task();
    unsigned long request = call_argument(task, 0);
    if (!is_taking_hold(request))
        return 0;
    return trace_ended(end, SW_ABI_PTRACE, SW_ABI_CALL_PTRACE, request, call_argument(task, 1),
        call_argument(task, 2));
}

SEC("tp/syscalls/sys_exit_process_vm_writev")
int on_exit_process_vm_writev(struct call_end *end)
{
    return trace_ended(end, SW_ABI_VM_WRITE, SW_ABI_CALL_PROCESS_VM_WRITEV, 0,
        call_argument(current_task(), 0), 0);
}

SEC("tp/syscalls/sys_exit_init_module")
int on_exit_init_module(struct call_end *end)
{
    struct scratch *scratch =
        call_begin(SW_ABI_MODULE, SW_ABI_CALL_INIT_MODULE, current_task(), end->result);
    if (scratch == NULL)
        return 0;
    record_payload(scratch, sizeof(struct sw_abi_module));
    record_submit_priority(scratch);
    return 0;
}

SEC("tp/syscalls/sys_exit_finit_module")
int on_exit_finit_module(struct call_end *end)
{
    struct task_struct *task = current_task();
    struct scratch *scratch =
        call_begin(SW_ABI_MODULE, SW_ABI_CALL_FINIT_MODULE, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_module *module = record_payload(scratch, sizeof(*module));
    struct file *file = file_of(task, (int)call_argument(task, 0));
    if (file != NULL) {
        file_fill(&module->file, file);
        file_path_append(scratch, &module->path, READ(task, fs), file);
    }
    record_submit_priority(scratch);
    return 0;
}

/* Commands that make or attach something; looking into maps is everyday work. */
static __always_inline bool is_making(unsigned long command)
{
    return command == BPF_MAP_CREATE || command == BPF_PROG_LOAD || command == BPF_PROG_ATTACH ||
           command == BPF_RAW_TRACEPOINT_OPEN || command == BPF_LINK_CREATE;
}

/* In union bpf_attr, which is forever. */
#define MAP_NAME_AT 28
#define PROGRAM_NAME_AT 48

SEC("tp/syscalls/sys_exit_bpf")
int on_exit_bpf(struct call_end *end)
{
    struct task_struct *task = current_task();
    unsigned long command = call_argument(task, 0);
    if (!is_making(command))
        return 0;
    struct scratch *scratch = call_begin(SW_ABI_BPF, SW_ABI_CALL_BPF, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_bpf *made = record_payload(scratch, sizeof(*made));
    unsigned long from = call_argument(task, 1);
    made->command = (__u32)command;
    if (command == BPF_PROG_LOAD || command == BPF_MAP_CREATE) {
        bpf_probe_read_user(&made->type, sizeof(made->type), (void *)from);
        bpf_probe_read_user(made->name, sizeof(made->name),
            (void *)(from + (command == BPF_PROG_LOAD ? PROGRAM_NAME_AT : MAP_NAME_AT)));
    }
    record_submit_priority(scratch);
    return 0;
}

/* In struct io_uring_params. */
#define PARAMS_FLAGS_AT 8

SEC("tp/syscalls/sys_exit_io_uring_setup")
int on_exit_io_uring_setup(struct call_end *end)
{
    struct task_struct *task = current_task();
    struct scratch *scratch =
        call_begin(SW_ABI_IO_URING, SW_ABI_CALL_IO_URING_SETUP, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_io_uring *ring = record_payload(scratch, sizeof(*ring));
    ring->n_entries = (__u32)call_argument(task, 0);
    ring->fd = (__s32)end->result;
    bpf_probe_read_user(&ring->ring_flags, sizeof(ring->ring_flags),
        (void *)(call_argument(task, 1) + PARAMS_FLAGS_AT));
    record_submit(scratch);
    return 0;
}

SEC("tp/syscalls/sys_exit_memfd_create")
int on_exit_memfd_create(struct call_end *end)
{
    struct task_struct *task = current_task();
    struct scratch *scratch = call_begin(SW_ABI_MEMFD, SW_ABI_CALL_MEMFD_CREATE, task, end->result);
    if (scratch == NULL)
        return 0;
    struct sw_abi_memfd *memfd = record_payload(scratch, sizeof(*memfd));
    memfd->memfd_flags = (__u32)call_argument(task, 1);
    text_append_z(scratch, &memfd->name, (void *)call_argument(task, 0), TEXT_USER);
    record_submit(scratch);
    return 0;
}

static __always_inline int cgroup_changed(
    enum sw_abi_call call, struct cgroup *cgroup, const char *path)
{
    struct scratch *scratch = call_begin(SW_ABI_CGROUP, call, current_task(), 0);
    if (scratch == NULL)
        return 0;
    struct sw_abi_cgroup *changed = record_payload(scratch, sizeof(*changed));
    changed->id = READ(cgroup, kn, id);
    changed->hierarchy = (__u32)READ(cgroup, root, hierarchy_id);
    changed->level = (__u32)READ(cgroup, level);
    text_append_z(scratch, &changed->path, path, TEXT_KERNEL);
    record_submit_priority(scratch);
    return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
    return cgroup_changed(SW_ABI_CALL_CGROUP_MKDIR, cgroup, path);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
    return cgroup_changed(SW_ABI_CALL_CGROUP_RMDIR, cgroup, path);
}

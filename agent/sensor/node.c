/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying the kernel. Called once at start, and by `seawall-agent probe` and `preflight`.
 */
#include "sensor/node.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/descriptor.h"

__attribute__((format(printf, 2, 3))) static void set_missing(
    struct sw_node_ability *ability, const char *format, ...)
{
    ability->is_there = false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ability->reason, sizeof(ability->reason), format, arguments);
    va_end(arguments);
}

static void set_there(struct sw_node_ability *ability)
{
    ability->is_there = true;
    ability->reason[0] = '\0';
}

/* A map of one counter, and a program that counts its calls in it. */
struct counting {
    int map_fd;
    int program_fd;
    int link_fd;
};

static void close_counting(struct counting *counting)
{
    sw_descriptor_closep(&counting->link_fd);
    sw_descriptor_closep(&counting->program_fd);
    sw_descriptor_closep(&counting->map_fd);
}

#define INSN(op, dst, src, offset, value)                                                          \
    {                                                                                              \
        .code = (op), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (value)          \
    }

/* key = 0; p = lookup(map, &key); if (p) *p += 1; return 0; */
static int load_counting(struct counting *counting, enum bpf_prog_type type,
    enum bpf_attach_type attach_type, int btf_id, bool wants_fetch)
{
    counting->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 8, 1, NULL);
    if (counting->map_fd < 0)
        return counting->map_fd;
    struct bpf_insn insns[] = {
        INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),
        INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
        INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
        INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, counting->map_fd),
        INSN(0, 0, 0, 0, 0),
        INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
        INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),
        INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
        INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0,
            BPF_ADD | (wants_fetch ? BPF_FETCH : 0)),
        INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
        INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type,
        .attach_btf_id = (__u32)(btf_id > 0 ? btf_id : 0));
    counting->program_fd = bpf_prog_load(
        type, "probe", "Dual BSD/GPL", insns, sizeof(insns) / sizeof(insns[0]), &options);
    return counting->program_fd < 0 ? counting->program_fd : 0;
}

/* Attached to what each open passes: is it called when we open something? */
static void try_called(struct sw_node_ability *ability, enum bpf_prog_type type,
    enum bpf_attach_type attach_type, const char *function)
{
    int btf_id = libbpf_find_vmlinux_btf_id(function, attach_type);
    if (btf_id < 0) {
        set_missing(ability, "the kernel has no function for '%s'", function);
        return;
    }
    __attribute__((cleanup(close_counting))) struct counting counting = {-1, -1, -1};
    int r = load_counting(&counting, type, attach_type, btf_id, false);
    if (r < 0) {
        set_missing(ability, "refused at load: %s", strerror(-r));
        return;
    }
    counting.link_fd = bpf_raw_tracepoint_open(NULL, counting.program_fd);
    if (counting.link_fd < 0) {
        set_missing(ability, "refused at attach: %s", strerror(errno));
        return;
    }
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    sw_descriptor_closep(&fd);
    __u32 key = 0;
    __u64 n_calls = 0;
    if (bpf_map_lookup_elem(counting.map_fd, &key, &n_calls) < 0 || n_calls == 0)
        set_missing(ability, "%s",
            type == BPF_PROG_TYPE_LSM
                ? "loads but is never called: 'bpf' is not in the list of LSMs"
                : "loads but is never called");
    else
        set_there(ability);
}

static void try_load(struct sw_node *node)
{
    __attribute__((cleanup(close_counting))) struct counting counting = {-1, -1, -1};
    int r = load_counting(&counting, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, false);
    if (r == -EPERM || r == -EACCES)
        set_missing(&node->may_load, "not permitted: needs CAP_BPF and CAP_PERFMON (or root)");
    else if (r < 0)
        set_missing(&node->may_load, "the kernel refuses programs: %s", strerror(-r));
    else
        set_there(&node->may_load);
    close_counting(&counting);
    r = load_counting(&counting, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, true);
    if (r < 0)
        set_missing(&node->fetch, "refused at load: %s", strerror(-r));
    else
        set_there(&node->fetch);
}

static void try_ring(struct sw_node_ability *ability)
{
    int fd =
        bpf_map_create(BPF_MAP_TYPE_RINGBUF, "probe", 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);
    if (fd < 0)
        set_missing(
            ability, "the kernel has no ring buffers (BPF_MAP_TYPE_RINGBUF): %s", strerror(errno));
    else
        set_there(ability);
    sw_descriptor_close(fd);
}

/* Not mounted anywhere: nobody sees it, and it goes with the descriptor. */
static int open_tracefs(void)
{
    int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
        int fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
        if (fd >= 0) {
            sw_descriptor_close(fs);
            return fd;
        }
    }
    sw_descriptor_close(fs);
    int fd = open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int sw_node_tracepoint_id(const char *category, const char *name)
{
    SW_CLEANUP(sw_descriptor_closep) int tracefs = open_tracefs();
    if (tracefs < 0)
        return tracefs;
    char path[128];
    snprintf(path, sizeof(path), "events/%s/%s/id", category, name);
    SW_CLEANUP(sw_descriptor_closep) int fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    char text[24];
    ssize_t n = sw_descriptor_read_full(fd, text, sizeof(text));
    if (n <= 0)
        return n < 0 ? (int)n : -EBADMSG;
    uint64_t id;
    int r = sw_str_parse_u64(sw_str_trim((struct sw_str){text, (size_t)n}), 10, &id);
    return r < 0 || id > INT32_MAX ? -EBADMSG : (int)id;
}

static void try_syscalls(struct sw_node_ability *ability)
{
    int id = sw_node_tracepoint_id("syscalls", "sys_exit_openat");
    if (id == -ENOENT)
        set_missing(ability, "tracefs has no events of system calls (CONFIG_FTRACE_SYSCALLS)");
    else if (id < 0)
        set_missing(ability, "tracefs cannot be read: %s", strerror(-id));
    else
        set_there(ability);
}

void sw_node_probe(struct sw_node *ret)
{
    *ret = (struct sw_node){0};
    /* Refusals are what we ask for: no words of the library about them. */
    libbpf_print_fn_t former = libbpf_set_print(NULL);
    try_load(ret);
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
        set_missing(
            &ret->btf, "/sys/kernel/btf/vmlinux: %s (CONFIG_DEBUG_INFO_BTF)", strerror(errno));
    else
        set_there(&ret->btf);
    try_ring(&ret->ring_buffer);
    if (ret->btf.is_there) {
        try_called(&ret->lsm, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "file_open");
        try_called(&ret->fentry, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "security_file_open");
    } else {
        set_missing(&ret->lsm, "needs BTF");
        set_missing(&ret->fentry, "needs BTF");
    }
    try_syscalls(&ret->syscalls);
    libbpf_set_print(former);
}

bool sw_node_has_events(const struct sw_node *node, const char **ret_reason)
{
    const struct sw_node_ability *needed[] = {&node->may_load, &node->btf, &node->ring_buffer};
    for (size_t i = 0; i < SW_ARRAY_SIZE(needed); i++)
        if (!needed[i]->is_there) {
            *ret_reason = needed[i]->reason;
            return false;
        }
    return true;
}

static bool has_target(const struct sw_hook *hook, enum bpf_attach_type type, char *reason)
{
    if (libbpf_find_vmlinux_btf_id(hook->target, type) > 0)
        return true;
    snprintf(reason, SW_NODE_REASON_BYTES, "the kernel has no '%s'", hook->target);
    return false;
}

bool sw_node_has_hook(
    const struct sw_node *node, const struct sw_hook *hook, char reason[SW_NODE_REASON_BYTES])
{
    const struct sw_node_ability *ability = NULL;
    bool is_call = strncmp(hook->target, "sys_", 4) == 0;
    switch (hook->tier) {
    case SW_HOOK_LSM:
        ability = &node->lsm;
        break;
    case SW_HOOK_FENTRY:
        ability = &node->fentry;
        break;
    case SW_HOOK_TRACEPOINT:
        ability = is_call ? &node->syscalls : &node->btf;
        break;
    case _SW_HOOK_TIER_MAX:
        return false;
    }
    if (!ability->is_there) {
        snprintf(reason, SW_NODE_REASON_BYTES, "%s", ability->reason);
        return false;
    }
    if (hook->tier == SW_HOOK_LSM)
        return has_target(hook, BPF_LSM_MAC, reason);
    if (hook->tier == SW_HOOK_FENTRY)
        return has_target(hook, BPF_TRACE_FENTRY, reason);
    if (!is_call)
        return has_target(hook, BPF_TRACE_RAW_TP, reason);
    int id = sw_node_tracepoint_id("syscalls", hook->target);
    if (id < 0)
        snprintf(
            reason, SW_NODE_REASON_BYTES, "no tracepoint '%s': %s", hook->target, strerror(-id));
    return id >= 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of one event as a BPF program puts them into a ring and the agent takes them out. Fixed
 * width, explicit padding, host byte order (ports and addresses: see struct sw_abi_socket). A
 * record is struct sw_abi_record, then the struct of its kind, then the bytes of its texts.
 *
 * Reading is the business of lib/model/event_decode.c alone; its table (lib/model/event.def) says
 * which field of an event comes from which member here.
 */
#pragma once

#include <linux/types.h>

#define SW_ABI_VERSION 1
#define SW_ABI_COMM_BYTES 16
#define SW_ABI_ADDRESS_BYTES 16
/* Texts end at most so far behind the structs; the kernel never makes a longer record. */
#define SW_ABI_TEXT_MAX 4095
#define SW_ABI_TAIL_MAX (4 * 4096)
#define SW_ABI_RECORD_MAX (1024 + SW_ABI_TAIL_MAX)

/* Ring 0 is the priority ring; 1 to SW_ABI_RINGS_MAX are chosen by process. */
#define SW_ABI_RINGS_MAX 16

enum sw_abi_kind {
    SW_ABI_NONE,
    SW_ABI_CANARY,  /* priority: heartbeat of a ring, in every ring */
    SW_ABI_PROCESS, /* not from a ring: one line of the task iterator */
    SW_ABI_EXEC,
    SW_ABI_FORK,
    SW_ABI_EXIT,
    SW_ABI_CREDENTIALS,
    SW_ABI_OPEN,
    SW_ABI_RENAME,
    SW_ABI_UNLINK,
    SW_ABI_LINK,
    SW_ABI_CHMOD,
    SW_ABI_MOUNT,
    SW_ABI_UMOUNT,
    SW_ABI_NAMESPACE,
    SW_ABI_CONNECT,
    SW_ABI_ACCEPT,
    SW_ABI_LISTEN,
    SW_ABI_BIND,
    SW_ABI_DNS,
    SW_ABI_UNIX_CONNECT,
    SW_ABI_PTRACE,
    SW_ABI_VM_WRITE,
    SW_ABI_MODULE,
    SW_ABI_BPF,
    SW_ABI_IO_URING,
    SW_ABI_MEMFD,
    SW_ABI_SETTING, /* a file of /proc/sys, sysfs, cgroup or the like opened for writing */
    SW_ABI_CGROUP,  /* a cgroup made or removed */
    SW_ABI_KIND_MAX,
};

/* What was called, by its name in user space; independent of architecture and tier. */
#define SW_ABI_CALLS(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(EXECVE, "execve")                                                                            \
    X(CLONE, "clone")                                                                              \
    X(EXIT, "procexit")                                                                            \
    X(SETUID, "setuid")                                                                            \
    X(SETGID, "setgid")                                                                            \
    X(SETREUID, "setreuid")                                                                        \
    X(SETREGID, "setregid")                                                                        \
    X(SETRESUID, "setresuid")                                                                      \
    X(SETRESGID, "setresgid")                                                                      \
    X(SETFSUID, "setfsuid")                                                                        \
    X(SETFSGID, "setfsgid")                                                                        \
    X(SETGROUPS, "setgroups")                                                                      \
    X(CAPSET, "capset")                                                                            \
    X(OPEN, "open")                                                                                \
    X(OPENAT, "openat")                                                                            \
    X(OPENAT2, "openat2")                                                                          \
    X(CREAT, "creat")                                                                              \
    X(OPEN_BY_HANDLE_AT, "open_by_handle_at")                                                      \
    X(RENAME, "rename")                                                                            \
    X(RENAMEAT, "renameat")                                                                        \
    X(RENAMEAT2, "renameat2")                                                                      \
    X(UNLINK, "unlink")                                                                            \
    X(UNLINKAT, "unlinkat")                                                                        \
    X(RMDIR, "rmdir")                                                                              \
    X(LINK, "link")                                                                                \
    X(LINKAT, "linkat")                                                                            \
    X(SYMLINK, "symlink")                                                                          \
    X(SYMLINKAT, "symlinkat")                                                                      \
    X(CHMOD, "chmod")                                                                              \
    X(FCHMOD, "fchmod")                                                                            \
    X(FCHMODAT, "fchmodat")                                                                        \
    X(FCHMODAT2, "fchmodat2")                                                                      \
    X(MOUNT, "mount")                                                                              \
    X(MOVE_MOUNT, "move_mount")                                                                    \
    X(PIVOT_ROOT, "pivot_root")                                                                    \
    X(UMOUNT2, "umount2")                                                                          \
    X(SETNS, "setns")                                                                              \
    X(UNSHARE, "unshare")                                                                          \
    X(CONNECT, "connect")                                                                          \
    X(ACCEPT, "accept")                                                                            \
    X(ACCEPT4, "accept4")                                                                          \
    X(LISTEN, "listen")                                                                            \
    X(BIND, "bind")                                                                                \
    X(SENDTO, "sendto")                                                                            \
    X(SENDMSG, "sendmsg")                                                                          \
    X(SENDMMSG, "sendmmsg")                                                                        \
    X(PTRACE, "ptrace")                                                                            \
    X(PROCESS_VM_WRITEV, "process_vm_writev")                                                      \
    X(INIT_MODULE, "init_module")                                                                  \
    X(FINIT_MODULE, "finit_module")                                                                \
    X(BPF, "bpf")                                                                                  \
    X(IO_URING_SETUP, "io_uring_setup")                                                            \
    X(IO_URING_REGISTER, "io_uring_register")                                                      \
    X(MEMFD_CREATE, "memfd_create")                                                                \
    X(CGROUP_MKDIR, "cgroup_mkdir")                                                                \
    X(CGROUP_RMDIR, "cgroup_rmdir")

enum sw_abi_call {
#define SW_ABI_CALL_VALUE(symbol, name) SW_ABI_CALL_##symbol,
    SW_ABI_CALLS(SW_ABI_CALL_VALUE)
#undef SW_ABI_CALL_VALUE
        SW_ABI_CALL_MAX,
};

/* sw_abi_record.flags */
#define SW_ABI_IS_CUT 0x1u         /* a text is shorter than it was */
#define SW_ABI_IS_TEXT_PATH 0x2u   /* paths are as the caller wrote them, not as the kernel found */
#define SW_ABI_IS_KERNEL_TASK 0x4u /* io_uring worker or kernel thread */
#define SW_ABI_HAS_NS_UID 0x8u     /* ns_uid and ns_gid could be worked out */
#define SW_ABI_HAS_NO_SEQUENCE 0x10u /* this kernel cannot count: sequence is 0 */

/* Who did it: the thread that was running. Times are boot time; identity is (pid, start_ns). */
struct sw_abi_process {
    __u64 start_ns;        /* of the thread group's leader */
    __u64 parent_start_ns; /* of the real parent's leader */
    __u64 cgroup_id;       /* cgroup v2 (default hierarchy) */
    __u64 cgroup1_id;      /* kernfs id in the pids, memory or freezer hierarchy; equal on v2 */
    __u32 pid, tid;        /* in the initial pid namespace */
    __u32 ns_pid, ns_tid;  /* in its own */
    __u32 parent_pid;
    __u32 session;
    __u32 uid, euid, gid, egid; /* kernel's (initial user namespace) */
    __u32 ns_uid, ns_gid;       /* euid, egid inside its user namespace */
    __u32 login_uid;
    __u32 mnt_ns, pid_ns, user_ns, net_ns; /* inode numbers */
    __u32 reserved;
    char comm[SW_ABI_COMM_BYTES];
};

struct sw_abi_record {
    __u32 size; /* of everything */
    __u16 kind; /* enum sw_abi_kind */
    __u8 version;
    __u8 ring;
    __u64 sequence; /* per ring, from 1; a refused record leaves a gap */
    __u64 boot_ns;
    __s64 result; /* of the call: 0, a number, or negative errno */
    __u16 call;   /* enum sw_abi_call */
    __u16 tier;   /* 'A', 'B' or 'C' */
    __u32 flags;
    struct sw_abi_process process;
};

/* Bytes of the record from `offset` (counted from its start); 0, 0: none. */
struct sw_abi_text {
    __u16 offset;
    __u16 length;
};

/* sw_abi_file.flags */
#define SW_ABI_FILE_UPPER 0x1u   /* overlay: in the upper layer, so not from the image */
#define SW_ABI_FILE_OVERLAY 0x2u /* on overlay */
#define SW_ABI_FILE_MEMFD 0x4u   /* memory only: memfd_create */
#define SW_ABI_FILE_DELETED 0x8u /* has no name any more */
#define SW_ABI_FILE_CREATED 0x10u

struct sw_abi_file {
    __u64 inode;
    __u64 ctime_ns;
    __u64 mtime_ns;
    __u32 major, minor; /* of the device */
    __u32 mode;
    __u32 uid;
    __u32 n_links;
    __u32 magic; /* of the file system */
    __u32 flags;
    __u32 reserved;
};

struct sw_abi_capabilities {
    __u64 inheritable;
    __u64 permitted;
    __u64 effective;
    __u64 bounding;
    __u64 ambient;
};

/* Both addresses in 16 bytes of network order, IPv4 as ::ffff:a.b.c.d; ports in host order. */
struct sw_abi_socket {
    __u8 local[SW_ABI_ADDRESS_BYTES];
    __u8 remote[SW_ABI_ADDRESS_BYTES];
    __u16 local_port;
    __u16 remote_port;
    __u16 family;
    __u16 type;
    __u16 protocol;
    __u16 reserved;
    __s32 fd;
};

/* Another process. */
struct sw_abi_target {
    __u64 start_ns;
    __u32 pid, tid;
    __u32 ns_pid, ns_tid;
    __u32 uid;
    __u32 reserved;
    char comm[SW_ABI_COMM_BYTES];
};

struct sw_abi_canary {
    __u64 number;
};

struct sw_abi_exec {
    struct sw_abi_file exe; /* the file that runs: for a script the interpreter */
    struct sw_abi_capabilities capabilities;
    __u32 former_tid; /* the thread that called, before it took the leader's id */
    __u32 n_args;
    struct sw_abi_text path;     /* of exe, from the process's root */
    struct sw_abi_text filename; /* as given to execve: for a script the script */
    struct sw_abi_text args;     /* NUL after each */
    struct sw_abi_text cwd;
};

/* A task iterator's line: who was there before us. */
struct sw_abi_seed {
    struct sw_abi_file exe;
    struct sw_abi_capabilities capabilities;
    struct sw_abi_text path;
    struct sw_abi_text cwd;
};

struct sw_abi_fork {
    struct sw_abi_target child;
    __u64 child_cgroup_id;
    __u64 new_namespaces; /* CLONE_NEW* bits of those that the child does not share */
    __u32 child_mnt_ns, child_pid_ns, child_user_ns, child_net_ns;
};

struct sw_abi_exit {
    __s32 code;
    __u32 signal;
    __u32 has_core;
    __u32 reserved;
};

struct sw_abi_ids {
    __u32 ruid, euid, suid, fsuid;
    __u32 rgid, egid, sgid, fsgid;
};

struct sw_abi_credentials {
    struct sw_abi_ids former;
    struct sw_abi_ids ids;
    struct sw_abi_capabilities former_capabilities;
    struct sw_abi_capabilities capabilities;
    __u32 has_former; /* tier C learns only the new ones of some calls */
    __u32 reserved;
};

/* SW_ABI_OPEN and SW_ABI_SETTING */
struct sw_abi_open {
    struct sw_abi_file file;
    __u32 open_flags; /* O_* of this architecture */
    __s32 fd;
    struct sw_abi_text path;
    __u32 reserved;
};

/* SW_ABI_RENAME and SW_ABI_LINK */
struct sw_abi_rename {
    struct sw_abi_file file;
    __u32 call_flags;
    struct sw_abi_text from;
    struct sw_abi_text to;
    __u32 reserved;
};

/* SW_ABI_UNLINK and SW_ABI_CHMOD */
struct sw_abi_path {
    struct sw_abi_file file;
    __u32 call_flags;
    __u32 mode;
    struct sw_abi_text path;
    __u32 reserved;
};

/* SW_ABI_MOUNT and SW_ABI_UMOUNT */
struct sw_abi_mount {
    __u64 mount_flags;
    struct sw_abi_text source;
    struct sw_abi_text target;
    struct sw_abi_text fstype;
    __u32 reserved;
};

struct sw_abi_namespace {
    __u64 ns_flags; /* CLONE_NEW* */
    __s32 fd;
    __u32 reserved;
};

/* SW_ABI_CONNECT, SW_ABI_ACCEPT, SW_ABI_LISTEN, SW_ABI_BIND */
struct sw_abi_network {
    struct sw_abi_socket socket;
    __u32 backlog;
    __u32 reserved;
};

struct sw_abi_dns {
    struct sw_abi_socket socket;
    struct sw_abi_text message; /* the beginning of what was sent */
    __u32 reserved;
};

struct sw_abi_unix_connect {
    struct sw_abi_text path; /* abstract names begin with NUL */
    __s32 fd;
};

/* SW_ABI_PTRACE and SW_ABI_VM_WRITE */
struct sw_abi_trace {
    struct sw_abi_target target;
    __u64 request;
    __u64 address;
};

struct sw_abi_module {
    struct sw_abi_file file;
    struct sw_abi_text name;
    struct sw_abi_text path;
};

struct sw_abi_bpf {
    __u32 command;
    __u32 type; /* of program or map */
    char name[SW_ABI_COMM_BYTES];
};

struct sw_abi_io_uring {
    __u32 n_entries;
    __u32 ring_flags;
    __u32 opcode;
    __s32 fd;
};

struct sw_abi_memfd {
    struct sw_abi_text name;
    __u32 memfd_flags;
};

struct sw_abi_cgroup {
    __u64 id;
    __u32 hierarchy;
    __u32 level;
    struct sw_abi_text path;
    __u32 reserved;
};

/* One per kind and processor; user space adds them up. seen = reserved + refused always. */
struct sw_abi_counter {
    __u64 seen;     /* passed the filters of the kernel */
    __u64 reserved; /* went into a ring */
    __u64 refused;  /* the ring was full, or no scratch was free */
    __u64 skipped;  /* the filters said no */
};

#define SW_ABI_ONLY_CONTAINERS 0x1u
#define SW_ABI_ONLY_HOST 0x2u

/* The switches of the kernel side; one element of the map `settings`. */
struct sw_abi_settings {
    __u64 kinds;       /* bit per kind: wanted at all; the map `cgroups` may say other for one */
    __u32 host_mnt_ns; /* of pid 1: whoever has another one counts as container for `scope` */
    __u32 scope;       /* SW_ABI_ONLY_* or 0 */
    __u32 own_pid;     /* the agent itself is never reported, 0: it is */
    __u32 has_paths;   /* look at the map `paths` for opens, renames, ... */
    __u32 has_ports;
    __u32 has_networks;
    __u32 has_cgroups;
    __u32 wants_threads; /* forks of threads too */
    __u32 reserved[2];
};

/* What is fixed at load; in .rodata, so that the verifier sees only what this kernel has. */
struct sw_abi_config {
    __u32 n_rings;        /* 1 to SW_ABI_RINGS_MAX, besides the priority ring */
    __u32 has_group_dead; /* sched_process_exit says whether it was the last thread */
    __u32 reserved[2];
};

/* Key of the trie `paths`: n_bits of text. */
#define SW_ABI_PREFIX_BYTES 124
struct sw_abi_prefix {
    __u32 n_bits;
    char text[SW_ABI_PREFIX_BYTES];
};

/* Key of the trie `networks`. */
struct sw_abi_network_prefix {
    __u32 n_bits;
    __u8 address[SW_ABI_ADDRESS_BYTES];
};

_Static_assert(sizeof(struct sw_abi_process) == 120, "process");
_Static_assert(sizeof(struct sw_abi_record) == 160, "record");
_Static_assert(sizeof(struct sw_abi_file) == 56, "file");
_Static_assert(sizeof(struct sw_abi_capabilities) == 40, "capabilities");
_Static_assert(sizeof(struct sw_abi_socket) == 48, "socket");
_Static_assert(sizeof(struct sw_abi_target) == 48, "target");
_Static_assert(sizeof(struct sw_abi_exec) == 120, "exec");
_Static_assert(sizeof(struct sw_abi_seed) == 104, "seed");
_Static_assert(sizeof(struct sw_abi_fork) == 80, "fork");
_Static_assert(sizeof(struct sw_abi_exit) == 16, "exit");
_Static_assert(sizeof(struct sw_abi_credentials) == 152, "credentials");
_Static_assert(sizeof(struct sw_abi_open) == 72, "open");
_Static_assert(sizeof(struct sw_abi_rename) == 72, "rename");
_Static_assert(sizeof(struct sw_abi_path) == 72, "path");
_Static_assert(sizeof(struct sw_abi_mount) == 24, "mount");
_Static_assert(sizeof(struct sw_abi_namespace) == 16, "namespace");
_Static_assert(sizeof(struct sw_abi_network) == 56, "network");
_Static_assert(sizeof(struct sw_abi_dns) == 56, "dns");
_Static_assert(sizeof(struct sw_abi_unix_connect) == 8, "unix_connect");
_Static_assert(sizeof(struct sw_abi_trace) == 64, "trace");
_Static_assert(sizeof(struct sw_abi_module) == 64, "module");
_Static_assert(sizeof(struct sw_abi_bpf) == 24, "bpf");
_Static_assert(sizeof(struct sw_abi_io_uring) == 16, "io_uring");
_Static_assert(sizeof(struct sw_abi_memfd) == 8, "memfd");
_Static_assert(sizeof(struct sw_abi_cgroup) == 24, "cgroup");
_Static_assert(sizeof(struct sw_abi_counter) == 32, "counter");
_Static_assert(sizeof(struct sw_abi_settings) == 48, "settings");
_Static_assert(sizeof(struct sw_abi_config) == 16, "config");
_Static_assert(sizeof(struct sw_abi_prefix) == 128, "prefix");
_Static_assert(sizeof(struct sw_abi_network_prefix) == 20, "network prefix");

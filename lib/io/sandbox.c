/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the pieces: each needs a privilege that a later one takes away. Called once in the
 * life of a scanner, before the first byte of an image is read.
 */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/sandbox_priv.h"

/* The socket, one layer a thread, a directory of a walk: far fewer than this. */
#define DESCRIPTORS_MAX 256
/* Address space that is no memory: libraries, guard pages, arenas that malloc only reserves. */
#define RESERVED_BYTES ((uint64_t)4 << 30)

static const char *const piece_names[] = {
    [SW_SANDBOX_NO_NEW_PRIVILEGES] = "no-new-privileges",
    [SW_SANDBOX_LIMITS] = "limits",
    [SW_SANDBOX_NAMESPACES] = "namespaces",
    [SW_SANDBOX_LANDLOCK] = "landlock",
    [SW_SANDBOX_CAPABILITIES] = "capabilities",
    [SW_SANDBOX_SECCOMP] = "seccomp",
};
_Static_assert(SW_ARRAY_SIZE(piece_names) == _SW_SANDBOX_PIECE_MAX, "a name for every piece");

static const char *const state_names[] = {
    [SW_SANDBOX_OFF] = "off",
    [SW_SANDBOX_ON] = "on",
    [SW_SANDBOX_UNAVAILABLE] = "unavailable",
};
_Static_assert(SW_ARRAY_SIZE(state_names) == _SW_SANDBOX_STATE_MAX, "a name for every state");

const char *sw_sandbox_piece_name(enum sw_sandbox_piece piece)
{
    return (unsigned)piece < _SW_SANDBOX_PIECE_MAX ? piece_names[piece] : "unknown";
}

const char *sw_sandbox_state_name(enum sw_sandbox_state state)
{
    return (unsigned)state < _SW_SANDBOX_STATE_MAX ? state_names[state] : "unknown";
}

/* Lowers a limit, hard and soft; one that is lower already stays. */
static int lower(int resource, uint64_t value, const char *name, struct sw_err *err)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return sw_err_wrap(err, -errno, "read limit %s", name);
    if (limit.rlim_max > value)
        limit.rlim_max = value;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return sw_err_wrap(err, -errno, "set limit %s", name);
    return 0;
}

static int set_limits(
    const struct sw_sandbox_options *options, enum sw_sandbox_state *ret, struct sw_err *err)
{
    const struct {
        int resource;
        const char *name;
        uint64_t value;
    } rows[] = {
        {RLIMIT_CORE, "CORE", 0},
        {RLIMIT_FSIZE, "FSIZE", 0},
        {RLIMIT_NOFILE, "NOFILE", DESCRIPTORS_MAX},
        {RLIMIT_MSGQUEUE, "MSGQUEUE", 0},
        {RLIMIT_MEMLOCK, "MEMLOCK", 0},
        /* DATA counts what is private and writable, so it is the memory limit; AS would count what
         * is only reserved as well, and stands guard further out. */
        {RLIMIT_DATA, "DATA", options->memory_limit_bytes},
        {RLIMIT_AS, "AS", options->memory_limit_bytes + RESERVED_BYTES},
    };
    /* A write beyond FSIZE is an error, not a death. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGXFSZ, &ignore, NULL) < 0)
        return sw_err_wrap(err, -errno, "ignore SIGXFSZ");
    bool is_memory = options->memory_limit_bytes > 0 && !SEAWALL_SANITIZED;
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        if (!is_memory && (rows[i].resource == RLIMIT_DATA || rows[i].resource == RLIMIT_AS))
            continue;
        int r = lower(rows[i].resource, rows[i].value, rows[i].name, err);
        if (r < 0)
            return r;
    }
    *ret = SW_SANDBOX_ON;
    return 0;
}

static void write_text(const char *path, const char *text)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        sw_descriptor_write_full(fd, text, strlen(text));
}

/* Our own ids stay what they are, so that our own files stay ours. Failure leaves us nobody, which
 * is worse for reading but no hole. */
static void map_ids(uid_t uid, gid_t gid)
{
    char text[64];
    write_text("/proc/self/setgroups", "deny");
    snprintf(text, sizeof(text), "%u %u 1\n", uid, uid);
    write_text("/proc/self/uid_map", text);
    snprintf(text, sizeof(text), "%u %u 1\n", gid, gid);
    write_text("/proc/self/gid_map", text);
}

/* Best effort by nature: who may make namespaces is the administrator's choice. Seccomp refuses
 * sockets whether or not this succeeds. */
static enum sw_sandbox_state leave_namespaces(bool *ret_is_user_namespace)
{
    const int flags = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    *ret_is_user_namespace = false;
    if (unshare(flags) == 0)
        return SW_SANDBOX_ON;
    if (uid == 0 || unshare(flags | CLONE_NEWUSER) < 0)
        return SW_SANDBOX_UNAVAILABLE;
    *ret_is_user_namespace = true;
    map_ids(uid, gid);
    return SW_SANDBOX_ON;
}

struct capabilities {
    struct __user_cap_data_struct words[2];
};

static int get_capabilities(struct capabilities *ret)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capget, &header, ret->words) < 0 ? -errno : 0;
}

static int set_capabilities(const struct capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capset, &header, capabilities->words) < 0 ? -errno : 0;
}

static bool has_capability(const struct capabilities *capabilities, unsigned capability)
{
    return (capabilities->words[capability / 32].effective >> (capability % 32) & 1) != 0;
}

/* What would give capabilities back: the bounding set and root's birthright. Both need SETPCAP. */
static int drop_bounds(unsigned kept, struct sw_err *err)
{
    for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (capability != kept && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return sw_err_wrap(err, -errno, "drop capability %u from the bounding set", capability);
    }
    unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                         SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                         SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) < 0)
        return sw_err_wrap(err, -errno, "set the secure bits");
    return 0;
}

static int drop_capabilities(bool is_keeping_read, enum sw_sandbox_state *ret, struct sw_err *err)
{
    struct capabilities before, after = {0}, check;
    int r = get_capabilities(&before);
    if (r < 0)
        return sw_err_wrap(err, r, "read capabilities");
    is_keeping_read = is_keeping_read && has_capability(&before, CAP_DAC_READ_SEARCH);
    if (has_capability(&before, CAP_SETPCAP)) {
        r = drop_bounds(is_keeping_read ? CAP_DAC_READ_SEARCH : UINT32_MAX, err);
        if (r < 0)
            return r;
    }
    /* Kernels before 4.3 have no ambient set. */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
        return sw_err_wrap(err, -errno, "clear the ambient capabilities");
    if (is_keeping_read) {
        after.words[0].effective = 1U << CAP_DAC_READ_SEARCH;
        after.words[0].permitted = 1U << CAP_DAC_READ_SEARCH;
    }
    r = set_capabilities(&after);
    if (r == 0)
        r = get_capabilities(&check);
    if (r < 0)
        return sw_err_wrap(err, r, "drop capabilities");
    if (memcmp(&check, &after, sizeof(check)) != 0)
        return sw_err_set(err, -EPERM, "capabilities remain");
    bool had_any = before.words[0].permitted != 0 || before.words[1].permitted != 0;
    *ret = had_any ? SW_SANDBOX_ON : SW_SANDBOX_OFF;
    return 0;
}

int sw_sandbox_enter(
    const struct sw_sandbox_options *options, struct sw_sandbox_status *ret, struct sw_err *err)
{
    struct sw_sandbox_status status = {0};
    bool is_user_namespace = false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return sw_err_wrap(err, -errno, "sandbox: no new privileges");
    status.pieces[SW_SANDBOX_NO_NEW_PRIVILEGES] = SW_SANDBOX_ON;
    /* Before the limits: mapping ids writes to files of /proc. */
    status.pieces[SW_SANDBOX_NAMESPACES] = leave_namespaces(&is_user_namespace);
    int r = set_limits(options, &status.pieces[SW_SANDBOX_LIMITS], err);
    if (r < 0)
        return sw_err_wrap(err, r, "sandbox");
    r = sw_sandbox_landlock(
        options, &status.pieces[SW_SANDBOX_LANDLOCK], &status.landlock_abi, err);
    if (r < 0)
        return sw_err_wrap(err, r, "sandbox: landlock");
    /* Inside a user namespace of our own the capability means nothing for files outside it. */
    bool is_keeping_read = options->n_directory_fds > 0 && !is_user_namespace;
    r = drop_capabilities(is_keeping_read, &status.pieces[SW_SANDBOX_CAPABILITIES], err);
    if (r < 0)
        return sw_err_wrap(err, r, "sandbox");
    /* Who started us may die without a word; nothing that was taken over lives on. Set last,
     * because a change of credentials takes it back. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return sw_err_wrap(err, -errno, "sandbox: end with the parent");
    r = sw_sandbox_seccomp(options->n_directory_fds > 0, &status.pieces[SW_SANDBOX_SECCOMP], err);
    if (r < 0)
        return sw_err_wrap(err, r, "sandbox: seccomp");
    *ret = status;
    return 0;
}

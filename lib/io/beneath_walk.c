/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over a foreign tree. Each directory is read to its end before any in it is entered, so
 * one descriptor suffices; names of directories yet to enter wait in one capped buffer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/beneath.h"
#include "io/beneath_priv.h"
#include "io/descriptor.h"

/* One getdents64 call. */
#define BLOCK_BYTES ((size_t)64 * 1024)
/* Names of directories that wait: two million of usual length. A tree beyond that loses the rest,
 * and says so. */
#define PENDING_MAX_BYTES ((size_t)32 << 20)

/* One directory that was read, whose own directories wait to be entered. */
struct level {
    size_t n_path;    /* its path is the first n_path bytes of state.path */
    size_t n_pending; /* where its names start in state.pending */
    uint64_t mount_id;
};

struct state {
    const struct sw_beneath_walk *walk;
    int root_fd;
    uint64_t resolve;
    char path[SW_BENEATH_PATH_MAX + 1];
    size_t n_path;
    struct sw_buf pending; /* names, each followed by its length as two bytes */
    SW_VEC(struct level) levels;
    char *block; /* owned */
};

static int trouble(struct state *state, enum sw_beneath_trouble what, int error)
{
    struct sw_str path = {state->path, state->n_path};
    if (state->walk->trouble == NULL)
        return 0;
    return state->walk->trouble(state->walk->context, path, what, error);
}

/* Appends a name to the path: false when it does not fit. */
static bool enter_name(struct state *state, struct sw_str name)
{
    size_t n_slash = state->n_path > 0 ? 1 : 0;
    if (name.n > SW_BENEATH_PATH_MAX - n_slash ||
        state->n_path > SW_BENEATH_PATH_MAX - n_slash - name.n)
        return false;
    if (n_slash > 0)
        state->path[state->n_path++] = '/';
    memcpy(state->path + state->n_path, name.p, name.n);
    state->n_path += name.n;
    state->path[state->n_path] = '\0';
    return true;
}

static void leave_to(struct state *state, size_t n_path)
{
    state->n_path = n_path;
    state->path[n_path] = '\0';
}

static int push_pending(struct state *state, struct sw_str name)
{
    char length[2] = {(char)(name.n & 0xff), (char)(name.n >> 8)};
    int r = sw_buf_reserve(&state->pending, name.n + sizeof(length));
    if (r < 0)
        return r;
    sw_buf_append_str(&state->pending, name);
    return sw_buf_append(&state->pending, length, sizeof(length));
}

/* The name that was pushed last; valid until the next push. */
static struct sw_str pop_pending(struct state *state)
{
    struct sw_buf *pending = &state->pending;
    size_t n = (unsigned char)pending->p[pending->n - 2] |
               (size_t)(unsigned char)pending->p[pending->n - 1] << 8;
    pending->n -= n + 2;
    return (struct sw_str){pending->p + pending->n, n};
}

static enum sw_beneath_type type_of(int directory_fd, const struct dirent64 *entry)
{
    struct stat st;
    switch (entry->d_type) {
    case DT_REG:
        return SW_BENEATH_FILE;
    case DT_DIR:
        return SW_BENEATH_DIRECTORY;
    case DT_LNK:
        return SW_BENEATH_SYMLINK;
    case DT_UNKNOWN: /* old file systems do not say */
        if (fstatat(directory_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
            return SW_BENEATH_OTHER;
        return S_ISREG(st.st_mode)   ? SW_BENEATH_FILE
               : S_ISDIR(st.st_mode) ? SW_BENEATH_DIRECTORY
               : S_ISLNK(st.st_mode) ? SW_BENEATH_SYMLINK
                                     : SW_BENEATH_OTHER;
    default:
        return SW_BENEATH_OTHER;
    }
}

static int visit(struct state *state, int directory_fd, const struct dirent64 *raw)
{
    struct sw_beneath_entry entry = {.name = sw_str_of(raw->d_name), .directory_fd = directory_fd};
    if (sw_str_equal_z(entry.name, ".") || sw_str_equal_z(entry.name, ".."))
        return 0;
    size_t n_path = state->n_path;
    if (!enter_name(state, entry.name))
        return trouble(state, SW_BENEATH_LIMIT, ENAMETOOLONG);
    entry.path = (struct sw_str){state->path, state->n_path};
    entry.type = type_of(directory_fd, raw);
    int r = state->walk->entry(state->walk->context, &entry);
    if (r == 0 && entry.type == SW_BENEATH_DIRECTORY) {
        r = push_pending(state, entry.name);
        if (r == -EFBIG)
            r = trouble(state, SW_BENEATH_LIMIT, EFBIG);
    }
    leave_to(state, n_path);
    return r < 0 ? r : 0;
}

static int read_entries(struct state *state, int fd)
{
    for (;;) {
        ssize_t n = getdents64(fd, state->block, BLOCK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return trouble(
                state, errno == ENOENT ? SW_BENEATH_VANISHED : SW_BENEATH_UNREADABLE, errno);
        if (n == 0)
            return 0;
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const void *)(state->block + at);
            at += entry->d_reclen;
            int r = visit(state, fd, entry);
            if (r < 0)
                return r;
        }
    }
}

/* Whether a mount that was crossed into is one of those that are left alone. */
static bool is_skipped(struct state *state, int path_fd, uint64_t parent_id, uint64_t *ret_id)
{
    struct statx stx = {0};
    *ret_id = 0;
    if (statx(path_fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
            STATX_BASIC_STATS | STATX_MNT_ID, &stx) < 0)
        return true;
    /* Before Linux 5.8 there is no mount id: the device has to tell mounts apart. */
    bool is_id = (stx.stx_mask & STATX_MNT_ID) != 0;
    *ret_id = is_id ? stx.stx_mnt_id : ((uint64_t)stx.stx_dev_major << 32 | stx.stx_dev_minor);
    if (*ret_id == parent_id)
        return false;
    if (is_id && state->walk->options.skipped != NULL)
        return sw_beneath_is_skipped_mount(state->walk->options.skipped, *ret_id);
    return sw_beneath_is_skipped_type(path_fd);
}

/* Opens the directory at the path: a descriptor or negative errno. */
static int open_directory(struct state *state, uint64_t parent_id, uint64_t *ret_id)
{
    const char *path = state->n_path > 0 ? state->path : ".";
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
    *ret_id = 0;
    if (!state->walk->options.is_crossing_mounts)
        return sw_beneath_openat2(state->root_fd, path, flags, state->resolve);
    SW_CLEANUP(sw_descriptor_closep)
    int path_fd =
        sw_beneath_openat2(state->root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, state->resolve);
    if (path_fd < 0)
        return path_fd;
    if (is_skipped(state, path_fd, parent_id, ret_id) && state->n_path > 0)
        return -EXDEV;
    return sw_beneath_openat2(path_fd, ".", flags, RESOLVE_BENEATH);
}

static enum sw_beneath_trouble judge(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ESTALE:
        return SW_BENEATH_VANISHED;
    case EXDEV:
        return SW_BENEATH_MOUNT;
    case ENAMETOOLONG:
        return SW_BENEATH_LIMIT;
    default:
        return SW_BENEATH_UNREADABLE;
    }
}

static int read_directory(struct state *state, uint64_t parent_id)
{
    struct level level = {.n_path = state->n_path, .n_pending = state->pending.n};
    SW_CLEANUP(sw_descriptor_closep) int fd = open_directory(state, parent_id, &level.mount_id);
    if (fd < 0)
        return state->n_path > 0 ? trouble(state, judge(-fd), -fd) : fd;
    int r = read_entries(state, fd);
    if (r < 0)
        return r;
    if (state->pending.n == level.n_pending)
        return 0;
    return sw_vec_push(&state->levels, level, SW_BENEATH_PATH_MAX);
}

static int walk_levels(struct state *state)
{
    int r = read_directory(state, 0);
    while (r == 0 && state->levels.n > 0) {
        const struct level top = state->levels.v[state->levels.n - 1];
        leave_to(state, top.n_path);
        if (state->pending.n == top.n_pending) {
            state->levels.n--;
            continue;
        }
        /* It fitted when it was met. */
        if (enter_name(state, pop_pending(state)))
            r = read_directory(state, top.mount_id);
    }
    return r;
}

int sw_beneath_walk(int root_fd, const struct sw_beneath_walk *walk, struct sw_err *err)
{
    struct state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    state->walk = walk;
    state->root_fd = root_fd;
    state->resolve = sw_beneath_resolve(&walk->options) | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    sw_buf_init(&state->pending, PENDING_MAX_BYTES);
    state->block = sw_mem_alloc(BLOCK_BYTES);
    int r = state->block != NULL ? walk_levels(state) : -ENOMEM;
    sw_mem_free(state->block);
    sw_vec_done(&state->levels);
    sw_buf_done(&state->pending);
    sw_mem_free(state);
    return r < 0 ? sw_err_wrap(err, r, "walk a directory") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2 and its resolve limits, and the rule by which a file is opened: O_PATH, looked at, and
 * reopened only when it is regular. Called for every file of interest of a scanned directory.
 */
#include "io/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/beneath_priv.h"
#include "io/descriptor.h"
#include "io/reader.h"

/* A rename elsewhere makes the kernel give up a lookup with ".." in it; it asks to try again. */
#define TRIES_MAX 16
/* Mounts of one machine; a node with many containers has thousands. */
#define MOUNTS_MAX ((size_t)1 << 20)

/* The path as the kernel wants it: without leading slashes, NUL-terminated, "." for the root. */
static int path_z(struct sw_str path, char ret[SW_BENEATH_PATH_MAX + 1])
{
    while (path.n > 0 && path.p[0] == '/')
        path = sw_str_skip(path, 1);
    if (path.n > SW_BENEATH_PATH_MAX)
        return -ENAMETOOLONG;
    if (path.n == 0)
        path = SW_STR(".");
    if (memchr(path.p, '\0', path.n) != NULL)
        return -EINVAL;
    memcpy(ret, path.p, path.n);
    ret[path.n] = '\0';
    return 0;
}

int sw_beneath_openat2(int dir_fd, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC), .resolve = resolve};
    for (int i = 0; i < TRIES_MAX; i++) {
        long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN && errno != EINTR)
            break;
    }
    return -errno;
}

uint64_t sw_beneath_resolve(const struct sw_beneath_options *options)
{
    bool is_crossing = options != NULL && options->is_crossing_mounts;
    return RESOLVE_NO_MAGICLINKS | (is_crossing ? 0 : RESOLVE_NO_XDEV);
}

static enum sw_beneath_type type_of(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return SW_BENEATH_FILE;
    case S_IFDIR:
        return SW_BENEATH_DIRECTORY;
    case S_IFLNK:
        return SW_BENEATH_SYMLINK;
    default:
        return SW_BENEATH_OTHER;
    }
}

/* Without asking a network or FUSE server anew, and without mounting anything. */
static int stat_at(int dir_fd, const char *name, struct sw_beneath_stat *ret)
{
    struct statx stx = {0};
    if (statx(dir_fd, name,
            AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC | AT_EMPTY_PATH,
            STATX_BASIC_STATS, &stx) < 0)
        return -errno;
    *ret = (struct sw_beneath_stat){
        .type = type_of(stx.stx_mode),
        .size_bytes = stx.stx_size,
        .n_blocks_512 = stx.stx_blocks,
        .mode = stx.stx_mode & 07777,
        .uid = stx.stx_uid,
        .mtime_s = stx.stx_mtime.tv_sec,
        .device = ((uint64_t)stx.stx_dev_major << 32) | stx.stx_dev_minor,
        .inode = stx.stx_ino,
        .n_links = stx.stx_nlink,
    };
    return 0;
}

static int open_for_reading(int dir_fd, const char *path)
{
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    /* Reading is not using: leave the access time alone where we may. */
    int fd = openat(dir_fd, path, flags | O_NOATIME);
    if (fd < 0 && errno == EPERM)
        fd = openat(dir_fd, path, flags);
    return fd < 0 ? -errno : fd;
}

/* From an O_PATH descriptor of a regular file to one that reads that very file. */
static int reopen(int path_fd, int dir_fd, const char *path, uint64_t resolve)
{
    char magic[32];
    snprintf(magic, sizeof(magic), "/proc/self/fd/%d", path_fd);
    int fd = open_for_reading(AT_FDCWD, magic);
    if (fd != -ENOENT && fd != -ENOTDIR)
        return fd;
    /* No /proc here. The name is looked up again; the caller compares what it finds. */
    return sw_beneath_openat2(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve);
}

static int open_checked(int dir_fd, const char *path, uint64_t resolve, int flags, int *ret_fd,
    struct sw_beneath_stat *ret_stat)
{
    SW_CLEANUP(sw_descriptor_closep)
    int path_fd = sw_beneath_openat2(dir_fd, path, O_PATH | flags, resolve);
    if (path_fd < 0)
        return path_fd;
    struct sw_beneath_stat before, after;
    int r = stat_at(path_fd, "", &before);
    if (r < 0)
        return r;
    switch (before.type) {
    case SW_BENEATH_FILE:
        break;
    case SW_BENEATH_DIRECTORY:
        return -EISDIR;
    case SW_BENEATH_SYMLINK:
        return -ELOOP;
    case SW_BENEATH_OTHER:
    case _SW_BENEATH_TYPE_MAX:
        return -EINVAL;
    }
    SW_CLEANUP(sw_descriptor_closep) int fd = reopen(path_fd, dir_fd, path, resolve);
    if (fd < 0)
        return fd;
    r = stat_at(fd, "", &after);
    if (r < 0)
        return r;
    if (after.type != SW_BENEATH_FILE || after.device != before.device ||
        after.inode != before.inode)
        return -ESTALE;
    if (ret_stat != NULL)
        *ret_stat = after;
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

/* The sentence for a failed open; names are bytes, so control characters are blanked. */
static int explain(struct sw_err *err, int r, const char *path)
{
    char shown[256];
    size_t n = 0;
    for (; n + 1 < sizeof(shown) && path[n] != '\0'; n++)
        shown[n] = (unsigned char)path[n] < 0x20 || path[n] == 0x7f ? '?' : path[n];
    shown[n] = '\0';
    if (r == -EINVAL)
        return sw_err_set(err, r, "'%s' is not a regular file", shown);
    if (r == -EXDEV)
        return sw_err_set(err, r, "'%s' lies outside, or on another mount", shown);
    return sw_err_wrap(err, r, "open '%s'", shown);
}

int sw_beneath_open(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    int *ret_fd, struct sw_beneath_stat *ret_stat, struct sw_err *err)
{
    char z[SW_BENEATH_PATH_MAX + 1];
    int r = path_z(path, z);
    if (r < 0)
        return sw_err_wrap(err, r, "path of %zu bytes", path.n);
    uint64_t resolve = sw_beneath_resolve(options) | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    r = open_checked(root_fd, z, resolve, O_NOFOLLOW, ret_fd, ret_stat);
    return r < 0 ? explain(err, r, z) : 0;
}

int sw_beneath_open_in_root(int root_fd, struct sw_str path,
    const struct sw_beneath_options *options, int *ret_fd, struct sw_beneath_stat *ret_stat,
    struct sw_err *err)
{
    char z[SW_BENEATH_PATH_MAX + 1];
    int r = path_z(path, z);
    if (r < 0)
        return sw_err_wrap(err, r, "path of %zu bytes", path.n);
    uint64_t resolve = sw_beneath_resolve(options) | RESOLVE_IN_ROOT;
    r = open_checked(root_fd, z, resolve, 0, ret_fd, ret_stat);
    return r < 0 ? explain(err, r, z) : 0;
}

int sw_beneath_entry_open(const struct sw_beneath_entry *entry,
    const struct sw_beneath_options *options, int *ret_fd, struct sw_beneath_stat *ret_stat,
    struct sw_err *err)
{
    uint64_t resolve = sw_beneath_resolve(options) | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    int r = open_checked(entry->directory_fd, entry->name.p, resolve, O_NOFOLLOW, ret_fd, ret_stat);
    return r < 0 ? explain(err, r, entry->path.p) : 0;
}

int sw_beneath_entry_stat(
    const struct sw_beneath_entry *entry, struct sw_beneath_stat *ret, struct sw_err *err)
{
    int r = stat_at(entry->directory_fd, entry->name.p, ret);
    return r < 0 ? explain(err, r, entry->path.p) : 0;
}

int sw_beneath_stat(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    bool is_in_root, struct sw_beneath_stat *ret, struct sw_err *err)
{
    char z[SW_BENEATH_PATH_MAX + 1];
    int r = path_z(path, z);
    if (r < 0)
        return sw_err_wrap(err, r, "path of %zu bytes", path.n);
    uint64_t resolve = sw_beneath_resolve(options) |
                       (is_in_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    SW_CLEANUP(sw_descriptor_closep)
    int fd = sw_beneath_openat2(root_fd, z, O_PATH | O_NOFOLLOW, resolve);
    if (fd < 0)
        return explain(err, fd, z);
    r = stat_at(fd, "", ret);
    return r < 0 ? explain(err, r, z) : 0;
}

int sw_beneath_readlink(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    struct sw_buf *buf, struct sw_err *err)
{
    char z[SW_BENEATH_PATH_MAX + 1];
    int r = path_z(path, z);
    if (r < 0)
        return sw_err_wrap(err, r, "path of %zu bytes", path.n);
    uint64_t resolve = sw_beneath_resolve(options) | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = sw_beneath_openat2(root_fd, z, O_PATH | O_NOFOLLOW, resolve);
    if (fd < 0)
        return explain(err, fd, z);
    char target[SW_BENEATH_PATH_MAX + 1];
    ssize_t n = readlinkat(fd, "", target, sizeof(target));
    if (n < 0) {
        /* With an empty name a thing that is no link answers ENOENT. */
        r = errno == ENOENT ? -EINVAL : -errno;
        return sw_err_set(err, r, "'%s' is not a link", z);
    }
    sw_buf_clear(buf);
    r = sw_buf_append(buf, target, (size_t)n);
    return r < 0 ? sw_err_wrap(err, r, "target of '%s'", z) : 0;
}

static bool is_fuse(struct sw_str type)
{
    return sw_str_equal_z(type, "fuse") || sw_str_equal_z(type, "fuseblk") ||
           sw_str_starts_with(type, SW_STR("fuse."));
}

/* File systems that hold no files of anybody's, but the kernel's. */
static bool is_kernel_interface(struct sw_str type)
{
    static const char *const types[] = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs",
        "debugfs", "tracefs", "securityfs", "bpf", "pstore", "configfs", "fusectl", "mqueue",
        "hugetlbfs", "binfmt_misc", "autofs", "rpc_pipefs", "nsfs", "efivarfs", "selinuxfs",
        "smackfs"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(types); i++) {
        if (sw_str_equal_z(type, types[i]))
            return true;
    }
    return false;
}

bool sw_beneath_is_skipped_mount(const struct sw_beneath_mounts *mounts, uint64_t id)
{
    size_t low = 0, high = mounts->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mounts->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < mounts->n && mounts->ids[low] == id;
}

bool sw_beneath_is_skipped_type(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return true;
    switch ((unsigned long)fs.f_type) {
    case FUSE_SUPER_MAGIC:
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case BPF_FS_MAGIC:
    case AUTOFS_SUPER_MAGIC:
    case HUGETLBFS_MAGIC:
    case BINFMTFS_MAGIC:
    case NSFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* "36 35 98:0 /root /point options optional... - type source options" */
static int parse_mount(struct sw_str line, bool is_entering_fuse, uint64_t *ret_id)
{
    struct sw_str token, type;
    uint64_t id = 0;
    if (!sw_str_next_token(&line, ' ', &token) || sw_str_parse_u64(token, 10, &id) < 0)
        return -EINVAL;
    ptrdiff_t dash = sw_str_find(line, SW_STR(" - "));
    if (dash < 0)
        return -EINVAL;
    line = sw_str_skip(line, (size_t)dash + 3);
    if (!sw_str_next_token(&line, ' ', &type))
        return -EINVAL;
    if (is_fuse(type) ? is_entering_fuse : !is_kernel_interface(type))
        return 0;
    *ret_id = id;
    return 1;
}

int sw_beneath_mounts_load(bool is_entering_fuse, struct sw_region *region,
    struct sw_beneath_mounts *ret, struct sw_err *err)
{
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open '/proc/self/mountinfo'");
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, 65536);
    SW_VEC(uint64_t) ids = {0};
    int r = 0;
    while ((r = sw_reader_read_line(reader, &line, err)) != 0) {
        uint64_t id = 0;
        if (r == -EFBIG)
            continue;
        if (r > 0 && parse_mount(sw_buf_str(&line), is_entering_fuse, &id) > 0)
            r = sw_vec_push(&ids, id, MOUNTS_MAX);
        if (r < 0)
            break;
    }
    struct sw_beneath_mounts mounts = {.n = ids.n};
    if (r == 0 && ids.n > 0) {
        qsort(ids.v, ids.n, sizeof(*ids.v), compare_ids);
        mounts.ids = sw_region_array(region, ids.n, sizeof(*ids.v));
        if (mounts.ids == NULL)
            r = -ENOMEM;
        else
            memcpy(mounts.ids, ids.v, ids.n * sizeof(*ids.v));
    }
    sw_vec_done(&ids);
    if (r < 0)
        return sw_err_wrap(err, r, "read '/proc/self/mountinfo'");
    *ret = mounts;
    return 0;
}

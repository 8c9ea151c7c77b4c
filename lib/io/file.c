/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of our own: small wholes, replacement by rename, directories, locks.
 */
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/descriptor.h"

#define TREE_DEPTH_MAX 64
/* Names beside the target: how often another one is tried when it exists already. */
#define TRIES_MAX 100
/* Twice what a time of change is exact to: a tick at 100 Hz; FAT and old NFS. */
#define TICK_NS ((int64_t)20 * 1000 * 1000)
#define COARSE_TICK_NS ((int64_t)4 * 1000 * 1000 * 1000)

int sw_file_open(int dir_fd, const char *path, int *ret_fd, struct sw_err *err)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open '%s'", path);
    *ret_fd = fd;
    return 0;
}

int sw_file_load(int dir_fd, const char *path, struct sw_buf *buf, struct sw_err *err)
{
    /* Without O_NONBLOCK a FIFO in the place of a settings file would hang us. */
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open '%s'", path);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return sw_err_wrap(err, -errno, "stat '%s'", path);
    if (!S_ISREG(st.st_mode))
        return sw_err_set(
            err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, "'%s' is not a regular file", path);
    for (;;) {
        char block[16384];
        ssize_t n = sw_descriptor_read_full(fd, block, sizeof(block));
        if (n < 0)
            return sw_err_wrap(err, (int)n, "read '%s'", path);
        if (n == 0)
            return 0;
        int r = sw_buf_append(buf, block, (size_t)n);
        if (r == -EFBIG)
            return sw_err_set(err, r, "'%s' is larger than %zu bytes", path, buf->max);
        if (r < 0)
            return sw_err_wrap(err, r, "read '%s'", path);
    }
}

int sw_file_new_beside(int dir_fd, const char *path, mode_t mode, struct sw_region *region,
    char **ret_path, int *ret_fd, struct sw_err *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        uint64_t salt = 0;
        if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
            return sw_err_wrap(err, -errno, "random bytes");
        char *beside = sw_region_printf(region, "%s.new-%016llx", path, (unsigned long long)salt);
        if (beside == NULL)
            return sw_err_set(err, -ENOMEM, "out of memory");
        int fd = openat(dir_fd, beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return sw_err_wrap(err, -errno, "create '%s'", beside);
        /* The mode given, whatever the umask. */
        if (fchmod(fd, mode) < 0) {
            int r = -errno;
            close(fd);
            unlinkat(dir_fd, beside, 0);
            return sw_err_wrap(err, r, "chmod '%s'", beside);
        }
        *ret_path = beside;
        *ret_fd = fd;
        return 0;
    }
    return sw_err_set(err, -EEXIST, "no free name beside '%s'", path);
}

/* So that the rename itself survives a power cut. Some file systems cannot: no error. */
static void sync_directory_of(int dir_fd, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory =
        slash != NULL ? sw_mem_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
    if (slash == NULL || directory != NULL) {
        SW_CLEANUP(sw_descriptor_closep)
        int fd =
            openat(dir_fd, slash != NULL ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            fsync(fd);
    }
    sw_mem_free(directory);
}

int sw_file_replace(int dir_fd, const char *from, const char *to, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(dir_fd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open '%s'", from);
    if (fsync(fd) < 0)
        return sw_err_wrap(err, -errno, "sync '%s'", from);
    if (renameat(dir_fd, from, dir_fd, to) < 0)
        return sw_err_wrap(err, -errno, "rename '%s' to '%s'", from, to);
    sync_directory_of(dir_fd, to);
    return 0;
}

int sw_file_save(int dir_fd, const char *path, struct sw_str bytes, mode_t mode, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)1 << 20);
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *beside = NULL;
    int r = sw_file_new_beside(dir_fd, path, mode, &region, &beside, &fd, err);
    if (r < 0)
        return r;
    r = sw_descriptor_write_full(fd, bytes.p, bytes.n);
    if (r < 0)
        sw_err_wrap(err, r, "write '%s'", beside);
    else
        r = sw_file_replace(dir_fd, beside, path, err);
    if (r < 0)
        unlinkat(dir_fd, beside, 0);
    return r;
}

int sw_file_make_directories(int dir_fd, const char *path, mode_t mode, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) char *partial = sw_mem_strndup(path, strlen(path));
    if (partial == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    for (char *p = partial;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (partial[0] != '\0' && mkdirat(dir_fd, partial, mode) < 0 && errno != EEXIST) {
            int r = -errno;
            struct stat st;
            /* A read-only parent says EROFS or EACCES even when the directory is there. */
            if (fstatat(dir_fd, partial, &st, 0) < 0 || !S_ISDIR(st.st_mode))
                return sw_err_wrap(err, r, "make directory '%s'", partial);
        }
        *p = kept;
        if (kept == '\0')
            break;
    }
    struct stat st;
    if (fstatat(dir_fd, path, &st, 0) < 0)
        return sw_err_wrap(err, -errno, "stat '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return sw_err_set(err, -ENOTDIR, "'%s' is not a directory", path);
    return 0;
}

int sw_file_lock(int fd, bool is_exclusive, bool is_waiting)
{
    int operation = (is_exclusive ? LOCK_EX : LOCK_SH) | (is_waiting ? 0 : LOCK_NB);
    while (flock(fd, operation) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int sw_file_unlock(int fd)
{
    return flock(fd, LOCK_UN) < 0 ? -errno : 0;
}

static void close_directory(DIR **directory)
{
    if (*directory != NULL)
        closedir(*directory);
    *directory = NULL;
}

static int open_directory(int dir_fd, const char *path, int flags, DIR **ret)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd < 0)
        return -errno;
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        int r = -errno;
        close(fd);
        return r;
    }
    *ret = directory;
    return 0;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int compare_names(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

int sw_file_list(int dir_fd, const char *path, struct sw_region *region, struct sw_file_names *ret,
    struct sw_err *err)
{
    SW_CLEANUP(close_directory) DIR *directory = NULL;
    int r = open_directory(dir_fd, path, 0, &directory);
    if (r < 0)
        return sw_err_wrap(err, r, "open directory '%s'", path);
    SW_VEC(struct sw_str) names = {0};
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            r = -errno;
            break;
        }
        if (is_dot(entry->d_name))
            continue;
        struct sw_str name;
        r = sw_region_copy(region, sw_str_of(entry->d_name), &name);
        if (r == 0)
            r = sw_vec_push(&names, name, SW_FILE_NAMES_MAX);
        if (r < 0)
            break;
    }
    struct sw_file_names result = {.n = names.n};
    if (r == 0 && names.n > 0) {
        qsort(names.v, names.n, sizeof(*names.v), compare_names);
        result.v = sw_region_array(region, names.n, sizeof(*names.v));
        if (result.v == NULL)
            r = -ENOMEM;
        else
            memcpy(result.v, names.v, names.n * sizeof(*names.v));
    }
    sw_vec_done(&names);
    if (r < 0)
        return sw_err_wrap(err, r, "list '%s'", path);
    *ret = result;
    return 0;
}

static int remove_tree(int dir_fd, const char *name, unsigned depth)
{
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    if (depth >= TREE_DEPTH_MAX)
        return -ELOOP;
    SW_CLEANUP(close_directory) DIR *directory = NULL;
    int r = open_directory(dir_fd, name, O_NOFOLLOW, &directory);
    if (r < 0)
        return r;
    for (struct dirent *entry = NULL; (entry = readdir(directory)) != NULL;) {
        if (is_dot(entry->d_name))
            continue;
        r = remove_tree(dirfd(directory), entry->d_name, depth + 1);
        if (r < 0)
            return r;
    }
    return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

int sw_file_remove_tree(int dir_fd, const char *path, struct sw_err *err)
{
    int r = remove_tree(dir_fd, path, 0);
    return r < 0 ? sw_err_wrap(err, r, "remove '%s'", path) : 0;
}

static struct sw_file_identity identity_of(const struct stat *st)
{
    return (struct sw_file_identity){
        .device = st->st_dev,
        .inode = st->st_ino,
        .size_bytes = (uint64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
    };
}

int sw_file_identify(int fd, struct sw_file_identity *ret)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    *ret = identity_of(&st);
    return 0;
}

int sw_file_identify_at(int dir_fd, const char *path, struct sw_file_identity *ret)
{
    struct stat st;
    if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    *ret = identity_of(&st);
    return 0;
}

bool sw_file_identity_equal(const struct sw_file_identity *a, const struct sw_file_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool sw_file_identity_is_settled(const struct sw_file_identity *identity, int64_t now_ns)
{
    bool is_coarse = identity->ctime_ns % 1000000000 == 0;
    return now_ns - identity->ctime_ns >= (is_coarse ? COARSE_TICK_NS : TICK_NS);
}

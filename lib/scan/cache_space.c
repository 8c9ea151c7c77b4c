/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache's size: counting, clearing, and removing what was not used longest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "base/vec.h"
#include "cache_priv.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "scan/cache.h"

#define LOCK_FILE "lock"
/* Names of a full cache; its files are some kilobytes each. */
#define NAMES_BYTES_MAX ((size_t)256 << 20)
#define FILES_MAX ((size_t)1 << 20)
/* Shrinking goes somewhat below the cap, so that it is not due again at once. */
#define SHRINK_PCT 90

struct file {
    const char *folder; /* static */
    const char *name;   /* in the region */
    uint64_t n_bytes;
    int64_t used_ns;
};

struct files {
    struct sw_region region;
    SW_VEC(struct file) list;
    uint64_t n_bytes;
};

static void files_done(struct files *files)
{
    sw_vec_done(&files->list);
    sw_region_done(&files->region);
}

static int add_folder(struct files *files, int fd, const char *folder, struct sw_err *err)
{
    struct sw_file_names names;
    int r = sw_file_list(fd, folder, &files->region, &names, err);
    if (r == -ENOENT)
        return 0;
    SW_CLEANUP(sw_descriptor_closep)
    int folder_fd = r == 0 ? openat(fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        struct stat st;
        if (fstatat(folder_fd, names.v[i].p, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* another process was quicker */
        struct file file = {
            .folder = folder,
            .name = names.v[i].p,
            .n_bytes = (uint64_t)st.st_blocks * 512,
            .used_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        };
        files->n_bytes += file.n_bytes;
        r = sw_vec_push(&files->list, file, FILES_MAX);
    }
    return r;
}

static int list_files(struct files *files, int fd, struct sw_err *err)
{
    sw_region_init(&files->region, NAMES_BYTES_MAX);
    int r = add_folder(files, fd, SW_CACHE_LAYERS, err);
    if (r == 0)
        r = add_folder(files, fd, SW_CACHE_RECORDS, err);
    if (r == 0)
        r = add_folder(files, fd, SW_CACHE_DOCUMENTS, err);
    if (r == 0)
        r = add_folder(files, fd, SW_CACHE_FOUND, err);
    if (r == 0)
        r = add_folder(files, fd, SW_CACHE_RULES, err);
    return r < 0 ? r : add_folder(files, fd, SW_CACHE_INVENTORIES, err);
}

static int compare_used(const void *a, const void *b)
{
    const struct file *x = a;
    const struct file *y = b;
    return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

int sw_cache_shrink(int directory_fd, uint64_t max_bytes, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep)
    int lock = openat(directory_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return sw_err_set(err, -errno, "cache: %s", strerror(errno));
    /* Who holds the lock is shrinking already. */
    if (sw_file_lock(lock, true, false) < 0)
        return 0;
    SW_CLEANUP(files_done) struct files files = {0};
    int r = list_files(&files, directory_fd, err);
    if (r < 0 || files.n_bytes <= max_bytes)
        return r;
    qsort(files.list.v, files.list.n, sizeof(files.list.v[0]), compare_used);
    uint64_t goal = max_bytes / 100 * SHRINK_PCT;
    for (size_t i = 0; i < files.list.n && files.n_bytes > goal; i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", files.list.v[i].folder, files.list.v[i].name);
        if (unlinkat(directory_fd, path, 0) == 0 || errno == ENOENT)
            files.n_bytes -= files.list.v[i].n_bytes;
    }
    return 0;
}

static int open_directory(const char *directory, int *ret_fd, struct sw_err *err)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? -ENOENT
                   : sw_err_set(err, -errno, "cache '%s': %s", directory, strerror(errno));
    *ret_fd = fd;
    return 0;
}

int sw_cache_info(const char *directory, struct sw_cache_info *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_cache_info info = {0};
    SW_CLEANUP(files_done) struct files files = {0};
    int r = open_directory(directory, &fd, err);
    if (r == 0)
        r = list_files(&files, fd, err);
    if (r < 0 && r != -ENOENT)
        return r;
    info.n_bytes = files.n_bytes;
    SW_VEC_EACH (file, &files.list) {
        /* A layer is the file of its packages; those of other aspects have a suffix. */
        bool is_layer = strcmp(file->folder, SW_CACHE_LAYERS) == 0;
        info.n_layers += is_layer && strchr(file->name, '.') == NULL ? 1 : 0;
        info.n_inventories += strcmp(file->folder, SW_CACHE_INVENTORIES) == 0 ? 1 : 0;
        info.n_records += strcmp(file->folder, SW_CACHE_RECORDS) == 0 ? 1 : 0;
    }
    *ret = info;
    return 0;
}

int sw_cache_clear(const char *directory, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = open_directory(directory, &fd, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    /* Only what is ours: the directory may hold other things. */
    r = sw_file_remove_tree(fd, SW_CACHE_LAYERS, err);
    if (r == 0)
        r = sw_file_remove_tree(fd, SW_CACHE_RECORDS, err);
    if (r == 0)
        r = sw_file_remove_tree(fd, SW_CACHE_DOCUMENTS, err);
    if (r == 0)
        r = sw_file_remove_tree(fd, SW_CACHE_INVENTORIES, err);
    if (r == 0)
        r = sw_file_remove_tree(fd, SW_CACHE_FOUND, err);
    if (r == 0)
        r = sw_file_remove_tree(fd, SW_CACHE_JUDGED, err);
    return r;
}

int sw_cache_prune(const char *directory, uint64_t max_bytes, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = open_directory(directory, &fd, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return sw_cache_shrink(fd, max_bytes, err);
}

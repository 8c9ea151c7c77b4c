/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own files: caches, databases, settings. Paths are the operator's, never an image's (for those
 * see beneath.h). dir_fd may be AT_FDCWD.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Opens for reading; the caller owns *ret_fd. -ENOENT and the like with a sentence. */
int sw_file_open(int dir_fd, const char *path, int *ret_fd, struct sw_err *err);

/* Appends the whole file to buf: 0, -EFBIG beyond buf's cap, -ENOENT, ... Only regular files. */
int sw_file_load(int dir_fd, const char *path, struct sw_buf *buf, struct sw_err *err);

/* Puts the bytes in place of the file at once: a new file beside it, synced, renamed. A reader sees
 * the old or the new one, whole. */
int sw_file_save(
    int dir_fd, const char *path, struct sw_str bytes, mode_t mode, struct sw_err *err);

/* Syncs the finished file `from` and renames it to `to` in the same directory, which is synced. */
int sw_file_replace(int dir_fd, const char *from, const char *to, struct sw_err *err);

/* A new empty file beside `path`, open for reading and writing, to be written and then given to
 * sw_file_replace. Its path goes to *ret_path, made in the region. */
int sw_file_new_beside(int dir_fd, const char *path, mode_t mode, struct sw_region *region,
    char **ret_path, int *ret_fd, struct sw_err *err);

/* The directory and those above it, as far as they are missing. */
int sw_file_make_directories(int dir_fd, const char *path, mode_t mode, struct sw_err *err);

/* flock on an open file: 0, or -EWOULDBLOCK when not waiting. Ends with the descriptor. */
int sw_file_lock(int fd, bool is_exclusive, bool is_waiting);
int sw_file_unlock(int fd);

struct sw_file_names {
    struct sw_str *v; /* in the region, NUL-terminated, bytewise sorted */
    size_t n;
};
#define SW_FILE_NAMES_MAX ((size_t)1 << 20)
/* The names in a directory without "." and "..". -EFBIG beyond SW_FILE_NAMES_MAX. */
int sw_file_list(int dir_fd, const char *path, struct sw_region *region, struct sw_file_names *ret,
    struct sw_err *err);

/* Removes a file, or a directory with all that is in it; never follows a link, and stays within
 * its depth limit of 64. A missing one is no error. */
int sw_file_remove_tree(int dir_fd, const char *path, struct sw_err *err);

/* Who a file is and whether it changed: equal identities, same content (as far as a kernel tells).
 */
struct sw_file_identity {
    uint64_t device;
    uint64_t inode;
    uint64_t size_bytes;
    int64_t mtime_ns;
    int64_t ctime_ns;
};
int sw_file_identify(int fd, struct sw_file_identity *ret);
/* The same by name, following no link. */
int sw_file_identify_at(int dir_fd, const char *path, struct sw_file_identity *ret);
bool sw_file_identity_equal(const struct sw_file_identity *a, const struct sw_file_identity *b);
/* True when the last change is so long before now_ns (wall clock) that one made from now on gets
 * another time: file systems count in ticks of the kernel, old ones in seconds. */
bool sw_file_identity_is_settled(const struct sw_file_identity *identity, int64_t now_ns);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files below a handed directory descriptor that belongs to somebody else: a container's root, an
 * unpacked image. Nothing above it is ever reached, and no device, FIFO or socket is ever opened,
 * however the tree changes meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Longer paths are not looked at: the kernel takes no more in one call. */
#define SW_BENEATH_PATH_MAX ((size_t)4095)

/* Mounts that are not entered even when mounts are crossed: kernel interfaces (proc, sysfs, ...),
 * and FUSE, whose server may hang. */
struct sw_beneath_mounts {
    uint64_t *ids; /* in the region, ascending */
    size_t n;
};
/* Reads them from /proc, so before a sandbox closes that. */
int sw_beneath_mounts_load(bool is_entering_fuse, struct sw_region *region,
    struct sw_beneath_mounts *ret, struct sw_err *err);

struct sw_beneath_options {
    bool is_crossing_mounts;
    const struct sw_beneath_mounts *skipped; /* for crossing; NULL: judged by statfs */
};

enum sw_beneath_type {
    SW_BENEATH_FILE,
    SW_BENEATH_DIRECTORY,
    SW_BENEATH_SYMLINK,
    SW_BENEATH_OTHER, /* device, FIFO, socket */
    _SW_BENEATH_TYPE_MAX
};

struct sw_beneath_stat {
    enum sw_beneath_type type;
    uint64_t size_bytes;
    uint64_t n_blocks_512; /* on disk: a sparse file has fewer than its size */
    uint32_t mode;         /* permission bits */
    uint32_t uid;
    int64_t mtime_s;
    uint64_t device;
    uint64_t inode;
    uint32_t n_links;
};

/* Opens a regular file for reading. `path` is taken literally: a link anywhere in it is -ELOOP, a
 * mount in it -EXDEV (unless crossing), what is no regular file -EINVAL (-EISDIR for a directory).
 * Leading slashes are dropped. ret_stat may be NULL; the caller owns *ret_fd. */
int sw_beneath_open(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    int *ret_fd, struct sw_beneath_stat *ret_stat, struct sw_err *err);

/* The same, looked up as a process with that root would: links are followed, absolute ones from
 * root_fd, ".." stops there. */
int sw_beneath_open_in_root(int root_fd, struct sw_str path,
    const struct sw_beneath_options *options, int *ret_fd, struct sw_beneath_stat *ret_stat,
    struct sw_err *err);

/* Of the thing itself, not followed; with is_in_root the path before its last part is. */
int sw_beneath_stat(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    bool is_in_root, struct sw_beneath_stat *ret, struct sw_err *err);

/* Puts the target of a link, as stored, into buf (cleared first). -EINVAL: no link. */
int sw_beneath_readlink(int root_fd, struct sw_str path, const struct sw_beneath_options *options,
    struct sw_buf *buf, struct sw_err *err);

/* One thing met on a walk; borrowed for the call. */
struct sw_beneath_entry {
    struct sw_str path; /* below the root, without a leading slash; NUL-terminated */
    struct sw_str name; /* its last part; NUL-terminated */
    enum sw_beneath_type type;
    int directory_fd; /* borrowed; holds `name` */
};

/* Size, mode and the rest, when they are needed: the walk itself does not ask for them. */
int sw_beneath_entry_stat(
    const struct sw_beneath_entry *entry, struct sw_beneath_stat *ret, struct sw_err *err);
/* As sw_beneath_open, from the directory at hand. */
int sw_beneath_entry_open(const struct sw_beneath_entry *entry,
    const struct sw_beneath_options *options, int *ret_fd, struct sw_beneath_stat *ret_stat,
    struct sw_err *err);

enum sw_beneath_trouble {
    SW_BENEATH_UNREADABLE, /* a directory that could not be opened or read: see the errno */
    SW_BENEATH_VANISHED,   /* gone, or no directory any more, when its turn came */
    SW_BENEATH_MOUNT,      /* another file system, not entered */
    SW_BENEATH_LIMIT,      /* path too long, or too many directories waiting */
    _SW_BENEATH_TROUBLE_MAX
};

/* Returned by `entry` for a directory that is not to be entered. */
#define SW_BENEATH_SKIP 1

struct sw_beneath_walk {
    struct sw_beneath_options options;
    /* Every entry once: a directory before what is in it, all entries of one directory in a row
     * before those of the next. 0, SW_BENEATH_SKIP, or a negative errno, which ends the walk. */
    int (*entry)(void *context, const struct sw_beneath_entry *entry);
    /* A directory that was not walked (the walk goes on): 0, or a negative errno to end it. */
    int (*trouble)(void *context, struct sw_str path, enum sw_beneath_trouble trouble, int error);
    void *context;
};

/* Walks everything below root_fd. One descriptor is open at a time, whatever the depth. 0, or what
 * a callback returned, or a failure to read the root itself. */
int sw_beneath_walk(int root_fd, const struct sw_beneath_walk *walk, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads bbolt files, the key-value store in which containerd keeps its metadata: a tree of pages
 * whose values are bytes or further trees. Read-only and bounded: nothing in the file is believed
 * before it was checked. Works on a copy in memory, for the owner writes while we read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* containerd's file is a few MiB on a node with hundreds of images. */
#define SW_BOLT_BYTES_MAX ((size_t)256 << 20)

struct sw_bolt {
    struct sw_str bytes; /* borrowed */
    uint64_t page_bytes;
    uint64_t n_pages; /* pages in use by this state; all lie within the bytes */
    uint64_t root;    /* page of the top bucket */
    uint64_t txid;
    uint64_t n_visits_left; /* of pages, over all walks: a circle ends here */
};

struct sw_bolt_bucket {
    uint64_t root;        /* its first page; 0: held inline */
    struct sw_str inside; /* the inline page, borrowed from the bytes */
};

/* The newest whole state in the bytes: 0, -EBADMSG with a sentence. */
int sw_bolt_parse(struct sw_str bytes, struct sw_bolt *ret, struct sw_err *err);

/* Copies the file into buf (initialised by the caller with its cap) and parses it; retries when
 * the writer moved on meanwhile. -EBADMSG damaged, -EFBIG over the cap, -EAGAIN changed without a
 * pause. */
int sw_bolt_load(int fd, struct sw_buf *buf, struct sw_bolt *ret, struct sw_err *err);

struct sw_bolt_item {
    struct sw_str key; /* borrowed, as is the value */
    struct sw_str value;
    bool is_bucket;
    struct sw_bolt_bucket bucket;
};

struct sw_bolt_bucket sw_bolt_top(const struct sw_bolt *bolt);

/* Calls `each` for the items of a bucket in their order. A value other than 0 from it ends the walk
 * and is returned. -EBADMSG: damaged. */
int sw_bolt_walk(struct sw_bolt *bolt, const struct sw_bolt_bucket *bucket,
    int (*each)(void *opaque, const struct sw_bolt_item *item), void *opaque, struct sw_err *err);

/* 1 found, 0 not there, -EBADMSG. */
int sw_bolt_find(struct sw_bolt *bolt, const struct sw_bolt_bucket *bucket, const char *key,
    struct sw_bolt_item *ret, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes to be read once, whatever stands behind it: a file, memory, a decompressor in
 * front of another reader, a member of an archive. One interface, so that parsers do not care.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sw_reader;

/* What stands behind a reader. */
struct sw_reader_ops {
    /* Up to n bytes: > 0 read, 0 end, negative errno with a sentence in err. */
    ssize_t (*read)(void *state, void *p, size_t n, struct sw_err *err);
    void (*free)(void *state);
    /* Both optional. The next bytes without a copy, taken from the same position as `read`: > 0
     * bytes borrowed until the next call on this state, 0 end, negative errno. */
    ssize_t (*borrow)(void *state, const void **ret, struct sw_err *err);
    /* Passes over up to n bytes without reading them: how many (0 when it cannot), negative errno.
     */
    int64_t (*skip)(void *state, uint64_t n, struct sw_err *err);
};

/* A reader over `state`, which it owns from here on (also when this fails). NULL: out of memory. */
struct sw_reader *sw_reader_new(const struct sw_reader_ops *ops, void *state);
/* Reads a descriptor; consumes it (closed by free, or here on failure). */
struct sw_reader *sw_reader_new_fd(int fd);
/* Reads borrowed bytes, which must outlive it. */
struct sw_reader *sw_reader_new_memory(struct sw_str bytes);
/* NULL is allowed. */
void sw_reader_free(struct sw_reader *reader);
void sw_reader_freep(struct sw_reader **reader);

/* Up to n bytes: > 0 read, 0 end, negative errno. */
ssize_t sw_reader_read(struct sw_reader *reader, void *p, size_t n, struct sw_err *err);

/* The next block without a copy, and taken: > 0 bytes borrowed until the next call on this reader,
 * 0 end, negative errno. */
ssize_t sw_reader_borrow(struct sw_reader *reader, const void **ret, struct sw_err *err);

/* Passes over the next n bytes, by seeking where that is possible: how many were passed (fewer
 * only at the end), negative errno. */
int64_t sw_reader_skip(struct sw_reader *reader, uint64_t n, struct sw_err *err);

/* The next n bytes without taking them (fewer at the end; n at most SW_READER_PEEK_MAX). Borrowed
 * until the next call on this reader. */
#define SW_READER_PEEK_MAX ((size_t)4096)
int sw_reader_peek(struct sw_reader *reader, size_t n, struct sw_str *ret, struct sw_err *err);

/* Appends everything up to the end to buf: 0, -EFBIG when buf's cap is reached, other errors. */
int sw_reader_read_all(struct sw_reader *reader, struct sw_buf *buf, struct sw_err *err);

/* One line without its '\n' into buf (cleared first): 1, 0 at the end, -EFBIG for a line beyond
 * buf's cap (the rest of that line is skipped, so that the caller may go on). */
int sw_reader_read_line(struct sw_reader *reader, struct sw_buf *buf, struct sw_err *err);

/* Bytes taken so far. */
uint64_t sw_reader_position(const struct sw_reader *reader);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffered front of every stream. Each layer, manifest and feed passes through here once, so a
 * block is handed on by reference wherever the source can lend it.
 */
#include "io/reader.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* Large enough that a system call per block does not count; small enough for a dozen layers. */
#define BLOCK_BYTES ((size_t)256 * 1024)
/* Reads at least this long go straight to the source. */
#define DIRECT_BYTES ((size_t)64 * 1024)

struct sw_reader {
    const struct sw_reader_ops *ops;
    void *state;       /* owned */
    const uint8_t *at; /* bytes at hand, in `own` or lent by the source */
    size_t n;          /* how many */
    uint8_t *own;      /* owned; NULL until needed */
    size_t own_bytes;  /* its size */
    uint64_t position; /* bytes taken */
};

struct sw_reader *sw_reader_new(const struct sw_reader_ops *ops, void *state)
{
    struct sw_reader *reader = sw_mem_zalloc(1, sizeof(*reader));
    if (reader == NULL) {
        if (ops->free != NULL)
            ops->free(state);
        return NULL;
    }
    reader->ops = ops;
    reader->state = state;
    return reader;
}

void sw_reader_free(struct sw_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->ops->free != NULL)
        reader->ops->free(reader->state);
    sw_mem_free(reader->own);
    sw_mem_free(reader);
}

void sw_reader_freep(struct sw_reader **reader)
{
    sw_reader_free(*reader);
    *reader = NULL;
}

uint64_t sw_reader_position(const struct sw_reader *reader)
{
    return reader->position;
}

/* Makes `own` hold at least n bytes; what is at hand stays. */
static int own_at_least(struct sw_reader *reader, size_t n)
{
    if (reader->own_bytes >= n)
        return 0;
    uint8_t *p = sw_mem_alloc(n);
    if (p == NULL)
        return -ENOMEM;
    if (reader->n > 0) {
        memcpy(p, reader->at, reader->n);
        reader->at = p;
    }
    sw_mem_free(reader->own);
    reader->own = p;
    reader->own_bytes = n;
    return 0;
}

/* Gets a fresh block when nothing is at hand: 1, 0 at the end, negative errno. */
static int fill(struct sw_reader *reader, struct sw_err *err)
{
    ssize_t r = 0;
    if (reader->ops->borrow != NULL) {
        const void *p = NULL;
        r = reader->ops->borrow(reader->state, &p, err);
        if (r > 0)
            reader->at = p;
    } else {
        r = own_at_least(reader, BLOCK_BYTES);
        if (r < 0)
            return sw_err_set(err, (int)r, "out of memory");
        r = reader->ops->read(reader->state, reader->own, reader->own_bytes, err);
        if (r > 0)
            reader->at = reader->own;
    }
    if (r <= 0)
        return (int)r;
    reader->n = (size_t)r;
    return 1;
}

static void take(struct sw_reader *reader, size_t n)
{
    reader->at += n;
    reader->n -= n;
    reader->position += n;
}

ssize_t sw_reader_read(struct sw_reader *reader, void *p, size_t n, struct sw_err *err)
{
    if (n == 0)
        return 0;
    if (n > SSIZE_MAX)
        n = SSIZE_MAX;
    if (reader->n == 0 && n >= DIRECT_BYTES) {
        ssize_t got = reader->ops->read(reader->state, p, n, err);
        if (got > 0)
            reader->position += (uint64_t)got;
        return got;
    }
    if (reader->n == 0) {
        int r = fill(reader, err);
        if (r <= 0)
            return r;
    }
    if (n > reader->n)
        n = reader->n;
    memcpy(p, reader->at, n);
    take(reader, n);
    return (ssize_t)n;
}

ssize_t sw_reader_borrow(struct sw_reader *reader, const void **ret, struct sw_err *err)
{
    if (reader->n == 0) {
        int r = fill(reader, err);
        if (r <= 0)
            return r;
    }
    size_t n = reader->n;
    *ret = reader->at;
    take(reader, n);
    return (ssize_t)n;
}

int64_t sw_reader_skip(struct sw_reader *reader, uint64_t n, struct sw_err *err)
{
    uint64_t left = n > INT64_MAX ? INT64_MAX : n;
    uint64_t wanted = left;
    while (left > 0) {
        if (reader->n == 0 && reader->ops->skip != NULL) {
            int64_t passed = reader->ops->skip(reader->state, left, err);
            if (passed < 0)
                return passed;
            reader->position += (uint64_t)passed;
            left -= (uint64_t)passed;
            if (left == 0)
                break;
        }
        if (reader->n == 0) {
            int r = fill(reader, err);
            if (r < 0)
                return r;
            if (r == 0)
                break;
        }
        size_t part = left < reader->n ? (size_t)left : reader->n;
        take(reader, part);
        left -= part;
    }
    return (int64_t)(wanted - left);
}

int sw_reader_peek(struct sw_reader *reader, size_t n, struct sw_str *ret, struct sw_err *err)
{
    if (n > SW_READER_PEEK_MAX)
        return sw_err_set(err, -EINVAL, "peek of %zu bytes is beyond the limit", n);
    if (reader->n == 0) {
        int r = fill(reader, err);
        if (r < 0)
            return r;
    }
    if (reader->n < n && reader->n > 0) {
        int r = own_at_least(reader, SW_READER_PEEK_MAX);
        if (r < 0)
            return sw_err_set(err, r, "out of memory");
        if (reader->at != reader->own) {
            memmove(reader->own, reader->at, reader->n);
            reader->at = reader->own;
        }
        while (reader->n < n) {
            ssize_t got = reader->ops->read(
                reader->state, reader->own + reader->n, reader->own_bytes - reader->n, err);
            if (got < 0)
                return (int)got;
            if (got == 0)
                break;
            reader->n += (size_t)got;
        }
    }
    *ret = (struct sw_str){(const char *)reader->at, reader->n < n ? reader->n : n};
    return 0;
}

int sw_reader_read_all(struct sw_reader *reader, struct sw_buf *buf, struct sw_err *err)
{
    for (;;) {
        if (reader->n == 0) {
            int r = fill(reader, err);
            if (r <= 0)
                return r;
        }
        int r = sw_buf_append(buf, reader->at, reader->n);
        if (r == -EFBIG)
            return sw_err_set(err, r, "more than %zu bytes", buf->max);
        if (r < 0)
            return sw_err_set(err, r, "out of memory");
        take(reader, reader->n);
    }
}

int sw_reader_read_line(struct sw_reader *reader, struct sw_buf *buf, struct sw_err *err)
{
    bool is_any = false;
    bool is_too_long = false;
    sw_buf_clear(buf);
    for (;;) {
        if (reader->n == 0) {
            int r = fill(reader, err);
            if (r < 0)
                return r;
            if (r == 0)
                break;
        }
        is_any = true;
        const uint8_t *end = memchr(reader->at, '\n', reader->n);
        size_t n = end != NULL ? (size_t)(end - reader->at) : reader->n;
        if (!is_too_long) {
            int r = sw_buf_append(buf, reader->at, n);
            if (r < 0 && r != -EFBIG)
                return sw_err_set(err, r, "out of memory");
            is_too_long = r < 0;
        }
        take(reader, end != NULL ? n + 1 : n);
        if (end != NULL)
            break;
    }
    if (is_too_long) {
        sw_buf_clear(buf);
        return sw_err_set(err, -EFBIG, "line longer than %zu bytes", buf->max);
    }
    return is_any ? 1 : 0;
}

/* A descriptor as state: one heap cell, so that an fd of 0 needs no trick. */
struct fd_source {
    int fd;
    int64_t size; /* of a regular file, which can seek; -1 otherwise */
};

static ssize_t fd_read(void *state, void *p, size_t n, struct sw_err *err)
{
    const struct fd_source *source = state;
    for (;;) {
        ssize_t r = read(source->fd, p, n);
        if (r >= 0)
            return r;
        if (errno != EINTR)
            return sw_err_wrap(err, -errno, "read");
    }
}

static int64_t fd_skip(void *state, uint64_t n, struct sw_err *err)
{
    const struct fd_source *source = state;
    (void)err;
    if (source->size < 0)
        return 0;
    off_t at = lseek(source->fd, 0, SEEK_CUR);
    if (at < 0 || at >= source->size)
        return 0;
    int64_t left = source->size - at;
    int64_t step = n < (uint64_t)left ? (int64_t)n : left;
    if (lseek(source->fd, step, SEEK_CUR) < 0)
        return 0;
    return step;
}

static void fd_free(void *state)
{
    struct fd_source *source = state;
    if (source->fd >= 0)
        close(source->fd);
    sw_mem_free(source);
}

struct sw_reader *sw_reader_new_fd(int fd)
{
    static const struct sw_reader_ops ops = {.read = fd_read, .free = fd_free, .skip = fd_skip};
    struct fd_source *source = sw_mem_zalloc(1, sizeof(*source));
    if (source == NULL) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct stat st;
    source->fd = fd;
    source->size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
    return sw_reader_new(&ops, source);
}

struct memory_source {
    struct sw_str left;
};

static ssize_t memory_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct memory_source *source = state;
    (void)err;
    if (n > source->left.n)
        n = source->left.n;
    if (n > 0)
        memcpy(p, source->left.p, n);
    source->left = sw_str_skip(source->left, n);
    return (ssize_t)n;
}

static ssize_t memory_borrow(void *state, const void **ret, struct sw_err *err)
{
    struct memory_source *source = state;
    (void)err;
    ssize_t n = (ssize_t)source->left.n;
    *ret = source->left.p;
    source->left = sw_str_skip(source->left, source->left.n);
    return n;
}

struct sw_reader *sw_reader_new_memory(struct sw_str bytes)
{
    static const struct sw_reader_ops ops = {
        .read = memory_read, .free = sw_mem_free, .borrow = memory_borrow};
    struct memory_source *source = sw_mem_zalloc(1, sizeof(*source));
    if (source == NULL)
        return NULL;
    source->left = bytes;
    return sw_reader_new(&ops, source);
}

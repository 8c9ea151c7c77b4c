/* SPDX-License-Identifier: Apache-2.0 */
/*
 * External merge sort. Pairs are packed into one block of memory with an array of their places;
 * a full block is sorted and written as a run. Reading back merges the runs and the last block by
 * a heap of cursors.
 */
#include "io/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"

#define HEAD_BYTES 8 /* length of key, length of value */
#define RUN_BUFFER_BYTES ((size_t)64 * 1024)
#define RUNS_MAX ((size_t)4096) /* of at least a megabyte each */

struct place {
    const uint8_t *at; /* in the block */
};

/* Where a run is being read. */
struct cursor {
    uint64_t at; /* in the file; next byte to load */
    uint64_t end;
    uint8_t *buffer; /* owned; holds [start, n) still to be taken */
    size_t start;
    size_t n;
    size_t capacity;
    size_t run; /* earlier runs first among equal keys */
    struct sw_str key;
    struct sw_str value;
};

struct sw_sorter {
    char *directory; /* owned */
    int fd;
    uint64_t file_bytes;
    uint8_t *block; /* owned */
    size_t block_n;
    size_t block_max;
    SW_VEC(struct place) places;
    SW_VEC(struct cursor) runs;
    size_t *heap; /* owned; indices of runs, smallest key first */
    size_t heap_n;
    size_t next_place; /* when nothing went to disk */
    bool is_advanced;  /* the top of the heap was handed out and must move on */
};

struct sw_sorter *sw_sorter_new(const char *directory, size_t memory_bytes)
{
    SW_CLEANUP(sw_sorter_freep) struct sw_sorter *s = sw_mem_zalloc(1, sizeof(*s));
    if (s == NULL)
        return NULL;
    s->fd = -1;
    s->block_max = memory_bytes;
    s->directory = sw_mem_strndup(directory, strlen(directory));
    return s->directory != NULL ? SW_TAKE(s) : NULL;
}

void sw_sorter_free(struct sw_sorter *s)
{
    if (s == NULL)
        return;
    SW_VEC_EACH (run, &s->runs)
        sw_mem_free(run->buffer);
    sw_vec_done(&s->runs);
    sw_vec_done(&s->places);
    sw_mem_free(s->heap);
    sw_mem_free(s->block);
    sw_mem_free(s->directory);
    if (s->fd >= 0)
        close(s->fd);
    sw_mem_free(s);
}

void sw_sorter_freep(struct sw_sorter **sorter)
{
    sw_sorter_free(*sorter);
}

static void pair_at(const uint8_t *at, struct sw_str *key, struct sw_str *value)
{
    *key = (struct sw_str){(const char *)at + HEAD_BYTES, sw_num_le32(at)};
    *value = (struct sw_str){key->p + key->n, sw_num_le32(at + 4)};
}

static int compare_places(const void *a, const void *b)
{
    const uint8_t *x = ((const struct place *)a)->at;
    const uint8_t *y = ((const struct place *)b)->at;
    struct sw_str kx, ky, value;
    pair_at(x, &kx, &value);
    pair_at(y, &ky, &value);
    int r = sw_str_compare(kx, ky);
    return r != 0 ? r : (x < y ? -1 : x > y);
}

static void sort_block(struct sw_sorter *s)
{
    if (s->places.n > 1)
        qsort(s->places.v, s->places.n, sizeof(s->places.v[0]), compare_places);
}

static int open_file(struct sw_sorter *s, struct sw_err *err)
{
    char name[4096];
    s->fd = open(s->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (s->fd >= 0)
        return 0;
    /* Some file systems cannot make unnamed files. */
    int n = snprintf(name, sizeof(name), "%s/.seawall-sort-XXXXXX", s->directory);
    if (n < 0 || (size_t)n >= sizeof(name))
        return sw_err_set(err, -ENAMETOOLONG, "path of the output is too long");
    s->fd = mkostemp(name, O_CLOEXEC);
    if (s->fd < 0)
        return sw_err_set(
            err, -errno, "cannot make a file in '%s': %s", s->directory, strerrordesc_np(errno));
    unlink(name);
    return 0;
}

static int write_all(struct sw_sorter *s, const uint8_t *p, size_t n, struct sw_err *err)
{
    while (n > 0) {
        ssize_t r = pwrite(s->fd, p, n, (off_t)s->file_bytes);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return sw_err_set(err, r < 0 ? -errno : -EIO, "cannot write to '%s': %s", s->directory,
                strerrordesc_np(r < 0 ? errno : EIO));
        p += r;
        n -= (size_t)r;
        s->file_bytes += (uint64_t)r;
    }
    return 0;
}

static int write_run(struct sw_sorter *s, struct sw_err *err)
{
    SW_CLEANUP(sw_mem_freep) uint8_t *out = sw_mem_alloc(RUN_BUFFER_BYTES);
    int r = out == NULL ? -ENOMEM : s->fd < 0 ? open_file(s, err) : 0;
    struct cursor run = {.at = s->file_bytes, .run = s->runs.n};
    size_t n = 0;
    sort_block(s);
    for (size_t i = 0; i < s->places.n && r == 0; i++) {
        const uint8_t *at = s->places.v[i].at;
        size_t length = HEAD_BYTES + (size_t)sw_num_le32(at) + sw_num_le32(at + 4);
        if (n + length > RUN_BUFFER_BYTES) {
            r = write_all(s, out, n, err);
            n = 0;
        }
        if (r == 0 && length > RUN_BUFFER_BYTES) {
            r = write_all(s, at, length, err);
        } else if (r == 0) {
            memcpy(out + n, at, length);
            n += length;
        }
    }
    if (r == 0)
        r = write_all(s, out, n, err);
    run.end = s->file_bytes;
    if (r == 0)
        r = sw_vec_push(&s->runs, run, RUNS_MAX);
    s->places.n = 0;
    s->block_n = 0;
    return r;
}

int sw_sorter_add(struct sw_sorter *s, struct sw_str key, struct sw_str value, struct sw_err *err)
{
    if (s->block == NULL) {
        s->block = sw_mem_alloc(s->block_max);
        if (s->block == NULL)
            return -ENOMEM;
    }
    if (key.n > s->block_max / 2 || value.n > s->block_max / 2 - HEAD_BYTES)
        return sw_err_set(err, -EFBIG, "a value of %zu bytes is too long to be sorted", value.n);
    size_t length = HEAD_BYTES + key.n + value.n;
    if (length > s->block_max - s->block_n) {
        int r = write_run(s, err);
        if (r < 0)
            return r;
    }
    uint8_t *at = s->block + s->block_n;
    sw_num_put_le32(at, (uint32_t)key.n);
    sw_num_put_le32(at + 4, (uint32_t)value.n);
    memcpy(at + HEAD_BYTES, key.p, key.n);
    if (value.n > 0)
        memcpy(at + HEAD_BYTES + key.n, value.p, value.n);
    s->block_n += length;
    return sw_vec_push(&s->places, (struct place){at}, s->block_max);
}

/* Loads more of a run so that at least `wanted` bytes lie in its buffer. */
static int fill(struct sw_sorter *s, struct cursor *c, size_t wanted)
{
    if (c->n - c->start >= wanted)
        return 0;
    if (c->start > 0) {
        memmove(c->buffer, c->buffer + c->start, c->n - c->start);
        c->n -= c->start;
        c->start = 0;
    }
    if (c->capacity < wanted || c->buffer == NULL) {
        size_t capacity = wanted > RUN_BUFFER_BYTES ? wanted : RUN_BUFFER_BYTES;
        uint8_t *p = sw_mem_resize(c->buffer, capacity, 1);
        if (p == NULL)
            return -ENOMEM;
        c->buffer = p;
        c->capacity = capacity;
    }
    while (c->n < wanted) {
        size_t room = c->capacity - c->n;
        uint64_t left = c->end - c->at;
        ssize_t r = pread(s->fd, c->buffer + c->n, left < room ? (size_t)left : room, (off_t)c->at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -EIO;
        c->n += (size_t)r;
        c->at += (uint64_t)r;
    }
    return 0;
}

/* The run's next pair: 1, 0 at its end. */
static int advance(struct sw_sorter *s, struct cursor *c)
{
    if (c->at == c->end && c->start == c->n)
        return 0;
    int r = fill(s, c, HEAD_BYTES);
    if (r < 0)
        return r;
    size_t length = HEAD_BYTES + (size_t)sw_num_le32(c->buffer + c->start) +
                    sw_num_le32(c->buffer + c->start + 4);
    r = fill(s, c, length);
    if (r < 0)
        return r;
    pair_at(c->buffer + c->start, &c->key, &c->value);
    c->start += length;
    return 1;
}

static bool is_before(const struct sw_sorter *s, size_t a, size_t b)
{
    int r = sw_str_compare(s->runs.v[a].key, s->runs.v[b].key);
    return r != 0 ? r < 0 : a < b;
}

static void sift_down(struct sw_sorter *s, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->heap_n; child++)
            if (is_before(s, s->heap[child], s->heap[least]))
                least = child;
        if (least == i)
            return;
        size_t t = s->heap[i];
        s->heap[i] = s->heap[least];
        s->heap[least] = t;
        i = least;
    }
}

int sw_sorter_finish(struct sw_sorter *s, struct sw_err *err)
{
    if (s->runs.n == 0) {
        sort_block(s);
        return 0;
    }
    int r = s->places.n > 0 ? write_run(s, err) : 0;
    sw_mem_free(SW_TAKE(s->block));
    s->heap = r == 0 ? sw_mem_zalloc(s->runs.n, sizeof(*s->heap)) : NULL;
    if (r == 0 && s->heap == NULL)
        r = -ENOMEM;
    for (size_t i = 0; i < s->runs.n && r == 0; i++) {
        r = advance(s, &s->runs.v[i]);
        if (r == 1)
            s->heap[s->heap_n++] = i;
        r = r < 0 ? r : 0;
    }
    for (size_t i = s->heap_n; i-- > 0;)
        sift_down(s, i);
    return r;
}

static int next_of_runs(struct sw_sorter *s, struct sw_str *ret_key, struct sw_str *ret_value)
{
    if (s->is_advanced && s->heap_n > 0) {
        int r = advance(s, &s->runs.v[s->heap[0]]);
        if (r < 0)
            return r;
        if (r == 0)
            s->heap[0] = s->heap[--s->heap_n];
        sift_down(s, 0);
    }
    s->is_advanced = true;
    if (s->heap_n == 0)
        return 0;
    *ret_key = s->runs.v[s->heap[0]].key;
    *ret_value = s->runs.v[s->heap[0]].value;
    return 1;
}

int sw_sorter_next(
    struct sw_sorter *s, struct sw_str *ret_key, struct sw_str *ret_value, struct sw_err *err)
{
    if (s->runs.n > 0) {
        int r = next_of_runs(s, ret_key, ret_value);
        if (r < 0)
            return sw_err_set(
                err, r, "cannot read back from '%s': %s", s->directory, strerrordesc_np(-r));
        return r;
    }
    if (s->next_place == s->places.n)
        return 0;
    pair_at(s->places.v[s->next_place++].at, ret_key, ret_value);
    return 1;
}

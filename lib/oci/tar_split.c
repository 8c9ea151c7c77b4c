/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts a layer's tar together, pulled by its reader: one line is held at a time, files go straight
 * from the directory to the caller. The directory is what an image unpacked to, and the engine may
 * remove it at any moment, so sizes and checksums are held against what the lines say.
 */
#include "oci/tar_split.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "io/beneath.h"
#include "io/checksum.h"
#include "io/decompress.h"
#include "io/descriptor.h"
#include "oci/path.h"

/* Of a name in a sentence. */
#define SHOWN_MAX ((size_t)200)

struct tar_split {
    struct sw_reader *lines; /* owned */
    int directory_fd;        /* owned */
    struct sw_buf line;
    struct sw_tar_split_entry entry;
    size_t taken;    /* of a segment */
    int file_fd;     /* owned; -1 between files */
    uint64_t n_left; /* of that file */
    uint64_t crc;
};

static void split_done(struct tar_split *split)
{
    sw_reader_free(split->lines);
    split->lines = NULL;
    sw_descriptor_closep(&split->directory_fd);
    sw_descriptor_closep(&split->file_fd);
    sw_buf_done(&split->line);
    sw_tar_split_entry_done(&split->entry);
}

/* A failure about the present file; names are anybody's bytes. */
static int fail(const struct tar_split *split, int code, const char *what, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf shown = {0};
    sw_buf_init(&shown, 4 * SHOWN_MAX + 1);
    struct sw_str name = sw_str_part(sw_buf_str(&split->entry.name), 0, SHOWN_MAX);
    int r = sw_text_terminal(&shown, name);
    return sw_err_set(err, code, "%s: '%s' %s",
        code == -ESTALE ? "the store was changed while it was read or before" : "the store",
        r == 0 && shown.p != NULL ? shown.p : "?", what);
}

/* Opens the present file: its size is what the tar's header says, or nothing can be made of it. */
static int open_file(struct tar_split *split, int *ret_fd, struct sw_err *err)
{
    struct sw_buf *name = &split->entry.name;
    bool climbs = false;
    struct sw_beneath_options options = {.is_crossing_mounts = false};
    struct sw_beneath_stat st;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_str path = {name->p, sw_path_clean(sw_buf_str(name), name->p, &climbs)};
    name->n = path.n;
    int r = sw_beneath_open_in_root(split->directory_fd, path, &options, &fd, &st, NULL);
    if (r == -EACCES || r == -EPERM)
        return fail(split, -EACCES, "may not be read", err);
    if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -EIO)
        return sw_err_wrap(err, r, "a file of the layer");
    if (r < 0)
        return fail(split, -ESTALE, "is not there, or no file", err);
    if (st.size_bytes != split->entry.size_bytes)
        return fail(split, -ESTALE, "has another size", err);
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

/* The next line into `entry`: 1, 0 at the end. */
static int next_entry(struct tar_split *split, struct sw_err *err)
{
    if (sw_reader_position(split->lines) > SW_TAR_SPLIT_BYTES_MAX)
        return sw_err_set(err, -EFBIG, "more tar-split data than any layer has");
    int r = sw_reader_read_line(split->lines, &split->line, err);
    if (r == -EFBIG)
        return sw_err_set(
            err, r, "a line of tar-split data of more than %zu bytes", SW_TAR_SPLIT_LINE_MAX);
    if (r <= 0)
        return r < 0 ? sw_err_wrap(err, r, "tar-split data") : 0;
    split->taken = 0;
    if (split->line.n == 0) {
        sw_buf_clear(&split->entry.payload);
        split->entry.type = SW_TAR_SPLIT_SEGMENT;
        return 1;
    }
    r = sw_tar_split_entry_parse(sw_buf_str(&split->line), &split->entry, err);
    return r < 0 ? sw_err_wrap(err, r, "tar-split data") : 1;
}

static int begin_file(struct tar_split *split, struct sw_err *err)
{
    split->crc = 0;
    split->n_left = split->entry.size_bytes;
    return open_file(split, &split->file_fd, err);
}

static ssize_t read_file(struct tar_split *split, void *p, size_t n, struct sw_err *err)
{
    n = n < split->n_left ? n : (size_t)split->n_left;
    ssize_t got;
    do
        got = read(split->file_fd, p, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(split, -errno, "cannot be read", err);
    if (got == 0)
        return fail(split, -ESTALE, "became shorter", err);
    split->crc = sw_checksum_crc64_iso(split->crc, p, (size_t)got);
    split->n_left -= (uint64_t)got;
    if (split->n_left > 0)
        return got;
    sw_descriptor_closep(&split->file_fd);
    const struct sw_buf *wanted = &split->entry.payload;
    return split->crc == sw_num_be64(wanted->p) ? got
                                                : fail(split, -ESTALE, "has other content", err);
}

static ssize_t read_segment(struct tar_split *split, void *p, size_t n)
{
    struct sw_str rest = sw_str_skip(sw_buf_str(&split->entry.payload), split->taken);
    n = n < rest.n ? n : rest.n;
    memcpy(p, rest.p, n);
    split->taken += n;
    return (ssize_t)n;
}

/* Some bytes of what is at hand, or of the next line that has any. */
static ssize_t read_some(struct tar_split *split, void *p, size_t n, struct sw_err *err)
{
    for (;;) {
        if (split->file_fd >= 0)
            return read_file(split, p, n, err);
        if (split->entry.type == SW_TAR_SPLIT_SEGMENT && split->taken < split->entry.payload.n)
            return read_segment(split, p, n);
        int r = next_entry(split, err);
        if (r <= 0)
            return r;
        if (split->entry.type == SW_TAR_SPLIT_FILE && split->entry.size_bytes > 0)
            r = begin_file(split, err);
        if (r < 0)
            return r;
    }
}

/* Segments and files are small, and every call costs its caller a turn: as many as fit. What came
 * before a failure is lost with it; nobody wants half a layer. */
static ssize_t split_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct tar_split *split = state;
    size_t n_done = 0;
    while (n_done < n) {
        ssize_t got = read_some(split, (char *)p + n_done, n - n_done, err);
        if (got <= 0)
            return n_done == 0 || got < 0 ? got : (ssize_t)n_done;
        n_done += (size_t)got;
    }
    return (ssize_t)n_done;
}

static void split_free(void *state)
{
    struct tar_split *split = state;
    split_done(split);
    sw_mem_free(split);
}

static const struct sw_reader_ops split_ops = {.read = split_read, .free = split_free};

/* Consumes both. */
static int split_init(
    struct tar_split *split, struct sw_reader *lines, int directory_fd, struct sw_err *err)
{
    *split = (struct tar_split){.directory_fd = directory_fd, .file_fd = -1};
    sw_buf_init(&split->line, SW_TAR_SPLIT_LINE_MAX);
    sw_tar_split_entry_init(&split->entry);
    enum sw_compression compression;
    int r = sw_reader_new_decompress(lines, 0, &split->lines, &compression, err);
    if (r < 0)
        split_done(split);
    return r < 0 ? sw_err_wrap(err, r, "tar-split data") : 0;
}

int sw_reader_new_tar_split(
    struct sw_reader *lines, int directory_fd, struct sw_reader **ret, struct sw_err *err)
{
    struct tar_split *split = sw_mem_zalloc(1, sizeof(*split));
    if (split == NULL) {
        sw_reader_free(lines);
        sw_descriptor_close(directory_fd);
        return -ENOMEM;
    }
    int r = split_init(split, lines, directory_fd, err);
    if (r < 0) {
        sw_mem_free(split);
        return r;
    }
    struct sw_reader *reader = sw_reader_new(&split_ops, split);
    if (reader == NULL)
        return -ENOMEM;
    *ret = reader;
    return 0;
}

int sw_tar_split_check(struct sw_reader *lines, int directory_fd, struct sw_err *err)
{
    SW_CLEANUP(split_done) struct tar_split split;
    int r = split_init(&split, lines, directory_fd, err);
    while (r == 0 && (r = next_entry(&split, err)) > 0) {
        r = 0;
        if (split.entry.type == SW_TAR_SPLIT_FILE && split.entry.size_bytes > 0)
            r = open_file(&split, &split.file_fd, err);
        sw_descriptor_closep(&split.file_fd);
    }
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that seeks, and a stream that does not: bytes by range, or all of them.
 */
#include "scan/source.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/descriptor.h"

/* A part of a file, read at its own position. */
struct range {
    int fd; /* borrowed from the source, which outlives every reader */
    uint64_t offset;
    uint64_t n_left;
};

static ssize_t range_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct range *range = state;
    n = n < range->n_left ? n : (size_t)range->n_left;
    if (n == 0)
        return 0;
    ssize_t got;
    do
        got = pread(range->fd, p, n, (off_t)range->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return sw_err_wrap(err, -errno, "read the archive");
    range->offset += (uint64_t)got;
    range->n_left -= (uint64_t)got;
    return got;
}

static const struct sw_reader_ops range_ops = {.read = range_read, .free = sw_mem_free};

/* The range asked for, held against the file as it is now. */
static int check_range(const struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob_key *key, struct sw_err *err)
{
    int r = sw_file_identify(source->fd, &key->file);
    if (r < 0)
        return sw_err_wrap(err, r, "the archive");
    if (open->kind == SW_OPEN_WHOLE) {
        key->length = key->file.size_bytes;
        return 0;
    }
    uint64_t end;
    if (open->kind != SW_OPEN_RANGE || !sw_num_add(open->offset, open->length, &end) ||
        end > INT64_MAX)
        return sw_err_set(err, -EINVAL, "no such part of an archive");
    key->offset = open->offset;
    key->length = open->length;
    return 0;
}

static int archive_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    struct sw_blob blob = {.wait_fd = -1, .has_key = true, .key_fd = source->fd};
    int r = check_range(source, open, &blob.key, err);
    if (r < 0)
        return r;
    struct range *range = sw_mem_zalloc(1, sizeof(*range));
    if (range == NULL)
        return -ENOMEM;
    *range = (struct range){source->fd, blob.key.offset, blob.key.length};
    blob.reader = sw_reader_new(&range_ops, range);
    if (blob.reader == NULL)
        return -ENOMEM;
    blob.size_bytes = blob.key.length;
    *ret = blob;
    return 0;
}

static const struct sw_source_ops archive_ops = {
    .name = "archive",
    .blob_open = archive_blob_open,
};

int sw_source_archive_open(int fd, struct sw_source *source, struct sw_err *err)
{
    source->fd = fd;
    struct sw_file_identity identity;
    int r = sw_file_identify(fd, &identity);
    if (r < 0)
        return sw_err_wrap(err, r, "the archive");
    source->ops = &archive_ops;
    source->mode = SW_SCAN_ARCHIVE;
    source->is_fd_handed = true;
    source->size_bytes = identity.size_bytes;
    return 0;
}

static int stream_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    if (open->kind != SW_OPEN_WHOLE || source->is_used)
        return sw_err_set(err, -ESPIPE, "standard input passes only once");
    source->is_used = true;
    int fd = sw_descriptor_take(&source->fd);
    struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return -ENOMEM;
    *ret = (struct sw_blob){.reader = reader, .wait_fd = fd};
    return 0;
}

static const struct sw_source_ops stream_ops = {
    .name = "stream",
    .blob_open = stream_blob_open,
};

int sw_source_stream_open(int fd, struct sw_source *source, struct sw_err *err)
{
    (void)err;
    source->fd = fd;
    source->ops = &stream_ops;
    source->mode = SW_SCAN_STREAM;
    return 0;
}

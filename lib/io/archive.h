/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar (ustar, pax, GNU, v7), zip, ar and cpio as a sequence of members. The only file that names
 * libarchive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"

enum sw_member_type {
    SW_MEMBER_FILE,
    SW_MEMBER_DIRECTORY,
    SW_MEMBER_SYMLINK,
    SW_MEMBER_HARDLINK,
    SW_MEMBER_OTHER, /* device, FIFO, socket */
    _SW_MEMBER_TYPE_MAX
};

/* One member; everything is borrowed until the next call. */
struct sw_member {
    enum sw_member_type type;
    struct sw_str name;   /* as stored: may be absolute, hold "..", any byte but NUL */
    struct sw_str target; /* of a symlink or hard link, as stored */
    uint64_t size_bytes;  /* of the content (sparse files: expanded) */
    uint32_t mode;
    int64_t mtime_s;
    uint64_t offset_bytes; /* tar: where the content starts in the stream that was opened */
};

struct sw_archive;

enum sw_archive_format {
    SW_ARCHIVE_TAR,
    SW_ARCHIVE_ZIP, /* streamed; `inner` need not seek */
    SW_ARCHIVE_AR,
    SW_ARCHIVE_CPIO,
    _SW_ARCHIVE_FORMAT_MAX
};

/* Opens on a reader, which is consumed also on failure; -EBADMSG when the bytes are not of that
 * format (no byte at all is an archive without members). Nothing is decompressed here but zip
 * members: put sw_reader_new_decompress in front of a compressed tar. */
int sw_archive_open(struct sw_reader *inner, enum sw_archive_format format, struct sw_archive **ret,
    struct sw_err *err);
void sw_archive_close(struct sw_archive *archive);
void sw_archive_closep(struct sw_archive **archive);

/* The next member: 1, 0 at the end, -EBADMSG for damage that ends the archive. */
int sw_archive_next(struct sw_archive *archive, struct sw_member *ret, struct sw_err *err);

/* Holes of one sparse member that are handed out as zeroes; more is -EFBIG for that member, and the
 * archive goes on. A header of 512 bytes may claim eight exabytes of nothing. */
#define SW_ARCHIVE_HOLES_MAX_BYTES ((uint64_t)1 << 30)
/* Longer names and link targets are refused (-EBADMSG): Linux has no path beyond 4096. */
#define SW_ARCHIVE_NAME_MAX ((size_t)65536)

/* Content of the current member: > 0, 0 at its end, negative errno; -EOPNOTSUPP for a member of a
 * zip that is enciphered or packed in an unknown way, after which the next can be had. */
ssize_t sw_archive_read(struct sw_archive *archive, void *p, size_t n, struct sw_err *err);
/* The same without a copy: a block borrowed until the next call; holes come as zeroes. */
ssize_t sw_archive_read_block(struct sw_archive *archive, const void **ret, struct sw_err *err);

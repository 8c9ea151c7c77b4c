/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tar of a layer that an engine has unpacked, put together again byte for byte: Docker and
 * podman keep of each layer what is no file's content (headers, padding, order) as JSON lines, one
 * for each such segment and one for each file between them. Once per layer that is scanned from an
 * engine's store. Nothing is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"

/* Segments are headers and padding, a few KB; what follows the last file may be one of some MB. */
#define SW_TAR_SPLIT_LINE_MAX ((size_t)8 << 20)
/* Lines of one layer together: some ten million files. The bytes come from an archive of somebody
 * else's, so that there must be an end. */
#define SW_TAR_SPLIT_BYTES_MAX ((uint64_t)16 << 30)

enum sw_tar_split_type {
    SW_TAR_SPLIT_FILE = 1,
    SW_TAR_SPLIT_SEGMENT = 2,
};

/* One line. The buffers are kept from line to line. */
struct sw_tar_split_entry {
    enum sw_tar_split_type type;
    struct sw_buf name; /* of a file, as the tar has it */
    uint64_t size_bytes;
    struct sw_buf payload; /* a segment's bytes; a file's CRC-64 */
};
void sw_tar_split_entry_init(struct sw_tar_split_entry *entry);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_tar_split_entry_done(struct sw_tar_split_entry *entry);

/* -EINVAL with a sentence. */
int sw_tar_split_entry_parse(
    struct sw_str line, struct sw_tar_split_entry *ret, struct sw_err *err);

/* The tar, from the lines (compressed or not) and the directory that holds the files. Consumes
 * both, also on failure. Files are looked up as a process with that root would: nothing outside is
 * reached. What is not there, or not as it was when the layer was unpacked, is -ESTALE, named. */
int sw_reader_new_tar_split(
    struct sw_reader *lines, int directory_fd, struct sw_reader **ret, struct sw_err *err);

/* Whether each file can be opened, without reading any: 0, or as above (-EACCES: some files are not
 * ours to read). Consumes both. */
int sw_tar_split_check(struct sw_reader *lines, int directory_fd, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip, zstd, bzip2 and xz as readers, chosen by the bytes and not by anybody's word.
 */
#pragma once

#include "io/reader.h"

enum sw_compression {
    SW_COMPRESSION_NONE,
    SW_COMPRESSION_GZIP,
    SW_COMPRESSION_ZSTD,
    SW_COMPRESSION_BZIP2,
    SW_COMPRESSION_XZ,
    _SW_COMPRESSION_MAX
};

const char *sw_compression_name(enum sw_compression compression);

/* By the magic at the start; SW_COMPRESSION_NONE when there is none. */
enum sw_compression sw_compression_sniff(struct sw_str head);

/* The decompressed stream of `inner`, which is consumed also on failure. Plain input is passed
 * through. Several gzip members or zstd frames in a row are one stream; skippable zstd frames are
 * skipped. Windows are capped (zstd 128 MiB, xz memory 128 MiB): beyond is -EFBIG and named.
 * `memory_limit_bytes` lowers those caps; 0 leaves them. Truncated input is -EBADMSG. */
int sw_reader_new_decompress(struct sw_reader *inner, size_t memory_limit_bytes,
    struct sw_reader **ret, enum sw_compression *ret_compression, struct sw_err *err);

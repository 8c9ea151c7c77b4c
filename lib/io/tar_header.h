/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces of a tar header: numbers, strings, pax records, sparse maps. Pure: bytes in, values
 * out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

#define SW_TAR_BLOCK ((size_t)512)
/* Runs of data in one sparse file. */
#define SW_TAR_SPARSE_MAX ((size_t)1 << 18)

/* A run of data in a sparse file's expanded content. */
struct sw_tar_run {
    uint64_t offset;
    uint64_t n_bytes;
};

struct sw_tar_runs {
    SW_VEC(struct sw_tar_run) list;
};

/* What pax records say about the next member. Strings lie in the buffer that was parsed. */
struct sw_tar_pax {
    struct sw_str path;     /* p NULL: none */
    struct sw_str linkpath; /* likewise */
    bool has_size;
    uint64_t size_bytes;
    bool has_mtime;
    int64_t mtime_s;
    struct sw_str sparse_name;
    struct sw_str sparse_map; /* "offset,length,..." */
    bool has_sparse_size;
    uint64_t sparse_size_bytes;
    bool is_sparse_1; /* the map stands before the data */
    bool is_sparse_0; /* the map is here */
};

/* An octal or base-256 field: 0, or -EBADMSG. Empty is 0; negative numbers only for dates. */
int sw_tar_number(const uint8_t *field, size_t n, int64_t *ret);
/* Up to the first NUL. */
struct sw_str sw_tar_string(const uint8_t *field, size_t n);
/* The checksum is right, signed or unsigned. */
bool sw_tar_is_sum_right(const uint8_t *block);
bool sw_tar_is_zero(const uint8_t *block);

/* Reads records; runs gets the offset and numbytes records of the oldest sparse form. 0, -ENOMEM,
 * or -EBADMSG. */
int sw_tar_parse_pax(struct sw_str records, struct sw_tar_pax *ret, struct sw_tar_runs *runs);
/* "offset,length,offset,length" into runs. */
int sw_tar_parse_map(struct sw_str map, struct sw_tar_runs *runs);
/* Whether runs ascend without overlap, end within size, and hold just stored bytes. */
bool sw_tar_is_map_right(const struct sw_tar_runs *runs, uint64_t size, uint64_t stored);

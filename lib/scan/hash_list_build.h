/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash lists compiled into one LMDB file for the scanner, once for each content: the file is named
 * by the digest of what it was made of and kept.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"
#include "wire/hash_list.h"

#define SW_HASH_LIST_FILES_MAX ((size_t)1024)
/* NSRL's largest set has some 150 million; a file of them takes 15 GB. */
#define SW_HASH_LIST_ENTRIES_MAX ((uint64_t)400000000)
/* Lines that were refused and are told of, of all files together. */
#define SW_HASH_LIST_NOTES_MAX ((size_t)50)

struct sw_hash_list_file {
    const char *path; /* may be compressed with gzip, zstd, bzip2 or xz */
    bool is_allowed;  /* these files are harmless */
};

struct sw_hash_list_options {
    const struct sw_hash_list_file *files;
    size_t n_files;
    const char *directory; /* where compiled lists are kept; NULL: nowhere */
    const char *scratch;   /* where large lists are sorted: "/tmp" */
};

struct sw_hash_list_compiled {
    int fd;                            /* the caller's; opened for reading */
    char digest[SW_DIGEST_TEXT_BYTES]; /* of what the lists say and how they are used */
    uint64_t counts[_SW_HASH_KIND_MAX];
    bool is_cached;      /* it was there already */
    struct sw_str notes; /* in the region: a line for each that was refused; may be empty */
};

/* 0, or negative errno with a sentence: a list that cannot be read or holds no digest at all fails
 * as a whole. */
int sw_hash_list_compile(const struct sw_hash_list_options *options, struct sw_region *region,
    struct sw_hash_list_compiled *ret, struct sw_err *err);

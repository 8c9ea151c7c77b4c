/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compiled hash list looks like, for the parent that writes it and the scanner that reads
 * it: one LMDB file with one table. A key is a kind's byte and the bytes of a digest, a value is
 * what the list says of that file. Keys of one byte hold what concerns the whole list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/finding.h"

/* Raised when compiled lists of before would be misread; part of their name in the cache. */
#define SW_HASH_LIST_VERSION 1

enum sw_hash_kind { SW_HASH_MD5, SW_HASH_SHA1, SW_HASH_SHA256, _SW_HASH_KIND_MAX };

#define SW_HASH_BYTES_MAX ((size_t)32)
#define SW_HASH_KEY_BYTES_MAX ((size_t)1 + SW_HASH_BYTES_MAX)
/* Longer ones are cut: they are for people. */
#define SW_HASH_NAME_MAX ((size_t)200)
#define SW_HASH_REFERENCE_MAX ((size_t)500)

/* "MD5". */
const char *sw_hash_kind_name(enum sw_hash_kind kind);
/* 16, 20 or 32. */
size_t sw_hash_kind_bytes(enum sw_hash_kind kind);
/* The kind of a digest of so many hexadecimal digits: 0 or -EINVAL. */
int sw_hash_kind_of_digits(size_t n_digits, enum sw_hash_kind *ret);

/* What a list says of a file. */
struct sw_hash_verdict {
    bool is_allowed; /* known to be harmless; the rest is for the others */
    enum sw_severity severity;
    struct sw_str name; /* of the malware; may be empty */
    struct sw_str reference;
};
/* Appends: 0, -ENOMEM, -EFBIG. */
int sw_hash_verdict_format(const struct sw_hash_verdict *verdict, struct sw_buf *buf);
/* Borrows from bytes: 0 or -EBADMSG. */
int sw_hash_verdict_parse(struct sw_str bytes, struct sw_hash_verdict *ret);

/* Keys of one byte; kinds are below. */
#define SW_HASH_KEY_COUNTS ((uint8_t)0xf0) /* how many digests of each kind, 8 bytes each */
#define SW_HASH_KEY_NOTES ((uint8_t)0xf1)  /* lines of what was refused, for people */

#define SW_HASH_COUNTS_BYTES ((size_t)_SW_HASH_KIND_MAX * 8)
void sw_hash_counts_format(
    const uint64_t counts[_SW_HASH_KIND_MAX], uint8_t ret[SW_HASH_COUNTS_BYTES]);
/* 0 or -EBADMSG. */
int sw_hash_counts_parse(struct sw_str bytes, uint64_t ret[_SW_HASH_KIND_MAX]);

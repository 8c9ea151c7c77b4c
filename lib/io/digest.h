/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 and SHA-512, piece by piece, and the text form that images use: "sha256:<64 hex>". MD5
 * and SHA-1 only to compare files with lists that others wrote.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum sw_digest_algorithm {
    SW_DIGEST_SHA256,
    SW_DIGEST_SHA512,
    SW_DIGEST_SHA1,
    SW_DIGEST_MD5,
    _SW_DIGEST_ALGORITHM_MAX
};

/* Of the longest. */
#define SW_DIGEST_RAW_BYTES ((size_t)64)

/* "sha512:", 128 digits and the NUL. */
#define SW_DIGEST_TEXT_BYTES ((size_t)136)

struct sw_digest {
    void *context; /* owned */
    enum sw_digest_algorithm algorithm;
};

/* Embedded; 0 or -ENOMEM. */
int sw_digest_init(struct sw_digest *digest, enum sw_digest_algorithm algorithm);
int sw_digest_update(struct sw_digest *digest, const void *p, size_t n);
/* Writes "sha256:<hex>" with its NUL; afterwards only sw_digest_done is of use. */
int sw_digest_final(struct sw_digest *digest, char ret[SW_DIGEST_TEXT_BYTES]);
/* The same as bytes: how many (16, 20, 32 or 64), or negative errno. */
int sw_digest_final_raw(struct sw_digest *digest, uint8_t ret[SW_DIGEST_RAW_BYTES]);
/* Begins anew with the same algorithm, also after final. */
int sw_digest_restart(struct sw_digest *digest);
/* May be called twice, and on a zeroed struct. Usable with SW_CLEANUP. */
void sw_digest_done(struct sw_digest *digest);

/* The digest of bytes at hand. */
int sw_digest_of(
    enum sw_digest_algorithm algorithm, struct sw_str bytes, char ret[SW_DIGEST_TEXT_BYTES]);

/* Checks a digest as written in a manifest: SHA-256 or SHA-512, right number of lower-case digits.
 * 0, -EINVAL, or -EOPNOTSUPP for a well-formed digest of another algorithm. ret_* may be NULL;
 * *ret_hex is borrowed from text. */
int sw_digest_parse(
    struct sw_str text, enum sw_digest_algorithm *ret_algorithm, struct sw_str *ret_hex);

#define SW_DIGEST_HMAC_BYTES ((size_t)32)
/* HMAC (RFC 2104) with SHA-256: 0 or -EIO. */
int sw_digest_hmac(struct sw_str key, struct sw_str bytes, uint8_t ret[SW_DIGEST_HMAC_BYTES]);

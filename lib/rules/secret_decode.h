/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that is written as something else: Base64 and UTF-16, found in bytes of any kind. Pure, and
 * fast where there is none: it looks at every byte of every file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends what Base64 of either alphabet stands for, padded or not; an odd character at the end is
 * left out, as a text cut anywhere has one. 0, -EINVAL for a byte of no alphabet, -EFBIG, -ENOMEM.
 */
int sw_secret_decode_base64(struct sw_str text, struct sw_buf *buf);

/* Shortest run of Base64 that is looked at: what is shorter than 18 bytes holds no token, and in
 * prose and code longer words are rare. */
#define SW_SECRET_BASE64_MIN ((size_t)24)
/* Shortest text of UTF-16, in characters. */
#define SW_SECRET_UTF16_MIN ((size_t)16)

struct sw_secret_run {
    size_t from;
    size_t to;
    bool is_big_endian; /* of UTF-16 */
};

/* The first run of Base64 characters at or after `from`, of at least SW_SECRET_BASE64_MIN. */
bool sw_secret_find_base64(struct sw_str bytes, size_t from, struct sw_secret_run *ret);

/* The first run of UTF-16 that is ASCII text at or after `from`. */
bool sw_secret_find_utf16(struct sw_str bytes, size_t from, struct sw_secret_run *ret);

/* Appends a run of UTF-16 as ASCII: 0, -EFBIG, -ENOMEM. */
int sw_secret_decode_utf16(struct sw_str run, bool is_big_endian, struct sw_buf *buf);

/* True where nearly every byte is printable: the test of what decoding brought. */
bool sw_secret_is_text(struct sw_str bytes);

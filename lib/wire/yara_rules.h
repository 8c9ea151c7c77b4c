/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file in which compiled YARA rules go from the parent, which made and checked it, to the
 * scanner: a head, notes for people on rules that were refused, and what libyara saved. libyara
 * trusts what it loads, so a digest guards the whole against damage on disk.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SW_YARA_DIGEST_BYTES ((size_t)32)
/* Magic, digest of all that follows it, rules, length of the notes. */
#define SW_YARA_HEAD_BYTES ((size_t)16 + SW_YARA_DIGEST_BYTES + 8)

struct sw_yara_file {
    uint32_t n_rules;
    struct sw_str notes;
    struct sw_str compiled;
};

/* Where the digest stands, and where what it is of begins. */
#define SW_YARA_DIGEST_AT ((size_t)16)
#define SW_YARA_BODY_AT (SW_YARA_DIGEST_AT + SW_YARA_DIGEST_BYTES)

/* Appends the head, with a digest of zeroes, and the notes: 0, -ENOMEM, -EFBIG. */
int sw_yara_file_format(uint32_t n_rules, struct sw_str notes, struct sw_buf *buf);
/* Borrows from bytes; the digest is the caller's to check. 0 or -EBADMSG. */
int sw_yara_file_parse(struct sw_str bytes, struct sw_yara_file *ret);

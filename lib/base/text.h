/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as text and back, without loss. Names in images are bytes; JSON and terminals want text.
 *
 * The escaped form is valid UTF-8: well-formed UTF-8 stays as it is, a backslash is written "\\",
 * and NUL or a byte that is not part of well-formed UTF-8 is written "\xHH" (lower-case hex).
 */
#pragma once

#include "base/buf.h"
#include "base/region.h"
#include "base/str.h"

/* True when s equals its escaped form (the usual case). */
bool sw_text_is_plain(struct sw_str s);

/* Appends the escaped form: 0, -ENOMEM, -EFBIG. */
int sw_text_escape(struct sw_buf *buf, struct sw_str s);

/* The bytes of an escaped form, made in the region: 0, -ENOMEM, or -EINVAL for a broken escape. */
int sw_text_unescape(struct sw_region *region, struct sw_str text, struct sw_str *ret);

/* Appends s for a terminal: as escaped, and C0, DEL, C1 and bidirectional controls as well
 * ("\x1b", "\u202e"). 0, -ENOMEM, -EFBIG. */
int sw_text_terminal(struct sw_buf *buf, struct sw_str s);

/* Length of the well-formed UTF-8 sequence at the start of s, 0 when there is none. The code point
 * goes to *ret_code_point when that is not NULL. */
size_t sw_text_utf8_length(struct sw_str s, uint32_t *ret_code_point);

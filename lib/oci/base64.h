/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648): logins in headers and settings, signed tokens. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* Appends s, padded: 0, -ENOMEM, -EFBIG. */
int sw_base64_append(struct sw_buf *buf, struct sw_str s);
/* The alphabet for URLs, without padding, as JSON web tokens want it. */
int sw_base64_append_url(struct sw_buf *buf, struct sw_str s);
/* Appends the bytes that `text` stands for. Strict: whole quads, padding at the end alone, no bits
 * left over. 0, -EINVAL, -ENOMEM, -EFBIG. */
int sw_base64_decode(struct sw_str text, struct sw_buf *buf);

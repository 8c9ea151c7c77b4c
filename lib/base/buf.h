/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow up to a cap given at birth. The content is kept NUL-terminated beyond its length.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"

struct sw_buf {
    char *p; /* owned */
    size_t n;
    size_t capacity;
    size_t max; /* append beyond it fails with -EFBIG */
};

/* Embedded; allocates nothing yet. */
void sw_buf_init(struct sw_buf *buf, size_t max);
/* Frees the content; may be called twice. Usable with SW_CLEANUP. */
void sw_buf_done(struct sw_buf *buf);
/* Length 0, memory kept. */
void sw_buf_clear(struct sw_buf *buf);

/* 0, -ENOMEM, or -EFBIG (nothing appended). */
int sw_buf_append(struct sw_buf *buf, const void *p, size_t n);
int sw_buf_append_str(struct sw_buf *buf, struct sw_str s);
int sw_buf_append_char(struct sw_buf *buf, char c);
int sw_buf_printf(struct sw_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for n more bytes, so that the caller may write at p + buf->n and add to buf->n. */
int sw_buf_reserve(struct sw_buf *buf, size_t n);
/* Borrowed view of the content; valid until the next change. */
struct sw_str sw_buf_str(const struct sw_buf *buf);

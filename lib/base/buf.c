/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing buffer. Doubles, so that appending is linear; never beyond its cap.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void sw_buf_init(struct sw_buf *buf, size_t max)
{
    *buf = (struct sw_buf){.max = max};
}

void sw_buf_done(struct sw_buf *buf)
{
    sw_mem_free(buf->p);
    *buf = (struct sw_buf){.max = buf->max};
}

void sw_buf_clear(struct sw_buf *buf)
{
    buf->n = 0;
    if (buf->p != NULL)
        buf->p[0] = '\0';
}

int sw_buf_reserve(struct sw_buf *buf, size_t n)
{
    if (n > buf->max || buf->n > buf->max - n)
        return -EFBIG;
    size_t wanted = buf->n + n + 1;
    if (wanted <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    if (capacity > buf->max && buf->max < SIZE_MAX)
        capacity = buf->max + 1;
    char *p = sw_mem_resize(buf->p, capacity, 1);
    if (p == NULL)
        return -ENOMEM;
    buf->p = p;
    buf->capacity = capacity;
    return 0;
}

int sw_buf_append(struct sw_buf *buf, const void *p, size_t n)
{
    int r = sw_buf_reserve(buf, n);
    if (r < 0)
        return r;
    if (n > 0)
        memcpy(buf->p + buf->n, p, n);
    buf->n += n;
    buf->p[buf->n] = '\0';
    return 0;
}

int sw_buf_append_str(struct sw_buf *buf, struct sw_str s)
{
    return sw_buf_append(buf, s.p, s.n);
}

int sw_buf_append_char(struct sw_buf *buf, char c)
{
    return sw_buf_append(buf, &c, 1);
}

int sw_buf_printf(struct sw_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return -EINVAL;
    int r = sw_buf_reserve(buf, (size_t)n);
    if (r < 0)
        return r;
    va_start(args, format);
    vsnprintf(buf->p + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;
    return 0;
}

struct sw_str sw_buf_str(const struct sw_buf *buf)
{
    return (struct sw_str){buf->p, buf->n};
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64. What is encoded here is secret more often than not; callers wipe their buffers.
 */
#include "oci/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int append(struct sw_buf *buf, struct sw_str s, const char *digits, bool is_padded)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s.n; i += 3) {
        uint32_t bits = 0;
        char quad[4];
        size_t n = s.n - i < 3 ? s.n - i : 3;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (uint8_t)s.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            quad[k] = k > n ? '=' : digits[bits >> (18 - 6 * k) & 63];
        r = sw_buf_append(buf, quad, is_padded ? 4 : n + 1);
    }
    return r;
}

int sw_base64_append(struct sw_buf *buf, struct sw_str s)
{
    return append(buf, s, alphabet, true);
}

int sw_base64_append_url(struct sw_buf *buf, struct sw_str s)
{
    return append(buf, s, alphabet_url, false);
}

/* The value of a digit; 64: none. Arithmetic, since layers' tars come through here as well. */
static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

static int decode_quad(const char *quad, size_t n_digits, char *bytes)
{
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) {
        uint32_t value = k < n_digits ? value_of(quad[k]) : 0;
        if (value > 63)
            return -EINVAL;
        bits = bits << 6 | value;
    }
    size_t n = n_digits - 1;
    if ((n < 3 && (bits & 255) != 0) || (n < 2 && (bits >> 8 & 255) != 0))
        return -EINVAL;
    for (size_t k = 0; k < n; k++)
        bytes[k] = (char)(bits >> (16 - 8 * k) & 255);
    return (int)n;
}

int sw_base64_decode(struct sw_str text, struct sw_buf *buf)
{
    if (text.n % 4 != 0)
        return -EINVAL;
    if (text.n == 0)
        return 0;
    size_t n_pad = text.p[text.n - 1] != '=' ? 0 : text.p[text.n - 2] != '=' ? 1 : 2;
    int r = sw_buf_reserve(buf, text.n / 4 * 3 - n_pad);
    if (r < 0)
        return r;
    size_t before = buf->n;
    for (size_t i = 0; i < text.n && r >= 0; i += 4) {
        r = decode_quad(text.p + i, i + 4 == text.n ? 4 - n_pad : 4, buf->p + buf->n);
        buf->n += r > 0 ? (size_t)r : 0;
    }
    if (r < 0)
        buf->n = before;
    buf->p[buf->n] = '\0';
    return r < 0 ? r : 0;
}

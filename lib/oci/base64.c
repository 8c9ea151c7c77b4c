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

static int decode_quad(const char *quad, size_t n_digits, struct sw_buf *buf)
{
    uint32_t bits = 0;
    for (size_t k = 0; k < 4; k++) {
        const char *digit = k < n_digits ? memchr(alphabet, quad[k], 64) : alphabet;
        if (digit == NULL)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)(digit - alphabet);
    }
    size_t n = n_digits - 1;
    char bytes[3] = {(char)(bits >> 16 & 255), (char)(bits >> 8 & 255), (char)(bits & 255)};
    if ((n < 3 && bytes[2] != 0) || (n < 2 && bytes[1] != 0))
        return -EINVAL;
    int r = sw_buf_append(buf, bytes, n);
    explicit_bzero(bytes, sizeof(bytes));
    return r;
}

int sw_base64_decode(struct sw_str text, struct sw_buf *buf)
{
    if (text.n % 4 != 0)
        return -EINVAL;
    for (size_t i = 0; i < text.n; i += 4) {
        size_t n = 4;
        if (i + 4 == text.n && text.p[i + 3] == '=')
            n = text.p[i + 2] == '=' ? 2 : 3;
        int r = decode_quad(text.p + i, n, buf);
        if (r < 0)
            return r;
    }
    return 0;
}

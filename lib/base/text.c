/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one function that turns bytes into text, and its inverse.
 */
#include "base/text.h"

#include <errno.h>

static bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

size_t sw_text_utf8_length(struct sw_str s, uint32_t *ret_code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.n == 0)
        return 0;
    uint8_t first = (uint8_t)s.p[0];
    size_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (n == 0 || first > 0xf4 || n > s.n)
        return 0;
    uint32_t code = n == 1 ? first : first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation((uint8_t)s.p[i]))
            return 0;
        code = code << 6 | ((uint8_t)s.p[i] & 0x3f);
    }
    if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    if (ret_code_point != NULL)
        *ret_code_point = code;
    return n;
}

bool sw_text_is_plain(struct sw_str s)
{
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '\0' || s.p[i] == '\\')
            return false;
        if ((uint8_t)s.p[i] < 0x80) {
            i++;
            continue;
        }
        size_t n = sw_text_utf8_length(sw_str_skip(s, i), NULL);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static bool is_terminal_hazard(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static int escape(struct sw_buf *buf, struct sw_str s, bool for_terminal)
{
    int r = 0;
    for (size_t i = 0; i < s.n && r == 0;) {
        uint32_t code = 0;
        size_t n = sw_text_utf8_length(sw_str_skip(s, i), &code);
        if (n == 0 || code == 0)
            r = sw_buf_printf(buf, "\\x%02x", (uint8_t)s.p[i]);
        else if (code == '\\')
            r = sw_buf_append(buf, "\\\\", 2);
        else if (for_terminal && is_terminal_hazard(code))
            r = sw_buf_printf(buf, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
        else
            r = sw_buf_append(buf, s.p + i, n);
        i += n > 0 ? n : 1;
    }
    return r;
}

int sw_text_escape(struct sw_buf *buf, struct sw_str s)
{
    return sw_text_is_plain(s) ? sw_buf_append_str(buf, s) : escape(buf, s, false);
}

int sw_text_terminal(struct sw_buf *buf, struct sw_str s)
{
    return escape(buf, s, true);
}

int sw_text_unescape(struct sw_region *region, struct sw_str text, struct sw_str *ret)
{
    if (sw_str_find_char(text, '\\') < 0)
        return sw_region_copy(region, text, ret);
    char *out = sw_region_alloc(region, text.n + 1);
    if (out == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        struct sw_str rest = sw_str_skip(text, i);
        uint64_t byte = 0;
        if (rest.p[0] != '\\') {
            out[n++] = rest.p[0];
            i++;
        } else if (rest.n >= 2 && rest.p[1] == '\\') {
            out[n++] = '\\';
            i += 2;
        } else if (rest.n >= 4 && rest.p[1] == 'x' &&
                   sw_str_parse_u64(sw_str_part(rest, 2, 2), 16, &byte) == 0) {
            out[n++] = (char)byte;
            i += 4;
        } else {
            return -EINVAL;
        }
    }
    *ret = (struct sw_str){out, n};
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding and decoding of Base64 and UTF-16. The finders look at one byte in eight, or at eight
 * bytes at once, and only where these could be part of a run at the others.
 */
#include "rules/secret_decode.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Index in the alphabets plus one; 0: of none. '=' only ends a run. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,
    ['B'] = 2,
    ['C'] = 3,
    ['D'] = 4,
    ['E'] = 5,
    ['F'] = 6,
    ['G'] = 7,
    ['H'] = 8,
    ['I'] = 9,
    ['J'] = 10,
    ['K'] = 11,
    ['L'] = 12,
    ['M'] = 13,
    ['N'] = 14,
    ['O'] = 15,
    ['P'] = 16,
    ['Q'] = 17,
    ['R'] = 18,
    ['S'] = 19,
    ['T'] = 20,
    ['U'] = 21,
    ['V'] = 22,
    ['W'] = 23,
    ['X'] = 24,
    ['Y'] = 25,
    ['Z'] = 26,
    ['a'] = 27,
    ['b'] = 28,
    ['c'] = 29,
    ['d'] = 30,
    ['e'] = 31,
    ['f'] = 32,
    ['g'] = 33,
    ['h'] = 34,
    ['i'] = 35,
    ['j'] = 36,
    ['k'] = 37,
    ['l'] = 38,
    ['m'] = 39,
    ['n'] = 40,
    ['o'] = 41,
    ['p'] = 42,
    ['q'] = 43,
    ['r'] = 44,
    ['s'] = 45,
    ['t'] = 46,
    ['u'] = 47,
    ['v'] = 48,
    ['w'] = 49,
    ['x'] = 50,
    ['y'] = 51,
    ['z'] = 52,
    ['0'] = 53,
    ['1'] = 54,
    ['2'] = 55,
    ['3'] = 56,
    ['4'] = 57,
    ['5'] = 58,
    ['6'] = 59,
    ['7'] = 60,
    ['8'] = 61,
    ['9'] = 62,
    ['+'] = 63,
    ['-'] = 63,
    ['/'] = 64,
    ['_'] = 64,
};

int sw_secret_decode_base64(struct sw_str text, struct sw_buf *buf)
{
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    int r = sw_buf_reserve(buf, text.n / 4 * 3 + 3);
    if (r < 0)
        return r;
    uint32_t bits = 0;
    unsigned n_bits = 0;
    char *out = buf->p + buf->n;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t value = base64_values[(unsigned char)text.p[i]];
        if (value == 0)
            return -EINVAL;
        bits = bits << 6 | (value - 1U);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            *out++ = (char)(bits >> n_bits);
        }
    }
    buf->n = (size_t)(out - buf->p);
    buf->p[buf->n] = '\0';
    return 0;
}

/* The run around a place that may lie in one, not before `low`. */
static bool grow_base64(struct sw_str bytes, size_t at, size_t low, struct sw_secret_run *ret)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t from = at;
    while (from > low && base64_values[p[from - 1]] != 0)
        from--;
    size_t to = at;
    while (to < bytes.n && base64_values[p[to]] != 0)
        to++;
    if (to - from < SW_SECRET_BASE64_MIN)
        return false;
    *ret = (struct sw_secret_run){.from = from, .to = to};
    return true;
}

bool sw_secret_find_base64(struct sw_str bytes, size_t from, struct sw_secret_run *ret)
{
    /* A run of 24 covers at least two of these in a row, wherever it begins. */
    enum { STEP = 12 };
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t at = from + STEP - 1;
    while (at + STEP < bytes.n + 1) {
        if (base64_values[p[at]] == 0) {
            at += STEP;
            continue;
        }
        /* Backwards from the next one: most words of prose end before it. */
        size_t next = at + STEP < bytes.n ? at + STEP : bytes.n;
        size_t i = next;
        while (i > at && base64_values[p[i - 1]] != 0)
            i--;
        if (i == at && grow_base64(bytes, at, from, ret))
            return true;
        at = i > at ? i + STEP - 1 : next;
    }
    return false;
}

/* Eight bytes at `p`: every second one NUL, the others printable. */
static bool is_utf16_word(const char *p, bool is_big_endian)
{
    uint64_t word = 0;
    memcpy(&word, p, sizeof(word));
    if (is_big_endian)
        word = __builtin_bswap64(word); /* the pattern is the other one's mirror */
    const uint64_t low = 0x00ff00ff00ff00ff;
    if ((word & ~low) != 0)
        return false;
    /* Each from 9 to 0x7e: close enough to tell text from tables of numbers. */
    return ((word + 0x0001000100010001) & 0x0180018001800180) == 0 &&
           ((word + 0x0077007700770077) & 0x0080008000800080) == 0x0080008000800080;
}

static void grow_utf16(struct sw_str bytes, size_t low, struct sw_secret_run *run)
{
    size_t shift = run->is_big_endian ? 1 : 0;
    while (run->from >= low + 2) {
        unsigned char c = (unsigned char)bytes.p[run->from - 2 + shift];
        if (bytes.p[run->from - 1 - shift] != 0 || c < 9 || c > 0x7e)
            break;
        run->from -= 2;
    }
    while (run->to + 2 <= bytes.n) {
        unsigned char c = (unsigned char)bytes.p[run->to + shift];
        if (bytes.p[run->to + 1 - shift] != 0 || c < 9 || c > 0x7e)
            break;
        run->to += 2;
    }
}

bool sw_secret_find_utf16(struct sw_str bytes, size_t from, struct sw_secret_run *ret)
{
    const uint64_t even = 0x00ff00ff00ff00ff;
    for (size_t at = from; at + 8 <= bytes.n; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes.p + at, sizeof(word));
        /* Nothing but text of one kind passes: no NUL at one half, all NUL at the other. */
        if (((word & even) != 0) == ((word & ~even) != 0))
            continue;
        bool is_big_endian = (word & even) == 0;
        if (!is_utf16_word(bytes.p + at, is_big_endian))
            continue;
        struct sw_secret_run run = {.from = at, .to = at + 8, .is_big_endian = is_big_endian};
        grow_utf16(bytes, from, &run);
        if (run.to - run.from >= 2 * SW_SECRET_UTF16_MIN) {
            *ret = run;
            return true;
        }
    }
    return false;
}

int sw_secret_decode_utf16(struct sw_str run, bool is_big_endian, struct sw_buf *buf)
{
    int r = sw_buf_reserve(buf, run.n / 2 + 1);
    if (r < 0)
        return r;
    for (size_t i = is_big_endian ? 1 : 0; i < run.n; i += 2)
        buf->p[buf->n++] = run.p[i];
    buf->p[buf->n] = '\0';
    return 0;
}

bool sw_secret_is_text(struct sw_str bytes)
{
    size_t n_odd = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        n_odd += (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c >= 0x7f;
    }
    return n_odd * 20 <= bytes.n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed strings. Called on every path and line, so nothing here allocates.
 */
#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct sw_str sw_str_of(const char *z)
{
    return (struct sw_str){z, z != NULL ? strlen(z) : 0};
}

bool sw_str_is_empty(struct sw_str s)
{
    return s.n == 0;
}

bool sw_str_equal(struct sw_str a, struct sw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool sw_str_equal_z(struct sw_str a, const char *z)
{
    return sw_str_equal(a, sw_str_of(z));
}

bool sw_str_equal_ignore_case(struct sw_str a, struct sw_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

int sw_str_compare(struct sw_str a, struct sw_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool sw_str_starts_with(struct sw_str s, struct sw_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool sw_str_ends_with(struct sw_str s, struct sw_str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

ptrdiff_t sw_str_find_char(struct sw_str s, char c)
{
    const char *hit = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    return hit != NULL ? hit - s.p : -1;
}

ptrdiff_t sw_str_find_last_char(struct sw_str s, char c)
{
    const char *hit = s.n > 0 ? memrchr(s.p, c, s.n) : NULL;
    return hit != NULL ? hit - s.p : -1;
}

ptrdiff_t sw_str_find(struct sw_str s, struct sw_str needle)
{
    if (needle.n == 0)
        return 0;
    const char *hit = s.n > 0 ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return hit != NULL ? hit - s.p : -1;
}

struct sw_str sw_str_skip(struct sw_str s, size_t n)
{
    if (n >= s.n)
        return (struct sw_str){s.p != NULL ? s.p + s.n : NULL, 0};
    return (struct sw_str){s.p + n, s.n - n};
}

struct sw_str sw_str_part(struct sw_str s, size_t from, size_t n)
{
    s = sw_str_skip(s, from);
    if (n < s.n)
        s.n = n;
    return s;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sw_str sw_str_trim(struct sw_str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool sw_str_next_token(struct sw_str *rest, char sep, struct sw_str *ret_token)
{
    if (rest->p == NULL)
        return false;
    ptrdiff_t at = sw_str_find_char(*rest, sep);
    if (at < 0) {
        *ret_token = *rest;
        *rest = SW_STR_NONE;
        return true;
    }
    *ret_token = (struct sw_str){rest->p, (size_t)at};
    *rest = (struct sw_str){rest->p + at + 1, rest->n - (size_t)at - 1};
    return true;
}

bool sw_str_next_line(struct sw_str *rest, struct sw_str *ret_line)
{
    if (rest->n == 0 || !sw_str_next_token(rest, '\n', ret_line))
        return false;
    if (ret_line->n > 0 && ret_line->p[ret_line->n - 1] == '\r')
        ret_line->n--;
    return true;
}

int sw_str_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return SW_STR_NO_DIGIT;
}

int sw_str_parse_u64(struct sw_str s, int base, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.n == 0)
        return -EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        int digit = sw_str_hex_digit(s.p[i]);
        if (digit >= base)
            return -EINVAL;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return -ERANGE;
    }
    *ret = value;
    return 0;
}

uint64_t sw_str_hash(struct sw_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t sw_str_hash_seeded(uint64_t seed, struct sw_str s)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t hash = mix(seed ^ odd, s.n ^ 0xd6e8feb86659fd93u);
    while (s.n > 0) {
        uint64_t word = 0;
        size_t n = s.n < sizeof(word) ? s.n : sizeof(word);
        memcpy(&word, s.p, n);
        hash = mix(hash ^ word, odd ^ seed);
        s = sw_str_skip(s, n);
    }
    return mix(hash, odd);
}

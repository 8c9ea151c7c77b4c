/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes: a pointer and a length. Never owned, not NUL-terminated, may hold any byte.
 * Everything that comes from outside (paths, names, versions) travels as sw_str.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_str {
    const char *p;
    size_t n;
};

/* A literal as a borrowed string; also usable in static initialisers as SW_STR_INIT. */
#define SW_STR(literal) ((struct sw_str){(literal), sizeof(literal) - 1})
#define SW_STR_INIT(literal)                                                                       \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define SW_STR_NONE ((struct sw_str){NULL, 0})

/* For printf: "%.*s", SW_STR_ARG(s). Only where control characters cannot matter. */
#define SW_STR_ARG(s) (int)((s).n > 4096 ? 4096 : (s).n), ((s).p != NULL ? (s).p : "")

/* The bytes of a NUL-terminated string; NULL yields the empty string. */
struct sw_str sw_str_of(const char *z);

bool sw_str_is_empty(struct sw_str s);
bool sw_str_equal(struct sw_str a, struct sw_str b);
bool sw_str_equal_z(struct sw_str a, const char *z);
bool sw_str_equal_ignore_case(struct sw_str a, struct sw_str b);
/* Bytewise order, shorter first among equals: <0, 0, >0. */
int sw_str_compare(struct sw_str a, struct sw_str b);
bool sw_str_starts_with(struct sw_str s, struct sw_str prefix);
bool sw_str_ends_with(struct sw_str s, struct sw_str suffix);

/* Index of the first / last byte c, or -1. */
ptrdiff_t sw_str_find_char(struct sw_str s, char c);
ptrdiff_t sw_str_find_last_char(struct sw_str s, char c);
/* Index of the first occurrence of needle, or -1; an empty needle is found at 0. */
ptrdiff_t sw_str_find(struct sw_str s, struct sw_str needle);

/* s without its first n bytes (empty when n is beyond), and the part [from, from + n) clamped. */
struct sw_str sw_str_skip(struct sw_str s, size_t n);
struct sw_str sw_str_part(struct sw_str s, size_t from, size_t n);
/* Without ASCII white space at both ends. */
struct sw_str sw_str_trim(struct sw_str s);

/* Cuts the bytes before the first `sep` off *rest into *ret_token; false when *rest is used up
 * (its p is NULL then). "a::b" yields "a", "", "b"; "" yields one empty token. */
bool sw_str_next_token(struct sw_str *rest, char sep, struct sw_str *ret_token);
/* The same by lines: cuts at '\n', drops a '\r' before it; no empty token after a final '\n'. */
bool sw_str_next_line(struct sw_str *rest, struct sw_str *ret_line);

/* 0 to 15, or SW_STR_NO_DIGIT, which is beyond every base. */
#define SW_STR_NO_DIGIT 99
int sw_str_hex_digit(char c);
/* The whole of s as an unsigned number in base 8, 10 or 16: 0, or -EINVAL / -ERANGE. */
int sw_str_parse_u64(struct sw_str s, int base, uint64_t *ret);

/* FNV-1a with a final mix; for tables whose keys an attacker cannot profit from colliding. */
uint64_t sw_str_hash(struct sw_str s);
/* For tables whose keys an image chooses: with a seed that it cannot know it cannot make them
 * collide. */
uint64_t sw_str_hash_seeded(uint64_t seed, struct sw_str s);

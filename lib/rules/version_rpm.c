/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm's order: [epoch:]version[-release]. Runs of digits and runs of letters are compared one by
 * one, digits win over letters, all other bytes only separate; '~' sorts before the end, '^' after
 * the end but before anything longer.
 */
#include "rules/version_priv.h"

struct parts {
    struct sw_str epoch; /* digits; empty: none, which is zero */
    struct sw_str version;
    struct sw_str release;
    bool has_release; /* "1-" has an empty one, which is more than none */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct parts split(struct sw_str s)
{
    struct parts parts = {.version = s};
    struct sw_str rest = s;
    struct sw_str digits = sw_version_take_digits(&rest);
    if (rest.n > 0 && rest.p[0] == ':') {
        parts.epoch = digits;
        parts.version = sw_str_skip(rest, 1);
    }
    ptrdiff_t dash = sw_str_find_last_char(parts.version, '-');
    if (dash >= 0) {
        parts.has_release = true;
        parts.release = sw_str_skip(parts.version, (size_t)dash + 1);
        parts.version = sw_str_part(parts.version, 0, (size_t)dash);
    }
    return parts;
}

static bool starts_with(struct sw_str s, char c)
{
    return s.n > 0 && s.p[0] == c;
}

static struct sw_str skip_separators(struct sw_str s)
{
    size_t n = 0;
    while (n < s.n && !is_digit(s.p[n]) && !is_letter(s.p[n]) && s.p[n] != '~' && s.p[n] != '^')
        n++;
    return sw_str_skip(s, n);
}

static struct sw_str take_letters(struct sw_str *rest)
{
    size_t n = 0;
    while (n < rest->n && is_letter(rest->p[n]))
        n++;
    struct sw_str letters = sw_str_part(*rest, 0, n);
    *rest = sw_str_skip(*rest, n);
    return letters;
}

/* One side or both stand before '~' or '^': decides, or returns 0 after stepping over it on both
 * sides. */
static int compare_mark(struct sw_str *a, struct sw_str *b)
{
    if (starts_with(*a, '~') || starts_with(*b, '~')) {
        if (!starts_with(*a, '~'))
            return 1;
        if (!starts_with(*b, '~'))
            return -1;
    } else {
        if (a->n == 0)
            return -1;
        if (b->n == 0)
            return 1;
        if (!starts_with(*a, '^'))
            return 1;
        if (!starts_with(*b, '^'))
            return -1;
    }
    *a = sw_str_skip(*a, 1);
    *b = sw_str_skip(*b, 1);
    return 0;
}

/* Both begin with a digit or a letter. */
static int compare_run(struct sw_str *a, struct sw_str *b)
{
    if (is_digit(a->p[0]) != is_digit(b->p[0]))
        return is_digit(a->p[0]) ? 1 : -1;
    if (is_digit(a->p[0])) {
        struct sw_str digits_a = sw_version_take_digits(a);
        struct sw_str digits_b = sw_version_take_digits(b);
        return sw_version_compare_numbers(digits_a, digits_b);
    }
    struct sw_str letters_a = take_letters(a);
    struct sw_str letters_b = take_letters(b);
    return sw_str_compare(letters_a, letters_b);
}

static bool is_mark(struct sw_str s)
{
    return starts_with(s, '~') || starts_with(s, '^');
}

static int compare_part(struct sw_str a, struct sw_str b)
{
    while (a.n > 0 || b.n > 0) {
        a = skip_separators(a);
        b = skip_separators(b);
        int r = 0;
        if (is_mark(a) || is_mark(b))
            r = compare_mark(&a, &b);
        else if (a.n > 0 && b.n > 0)
            r = compare_run(&a, &b);
        else
            break;
        if (r != 0)
            return r;
    }
    /* All that both have is equal: the one with something left is the newer. */
    return (a.n > 0) - (b.n > 0);
}

int sw_version_rpm_compare(struct sw_str a, struct sw_str b)
{
    struct parts pa = split(a);
    struct parts pb = split(b);
    int r = sw_version_compare_numbers(pa.epoch, pb.epoch);
    if (r == 0)
        r = compare_part(pa.version, pb.version);
    if (r == 0 && pa.has_release != pb.has_release)
        r = pa.has_release ? 1 : -1;
    if (r == 0)
        r = compare_part(pa.release, pb.release);
    return r;
}

/* The bytes that rpmbuild takes in Version and Release. */
static bool is_made_well(struct sw_str s)
{
    struct sw_str allowed = SW_STR("._+~^");
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!is_digit(c) && !is_letter(c) && sw_str_find_char(allowed, c) < 0)
            return false;
    }
    return s.n > 0;
}

bool sw_version_rpm_is_valid(struct sw_str s)
{
    struct parts parts = split(s);
    uint64_t epoch = 0;
    bool has_epoch = parts.version.p != s.p;
    if (has_epoch && (sw_str_parse_u64(parts.epoch, 10, &epoch) < 0 || epoch > UINT32_MAX))
        return false;
    return is_made_well(parts.version) && (!parts.has_release || is_made_well(parts.release));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's order, deb-version(7): [epoch:]upstream[-revision]. Parts without digits are compared
 * bytewise with '~' before the end of the part, letters before everything else; parts of digits as
 * numbers.
 */
#include "rules/version_priv.h"

/* dpkg keeps the epoch in an int. */
#define EPOCH_MAX ((uint64_t)2147483647)

struct parts {
    struct sw_str epoch; /* digits; empty: none, which is zero */
    struct sw_str upstream;
    struct sw_str revision; /* empty: none, which sorts as "0" does */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What is no epoch to dpkg ("a:1") stays part of the upstream version. */
static struct parts split(struct sw_str s)
{
    struct parts parts = {.upstream = sw_str_trim(s)};
    struct sw_str rest = parts.upstream;
    /* dpkg reads the epoch with strtol and so takes a sign, while it refuses what is negative. */
    bool has_sign = rest.n > 0 && (rest.p[0] == '+' || rest.p[0] == '-');
    bool is_negative = has_sign && rest.p[0] == '-';
    if (has_sign)
        rest = sw_str_skip(rest, 1);
    struct sw_str digits = sw_version_take_digits(&rest);
    bool is_zero = sw_version_compare_numbers(digits, SW_STR_NONE) == 0;
    bool is_epoch = (digits.n > 0 || !has_sign) && (is_zero || !is_negative);
    if (is_epoch && rest.n > 0 && rest.p[0] == ':') {
        parts.epoch = digits;
        parts.upstream = sw_str_skip(rest, 1);
    }
    ptrdiff_t dash = sw_str_find_last_char(parts.upstream, '-');
    if (dash >= 0) {
        parts.revision = sw_str_skip(parts.upstream, (size_t)dash + 1);
        parts.upstream = sw_str_part(parts.upstream, 0, (size_t)dash);
    }
    return parts;
}

/* Weight of the first byte of a part; the end of the part and a digit weigh nothing. */
static int weigh(struct sw_str s)
{
    if (s.n == 0 || is_digit(s.p[0]))
        return 0;
    if (is_letter(s.p[0]))
        return s.p[0];
    if (s.p[0] == '~')
        return -1;
    return (unsigned char)s.p[0] + 256;
}

static int compare_part(struct sw_str a, struct sw_str b)
{
    while (a.n > 0 || b.n > 0) {
        while ((a.n > 0 && !is_digit(a.p[0])) || (b.n > 0 && !is_digit(b.p[0]))) {
            int difference = weigh(a) - weigh(b);
            if (difference != 0)
                return difference;
            a = sw_str_skip(a, 1);
            b = sw_str_skip(b, 1);
        }
        struct sw_str digits_a = sw_version_take_digits(&a);
        struct sw_str digits_b = sw_version_take_digits(&b);
        int r = sw_version_compare_numbers(digits_a, digits_b);
        if (r != 0)
            return r;
    }
    return 0;
}

int sw_version_dpkg_compare(struct sw_str a, struct sw_str b)
{
    struct parts pa = split(a);
    struct parts pb = split(b);
    int r = sw_version_compare_numbers(pa.epoch, pb.epoch);
    if (r == 0)
        r = compare_part(pa.upstream, pb.upstream);
    if (r == 0)
        r = compare_part(pa.revision, pb.revision);
    return r;
}

static bool is_made_of(struct sw_str s, const char *extra)
{
    struct sw_str allowed = sw_str_of(extra);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!is_digit(c) && !is_letter(c) && sw_str_find_char(allowed, c) < 0)
            return false;
    }
    return true;
}

bool sw_version_dpkg_is_valid(struct sw_str s)
{
    s = sw_str_trim(s);
    struct parts parts = split(s);
    bool has_epoch = parts.upstream.p != s.p;
    if (has_epoch) {
        /* An epoch: there must be digits, and they must fit. */
        uint64_t epoch = 0;
        if (sw_str_parse_u64(parts.epoch, 10, &epoch) < 0 || epoch > EPOCH_MAX)
            return false;
    }
    if (parts.upstream.n == 0 || !is_digit(parts.upstream.p[0]))
        return false;
    bool has_revision = parts.upstream.p + parts.upstream.n < s.p + s.n;
    if (has_revision && parts.revision.n == 0)
        return false;
    return is_made_of(parts.upstream, has_epoch ? ".-+~:" : ".-+~") &&
           is_made_of(parts.revision, ".+~");
}

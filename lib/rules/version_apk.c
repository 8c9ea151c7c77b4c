/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apk-tools' order: number{.number}[letter]{_suffix[number]}[~hash][-rNUMBER].
 *
 * Well-formed versions are ordered as apk-tools 3 does it; 2 differs in parts with leading zeros
 * and knows no hash. Malformed ones: apk-tools 3 stops at the flaw and calls two versions that are
 * flawed at the same place equal; apk-tools 2 reads on, and Alpine has shipped such versions
 * ("5.7.1p1-r0"). So this reads on over an empty number and over a number after a letter, and where
 * only one side is flawed that side is the older one.
 */
#include "rules/version_priv.h"

/* In the order of "which is newer when all before is equal": the first is the newest. */
enum token_kind {
    TOKEN_FIRST_NUMBER,
    TOKEN_NUMBER,
    TOKEN_LETTER_NUMBER, /* directly after a letter: malformed, read on */
    TOKEN_LETTER,
    TOKEN_SUFFIX,
    TOKEN_SUFFIX_NUMBER,
    TOKEN_HASH,
    TOKEN_REVISION,
    TOKEN_END,
    TOKEN_EMPTY_NUMBER, /* malformed, read on */
    TOKEN_INVALID,      /* malformed, nothing behind it counts */
    TOKEN_PRE_RELEASE,  /* never stored: a suffix before SUFFIX_NONE ranks here */
};

struct suffix {
    struct sw_str name;
    int rank; /* negative: before the release itself */
};

static const struct suffix suffixes[] = {
    {SW_STR_INIT("alpha"), -4},
    {SW_STR_INIT("beta"), -3},
    {SW_STR_INIT("pre"), -2},
    {SW_STR_INIT("rc"), -1},
    {SW_STR_INIT("cvs"), 1},
    {SW_STR_INIT("svn"), 2},
    {SW_STR_INIT("git"), 3},
    {SW_STR_INIT("hg"), 4},
    {SW_STR_INIT("p"), 5},
};

struct walk {
    struct sw_str rest;
    enum token_kind kind; /* of the token just read */
    bool is_after_number; /* what follows may be '.' or a letter */
    struct sw_str value;
    int suffix_rank;
    bool has_flaw; /* a flaw that apk-tools 2 takes too lightly to be called valid */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static void read_number(struct walk *walk, enum token_kind kind)
{
    walk->value = sw_version_take_digits(&walk->rest);
    walk->kind = kind;
    if (walk->value.n > 0)
        return;
    walk->has_flaw = true;
    /* An empty revision is revision zero, as in apk-tools 2. */
    if (kind != TOKEN_REVISION)
        walk->kind = TOKEN_EMPTY_NUMBER;
}

static void read_suffix(struct walk *walk)
{
    size_t n = 0;
    while (n < walk->rest.n && is_lower(walk->rest.p[n]))
        n++;
    walk->value = sw_str_part(walk->rest, 0, n);
    walk->rest = sw_str_skip(walk->rest, n);
    walk->kind = TOKEN_INVALID;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (!sw_str_equal(walk->value, suffixes[i].name))
            continue;
        walk->kind = TOKEN_SUFFIX;
        walk->suffix_rank = suffixes[i].rank;
    }
}

static void read_hash(struct walk *walk)
{
    size_t n = 0;
    while (n < walk->rest.n &&
           (is_digit(walk->rest.p[n]) || (walk->rest.p[n] >= 'a' && walk->rest.p[n] <= 'f')))
        n++;
    walk->value = sw_str_part(walk->rest, 0, n);
    walk->rest = sw_str_skip(walk->rest, n);
    walk->kind = n > 0 ? TOKEN_HASH : TOKEN_INVALID;
}

static void read_first(struct walk *walk)
{
    read_number(walk, TOKEN_FIRST_NUMBER);
    walk->is_after_number = true;
}

static void read_next(struct walk *walk)
{
    enum token_kind before = walk->kind;
    bool is_after_number = walk->is_after_number;
    walk->is_after_number = false;
    walk->kind = TOKEN_INVALID;
    if (walk->rest.n == 0) {
        walk->kind = TOKEN_END;
        return;
    }
    char c = walk->rest.p[0];
    bool is_before_suffix = is_after_number || before <= TOKEN_SUFFIX_NUMBER;
    if (is_digit(c)) {
        if (before == TOKEN_SUFFIX) {
            read_number(walk, TOKEN_SUFFIX_NUMBER);
        } else if (before == TOKEN_LETTER) {
            read_number(walk, TOKEN_LETTER_NUMBER);
            walk->is_after_number = true;
        }
        return;
    }
    walk->value = sw_str_part(walk->rest, 0, 1);
    walk->rest = sw_str_skip(walk->rest, 1);
    if (is_lower(c) && is_after_number) {
        walk->kind = TOKEN_LETTER;
    } else if (c == '.' && is_after_number) {
        read_number(walk, TOKEN_NUMBER);
        walk->is_after_number = true;
    } else if (c == '_' && is_before_suffix) {
        read_suffix(walk);
    } else if (c == '~' && is_before_suffix) {
        read_hash(walk);
    } else if (c == '-' && (is_before_suffix || before == TOKEN_HASH) && walk->rest.n > 0 &&
               walk->rest.p[0] == 'r') {
        walk->rest = sw_str_skip(walk->rest, 1);
        read_number(walk, TOKEN_REVISION);
    }
}

static int compare_values(const struct walk *a, const struct walk *b)
{
    switch (a->kind) {
    case TOKEN_NUMBER:
        /* With a leading zero it is a fraction: compared as text. */
        if (a->value.p[0] == '0' || b->value.p[0] == '0')
            return sw_str_compare(a->value, b->value);
        return sw_version_compare_numbers(a->value, b->value);
    case TOKEN_FIRST_NUMBER:
    case TOKEN_LETTER_NUMBER:
    case TOKEN_SUFFIX_NUMBER:
    case TOKEN_REVISION:
        return sw_version_compare_numbers(a->value, b->value);
    case TOKEN_SUFFIX:
        return (a->suffix_rank > b->suffix_rank) - (a->suffix_rank < b->suffix_rank);
    case TOKEN_LETTER:
    case TOKEN_HASH:
        return sw_str_compare(a->value, b->value);
    case TOKEN_END:
    case TOKEN_EMPTY_NUMBER:
    case TOKEN_INVALID:
    case TOKEN_PRE_RELEASE:
        return 0;
    }
    return 0;
}

static enum token_kind rank_kind(const struct walk *walk)
{
    return walk->kind == TOKEN_SUFFIX && walk->suffix_rank < 0 ? TOKEN_PRE_RELEASE : walk->kind;
}

int sw_version_apk_compare(struct sw_str a, struct sw_str b)
{
    struct walk wa = {.rest = a};
    struct walk wb = {.rest = b};
    read_first(&wa);
    read_first(&wb);
    while (wa.kind == wb.kind) {
        int r = compare_values(&wa, &wb);
        if (r != 0 || wa.kind == TOKEN_END || wa.kind == TOKEN_INVALID)
            return r;
        read_next(&wa);
        read_next(&wb);
    }
    return rank_kind(&wa) < rank_kind(&wb) ? 1 : -1;
}

bool sw_version_apk_is_valid(struct sw_str s)
{
    struct walk walk = {.rest = s};
    read_first(&walk);
    while (walk.kind != TOKEN_END && walk.kind != TOKEN_INVALID && !walk.has_flaw)
        read_next(&walk);
    return walk.kind == TOKEN_END && !walk.has_flaw;
}

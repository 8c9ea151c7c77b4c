/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From Go's (RE2's) syntax to that which PCRE2 and Vectorscan share. Once per rule. One pass over
 * the text; it knows just enough of the structure to hold the limits and to refuse what Go refuses.
 */
#include "rules/expression.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* A group that is open, or the whole. */
struct level {
    size_t product; /* largest product of counts inside so far */
};

struct translation {
    struct sw_str text;
    size_t at;
    struct sw_buf *out;
    struct sw_err *err;
    bool is_unicode;
    bool has_atom;       /* something that can be repeated stands before */
    bool is_repeated;    /* and is already */
    size_t atom_product; /* product of counts inside of it */
    struct level levels[SW_EXPRESSION_NEST_MAX + 1];
    size_t depth;
};

static int fail(struct translation *t, const char *what)
{
    return sw_err_set(t->err, -EINVAL, "expression at byte %zu: %s", t->at, what);
}

/* The byte at `at` + ahead, or -1. */
static int look(const struct translation *t, size_t ahead)
{
    return t->at + ahead < t->text.n ? (unsigned char)t->text.p[t->at + ahead] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void take_atom(struct translation *t, size_t product)
{
    t->has_atom = true;
    t->is_repeated = false;
    t->atom_product = product;
}

static int put_code_point(struct translation *t, uint64_t c)
{
    if (c > 0x10ffff)
        return fail(t, "no such character");
    t->is_unicode = t->is_unicode || c >= 0x80;
    return sw_buf_printf(t->out, "\\x{%x}", (unsigned)c);
}

/* "\x41" or "\x{41}", with `at` behind the x. */
static int put_hex(struct translation *t)
{
    struct sw_str digits = sw_str_part(t->text, t->at, 2);
    size_t n = 2;
    if (look(t, 0) == '{') {
        ptrdiff_t end = sw_str_find_char(sw_str_skip(t->text, t->at), '}');
        if (end < 0)
            return fail(t, "\\x{ without }");
        digits = sw_str_part(t->text, t->at + 1, (size_t)end - 1);
        n = (size_t)end + 1;
    }
    uint64_t value = 0;
    if (digits.n == 0 || digits.n > 8 || (n == 2 && digits.n != 2) ||
        sw_str_parse_u64(digits, 16, &value) < 0)
        return fail(t, "\\x wants hexadecimal digits");
    t->at += n;
    return put_code_point(t, value);
}

/* "\012" and "\0": up to three octal digits; "\1" alone would be a back reference. */
static int put_octal(struct translation *t)
{
    if (look(t, 0) != '0' && !(look(t, 1) >= '0' && look(t, 1) <= '7'))
        return fail(t, "back references are not known to Go's syntax");
    uint64_t value = 0;
    for (int i = 0; i < 3 && look(t, 0) >= '0' && look(t, 0) <= '7'; i++) {
        value = value * 8 + (uint64_t)(look(t, 0) - '0');
        t->at++;
    }
    return put_code_point(t, value);
}

/* "\pL" and "\p{Greek}", with `at` on the p. */
static int put_property(struct translation *t)
{
    size_t n = 2;
    if (look(t, 1) == '{') {
        ptrdiff_t end = sw_str_find_char(sw_str_skip(t->text, t->at), '}');
        if (end < 0)
            return fail(t, "\\p{ without }");
        n = (size_t)end + 1;
    } else if (look(t, 1) < 0) {
        return fail(t, "\\p without a property");
    }
    t->is_unicode = true;
    int r = sw_buf_append_char(t->out, '\\');
    if (r < 0)
        return r;
    r = sw_buf_append_str(t->out, sw_str_part(t->text, t->at, n));
    t->at += n;
    return r;
}

/* "\Qliteral\E", with `at` on the Q. */
static int put_quoted(struct translation *t)
{
    t->at++;
    struct sw_str rest = sw_str_skip(t->text, t->at);
    ptrdiff_t end = sw_str_find(rest, SW_STR("\\E"));
    struct sw_str literal = end < 0 ? rest : sw_str_part(rest, 0, (size_t)end);
    for (size_t i = 0; i < literal.n; i++) {
        unsigned char c = (unsigned char)literal.p[i];
        t->is_unicode = t->is_unicode || c >= 0x80;
        int r = 0;
        if (c < 0x80 && !is_alnum(c))
            r = sw_buf_printf(t->out, "\\x%02x", c);
        else
            r = sw_buf_append_char(t->out, (char)c);
        if (r < 0)
            return r;
    }
    t->at += literal.n + (end < 0 ? 0 : 2);
    take_atom(t, 1);
    return 0;
}

/* An escape, with `at` on the backslash. */
static int put_escape(struct translation *t, bool is_class)
{
    int c = look(t, 1);
    if (c < 0)
        return fail(t, "ends with a backslash");
    t->at++;
    if (!is_class)
        take_atom(t, 1);
    if (c == 'x') {
        t->at++;
        return put_hex(t);
    }
    if (is_digit(c))
        return c > '7' ? fail(t, "unknown escape") : put_octal(t);
    if (c == 'p' || c == 'P')
        return put_property(t);
    if (c == 'Q' && !is_class)
        return put_quoted(t);
    t->at++;
    if (c == 'v')
        return sw_buf_append(t->out, "\\x0b", 4);
    if (strchr(is_class ? "dDsSwWafnrt" : "dDsSwWafnrtAbBz", c) != NULL) {
        if (strchr("AbBz", c) != NULL)
            t->has_atom = c == 'b' || c == 'B';
        return sw_buf_printf(t->out, "\\%c", c);
    }
    if (is_alnum(c) || c >= 0x80) {
        t->at--;
        return fail(t, "escape that Go's syntax does not know");
    }
    return sw_buf_printf(t->out, "\\x%02x", (unsigned)c);
}

/* "[:alpha:]" inside a class, copied; 0 when there is none. */
static int put_named_class(struct translation *t)
{
    if (look(t, 0) != '[' || look(t, 1) != ':')
        return 0;
    struct sw_str rest = sw_str_skip(t->text, t->at);
    ptrdiff_t end = sw_str_find(rest, SW_STR(":]"));
    if (end < 0)
        return 0;
    t->at += (size_t)end + 2;
    int r = sw_buf_append_str(t->out, sw_str_part(rest, 0, (size_t)end + 2));
    return r < 0 ? r : 1;
}

/* A class, with `at` on its bracket. */
static int put_class(struct translation *t)
{
    t->at++;
    int r = sw_buf_append_char(t->out, '[');
    bool is_first = true;
    if (r == 0 && look(t, 0) == '^') {
        t->at++;
        r = sw_buf_append_char(t->out, '^');
    }
    while (r >= 0) {
        int c = look(t, 0);
        if (c < 0)
            return fail(t, "[ without ]");
        if (c == ']' && !is_first)
            break;
        is_first = false;
        r = put_named_class(t);
        if (r != 0)
            continue;
        if (c == '\\') {
            r = put_escape(t, true);
            continue;
        }
        t->is_unicode = t->is_unicode || c >= 0x80;
        t->at++;
        if (c == '[' || c == ']' || c == '^')
            r = sw_buf_printf(t->out, "\\%c", c);
        else
            r = sw_buf_append_char(t->out, (char)c);
    }
    if (r < 0)
        return r;
    t->at++;
    take_atom(t, 1);
    return sw_buf_append_char(t->out, ']');
}

/* "(?P<name>" and "(?<name>" become "(": nothing here asks by name. 1 when it was one. */
static int put_named_group(struct translation *t)
{
    size_t skip = look(t, 2) == 'P' ? 4 : 3;
    if (look(t, skip - 1) != '<' || !(is_alnum(look(t, skip)) || look(t, skip) == '_'))
        return 0;
    ptrdiff_t end = sw_str_find_char(sw_str_skip(t->text, t->at), '>');
    if (end < 0)
        return fail(t, "group name without >");
    t->at += (size_t)end + 1;
    int r = sw_buf_append_char(t->out, '(');
    return r < 0 ? r : 1;
}

/* "(?i-s:" and "(?i)": flags of Go; the second opens no group. */
static int put_flags(struct translation *t, bool *ret_opens)
{
    size_t n = 2;
    while (look(t, n) > 0 && strchr("imsU-", look(t, n)) != NULL)
        n++;
    int c = look(t, n);
    if (c != ')' && c != ':')
        return fail(t, "group that Go's syntax does not know (it has no look-around)");
    *ret_opens = c == ':';
    /* "(?)" is nothing; PCRE2 and Vectorscan differ about it. */
    int r = n == 2 && c == ')' ? 0 : sw_buf_append_str(t->out, sw_str_part(t->text, t->at, n + 1));
    t->at += n + 1;
    return r;
}

static int open_group(struct translation *t)
{
    bool opens = true;
    int r = 0;
    if (look(t, 1) == '*')
        return fail(t, "repeat of nothing");
    if (look(t, 1) == '?') {
        r = put_named_group(t);
        if (r == 0)
            r = put_flags(t, &opens);
    } else {
        t->at++;
        r = sw_buf_append_char(t->out, '(');
    }
    if (r < 0)
        return r;
    t->has_atom = false;
    if (!opens)
        return 0;
    if (t->depth == SW_EXPRESSION_NEST_MAX)
        return fail(t, "groups nested too deeply");
    t->levels[++t->depth] = (struct level){.product = 1};
    return 0;
}

static int close_group(struct translation *t)
{
    if (t->depth == 0)
        return fail(t, ") without (");
    size_t product = t->levels[t->depth--].product;
    struct level *outer = &t->levels[t->depth];
    if (product > outer->product)
        outer->product = product;
    take_atom(t, product);
    t->at++;
    return sw_buf_append_char(t->out, ')');
}

static size_t read_count(const struct translation *t, size_t *ahead)
{
    size_t value = 0;
    while (is_digit(look(t, *ahead))) {
        if (value <= SW_EXPRESSION_REPEAT_MAX)
            value = value * 10 + (size_t)(look(t, *ahead) - '0');
        (*ahead)++;
    }
    return value;
}

/* "{2}", "{2,}" and "{2,5}": its length, or 0 for a brace that is itself. */
static size_t read_repeat(const struct translation *t, size_t *ret_min, size_t *ret_max)
{
    size_t n = 1;
    if (!is_digit(look(t, n)))
        return 0;
    *ret_min = read_count(t, &n);
    *ret_max = *ret_min;
    if (look(t, n) == ',') {
        n++;
        bool has_max = is_digit(look(t, n));
        size_t max = read_count(t, &n);
        *ret_max = has_max ? max : *ret_min;
        if (has_max && max < *ret_min)
            *ret_max = SIZE_MAX;
    }
    return look(t, n) == '}' ? n + 1 : 0;
}

static int put_repeat(struct translation *t, size_t n, size_t max)
{
    if (!t->has_atom)
        return fail(t, "repeat of nothing");
    if (t->is_repeated)
        return fail(t, "repeat of a repeat");
    if (max > SW_EXPRESSION_REPEAT_MAX)
        return fail(t, "count that is out of order or beyond 1000");
    size_t product = t->atom_product * (max > 0 ? max : 1);
    if (product > SW_EXPRESSION_REPEAT_MAX)
        return fail(t, "nested counts of more than 1000 in all");
    if (product > t->levels[t->depth].product)
        t->levels[t->depth].product = product;
    t->is_repeated = true;
    if (look(t, n) == '?')
        n++;
    int r = sw_buf_append_str(t->out, sw_str_part(t->text, t->at, n));
    t->at += n;
    return r;
}

static int put_brace(struct translation *t)
{
    size_t min = 0;
    size_t max = 0;
    size_t n = read_repeat(t, &min, &max);
    if (n > 0)
        return put_repeat(t, n, max);
    t->at++;
    take_atom(t, 1);
    return sw_buf_append(t->out, "\\{", 2);
}

static int put_char(struct translation *t, int c)
{
    t->is_unicode = t->is_unicode || c >= 0x80;
    t->at++;
    if (c == '|')
        t->has_atom = false;
    else if (c != '^')
        take_atom(t, 1);
    if (c == '}' || c == ']')
        return sw_buf_printf(t->out, "\\%c", c);
    return sw_buf_append_char(t->out, (char)c);
}

static int put_next(struct translation *t)
{
    int c = look(t, 0);
    switch (c) {
    case '\\':
        return put_escape(t, false);
    case '[':
        return put_class(t);
    case '(':
        return open_group(t);
    case ')':
        return close_group(t);
    case '{':
        return put_brace(t);
    case '*':
    case '+':
    case '?':
        return put_repeat(t, 1, 1);
    default:
        return c == 0 ? fail(t, "NUL byte") : put_char(t, c);
    }
}

static int check_utf8(struct sw_str text, struct sw_err *err)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = sw_text_utf8_length(sw_str_skip(text, i), NULL);
        if (n == 0)
            return sw_err_set(err, -EINVAL, "expression at byte %zu: not UTF-8", i);
        i += n;
    }
    return 0;
}

int sw_expression_translate(
    struct sw_str text, struct sw_buf *ret, bool *ret_unicode, struct sw_err *err)
{
    if (text.n > SW_EXPRESSION_TEXT_MAX)
        return sw_err_set(
            err, -EINVAL, "expression has more than %zu bytes", SW_EXPRESSION_TEXT_MAX);
    int r = check_utf8(text, err);
    if (r < 0)
        return r;
    struct translation t = {.text = text, .out = ret, .err = err};
    t.levels[0].product = 1;
    while (t.at < text.n) {
        r = put_next(&t);
        if (r < 0)
            return r;
    }
    if (t.depth > 0)
        return fail(&t, "( without )");
    *ret_unicode = t.is_unicode;
    return 0;
}

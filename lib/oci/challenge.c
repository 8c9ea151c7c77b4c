/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenges and their parameters are both set apart by commas, so what follows one tells which it
 * was: "name=" is a parameter, a bare word is the next scheme.
 */
#include "oci/challenge.h"

#include <errno.h>
#include <string.h>

struct cursor {
    struct sw_str rest;
    struct sw_region *region;
};

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void skip_blank(struct cursor *cursor, bool is_comma_too)
{
    while (cursor->rest.n > 0 && (cursor->rest.p[0] == ' ' || cursor->rest.p[0] == '\t' ||
                                     (is_comma_too && cursor->rest.p[0] == ',')))
        cursor->rest = sw_str_skip(cursor->rest, 1);
}

static struct sw_str take_word(struct cursor *cursor)
{
    size_t n = 0;
    while (n < cursor->rest.n && is_word_char(cursor->rest.p[n]))
        n++;
    struct sw_str word = sw_str_part(cursor->rest, 0, n);
    cursor->rest = sw_str_skip(cursor->rest, n);
    return word;
}

/* After the opening quote. */
static int take_quoted(struct cursor *cursor, struct sw_str *ret)
{
    char *text = sw_region_alloc(cursor->region, cursor->rest.n + 1);
    size_t n = 0;
    if (text == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < cursor->rest.n; i++) {
        char c = cursor->rest.p[i];
        if (c == '"') {
            cursor->rest = sw_str_skip(cursor->rest, i + 1);
            *ret = (struct sw_str){text, n};
            return 0;
        }
        if (c == '\\' && i + 1 < cursor->rest.n)
            c = cursor->rest.p[++i];
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return -EINVAL;
        text[n++] = c;
    }
    return -EINVAL;
}

static int take_value(struct cursor *cursor, struct sw_str *ret)
{
    skip_blank(cursor, false);
    if (cursor->rest.n > 0 && cursor->rest.p[0] == '"') {
        cursor->rest = sw_str_skip(cursor->rest, 1);
        return take_quoted(cursor, ret);
    }
    /* Unquoted URLs are seen in the field, so anything up to a comma or a blank. */
    size_t n = 0;
    while (n < cursor->rest.n && strchr(", \t", cursor->rest.p[n]) == NULL &&
           (unsigned char)cursor->rest.p[n] > 0x20 && cursor->rest.p[n] != 0x7f)
        n++;
    struct sw_str value = sw_str_part(cursor->rest, 0, n);
    cursor->rest = sw_str_skip(cursor->rest, n);
    return sw_region_copy(cursor->region, value, ret);
}

static void keep(struct sw_challenge *challenge, struct sw_str name, struct sw_str value)
{
    if (sw_str_equal_ignore_case(name, SW_STR("realm")))
        challenge->realm = value;
    else if (sw_str_equal_ignore_case(name, SW_STR("service")))
        challenge->service = value;
    else if (sw_str_equal_ignore_case(name, SW_STR("scope")))
        challenge->scope = value;
    else if (sw_str_equal_ignore_case(name, SW_STR("error")))
        challenge->error = value;
}

/* "name = value", ..., up to the next scheme, which *ret_next is then. */
static int take_parameters(
    struct cursor *cursor, struct sw_challenge *challenge, struct sw_str *ret_next)
{
    *ret_next = SW_STR_NONE;
    for (;;) {
        skip_blank(cursor, true);
        if (cursor->rest.n == 0)
            return 0;
        struct sw_str word = take_word(cursor);
        if (word.n == 0)
            return -EINVAL;
        struct cursor before = *cursor;
        skip_blank(cursor, false);
        if (cursor->rest.n == 0 || cursor->rest.p[0] != '=') {
            *cursor = before;
            *ret_next = word;
            return 0;
        }
        cursor->rest = sw_str_skip(cursor->rest, 1);
        struct sw_str value;
        int r = take_value(cursor, &value);
        if (r < 0)
            return r;
        keep(challenge, word, value);
    }
}

int sw_challenge_find(
    struct sw_str header, const char *scheme, struct sw_region *region, struct sw_challenge *ret)
{
    struct cursor cursor = {header, region};
    if (header.n > SW_CHALLENGE_BYTES_MAX)
        return -EINVAL;
    skip_blank(&cursor, true);
    struct sw_str word = take_word(&cursor);
    while (word.n > 0) {
        struct sw_challenge challenge = {.scheme = word};
        int r = take_parameters(&cursor, &challenge, &word);
        if (r < 0)
            return r;
        if (sw_str_equal_ignore_case(challenge.scheme, sw_str_of(scheme))) {
            *ret = challenge;
            return 0;
        }
    }
    return cursor.rest.n > 0 ? -EINVAL : -ENOENT;
}

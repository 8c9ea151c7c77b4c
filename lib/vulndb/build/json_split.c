/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The splitter: a tokenizer that understands just enough JSON to find where values begin and end.
 * It walks by name only as deep as the places reach; below that it counts brackets and skips
 * strings. What it hands out is judged by the real parser; what it skips is not judged at all.
 */
#include "vulndb/build/json_split.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vulndb/build/json_get.h"

#define CHUNK_BYTES ((size_t)64 << 10)
/* A member name on the way to a place; package names and versions are far shorter. */
#define KEY_MAX ((size_t)16 << 10)

struct splitter {
    struct sw_reader *in;
    const struct sw_json_split *split;
    char *chunk; /* owned, CHUNK_BYTES */
    size_t at;
    size_t end;
    uint64_t consumed; /* bytes of the chunks before this one */
    struct sw_buf value;
    bool is_capturing;
    bool is_too_long;
    struct sw_buf keys[SW_JSON_SPLIT_PATH_MAX];
    size_t n_keys;
    uint8_t nesting[SW_JSON_SPLIT_NESTING_MAX / 8]; /* one bit per open bracket: 1 is '{' */
    struct sw_err *err;
};

static int fail(struct splitter *s, const char *what)
{
    return sw_err_set(
        s->err, -EBADMSG, "%s at byte %llu", what, (unsigned long long)(s->consumed + s->at));
}

/* Makes chunk[at] valid: 1, 0 at the end of the stream. */
static int fill(struct splitter *s)
{
    if (s->at < s->end)
        return 1;
    s->consumed += s->end;
    s->at = 0;
    s->end = 0;
    ssize_t n = sw_reader_read(s->in, s->chunk, CHUNK_BYTES, s->err);
    if (n < 0)
        return (int)n;
    s->end = (size_t)n;
    return n > 0;
}

/* The same where the document may not end. */
static int need(struct splitter *s)
{
    int r = fill(s);
    return r == 0 ? fail(s, "JSON ends early") : r;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* To the next byte that is no white space: 1, 0 at the end. */
static int skip_space(struct splitter *s)
{
    for (;;) {
        while (s->at < s->end && is_space(s->chunk[s->at]))
            s->at++;
        if (s->at < s->end)
            return 1;
        int r = fill(s);
        if (r <= 0)
            return r;
    }
}

/* The next byte that is no white space, not taken. */
static int next_byte(struct splitter *s, char *ret)
{
    int r = skip_space(s);
    if (r < 0)
        return r;
    if (r == 0)
        return fail(s, "JSON ends early");
    *ret = s->chunk[s->at];
    return 0;
}

/* Takes the bytes [from, at) of the chunk into the value. */
static int keep(struct splitter *s, size_t from)
{
    if (!s->is_capturing || s->is_too_long)
        return 0;
    int r = sw_buf_append(&s->value, s->chunk + from, s->at - from);
    if (r == -EFBIG) {
        s->is_too_long = true;
        return 0;
    }
    return r;
}

/* The rest of a string, its opening quote taken already. */
static int skip_string(struct splitter *s)
{
    bool is_escaped = false;
    for (;;) {
        int r = need(s);
        if (r < 0)
            return r;
        size_t from = s->at;
        bool is_closed = false;
        while (s->at < s->end && !is_closed) {
            char c = s->chunk[s->at++];
            if (is_escaped)
                is_escaped = false;
            else if (c == '\\')
                is_escaped = true;
            else
                is_closed = c == '"';
        }
        r = keep(s, from);
        if (r < 0 || is_closed)
            return r;
    }
}

static int open_bracket(struct splitter *s, size_t *depth, bool is_object)
{
    if (*depth == SW_JSON_SPLIT_NESTING_MAX)
        return fail(s, "JSON is nested too deeply");
    uint8_t bit = (uint8_t)(1U << (*depth % 8));
    if (is_object)
        s->nesting[*depth / 8] |= bit;
    else
        s->nesting[*depth / 8] &= (uint8_t)~bit;
    (*depth)++;
    return 0;
}

static int close_bracket(struct splitter *s, size_t *depth, bool is_object)
{
    if (*depth == 0)
        return fail(s, "bracket closes nothing");
    (*depth)--;
    bool was_object = (s->nesting[*depth / 8] >> (*depth % 8)) & 1U;
    return was_object == is_object ? 0 : fail(s, "bracket closes another kind");
}

/* A number, true, false, null: up to the byte that cannot belong to it. */
static int skip_scalar(struct splitter *s)
{
    size_t n_taken = 0;
    for (;;) {
        int r = fill(s);
        if (r < 0)
            return r;
        size_t from = s->at;
        while (s->at < s->end && !is_space(s->chunk[s->at]) &&
               strchr(",:]}[{\"", s->chunk[s->at]) == NULL)
            s->at++;
        n_taken += s->at - from;
        int k = keep(s, from);
        if (k < 0)
            return k;
        if (r == 0 || s->at < s->end)
            return n_taken > 0 ? 0 : fail(s, "value expected");
    }
}

/* Everything inside an open bracket, that bracket being the one at depth 1. */
static int skip_brackets(struct splitter *s, size_t depth)
{
    while (depth > 0) {
        int r = need(s);
        if (r < 0)
            return r;
        size_t from = s->at;
        bool is_string = false;
        while (s->at < s->end && depth > 0 && !is_string && r >= 0) {
            char c = s->chunk[s->at++];
            if (c == '"')
                is_string = true;
            else if (c == '{' || c == '[')
                r = open_bracket(s, &depth, c == '{');
            else if (c == '}' || c == ']')
                r = close_bracket(s, &depth, c == '}');
        }
        if (r >= 0)
            r = keep(s, from);
        if (r >= 0 && is_string)
            r = skip_string(s);
        if (r < 0)
            return r;
    }
    return 0;
}

/* One whole value of any kind. */
static int skip_value(struct splitter *s)
{
    char c = 0;
    int r = next_byte(s, &c);
    if (r < 0)
        return r;
    if (c != '"' && c != '{' && c != '[')
        return skip_scalar(s);
    size_t from = s->at++;
    r = keep(s, from);
    if (r < 0)
        return r;
    if (c == '"')
        return skip_string(s);
    size_t depth = 0;
    r = open_bracket(s, &depth, c == '{');
    return r < 0 ? r : skip_brackets(s, depth);
}

static int capture_value(struct splitter *s)
{
    sw_buf_clear(&s->value);
    s->is_capturing = true;
    s->is_too_long = false;
    int r = skip_value(s);
    s->is_capturing = false;
    return r;
}

/* Turns the escapes of a captured string into bytes; leaves it alone where it has none. */
static int decode_key(struct splitter *s, struct sw_buf *key)
{
    struct sw_str text = sw_buf_str(&s->value);
    sw_buf_clear(key);
    if (text.n < 2 || text.p[0] != '"')
        return fail(s, "member name expected");
    struct sw_str inner = sw_str_part(text, 1, text.n - 2);
    if (memchr(inner.p, '\\', inner.n) == NULL)
        return sw_buf_append_str(key, inner);
    SW_CLEANUP(sw_json_get_freep) json_t *parsed = NULL;
    int r = sw_json_get_parsed(text, &parsed, s->err);
    return r < 0 ? r : sw_buf_append_str(key, sw_json_get_text(parsed));
}

/* A member's name and its colon, into keys[level]. */
static int read_key(struct splitter *s, size_t level)
{
    char c = 0;
    int r = next_byte(s, &c);
    if (r < 0)
        return r;
    if (c != '"')
        return fail(s, "member name expected");
    size_t max = s->value.max;
    s->value.max = KEY_MAX;
    r = capture_value(s);
    s->value.max = max;
    if (r < 0)
        return r;
    if (s->is_too_long)
        return fail(s, "member name is too long");
    r = decode_key(s, &s->keys[level]);
    if (r < 0)
        return r;
    r = next_byte(s, &c);
    if (r < 0)
        return r;
    if (c != ':')
        return fail(s, "colon expected");
    s->at++;
    return 0;
}

/* Which of the places in `mask` go on through a member of this name (NULL: an element). */
static uint32_t narrow(const struct splitter *s, uint32_t mask, size_t level, struct sw_str name)
{
    uint32_t left = 0;
    for (size_t i = 0; i < s->split->n_places; i++) {
        const char *step = (mask >> i) & 1U ? s->split->places[i].path[level] : NULL;
        if (step == NULL)
            continue;
        if (strcmp(step, "*") == 0 || (name.p != NULL && sw_str_equal_z(name, step)))
            left |= UINT32_C(1) << i;
    }
    return left;
}

/* The first place of `mask` that ends at this level, -1 when none does. */
static int find_end(const struct splitter *s, uint32_t mask, size_t level)
{
    for (size_t i = 0; i < s->split->n_places; i++) {
        if (((mask >> i) & 1U) && s->split->places[i].path[level] == NULL)
            return (int)i;
    }
    return -1;
}

static int hand_out(struct splitter *s, size_t place, size_t level)
{
    int r = capture_value(s);
    if (r < 0)
        return r;
    struct sw_json_split_value value = {
        .place = place, .n_keys = level, .text = sw_buf_str(&s->value)};
    for (size_t i = 0; i < level; i++)
        value.keys[i] = sw_buf_str(&s->keys[i]);
    if (!s->is_too_long)
        return s->split->value(s->split->context, &value, s->err);
    if (s->split->skipped != NULL)
        s->split->skipped(s->split->context, &value, "value is too long");
    return 0;
}

static int walk_value(struct splitter *s, uint32_t mask, size_t level);

/* Comma or closing bracket after a member or element: 1 there is more, 0 closed (taken). */
static int read_separator(struct splitter *s, char closing)
{
    char c = 0;
    int r = next_byte(s, &c);
    if (r < 0)
        return r;
    if (c != ',' && c != closing)
        return fail(s, "comma or closing bracket expected");
    s->at++;
    return c == ',';
}

/* Members or elements of a container whose opening bracket is next. */
static int walk_members(struct splitter *s, uint32_t mask, size_t level, bool is_object)
{
    char closing = is_object ? '}' : ']';
    s->at++;
    char c = 0;
    int r = next_byte(s, &c);
    if (r < 0)
        return r;
    if (c == closing) {
        s->at++;
        return 0;
    }
    do {
        sw_buf_clear(&s->keys[level]);
        if (is_object)
            r = read_key(s, level);
        if (r < 0)
            return r;
        struct sw_str name = is_object ? sw_buf_str(&s->keys[level]) : SW_STR_NONE;
        if (is_object && name.p == NULL)
            name = SW_STR("");
        uint32_t left = narrow(s, mask, level, name);
        r = left == 0 ? skip_value(s) : walk_value(s, left, level + 1);
        if (r < 0)
            return r;
        r = read_separator(s, closing);
    } while (r > 0);
    return r;
}

/* One value that lies on the way to, or at, at least one place. Recursion is as deep as a path. */
static int walk_value(struct splitter *s, uint32_t mask, size_t level)
{
    char c = 0;
    int r = next_byte(s, &c);
    if (r < 0)
        return r;
    int place = find_end(s, mask, level);
    if (place >= 0)
        return hand_out(s, (size_t)place, level);
    if (c == '{' || c == '[')
        return walk_members(s, mask, level, c == '{');
    return skip_value(s);
}

static int start(struct splitter *s)
{
    size_t max = s->split->max_value_bytes;
    sw_buf_init(&s->value, max != 0 ? max : SW_JSON_SPLIT_VALUE_MAX);
    for (size_t i = 0; i < SW_ARRAY_SIZE(s->keys); i++)
        sw_buf_init(&s->keys[i], KEY_MAX);
    s->chunk = sw_mem_alloc(CHUNK_BYTES);
    return s->chunk != NULL ? 0 : -ENOMEM;
}

static void stop(struct splitter *s)
{
    sw_mem_free(s->chunk);
    sw_buf_done(&s->value);
    for (size_t i = 0; i < SW_ARRAY_SIZE(s->keys); i++)
        sw_buf_done(&s->keys[i]);
}

/* Feeds kept on other systems begin with a byte order mark now and then. */
static int skip_mark(struct splitter *s)
{
    int r = fill(s);
    if (r > 0 && s->end >= 3 && memcmp(s->chunk, "\xef\xbb\xbf", 3) == 0)
        s->at = 3;
    return r < 0 ? r : 0;
}

int sw_json_split_run(struct sw_reader *in, const struct sw_json_split *split, struct sw_err *err)
{
    if (split->n_places == 0 || split->n_places > SW_JSON_SPLIT_PLACES_MAX)
        return sw_err_set(err, -EINVAL, "%zu places to split at", split->n_places);
    SW_CLEANUP(stop) struct splitter s = {.in = in, .split = split, .err = err};
    int r = start(&s);
    if (r >= 0)
        r = skip_mark(&s);
    uint32_t all = (UINT32_C(1) << split->n_places) - 1;
    while (r >= 0) {
        r = skip_space(&s);
        if (r <= 0)
            break;
        r = walk_value(&s, all, 0);
    }
    return r;
}

int sw_json_split_lines(struct sw_reader *in, const struct sw_json_split *split, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    size_t max = split->max_value_bytes;
    sw_buf_init(&line, max != 0 ? max : SW_JSON_SPLIT_VALUE_MAX);
    for (;;) {
        int r = sw_reader_read_line(in, &line, err);
        struct sw_json_split_value value = {.text = sw_str_trim(sw_buf_str(&line))};
        if (r == 0)
            return 0;
        if (r == -EFBIG && split->skipped != NULL)
            split->skipped(split->context, &value, "line is too long");
        if (r == -EFBIG)
            continue;
        if (r < 0)
            return r;
        if (value.text.n == 0)
            continue;
        r = split->value(split->context, &value, err);
        if (r < 0)
            return r;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Braces and strings are all that is understood here; what is between them is for a parser.
 */
#include "oci/json_items.h"

#include <errno.h>

#include "base/mem.h"

/* Where in an object a byte stands. */
struct place {
    size_t depth;
    bool is_string;
    bool is_escaped;
};

void sw_json_items_init(struct sw_json_items *items, struct sw_reader *reader, size_t max)
{
    *items = (struct sw_json_items){.reader = reader};
    sw_buf_init(&items->item, max);
}

void sw_json_items_done(struct sw_json_items *items)
{
    sw_buf_done(&items->item);
}

/* Sees to it that there is a byte: 1, 0 at the end. */
static int fill(struct sw_json_items *items, struct sw_err *err)
{
    const void *block = NULL;
    if (items->n > 0)
        return 1;
    ssize_t n = sw_reader_borrow(items->reader, &block, err);
    if (n <= 0)
        return (int)n;
    items->at = block;
    items->n = (size_t)n;
    return 1;
}

/* The next byte that is no white space, not taken: 1, 0 at the end. */
static int peek(struct sw_json_items *items, char *ret, struct sw_err *err)
{
    for (;;) {
        int r = fill(items, err);
        if (r <= 0)
            return r;
        char c = *items->at;
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
            *ret = c;
            return 1;
        }
        items->at++;
        items->n--;
    }
}

/* Counts a byte: true when it ends the object. */
static bool count(struct place *place, char c)
{
    if (place->is_string) {
        bool was_escaped = place->is_escaped;
        place->is_escaped = !was_escaped && c == '\\';
        place->is_string = was_escaped || c != '"';
        return false;
    }
    place->is_string = c == '"';
    if (c == '{' || c == '[')
        place->depth++;
    else if (c == '}' || c == ']')
        return --place->depth == 0;
    return false;
}

static int take_object(struct sw_json_items *items, struct sw_err *err)
{
    struct place place = {0};
    bool is_whole = false;
    sw_buf_clear(&items->item);
    while (!is_whole) {
        int r = fill(items, err);
        if (r < 0)
            return r;
        if (r == 0)
            return sw_err_set(err, -EINVAL, "it breaks off in the middle of an item");
        size_t n = 0;
        while (n < items->n && !is_whole)
            is_whole = count(&place, items->at[n++]);
        r = sw_buf_append(&items->item, items->at, n);
        if (r < 0)
            return sw_err_set(err, r,
                r == -EFBIG ? "an item of more than %zu bytes" : "out of memory for %zu bytes",
                items->item.max);
        items->at += n;
        items->n -= n;
    }
    return 1;
}

/* Takes what stands before the next item: 1, or 0 when there is none. */
static int take_mark(struct sw_json_items *items, struct sw_err *err)
{
    char c = '\0';
    int r = peek(items, &c, err);
    if (r > 0 && items->is_begun && c == ']') {
        items->is_ended = true;
        return 0;
    }
    char wanted = !items->is_begun ? '[' : items->item.n > 0 ? ',' : '{';
    if (r > 0 && c != wanted)
        return sw_err_set(err, -EINVAL, "it is no list of JSON objects");
    if (r == 0)
        return sw_err_set(err, -EINVAL, "it breaks off");
    if (r < 0 || c == '{')
        return r;
    items->at++;
    items->n--;
    r = peek(items, &c, err);
    if (r > 0 && !items->is_begun && c == ']') {
        items->is_begun = items->is_ended = true;
        return 0;
    }
    items->is_begun = true;
    if (r == 0)
        return sw_err_set(err, -EINVAL, "it breaks off");
    if (r > 0 && c != '{')
        return sw_err_set(err, -EINVAL, "it is no list of JSON objects");
    return r;
}

int sw_json_items_next(struct sw_json_items *items, struct sw_str *ret, struct sw_err *err)
{
    if (items->is_ended)
        return 0;
    int r = take_mark(items, err);
    if (r > 0)
        r = take_object(items, err);
    if (r > 0)
        *ret = sw_buf_str(&items->item);
    return r;
}

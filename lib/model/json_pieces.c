/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where JSON values end by counting brackets outside strings; no recursion.
 */
#include "model/json_pieces.h"

#include <errno.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct sw_str skip_space(struct sw_str s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s = sw_str_skip(s, 1);
    return s;
}

/* Length of the string that begins with a quote, both quotes included; 0 when it never ends. */
static size_t string_length(struct sw_str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return 0;
}

/* Length of the value at the start of s; 0 when it never ends. */
static size_t value_length(struct sw_str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n;) {
        char c = s.p[i];
        size_t n = 1;
        if (c == '"') {
            n = string_length(sw_str_skip(s, i));
            if (n == 0)
                return 0;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return i;
            depth--;
        } else if (c == ',' && depth == 0) {
            return i;
        }
        i += n;
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return i;
    }
    return 0;
}

int sw_json_pieces_init(
    struct sw_json_pieces *pieces, struct sw_str text, char opener, struct sw_err *err)
{
    text = skip_space(text);
    if (text.n == 0 || text.p[0] != opener)
        return sw_err_set(err, -EINVAL, "no JSON %s", opener == '{' ? "object" : "array");
    *pieces = (struct sw_json_pieces){
        .rest = sw_str_skip(text, 1),
        .closer = opener == '{' ? '}' : ']',
        .is_first = true,
    };
    return 0;
}

/* The key and its colon. */
static int cut_key(struct sw_json_pieces *pieces, struct sw_str *ret_key, struct sw_err *err)
{
    size_t n = pieces->rest.n > 0 && pieces->rest.p[0] == '"' ? string_length(pieces->rest) : 0;
    if (n == 0)
        return sw_err_set(err, -EINVAL, "broken JSON: a key is expected");
    struct sw_str key = sw_str_part(pieces->rest, 1, n - 2);
    pieces->rest = skip_space(sw_str_skip(pieces->rest, n));
    if (pieces->rest.n == 0 || pieces->rest.p[0] != ':')
        return sw_err_set(err, -EINVAL, "broken JSON: no ':' after a key");
    pieces->rest = skip_space(sw_str_skip(pieces->rest, 1));
    *ret_key = key;
    return 0;
}

static int end(struct sw_json_pieces *pieces, struct sw_err *err)
{
    pieces->is_ended = true;
    pieces->rest = skip_space(sw_str_skip(pieces->rest, 1));
    if (pieces->rest.n > 0)
        return sw_err_set(err, -EINVAL, "broken JSON: more text after the end");
    return 0;
}

int sw_json_pieces_next(struct sw_json_pieces *pieces, struct sw_str *ret_key,
    struct sw_str *ret_value, struct sw_err *err)
{
    if (pieces->is_ended)
        return 0;
    pieces->rest = skip_space(pieces->rest);
    if (pieces->rest.n == 0)
        return sw_err_set(err, -EINVAL, "broken JSON: it ends too early");
    if (pieces->rest.p[0] == pieces->closer)
        return end(pieces, err);
    if (!pieces->is_first) {
        if (pieces->rest.p[0] != ',')
            return sw_err_set(err, -EINVAL, "broken JSON: ',' is expected");
        pieces->rest = skip_space(sw_str_skip(pieces->rest, 1));
    }
    struct sw_str key = SW_STR_NONE;
    int r = pieces->closer == '}' ? cut_key(pieces, &key, err) : 0;
    if (r < 0)
        return r;
    size_t n = value_length(pieces->rest);
    if (n == 0)
        return sw_err_set(err, -EINVAL, "broken JSON: a value is expected");
    *ret_key = key;
    *ret_value = sw_str_part(pieces->rest, 0, n);
    pieces->rest = sw_str_skip(pieces->rest, n);
    pieces->is_first = false;
    return 1;
}

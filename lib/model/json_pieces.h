/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the text of a JSON object or array into the texts of its members, without reading them: for
 * documents too large to be held as a tree. What it hands out is not yet known to be valid JSON;
 * each piece goes to a parser that checks it.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct sw_json_pieces {
    struct sw_str rest;
    char closer; /* '}' or ']' */
    bool is_first;
    bool is_ended;
};

/* Begins at an object (opener '{') or array ('['): 0, or -EINVAL when text is another thing. */
int sw_json_pieces_init(
    struct sw_json_pieces *pieces, struct sw_str text, char opener, struct sw_err *err);

/* The next member: 1, 0 at the end, -EINVAL for broken text. *ret_key is the key as written between
 * its quotes, empty in an array. Nothing but white space may follow the end. */
int sw_json_pieces_next(struct sw_json_pieces *pieces, struct sw_str *ret_key,
    struct sw_str *ret_value, struct sw_err *err);

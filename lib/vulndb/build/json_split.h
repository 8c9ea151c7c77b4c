/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts a JSON stream of any size into the values that a feed reader wants, one at a time, so that a
 * document of hundreds of megabytes costs no more memory than its largest wanted value.
 *
 * A place is a path of member names from the top of the document; "*" stands for every member of an
 * object and for every element of an array:
 *     {NULL}                          the document itself (single files, concatenated documents)
 *     {"*", NULL}                     elements of a top-level array, members of a top-level object
 *     {"vulnerabilities", "*", NULL}  elements of one member
 *     {"*", "*", NULL}                members of members: source -> CVE -> value
 * Values come in the order of the stream. Where two places match one value, the first one named
 * gets it; a place inside a value that another place takes whole is not looked for.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"

/* Names on a path, the closing NULL included. No feed needs more than three. */
#define SW_JSON_SPLIT_PATH_MAX 6
/* Places of one call. */
#define SW_JSON_SPLIT_PLACES_MAX 16
/* Largest wanted value; real records stay under 8 MiB. */
#define SW_JSON_SPLIT_VALUE_MAX ((size_t)64 << 20)
/* Brackets inside brackets, as many as a parsed document may have. */
#define SW_JSON_SPLIT_NESTING_MAX 512

struct sw_json_place {
    const char *path[SW_JSON_SPLIT_PATH_MAX]; /* static text, NULL at its end */
};

/* Borrowed for the call. */
struct sw_json_split_value {
    size_t place; /* which of the places */
    /* Member names on the way, decoded; the one of an array element is empty. */
    struct sw_str keys[SW_JSON_SPLIT_PATH_MAX];
    size_t n_keys;
    struct sw_str text; /* the value as JSON text, without white space around it; brackets and
                           quotes match, the rest is for the parser to judge */
};

struct sw_json_split {
    const struct sw_json_place *places;
    size_t n_places;
    size_t max_value_bytes; /* 0: SW_JSON_SPLIT_VALUE_MAX */
    /* A negative return ends the split and is returned. */
    int (*value)(void *context, const struct sw_json_split_value *value, struct sw_err *err);
    /* A value was too long and is left out (text is its first bytes); NULL: nobody asks. */
    void (*skipped)(void *context, const struct sw_json_split_value *value, const char *reason);
    void *context;
};

/* Reads one document, or several in a row, up to the end of the stream. 0; -EBADMSG naming the
 * offset when the JSON is damaged or ends early (what was handed out before stays); what the reader
 * or `value` returned. An empty stream holds no document: 0. */
int sw_json_split_run(struct sw_reader *in, const struct sw_json_split *split, struct sw_err *err);

/* JSON lines: hands out each line that is not blank as a value without keys (place 0), whatever it
 * holds, so that one damaged line costs one record. `places` is not looked at. */
int sw_json_split_lines(
    struct sw_reader *in, const struct sw_json_split *split, struct sw_err *err);

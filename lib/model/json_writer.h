/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON piece by piece, so that a report with 200,000 packages never exists as a tree. Commas
 * and nesting are kept here; the first failure sticks and makes every later call do nothing, so
 * that a caller checks once, at the end.
 *
 * Bytes are written in the escaped form of base/text.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SW_JSON_DEPTH_MAX 32

struct sw_json_writer {
    struct sw_buf *buf; /* borrowed; what is not flushed yet */
    /* Takes the text so far; NULL: it all stays in buf. 0 or negative errno. */
    int (*flush)(void *context, struct sw_str text);
    void *context;
    int r; /* first failure */
    unsigned depth;
    char closers[SW_JSON_DEPTH_MAX];
    bool needs_comma;
    bool is_newline_due;
};

void sw_json_writer_init(struct sw_json_writer *writer, struct sw_buf *buf,
    int (*flush)(void *context, struct sw_str text), void *context);
/* Flushes the rest: 0, or the first failure. */
int sw_json_writer_finish(struct sw_json_writer *writer);

/* In all of these a NULL key means: an array element, or the top. */
void sw_json_write_object(struct sw_json_writer *writer, const char *key);
void sw_json_write_array(struct sw_json_writer *writer, const char *key);
/* Ends the innermost object or array. */
void sw_json_write_end(struct sw_json_writer *writer);

void sw_json_write_str(struct sw_json_writer *writer, const char *key, struct sw_str bytes);
/* The same, but writes nothing for an empty string. */
void sw_json_write_optional(struct sw_json_writer *writer, const char *key, struct sw_str bytes);
/* Text of our own: UTF-8, no backslash escapes wanted. */
void sw_json_write_text(struct sw_json_writer *writer, const char *key, const char *text);
void sw_json_write_u64(struct sw_json_writer *writer, const char *key, uint64_t value);
void sw_json_write_i64(struct sw_json_writer *writer, const char *key, int64_t value);
/* Infinity and NaN become null. */
void sw_json_write_double(struct sw_json_writer *writer, const char *key, double value);
void sw_json_write_bool(struct sw_json_writer *writer, const char *key, bool value);
void sw_json_write_null(struct sw_json_writer *writer, const char *key);
/* The next value begins a line, after its comma: for people and for tools that work by line. */
void sw_json_write_newline(struct sw_json_writer *writer);

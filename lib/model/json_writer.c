/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON by pieces. Called for every field of every fact and report.
 */
#include "model/json_writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Pieces of this size go to the flush function. */
#define FLUSH_BYTES ((size_t)65536)

void sw_json_writer_init(struct sw_json_writer *writer, struct sw_buf *buf,
    int (*flush)(void *context, struct sw_str text), void *context)
{
    *writer = (struct sw_json_writer){.buf = buf, .flush = flush, .context = context};
}

static void put(struct sw_json_writer *writer, struct sw_str s)
{
    if (writer->r == 0)
        writer->r = sw_buf_append_str(writer->buf, s);
}

static void flush(struct sw_json_writer *writer, size_t at_least)
{
    if (writer->r < 0 || writer->flush == NULL || writer->buf->n < at_least)
        return;
    writer->r = writer->flush(writer->context, sw_buf_str(writer->buf));
    sw_buf_clear(writer->buf);
}

int sw_json_writer_finish(struct sw_json_writer *writer)
{
    assert(writer->r < 0 || writer->depth == 0);
    if (writer->is_newline_due)
        put(writer, SW_STR("\n"));
    flush(writer, 1);
    return writer->r;
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* Well-formed UTF-8 as a JSON string without its quotes. */
static void put_escaped(struct sw_json_writer *writer, struct sw_str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!needs_escape(s.p[i]))
            continue;
        put(writer, sw_str_part(s, from, i - from));
        from = i + 1;
        char escape[8];
        if (s.p[i] == '"' || s.p[i] == '\\')
            snprintf(escape, sizeof(escape), "\\%c", s.p[i]);
        else
            snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)s.p[i]);
        put(writer, sw_str_of(escape));
    }
    put(writer, sw_str_skip(s, from));
}

static void put_quoted(struct sw_json_writer *writer, struct sw_str s)
{
    put(writer, SW_STR("\""));
    put_escaped(writer, s);
    put(writer, SW_STR("\""));
}

/* What stands before any value: the comma and the key. */
static void begin(struct sw_json_writer *writer, const char *key)
{
    if (writer->needs_comma)
        put(writer, SW_STR(","));
    writer->needs_comma = true;
    if (writer->is_newline_due)
        put(writer, SW_STR("\n"));
    writer->is_newline_due = false;
    if (key == NULL)
        return;
    put_quoted(writer, sw_str_of(key));
    put(writer, SW_STR(":"));
}

static void open_level(
    struct sw_json_writer *writer, const char *key, const char *opener, char closer)
{
    begin(writer, key);
    put(writer, sw_str_of(opener));
    if (writer->r < 0)
        return;
    assert(writer->depth < SW_JSON_DEPTH_MAX);
    writer->closers[writer->depth++] = closer;
    writer->needs_comma = false;
}

void sw_json_write_object(struct sw_json_writer *writer, const char *key)
{
    open_level(writer, key, "{", '}');
}

void sw_json_write_array(struct sw_json_writer *writer, const char *key)
{
    open_level(writer, key, "[", ']');
}

void sw_json_write_end(struct sw_json_writer *writer)
{
    if (writer->r < 0)
        return;
    assert(writer->depth > 0);
    put(writer, (struct sw_str){&writer->closers[--writer->depth], 1});
    writer->needs_comma = true;
    flush(writer, FLUSH_BYTES);
}

void sw_json_write_str(struct sw_json_writer *writer, const char *key, struct sw_str bytes)
{
    begin(writer, key);
    if (sw_text_is_plain(bytes)) {
        put_quoted(writer, bytes);
        return;
    }
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, writer->buf->max);
    if (writer->r == 0)
        writer->r = sw_text_escape(&text, bytes);
    put_quoted(writer, sw_buf_str(&text));
}

void sw_json_write_optional(struct sw_json_writer *writer, const char *key, struct sw_str bytes)
{
    if (!sw_str_is_empty(bytes))
        sw_json_write_str(writer, key, bytes);
}

void sw_json_write_text(struct sw_json_writer *writer, const char *key, const char *text)
{
    begin(writer, key);
    put_quoted(writer, sw_str_of(text));
}

static void write_plain(struct sw_json_writer *writer, const char *key, const char *text)
{
    begin(writer, key);
    put(writer, sw_str_of(text));
}

void sw_json_write_u64(struct sw_json_writer *writer, const char *key, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    write_plain(writer, key, text);
}

void sw_json_write_i64(struct sw_json_writer *writer, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, value);
    write_plain(writer, key, text);
}

void sw_json_write_double(struct sw_json_writer *writer, const char *key, double value)
{
    if (!isfinite(value)) {
        sw_json_write_null(writer, key);
        return;
    }
    /* The shortest of these that reads back as the same number. */
    static const char *const formats[] = {"%.6g", "%.15g", "%.16g", "%.17g"};
    char text[40];
    for (size_t i = 0; i < SW_ARRAY_SIZE(formats); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof(text), formats[i], value);
#pragma GCC diagnostic pop
        if (strtod(text, NULL) == value)
            break;
    }
    char *comma = strchr(text, ','); /* a program may have set a locale */
    if (comma != NULL)
        *comma = '.';
    write_plain(writer, key, text);
}

void sw_json_write_bool(struct sw_json_writer *writer, const char *key, bool value)
{
    write_plain(writer, key, value ? "true" : "false");
}

void sw_json_write_null(struct sw_json_writer *writer, const char *key)
{
    write_plain(writer, key, "null");
}

void sw_json_write_newline(struct sw_json_writer *writer)
{
    writer->is_newline_due = true;
}

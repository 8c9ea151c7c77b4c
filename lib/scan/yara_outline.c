/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words at the outermost level start items; a rule ends with the brace that closes its first one,
 * or where the next rule begins although it is still open.
 */
#include "scan/yara_outline.h"

#include <errno.h>
#include <stdbool.h>

#include "base/mem.h"

struct cursor {
    struct sw_str text;
    size_t at;
    unsigned line;
};

struct state {
    struct cursor cursor;
    struct sw_yara_outline *outline;
    struct sw_yara_item item; /* being read */
    bool is_open;             /* an item has begun */
    bool has_word;            /* "rule" itself has been read, and not only "private" */
    unsigned depth;           /* of braces */
};

static char peek(const struct cursor *c, size_t ahead)
{
    return c->at + ahead < c->text.n ? c->text.p[c->at + ahead] : '\0';
}

static void step(struct cursor *c)
{
    if (c->text.p[c->at] == '\n')
        c->line++;
    c->at++;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* To the end of what the closing byte ends; a line's end does so too. */
static struct sw_str take_quoted(struct cursor *c, char closing)
{
    size_t start = ++c->at;
    while (c->at < c->text.n && peek(c, 0) != closing && peek(c, 0) != '\n') {
        if (peek(c, 0) == '\\' && c->at + 1 < c->text.n && peek(c, 1) != '\n')
            c->at++;
        c->at++;
    }
    size_t end = c->at < c->text.n ? c->at : c->text.n;
    if (peek(c, 0) == closing)
        c->at++;
    return sw_str_part(c->text, start, end - start);
}

static void skip_comment(struct cursor *c)
{
    if (peek(c, 1) == '/') {
        while (c->at < c->text.n && peek(c, 0) != '\n')
            c->at++;
        return;
    }
    c->at += 2;
    while (c->at < c->text.n && !(peek(c, 0) == '*' && peek(c, 1) == '/'))
        step(c);
    c->at = c->at + 2 < c->text.n ? c->at + 2 : c->text.n;
}

static struct sw_str take_word(struct cursor *c)
{
    size_t start = c->at;
    while (c->at < c->text.n && is_word_byte(peek(c, 0)))
        c->at++;
    return sw_str_part(c->text, start, c->at - start);
}

static int end_item(struct state *s, size_t end)
{
    if (!s->is_open)
        return 0;
    s->is_open = false;
    s->has_word = false;
    s->depth = 0;
    s->item.end = end;
    s->item.end_line = s->cursor.line;
    return sw_vec_push(&s->outline->items, s->item, SW_YARA_ITEMS_MAX);
}

static void begin_item(struct state *s, enum sw_yara_item_kind kind, size_t start)
{
    s->item = (struct sw_yara_item){.kind = kind, .start = start, .line = s->cursor.line};
    s->is_open = true;
}

static int take_rule_word(struct state *s, struct sw_str word, size_t start)
{
    int r = 0;
    bool is_rule = sw_str_equal_z(word, "rule");
    /* No rule holds the word, so one that is still open is broken. */
    if (s->is_open && (s->has_word || s->item.kind != SW_YARA_RULE))
        r = end_item(s, start);
    if (!s->is_open)
        begin_item(s, SW_YARA_RULE, start);
    s->has_word = is_rule;
    return r;
}

static int take_any_word(struct state *s)
{
    size_t start = s->cursor.at;
    struct sw_str word = take_word(&s->cursor);
    bool is_modifier = sw_str_equal_z(word, "private") || sw_str_equal_z(word, "global");
    if (sw_str_equal_z(word, "rule") || (is_modifier && s->depth == 0))
        return take_rule_word(s, word, start);
    bool is_import = sw_str_equal_z(word, "import");
    if (s->depth == 0 && (is_import || sw_str_equal_z(word, "include"))) {
        int r = end_item(s, start);
        begin_item(s, is_import ? SW_YARA_IMPORT : SW_YARA_INCLUDE, start);
        return r;
    }
    if (s->is_open && s->has_word && s->item.name.n == 0)
        s->item.name = word;
    return 0;
}

static int take_string(struct state *s)
{
    struct sw_str text = take_quoted(&s->cursor, '"');
    if (!s->is_open || s->item.kind == SW_YARA_RULE)
        return 0;
    s->item.name = text;
    return end_item(s, s->cursor.at);
}

static int take_brace(struct state *s, bool is_opening)
{
    s->cursor.at++;
    if (!s->is_open)
        return 0;
    if (is_opening) {
        s->depth++;
        return 0;
    }
    if (s->depth > 0)
        s->depth--;
    return s->depth == 0 ? end_item(s, s->cursor.at) : 0;
}

static int take_next(struct state *s)
{
    struct cursor *c = &s->cursor;
    char byte = peek(c, 0);
    if (byte == '/' && (peek(c, 1) == '/' || peek(c, 1) == '*')) {
        skip_comment(c);
        return 0;
    }
    if (byte == '/') {
        take_quoted(c, '/');
        return 0;
    }
    if (byte == '"')
        return take_string(s);
    if (byte == '{' || byte == '}')
        return take_brace(s, byte == '{');
    if (is_word_byte(byte))
        return take_any_word(s);
    step(c);
    return 0;
}

int sw_yara_outline_parse(struct sw_str text, struct sw_yara_outline *ret)
{
    SW_CLEANUP(sw_yara_outline_done) struct sw_yara_outline outline = {0};
    struct state s = {.cursor = {.text = text, .line = 1}, .outline = &outline};
    int r = 0;
    while (r == 0 && s.cursor.at < text.n)
        r = take_next(&s);
    if (r == 0)
        r = end_item(&s, text.n);
    if (r < 0)
        return r;
    *ret = outline;
    outline = (struct sw_yara_outline){0};
    return 0;
}

void sw_yara_outline_done(struct sw_yara_outline *outline)
{
    sw_vec_done(&outline->items);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of the TOML reader share: toml.c knows documents, toml_value.c values.
 */
#pragma once

#include "base/buf.h"
#include "rules/toml.h"

struct toml_reader {
    const char *p; /* next byte */
    const char *end;
    const char *line_start;
    unsigned line;
    unsigned depth;
    size_t n_nodes;
    struct sw_region *region;
    struct sw_buf text; /* the string that is being read */
    struct sw_err *err;
};

/* The next byte, or -1 at the end. */
int toml_peek(const struct toml_reader *reader);
/* -EINVAL with the place before the sentence. */
int toml_fail(struct toml_reader *reader, const char *what);
/* Spaces and tabs. */
void toml_skip_blank(struct toml_reader *reader);
/* White space, comments and ends of line, as between items of a list. */
int toml_skip_lines(struct toml_reader *reader);
/* A comment to the end of its line, where one stands. */
int toml_skip_comment(struct toml_reader *reader);
/* "\n" or "\r\n": 1 when there was one, 0 when not. */
int toml_skip_newline(struct toml_reader *reader);

int toml_node_new(struct toml_reader *reader, enum sw_toml_kind kind, struct sw_toml_node **ret);
void toml_append(struct sw_toml_node *parent, struct sw_toml_node *child);

/* toml.c: `a.b.c = value` into a table. */
int toml_read_pair(struct toml_reader *reader, struct sw_toml_node *table);

/* toml_text.c: the string that starts here, in the region. Keys are of one line. */
int toml_read_text(struct toml_reader *reader, bool is_key, struct sw_str *ret);
/* toml_value.c */
int toml_read_value(struct toml_reader *reader, struct sw_toml_node **ret);

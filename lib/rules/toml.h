/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TOML 1.0 document as a tree in a region, for rule files that people bring (gitleaks' format).
 * Debian has no TOML library for C, so this is our own: strict, capped in depth, in nodes and in
 * keys per table. Nothing is guessed; what the language forbids is refused with line and column.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

#define SW_TOML_DEPTH_MAX 32                         /* rule files have 4 */
#define SW_TOML_NODES_MAX ((size_t)1000000)          /* of one document: some 100,000 rules */
#define SW_TOML_KEYS_MAX ((size_t)2000)              /* of one table; looked up one after another */
#define SW_TOML_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of a document; gitleaks' has 98 KB */

enum sw_toml_kind {
    SW_TOML_TEXT,
    SW_TOML_INTEGER,
    SW_TOML_FLOAT,
    SW_TOML_BOOLEAN,
    SW_TOML_DATE, /* any of the four, as written, in text */
    SW_TOML_LIST,
    SW_TOML_TABLE,
    _SW_TOML_KIND_MAX
};

struct sw_toml_node {
    enum sw_toml_kind kind;
    struct sw_str key;  /* of a member of a table */
    struct sw_str text; /* TEXT and DATE, NUL-terminated beyond its length */
    int64_t integer;
    double number; /* FLOAT, and INTEGER as well */
    bool is_true;
    /* How a table or list came to be, for what the language forbids to add to it. */
    bool is_closed;   /* inline: nothing may be added */
    bool is_explicit; /* by a header of its own, or by dotted keys */
    bool is_dotted;
    bool is_tables; /* LIST: made by [[headers]] */
    unsigned line;  /* from 1 */
    size_t n;       /* items or members */
    struct sw_toml_node *first;
    struct sw_toml_node *last;
    struct sw_toml_node *next; /* beside it */
};

/* "text", "integer", "list" ... for messages. */
const char *sw_toml_kind_name(enum sw_toml_kind kind);

/* Reads one document; *ret is its root table. -EINVAL with a sentence that begins with
 * "LINE:COLUMN: ", -EFBIG beyond a cap, -ENOMEM. */
int sw_toml_parse(
    struct sw_str bytes, struct sw_region *region, struct sw_toml_node **ret, struct sw_err *err);

/* The member of a table, or NULL. */
struct sw_toml_node *sw_toml_find(const struct sw_toml_node *table, const char *key);

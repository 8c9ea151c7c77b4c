/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree in a region, for rule files that people bring. Anchors may stand there;
 * aliases are refused, so that a small file stays small. Capped in depth and in nodes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

#define SW_YAML_DEPTH_MAX 32                /* rule files have 4 */
#define SW_YAML_NODES_MAX ((size_t)1000000) /* of one document: some 100,000 rules */

enum sw_yaml_kind { SW_YAML_TEXT, SW_YAML_LIST, SW_YAML_MAP };

struct sw_yaml_node {
    enum sw_yaml_kind kind;
    struct sw_str key;  /* of a member of a map; its place is key_line, key_column */
    struct sw_str text; /* of SW_YAML_TEXT, NUL-terminated beyond its length */
    bool is_plain;      /* text without quotes: could be a number, a truth value or null */
    unsigned line;      /* from 1; columns count bytes or characters as libyaml does */
    unsigned column;
    unsigned key_line;
    unsigned key_column;
    struct sw_yaml_node *first; /* items or members */
    struct sw_yaml_node *next;  /* beside it */
};

/* Reads one document. *ret is NULL for an empty one. -EINVAL with a sentence that begins with
 * "LINE:COLUMN: ", -EFBIG, -ENOMEM. Keys that are no text, or stand twice in a map, are refused. */
int sw_yaml_parse(
    struct sw_str bytes, struct sw_region *region, struct sw_yaml_node **ret, struct sw_err *err);

/* The member of a map, or NULL. */
const struct sw_yaml_node *sw_yaml_find(const struct sw_yaml_node *map, const char *key);
/* True for "", "~" and "null" without quotes. */
bool sw_yaml_is_null(const struct sw_yaml_node *node);

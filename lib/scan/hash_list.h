/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of file hashes as people have them, line by line: plain digests, the output of sha256sum
 * and its kin, CSV with or without names of columns (MalwareBazaar's among them), and ClamAV's .hdb
 * and .hsb. One parser per file, since names of columns hold for the lines after them.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/hash_list.h"

/* A line beyond this is no line of such a list. */
#define SW_HASH_LINE_MAX ((size_t)64 * 1024)
/* MalwareBazaar has 14. */
#define SW_HASH_COLUMNS_MAX ((size_t)64)

/* What a column of a CSV holds. Of several kinds of digest the strongest is taken. */
enum sw_hash_column {
    SW_HASH_COLUMN_MD5,
    SW_HASH_COLUMN_SHA1,
    SW_HASH_COLUMN_SHA256,
    SW_HASH_COLUMN_NAME,
    SW_HASH_COLUMN_SEVERITY,
    SW_HASH_COLUMN_REFERENCE,
    _SW_HASH_COLUMN_MAX
};

struct sw_hash_list_parser {
    bool has_columns;                    /* a line named them */
    size_t columns[_SW_HASH_COLUMN_MAX]; /* index of the field + 1; 0: none */
    char scratch[SW_HASH_LINE_MAX];      /* fields without their quotes */
};

struct sw_hash_list_entry {
    enum sw_hash_kind kind;
    uint8_t hash[SW_HASH_BYTES_MAX];
    bool has_severity;
    enum sw_severity severity;
    struct sw_str name; /* borrowed from the line or the parser */
    struct sw_str reference;
};

void sw_hash_list_parser_init(struct sw_hash_list_parser *parser);
/* One line without its end: 1 with an entry, 0 for a comment, an empty line or names of columns,
 * -EINVAL with a sentence for anything else. */
int sw_hash_list_parse_line(struct sw_hash_list_parser *parser, struct sw_str line,
    struct sw_hash_list_entry *ret, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outline of a file of YARA rules: where its rules, imports and includes begin and end, so that
 * one which libyara refuses can be taken out and the others stand. It knows comments, strings,
 * regular expressions and braces, and no more of the language; broken input gives some outline.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"
#include "base/vec.h"

/* In one file; the largest public sets have some ten thousand. */
#define SW_YARA_ITEMS_MAX ((size_t)200000)

enum sw_yara_item_kind { SW_YARA_RULE, SW_YARA_IMPORT, SW_YARA_INCLUDE, _SW_YARA_ITEM_KIND_MAX };

struct sw_yara_item {
    enum sw_yara_item_kind kind;
    struct sw_str name; /* of the rule, or what stands in the quotes; borrowed */
    size_t start;       /* in bytes */
    size_t end;         /* behind the last */
    unsigned line;      /* of its start, from 1 */
    unsigned end_line;  /* of its last byte */
};

struct sw_yara_outline {
    SW_VEC(struct sw_yara_item) items;
};

/* 0, -ENOMEM, -EFBIG. */
int sw_yara_outline_parse(struct sw_str text, struct sw_yara_outline *ret);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_yara_outline_done(struct sw_yara_outline *outline);

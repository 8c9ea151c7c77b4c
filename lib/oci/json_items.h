/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a JSON array, one at a time, so that a list of any length takes the memory of its
 * largest item. For lists of engines, which hold a line for each layer that was ever built.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "io/reader.h"

struct sw_json_items {
    struct sw_reader *reader; /* borrowed */
    struct sw_buf item;
    const char *at; /* of a block borrowed from the reader */
    size_t n;
    bool is_begun;
    bool is_ended;
};

/* An item of more than max bytes is -EFBIG. */
void sw_json_items_init(struct sw_json_items *items, struct sw_reader *reader, size_t max);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_json_items_done(struct sw_json_items *items);
/* The text of the next object, borrowed until the next call: 1; 0 at the end of the array; -EINVAL
 * when it is no array of objects or breaks off. The text is whole, but not checked otherwise. */
int sw_json_items_next(struct sw_json_items *items, struct sw_str *ret, struct sw_err *err);

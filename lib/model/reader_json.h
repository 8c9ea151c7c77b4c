/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads members of JSON objects that come from outside: type and size checked, bytes in the region,
 * one sentence per failure. An absent member leaves *ret as it was and is no failure. For the
 * *_json.c files of this room.
 */
#pragma once

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* What travels together through all readers. */
struct sw_json_reader {
    struct sw_region *region; /* borrowed: where bytes are made */
    struct sw_err *err;       /* borrowed; may be NULL */
};

/* Parses one value: 0, or -EINVAL with a sentence. The caller drops *ret with json_decref. */
int sw_json_load(struct sw_str text, json_t **ret, struct sw_err *err);
/* For SW_CLEANUP. */
void sw_json_drop(json_t **json);

/* 0; -EINVAL wrong type or broken escape; -EFBIG longer than max; -ENOMEM. */
int sw_json_read_str(const struct sw_json_reader *reader, const json_t *object, const char *key,
    size_t max, struct sw_str *ret);
/* The same for a value that is at hand. */
int sw_json_read_str_value(const struct sw_json_reader *reader, const json_t *value,
    const char *what, size_t max, struct sw_str *ret);
/* A number within [min, max]. */
int sw_json_read_i64(const struct sw_json_reader *reader, const json_t *object, const char *key,
    int64_t min, int64_t max, int64_t *ret);
/* A finite number; null reads as -1, as "none" is held. */
int sw_json_read_double(
    const struct sw_json_reader *reader, const json_t *object, const char *key, double *ret);
int sw_json_read_bool(
    const struct sw_json_reader *reader, const json_t *object, const char *key, bool *ret);
/* Array of strings of at most max_items items of max bytes. */
int sw_json_read_strs(const struct sw_json_reader *reader, const json_t *object, const char *key,
    size_t max_items, size_t max, struct sw_str **ret, size_t *ret_n);
/* The member as object / array; *ret NULL when absent. -EINVAL for another type. */
int sw_json_read_object(
    const struct sw_json_reader *reader, const json_t *object, const char *key, const json_t **ret);
int sw_json_read_array(
    const struct sw_json_reader *reader, const json_t *object, const char *key, const json_t **ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small getters over jansson for feed readers: foreign records lack members, hold null or another
 * type where the format promises something else; each getter answers "nothing" then. Strings are
 * borrowed from the parsed value and may hold NUL.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* The value of a JSON text; the caller owns it. -EBADMSG with the parser's sentence, -ENOMEM. */
int sw_json_get_parsed(struct sw_str text, json_t **ret, struct sw_err *err);
/* For SW_CLEANUP on a `json_t *`. */
void sw_json_get_freep(json_t **value);

/* The bytes of a string value; empty for anything else, NULL included. */
struct sw_str sw_json_get_text(const json_t *value);
/* Member `key` of an object as a string; empty when it is not there or no string. */
struct sw_str sw_json_get_str(const json_t *object, const char *key);
/* Member `key` when it is an array / an object; NULL otherwise. */
const json_t *sw_json_get_array(const json_t *object, const char *key);
const json_t *sw_json_get_object(const json_t *object, const char *key);
/* True for true and for the strings "true", "True", "yes"; false for anything else. */
bool sw_json_get_bool(const json_t *object, const char *key);
/* A number, or a string that holds one (records made from YAML); `otherwise` for anything else. */
double sw_json_get_number(const json_t *object, const char *key, double otherwise);

/* The non-empty strings of an array (a lone string counts as an array of one), at most max of them,
 * borrowed from the value; the array lives in the region. *ret_n is 0 when there are none.
 * 0 or -ENOMEM. */
int sw_json_get_strings(
    const json_t *value, size_t max, struct sw_region *region, struct sw_str **ret, size_t *ret_n);

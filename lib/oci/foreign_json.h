/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of JSON that other tools wrote: strings are text as they stand (no escapes of ours), and
 * a member of the wrong type is refused, not guessed at. For the *_json.c files of this room.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Image references, digests, media types: none comes near. */
#define SW_OCI_TEXT_MAX ((size_t)4096)

/* A JSON object or array; the caller drops it. -EINVAL with a sentence. */
int sw_oci_json_load(struct sw_str text, json_t **ret, struct sw_err *err);
void sw_oci_json_drop(json_t **json);

/* A string member, copied into the region. Absent or null leaves *ret. -EINVAL for another type or
 * more than max bytes. */
int sw_oci_json_str(const json_t *object, const char *key, size_t max, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err);
/* A size: absent leaves *ret, negative is -EINVAL. */
int sw_oci_json_size(const json_t *object, const char *key, uint64_t *ret, struct sw_err *err);
/* A member that is an array (NULL where absent or null), of at most max items. */
int sw_oci_json_array(
    const json_t *object, const char *key, size_t max, const json_t **ret, struct sw_err *err);
/* An array of strings. */
int sw_oci_json_strs(const json_t *array, size_t max_bytes, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading of other tools' JSON with caps; used by each parser of this room on hostile bytes.
 */
#include "foreign_json.h"

#include <errno.h>

/* jansson bounds nesting by itself (2048 levels). */
int sw_oci_json_load(struct sw_str text, json_t **ret, struct sw_err *err)
{
    json_error_t error;
    json_t *json = json_loadb(text.p != NULL ? text.p : "", text.n, JSON_ALLOW_NUL, &error);
    if (json == NULL)
        return sw_err_set(err, -EINVAL, "not valid JSON at byte %d", error.position);
    *ret = json;
    return 0;
}

void sw_oci_json_drop(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

static int copy_string(const json_t *value, const char *key, size_t max, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    if (!json_is_string(value))
        return sw_err_set(err, -EINVAL, "'%s' is not a string", key);
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    if (text.n > max)
        return sw_err_set(err, -EINVAL, "'%s' has %zu bytes", key, text.n);
    return sw_region_copy(region, text, ret);
}

int sw_oci_json_str(const json_t *object, const char *key, size_t max, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    return copy_string(value, key, max, region, ret, err);
}

int sw_oci_json_size(const json_t *object, const char *key, uint64_t *ret, struct sw_err *err)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return sw_err_set(err, -EINVAL, "'%s' is not a size", key);
    *ret = (uint64_t)json_integer_value(value);
    return 0;
}

int sw_oci_json_array(
    const json_t *object, const char *key, size_t max, const json_t **ret, struct sw_err *err)
{
    const json_t *value = json_object_get(object, key);
    *ret = NULL;
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_array(value))
        return sw_err_set(err, -EINVAL, "'%s' is not an array", key);
    if (json_array_size(value) > max)
        return sw_err_set(err, -EINVAL, "'%s' has %zu items", key, json_array_size(value));
    *ret = value;
    return 0;
}

int sw_oci_json_strs(const json_t *array, size_t max_bytes, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err)
{
    size_t n = json_array_size(array);
    struct sw_str *strs = sw_region_array(region, n, sizeof(*strs));
    if (strs == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int r = copy_string(json_array_get(array, i), "item", max_bytes, region, &strs[i], err);
        if (r < 0)
            return r;
    }
    *ret = strs;
    *ret_n = n;
    return 0;
}

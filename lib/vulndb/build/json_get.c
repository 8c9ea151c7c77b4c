/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getters over jansson that take foreign records as they come.
 */
#include "vulndb/build/json_get.h"

#include <errno.h>
#include <stdlib.h>

int sw_json_get_parsed(struct sw_str text, json_t **ret, struct sw_err *err)
{
    json_error_t error;
    json_t *value =
        json_loadb(text.p != NULL ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value == NULL && json_error_code(&error) == json_error_out_of_memory)
        return -ENOMEM;
    if (value == NULL)
        return sw_err_set(err, -EBADMSG, "%s (byte %d)", error.text, error.position);
    *ret = value;
    return 0;
}

void sw_json_get_freep(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}

struct sw_str sw_json_get_text(const json_t *value)
{
    if (!json_is_string(value))
        return SW_STR("");
    return (struct sw_str){json_string_value(value), json_string_length(value)};
}

struct sw_str sw_json_get_str(const json_t *object, const char *key)
{
    return sw_json_get_text(json_object_get(object, key));
}

const json_t *sw_json_get_array(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_array(value) ? value : NULL;
}

const json_t *sw_json_get_object(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_object(value) ? value : NULL;
}

bool sw_json_get_bool(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    struct sw_str text = sw_json_get_text(value);
    return json_is_true(value) || sw_str_equal_ignore_case(text, SW_STR("true")) ||
           sw_str_equal_ignore_case(text, SW_STR("yes"));
}

double sw_json_get_number(const json_t *object, const char *key, double otherwise)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value))
        return json_number_value(value);
    struct sw_str text = sw_str_trim(sw_json_get_text(value));
    if (text.n == 0)
        return otherwise;
    char *end = NULL;
    double number = strtod(text.p, &end);
    return end == text.p + text.n ? number : otherwise;
}

int sw_json_get_strings(
    const json_t *value, size_t max, struct sw_region *region, struct sw_str **ret, size_t *ret_n)
{
    size_t n_items = json_is_array(value) ? json_array_size(value) : json_is_string(value);
    if (n_items > max)
        n_items = max;
    struct sw_str *strings =
        n_items > 0 ? sw_region_array(region, n_items, sizeof(*strings)) : NULL;
    if (n_items > 0 && strings == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < n_items; i++) {
        strings[n] = sw_json_get_text(json_is_array(value) ? json_array_get(value, i) : value);
        n += strings[n].n > 0;
    }
    *ret = strings;
    *ret_n = n;
    return 0;
}

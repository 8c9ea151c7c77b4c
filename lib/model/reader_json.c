/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked reading of JSON members. Everything read here may come from a scanner child that an
 * image has taken over, or from a file that anyone wrote.
 */
#include "model/reader_json.h"

#include <errno.h>
#include <math.h>

#include "base/text.h"

int sw_json_load(struct sw_str text, json_t **ret, struct sw_err *err)
{
    json_error_t error;
    json_t *json = json_loadb(
        text.p != NULL ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL)
        return sw_err_set(err, -EINVAL, "not JSON at byte %d: %s", error.position, error.text);
    *ret = json;
    return 0;
}

void sw_json_drop(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

int sw_json_read_str_value(const struct sw_json_reader *reader, const json_t *value,
    const char *what, size_t max, struct sw_str *ret)
{
    if (!json_is_string(value))
        return sw_err_set(reader->err, -EINVAL, "'%s' is not a string", what);
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    /* An escaped byte takes four characters. */
    if (text.n / 4 > max)
        return sw_err_set(reader->err, -EFBIG, "'%s' is longer than %zu bytes", what, max);
    int r = sw_text_unescape(reader->region, text, &text);
    if (r == -EINVAL)
        return sw_err_set(reader->err, r, "'%s' holds a broken escape", what);
    if (r < 0)
        return sw_err_set(reader->err, r, "out of memory");
    if (text.n > max)
        return sw_err_set(reader->err, -EFBIG, "'%s' is longer than %zu bytes", what, max);
    *ret = text;
    return 0;
}

int sw_json_read_str(const struct sw_json_reader *reader, const json_t *object, const char *key,
    size_t max, struct sw_str *ret)
{
    const json_t *value = json_object_get(object, key);
    return value != NULL ? sw_json_read_str_value(reader, value, key, max, ret) : 0;
}

int sw_json_read_i64(const struct sw_json_reader *reader, const json_t *object, const char *key,
    int64_t min, int64_t max, int64_t *ret)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return 0;
    if (!json_is_integer(value))
        return sw_err_set(reader->err, -EINVAL, "'%s' is not a whole number", key);
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return sw_err_set(reader->err, -ERANGE, "'%s' is out of range", key);
    *ret = number;
    return 0;
}

int sw_json_read_double(
    const struct sw_json_reader *reader, const json_t *object, const char *key, double *ret)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return 0;
    if (json_is_null(value)) {
        *ret = -1;
        return 0;
    }
    double number = json_number_value(value);
    if (!json_is_number(value) || !isfinite(number))
        return sw_err_set(reader->err, -EINVAL, "'%s' is not a number", key);
    *ret = number;
    return 0;
}

int sw_json_read_bool(
    const struct sw_json_reader *reader, const json_t *object, const char *key, bool *ret)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        return 0;
    if (!json_is_boolean(value))
        return sw_err_set(reader->err, -EINVAL, "'%s' is neither true nor false", key);
    *ret = json_is_true(value);
    return 0;
}

int sw_json_read_object(
    const struct sw_json_reader *reader, const json_t *object, const char *key, const json_t **ret)
{
    const json_t *value = json_object_get(object, key);
    if (value != NULL && !json_is_object(value))
        return sw_err_set(reader->err, -EINVAL, "'%s' is not an object", key);
    *ret = value;
    return 0;
}

int sw_json_read_array(
    const struct sw_json_reader *reader, const json_t *object, const char *key, const json_t **ret)
{
    const json_t *value = json_object_get(object, key);
    if (value != NULL && !json_is_array(value))
        return sw_err_set(reader->err, -EINVAL, "'%s' is not an array", key);
    *ret = value;
    return 0;
}

int sw_json_read_strs(const struct sw_json_reader *reader, const json_t *object, const char *key,
    size_t max_items, size_t max, struct sw_str **ret, size_t *ret_n)
{
    const json_t *array = NULL;
    int r = sw_json_read_array(reader, object, key, &array);
    if (r < 0 || array == NULL)
        return r;
    size_t n = json_array_size(array);
    if (n > max_items)
        return sw_err_set(reader->err, -EFBIG, "'%s' has more than %zu items", key, max_items);
    struct sw_str *items = sw_region_array(reader->region, n, sizeof(*items));
    if (items == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        r = sw_json_read_str_value(reader, json_array_get(array, i), key, max, &items[i]);
        if (r < 0)
            return r;
    }
    *ret = items;
    *ret_n = n;
    return 0;
}

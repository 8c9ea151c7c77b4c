/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes and reads the text fields of a noun by its table. Once per noun in a report.
 */
#include "model/field_json.h"

#include <errno.h>

void sw_json_fields_write(
    struct sw_json_writer *writer, const void *noun, const struct sw_json_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct sw_str *s = (const void *)((const char *)noun + fields[i].offset);
        sw_json_write_optional(writer, fields[i].key, sw_str_part(*s, 0, fields[i].max));
    }
}

int sw_json_fields_read(const struct sw_json_reader *reader, const json_t *json, void *noun,
    const struct sw_json_field *fields, size_t n)
{
    if (!json_is_object(json))
        return sw_err_set(reader->err, -EINVAL, "not an object");
    for (size_t i = 0; i < n; i++) {
        struct sw_str *s = (void *)((char *)noun + fields[i].offset);
        int r = sw_json_read_str(reader, json, fields[i].key, fields[i].max, s);
        if (r < 0)
            return r;
    }
    return 0;
}

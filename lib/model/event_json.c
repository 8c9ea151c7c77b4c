/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as JSON. Called for every event that is written out.
 */
#include "model/event_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/json_writer.h"

static void write_list(struct sw_json_writer *writer, const char *key, struct sw_str list)
{
    if (list.n == 0)
        return;
    if (list.p[list.n - 1] == '\0')
        list.n--;
    sw_json_write_array(writer, key);
    struct sw_str item;
    while (sw_str_next_token(&list, '\0', &item))
        sw_json_write_str(writer, NULL, item);
    sw_json_write_end(writer);
}

static void write_hex(struct sw_json_writer *writer, const char *key, uint64_t value)
{
    char text[19];
    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    sw_json_write_text(writer, key, text);
}

static void write_field(struct sw_json_writer *writer, const struct sw_event *event,
    const struct sw_event_field *field, bool is_common)
{
    const void *value = (const char *)event + field->offset;
    char address[SW_EVENT_ADDRESS_TEXT_BYTES];
    switch (field->type) {
    case SW_EVENT_U64:
        sw_json_write_u64(writer, field->name, *(const uint64_t *)value);
        break;
    case SW_EVENT_I64:
        sw_json_write_i64(writer, field->name, *(const int64_t *)value);
        break;
    case SW_EVENT_BOOL:
        if (*(const bool *)value || !is_common)
            sw_json_write_bool(writer, field->name, *(const bool *)value);
        break;
    case SW_EVENT_STR:
        sw_json_write_optional(writer, field->name, *(const struct sw_str *)value);
        break;
    case SW_EVENT_LIST:
        write_list(writer, field->name, *(const struct sw_str *)value);
        break;
    case SW_EVENT_ADDRESS:
        sw_event_address_format(value, address);
        sw_json_write_text(writer, field->name, address);
        break;
    case SW_EVENT_HEX:
        write_hex(writer, field->name, *(const uint64_t *)value);
        break;
    case _SW_EVENT_TYPE_MAX:
        break;
    }
}

static void write_fields(struct sw_json_writer *writer, const struct sw_event *event,
    enum sw_event_kind kind, const bool *is_written)
{
    size_t n;
    const uint16_t *ids = sw_event_kind_fields(kind, &n);
    for (size_t i = 0; i < n; i++)
        if (is_written == NULL || !is_written[ids[i]])
            write_field(writer, event, &sw_event_fields[ids[i]], kind == SW_EVENT_NONE);
}

int sw_event_json_write(const struct sw_event *event, struct sw_buf *buf)
{
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, buf, NULL, NULL);
    sw_json_write_object(&writer, NULL);
    /* A kind may say where a common field comes from: it is written once, with the common ones. */
    bool is_written[_SW_EVENT_FIELD_MAX] = {false};
    size_t n;
    const uint16_t *ids = sw_event_kind_fields(SW_EVENT_NONE, &n);
    for (size_t i = 0; i < n; i++)
        is_written[ids[i]] = true;
    write_fields(&writer, event, SW_EVENT_NONE, NULL);
    write_fields(&writer, event, event->kind, is_written);
    sw_json_write_end(&writer);
    int r = sw_json_writer_finish(&writer);
    return r < 0 ? r : sw_buf_append_char(buf, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of tar-split data: {"type":2,"payload":"<base64>","position":0} or
 * {"type":1,"name":"usr/bin/env","size":48536,"payload":"<CRC-64>","position":1}; a name that is no
 * UTF-8 comes as "name_raw" in base64.
 */
#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "oci/base64.h"
#include "oci/tar_split.h"

/* As long as names get in the pax headers of a tar that anybody unpacks. */
#define NAME_MAX_BYTES ((size_t)1 << 20)
#define CHECKSUM_BYTES ((size_t)8)

void sw_tar_split_entry_init(struct sw_tar_split_entry *entry)
{
    *entry = (struct sw_tar_split_entry){0};
    sw_buf_init(&entry->name, NAME_MAX_BYTES);
    sw_buf_init(&entry->payload, SW_TAR_SPLIT_LINE_MAX);
}

void sw_tar_split_entry_done(struct sw_tar_split_entry *entry)
{
    sw_buf_done(&entry->name);
    sw_buf_done(&entry->payload);
}

/* Appends the member's text, or the bytes that it stands for; absent and null are empty. */
static int take(
    const json_t *line, const char *key, bool is_base64, struct sw_buf *buf, struct sw_err *err)
{
    const json_t *value = json_object_get(line, key);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return sw_err_set(err, -EINVAL, "'%s' is not a string", key);
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    int r = is_base64 ? sw_base64_decode(text, buf) : sw_buf_append_str(buf, text);
    if (r == -EINVAL)
        return sw_err_set(err, r, "'%s' is not base64", key);
    return r < 0 ? sw_err_wrap(err, r, "'%s' of %zu bytes", key, text.n) : 0;
}

static int take_file(const json_t *line, struct sw_tar_split_entry *entry, struct sw_err *err)
{
    uint64_t size = 0;
    int r = take(line, "name", false, &entry->name, err);
    if (r == 0 && entry->name.n == 0)
        r = take(line, "name_raw", true, &entry->name, err);
    if (r == 0)
        r = sw_oci_json_size(line, "size", &size, err);
    if (r < 0)
        return r;
    if (size > 0 && entry->payload.n != CHECKSUM_BYTES)
        return sw_err_set(err, -EINVAL, "a file's checksum of %zu bytes", entry->payload.n);
    if (size > 0 && entry->name.n == 0)
        return sw_err_set(err, -EINVAL, "a file without a name");
    entry->size_bytes = size;
    return 0;
}

static int take_line(const json_t *line, struct sw_tar_split_entry *entry, struct sw_err *err)
{
    uint64_t type = 0;
    sw_buf_clear(&entry->name);
    sw_buf_clear(&entry->payload);
    entry->size_bytes = 0;
    if (!json_is_object(line))
        return sw_err_set(err, -EINVAL, "not a JSON object");
    int r = sw_oci_json_size(line, "type", &type, err);
    if (r == 0)
        r = take(line, "payload", true, &entry->payload, err);
    if (r < 0)
        return r;
    if (type != SW_TAR_SPLIT_FILE && type != SW_TAR_SPLIT_SEGMENT)
        return sw_err_set(err, -EINVAL, "a line of type %llu", (unsigned long long)type);
    entry->type = (enum sw_tar_split_type)type;
    return entry->type == SW_TAR_SPLIT_FILE ? take_file(line, entry, err) : 0;
}

int sw_tar_split_entry_parse(struct sw_str line, struct sw_tar_split_entry *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(line, &json, err);
    return r < 0 ? r : take_line(json, ret, err);
}

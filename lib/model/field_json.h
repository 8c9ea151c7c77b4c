/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text fields of a noun as one table that both directions of its JSON use, so that writing and
 * reading cannot drift apart. For the *_json.c files of this room.
 */
#pragma once

#include <stddef.h>

#include "model/json_writer.h"
#include "model/reader_json.h"

/* One member of type struct sw_str. */
struct sw_json_field {
    const char *key;
    size_t offset;
    size_t max; /* bytes; cut to it when written, refused above it when read */
};

/* Writes those that are not empty. */
void sw_json_fields_write(
    struct sw_json_writer *writer, const void *noun, const struct sw_json_field *fields, size_t n);
/* 0, or as sw_json_read_str; -EINVAL when json is no object. */
int sw_json_fields_read(const struct sw_json_reader *reader, const json_t *json, void *noun,
    const struct sw_json_field *fields, size_t n);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package, a system and a note as JSON, as they stand in facts and in reports alike. Empty fields
 * are left out.
 */
#pragma once

#include "model/json_writer.h"
#include "model/note.h"
#include "model/os.h"
#include "model/package.h"
#include "model/reader_json.h"

/* The members only: the caller opens and ends the object. */
void sw_package_json_format(struct sw_json_writer *writer, const struct sw_package *package);
void sw_os_json_format(struct sw_json_writer *writer, const struct sw_os *os);
void sw_note_json_format(struct sw_json_writer *writer, const struct sw_note *note);

/* 0, or negative errno with a sentence; *ret untouched on failure. A package without a name or of
 * an unknown type is -EINVAL. */
int sw_package_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_package *ret);
int sw_os_json_parse(const struct sw_json_reader *reader, const json_t *json, struct sw_os *ret);
int sw_note_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_note *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image and its layers as JSON, as they stand in reports.
 */
#pragma once

#include "model/image.h"
#include "model/json_writer.h"
#include "model/reader_json.h"

/* The members only: the caller opens and ends the object. */
void sw_image_json_format(struct sw_json_writer *writer, const struct sw_image *image);

/* 0, or negative errno with a sentence; *ret untouched on failure. */
int sw_image_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_image *ret);

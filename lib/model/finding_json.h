/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding as JSON, as it stands in reports.
 */
#pragma once

#include "model/finding.h"
#include "model/json_writer.h"
#include "model/reader_json.h"

/* The members only: the caller opens and ends the object. */
void sw_finding_json_format(struct sw_json_writer *writer, const struct sw_finding *finding);

/* 0, or negative errno with a sentence; *ret untouched on failure. Indices of packages are not
 * checked against the report here. */
int sw_finding_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secdb's YAML form as JSON values.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "io/reader.h"

/* The first document of a YAML stream: mappings, sequences and scalars (all as strings); no anchors
 * and aliases, which could blow it up. -EBADMSG with the line, -EFBIG. The caller owns the value.
 */
int secdb_yaml_parse(struct sw_reader *in, json_t **ret, struct sw_err *err);

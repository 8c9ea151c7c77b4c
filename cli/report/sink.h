/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON writer that ends in a stream: what the JSON formats share.
 */
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/json_writer.h"

struct sw_report_sink {
    struct sw_buf buf;
    struct sw_json_writer writer;
};

void sw_report_sink_init(struct sw_report_sink *sink, FILE *out);
/* Writes the rest and frees: 0, or the first failure with a sentence. */
int sw_report_sink_finish(struct sw_report_sink *sink, struct sw_err *err);

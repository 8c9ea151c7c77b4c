/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A judged report as the documents that Harbor reads.
 */
#pragma once

#include "base/err.h"
#include "harbor/queue.h"
#include "harbor/request_json.h"
#include "model/json_writer.h"
#include "model/report.h"

/* Adds to the result what the request wants: 0, or negative errno with a sentence. */
int sw_harbor_render(const struct sw_harbor_request *request, const struct sw_report *report,
    struct sw_harbor_result *result, struct sw_err *err);

/* {name, vendor, version}. */
void sw_harbor_render_scanner(struct sw_json_writer *w);

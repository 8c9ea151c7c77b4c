/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for finds: secrets and malware, which are in a file or in an image's config and in no
 * package. What the report formats share. All of them append; a failure is -ENOMEM or -EFBIG.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/report.h"

/* False for a vulnerability. */
bool sw_report_is_find(const struct sw_finding *finding);
/* How many of the kind. */
size_t sw_report_count_kind(const struct sw_report *report, enum sw_finding_kind kind);
/* "secret" or "secrets". */
const char *sw_report_kind_text(enum sw_finding_kind kind, size_t n);

/* "etc/app.jar!/config.yml:12:5", "image config, Env[2]". */
int sw_report_find_place(const struct sw_finding *finding, struct sw_buf *buf);
/* The path for an artifact location: as a relative URI. */
int sw_report_find_uri(const struct sw_finding *finding, struct sw_buf *buf);
/* "layer 3, RUN make; deleted in a later layer"; nothing for a directory. */
int sw_report_find_story(
    const struct sw_report *report, const struct sw_finding *finding, struct sw_buf *buf);
/* The layer; NULL: none. */
const struct sw_layer *sw_report_find_layer(
    const struct sw_report *report, const struct sw_finding *finding);
/* The rule's title, or its id. */
struct sw_str sw_report_find_title(const struct sw_finding *finding);

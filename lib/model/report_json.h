/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as JSON and back: the stored inventory. docs/report.schema.json describes it. Written
 * and read by pieces, so that a report with 200,000 packages is never a tree in memory.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/report.h"

/* Bytes of a report that is read back; 200,000 packages and as many findings have some 300 MB. */
#define SW_REPORT_JSON_MAX ((size_t)1024 * 1024 * 1024)

/* Hands the text to `write` in pieces of some 64 KiB, a newline at its end. `version` is the
 * program's own. A negative return of `write` ends it and is returned; else 0, -ENOMEM, -EFBIG. */
int sw_report_json_format(const struct sw_report *report, const char *version,
    int (*write)(void *context, struct sw_str text), void *context, struct sw_err *err);

/* Reads a report into one that sw_report_init has prepared; its bytes are made in report->region.
 * Members that are not known are passed over. -EPROTONOSUPPORT: a schema_version this program does
 * not read; -EINVAL, -EFBIG, -ERANGE, -ENOMEM with a sentence. On failure *report is as after
 * sw_report_init. */
int sw_report_json_parse(struct sw_str text, struct sw_report *report, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports that were stored as JSON, one (an object) or several (an array) in a file, read one after
 * the other. What is in the file is somebody's, and believed no further than its form.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "model/json_pieces.h"
#include "model/report.h"

/* Bytes of one report when it has been read. */
#define SW_REPORT_FILE_REGION_MAX ((size_t)4 * 1024 * 1024 * 1024)

struct sw_report_file {
    const char *path; /* borrowed */
    struct sw_buf text;
    struct sw_json_pieces pieces;
    bool is_list; /* the file holds an array */
    size_t n;     /* read so far */
};

/* Reads the file whole; "-" is standard input. 0, or negative errno with a sentence that names it.
 * -EMEDIUMTYPE: its first byte begins neither an object nor an array. */
int sw_report_file_open(struct sw_report_file *file, const char *path, struct sw_err *err);
/* The next report into one that sw_report_init has prepared: 1, 0 at the end, negative errno with
 * a sentence (-EPROTONOSUPPORT: of a newer Seawall). */
int sw_report_file_next(struct sw_report_file *file, struct sw_report *report, struct sw_err *err);
/* May be called twice, and on a zeroed struct. Usable with SW_CLEANUP. */
void sw_report_file_close(struct sw_report_file *file);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a report is written for people or machines. One const struct per format at the foot of its
 * file, one line in the list of formats.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "model/report.h"

struct sw_print_options {
    const char *version; /* of Seawall */
    unsigned width;      /* columns of the terminal; 80 when it is none */
    bool has_color;
    bool is_all;         /* also unfixable low findings */
    bool is_complete;    /* all platforms of an index: more than one report may come */
    bool has_ignored;    /* list what was ignored too */
    const char *explain; /* NULL: no; "": every finding; else an id */
};

struct sw_report_format {
    const char *name; /* "json", as after -f */
    const char *summary;
    bool is_document; /* one report makes one whole document: several reports need several files */

    /* Written before the first and after the last report; NULL: nothing. */
    int (*begin)(FILE *out, const struct sw_print_options *options);
    int (*end)(FILE *out, const struct sw_print_options *options);
    /* index counts the reports of this run from 0. 0, or negative errno with a sentence; errors of
     * the stream itself are found by the caller with ferror. */
    int (*write)(FILE *out, const struct sw_report *report, size_t index,
        const struct sw_print_options *options, struct sw_err *err);
};

extern const struct sw_report_format *const sw_report_formats[];

/* NULL when there is none of that name. */
const struct sw_report_format *sw_report_format_find(struct sw_str name);

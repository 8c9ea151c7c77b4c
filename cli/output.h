/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where reports go: each -f FORMAT[=FILE] is one output; several at once share one scan. A path
 * that ends with '/' is a folder, which gets a file per report. A file is written beside and
 * renamed when it is whole, so that a full disk never leaves half a report.
 */
#pragma once

#include "option.h"
#include "report/format.h"

struct sw_output {
    const struct sw_report_format *format; /* static */
    const char *path;                      /* NULL: standard output */
    bool is_folder;                        /* the path ends with '/': a file per report in it */
    char *temporary;                       /* owned; the file while it is being written */
    char *final;                           /* owned; where it goes */
    FILE *file;
    bool is_begun;
    bool has_failed; /* nothing more is written to it */
};

struct sw_outputs {
    struct sw_output v[SW_OPTION_LIST_MAX];
    size_t n;
    size_t n_reports;
    struct sw_print_options options;
    struct sw_err failure; /* the first one */
};

/* Reads the -f values (none: the table). -EINVAL with a sentence for an unknown format or for two
 * outputs on standard output. */
int sw_outputs_init(struct sw_outputs *outputs, const struct sw_option_list *formats,
    const struct sw_print_options *options, struct sw_err *err);

/* For a run of many images: -EINVAL with a sentence for an output that has room for one. */
int sw_outputs_check_many(const struct sw_outputs *outputs, struct sw_err *err);

/* Writes a report to every output. Findings are written as they are: filtered before. An output
 * that fails is told of by sw_outputs_finish; the others go on. */
int sw_outputs_write(
    struct sw_outputs *outputs, const struct sw_report *report, struct sw_err *err);

/* Ends all documents and puts files in place: 0, or -EIO and kin naming the file. */
int sw_outputs_finish(struct sw_outputs *outputs, struct sw_err *err);

/* Removes unfinished files; may be called twice. */
void sw_outputs_done(struct sw_outputs *outputs);

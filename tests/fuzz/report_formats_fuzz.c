/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what stored reports are turned into: every format of a report, and a comparison of it with
 * an empty one in every format.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "diff_print.h"
#include "report/format.h"
#include "base/mem.h"
#include "model/report_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_formats(FILE *out, const struct sw_report *report)
{
    const struct sw_print_options options = {
        .version = "1", .width = 80, .is_all = true, .is_complete = true, .explain = ""};
    for (const struct sw_report_format *const *f = sw_report_formats; *f != NULL; f++) {
        struct sw_err err = {0};
        if ((*f)->begin != NULL)
            (*f)->begin(out, &options);
        (*f)->write(out, report, 0, &options, &err);
        if ((*f)->end != NULL)
            (*f)->end(out, &options);
    }
}

static void write_diff(FILE *out, const struct sw_report *before, const struct sw_report *after)
{
    SW_CLEANUP(sw_diff_done) struct sw_diff diff = {0};
    struct sw_err err = {0};
    const struct sw_diff_print print = {.version = "1", .is_all = true};
    if (sw_diff_init(&diff, before, after, &err) < 0)
        return;
    size_t n_same = diff.n_same_packages;
    SW_VEC_EACH (pair, &diff.packages)
        n_same += pair->after != NULL;
    if (n_same != after->packages.n)
        abort();
    for (const struct sw_diff_format *format = sw_diff_formats; format->name != NULL; format++)
        format->write(out, &diff, &print, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    SW_CLEANUP(sw_report_done) struct sw_report none;
    static FILE *out;
    struct sw_err err = {0};
    sw_region_init(&region, (size_t)256 * 1024 * 1024);
    sw_report_init(&report, &region);
    sw_report_init(&none, &region);
    if (out == NULL && (out = fopen("/dev/null", "w")) == NULL)
        abort();
    if (sw_report_json_parse((struct sw_str){(const char *)data, size}, &report, &err) < 0)
        return 0;
    write_formats(out, &report);
    write_diff(out, &report, &report);
    write_diff(out, &none, &report);
    write_diff(out, &report, &none);
    return 0;
}

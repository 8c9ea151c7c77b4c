/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report's own JSON, which is also the stored inventory (docs/report.schema.json). With
 * --all-platforms it is an array of reports, else one object.
 */
#include "report/format.h"

#include <errno.h>

#include "model/report_json.h"

static int begin(FILE *out, const struct sw_print_options *options)
{
    if (options->is_complete)
        fputs("[\n", out);
    return 0;
}

static int end(FILE *out, const struct sw_print_options *options)
{
    if (options->is_complete)
        fputs("]\n", out);
    return 0;
}

static int flush(void *context, struct sw_str text)
{
    errno = 0;
    if (fwrite(text.p, 1, text.n, context) == text.n)
        return 0;
    return errno > 0 ? -errno : -EIO;
}

static int write_json(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    if (index > 0)
        fputs(options->is_complete ? ",\n" : "\n", out);
    return sw_report_json_format(report, options->version, flush, out, err);
}

const struct sw_report_format sw_report_json = {
    .name = "json",
    .summary = "everything, documented in docs/report.schema.json",
    .begin = begin,
    .end = end,
    .write = write_json,
};

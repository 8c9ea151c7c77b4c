/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins the JSON writer to a stdio stream. Errors of the stream are found by its owner.
 */
#include "report/sink.h"

#include <errno.h>
#include <string.h>

#define SINK_MAX ((size_t)16 * 1024 * 1024)

static int flush(void *context, struct sw_str text)
{
    errno = 0;
    if (fwrite(text.p, 1, text.n, context) == text.n)
        return 0;
    return errno > 0 ? -errno : -EIO;
}

void sw_report_sink_init(struct sw_report_sink *sink, FILE *out)
{
    sw_buf_init(&sink->buf, SINK_MAX);
    sw_json_writer_init(&sink->writer, &sink->buf, flush, out);
}

int sw_report_sink_finish(struct sw_report_sink *sink, struct sw_err *err)
{
    int r = sw_json_writer_finish(&sink->writer);
    sw_buf_done(&sink->buf);
    return r < 0 ? sw_err_set(err, r, "cannot write the report: %s", strerror(-r)) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the log, each written with one call, so that those of several threads do not mix.
 */
#include "harbor/log.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "model/json_writer.h"

#define LINE_BYTES_MAX ((size_t)32 * 1024)
/* Paths come from strangers. */
#define TEXT_BYTES_MAX ((size_t)1024)

static void write_text(struct sw_json_writer *w, const char *key, const char *text)
{
    if (text != NULL)
        sw_json_write_str(w, key, sw_str_part(sw_str_of(text), 0, TEXT_BYTES_MAX));
}

static void write_number(struct sw_json_writer *w, const char *key, int64_t number)
{
    if (number >= 0)
        sw_json_write_i64(w, key, number);
}

void sw_harbor_log(const struct sw_harbor_log_line *line)
{
    char now[SW_CLOCK_TEXT_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, LINE_BYTES_MAX);
    sw_clock_format(sw_clock_wall_s(), now);
    struct sw_json_writer w;
    sw_json_writer_init(&w, &buf, NULL, NULL);
    sw_json_write_object(&w, NULL);
    write_text(&w, "time", now);
    write_text(&w, "component", "harbor");
    write_text(&w, "event", line->event);
    write_text(&w, "id", line->id);
    write_text(&w, "method", line->method);
    write_text(&w, "path", line->path);
    write_number(&w, "status", line->status);
    write_text(&w, "target", line->target);
    write_text(&w, "outcome", line->outcome);
    write_number(&w, "findings", line->n_findings);
    write_number(&w, "ms", line->ms);
    write_text(&w, "message", line->message);
    sw_json_write_end(&w);
    if (sw_json_writer_finish(&w) == 0 && sw_buf_append_char(&buf, '\n') == 0)
        sw_descriptor_write_full(STDERR_FILENO, buf.p, buf.n);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log sink. Writes each line with one call, so that lines of several threads do not mix.
 */
#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

static enum sw_log_level threshold = SW_LOG_WARNING;

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};
static_assert(SW_ARRAY_SIZE(level_names) == _SW_LOG_MAX, "a name for each level");

void sw_log_set_level(enum sw_log_level level)
{
    threshold = level;
}

void sw_log_write(enum sw_log_level level, const char *component, const char *format, ...)
{
    if (level > threshold)
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    SW_CLEANUP(sw_buf_done) struct sw_buf line = {0};
    sw_buf_init(&line, 8192);
    if (sw_buf_printf(&line, "level=%s component=%s msg=\"", level_names[level], component) < 0 ||
        sw_text_terminal(&line, sw_str_of(message)) < 0 || sw_buf_append(&line, "\"\n", 2) < 0)
        return;
    ssize_t written = write(STDERR_FILENO, line.p, line.n);
    (void)written;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log sink: one line of key=value per message on standard error. Only main functions, request
 * handlers and job runners log; libraries return sentences instead.
 */
#pragma once

enum sw_log_level {
    SW_LOG_ERROR,
    SW_LOG_WARNING,
    SW_LOG_NOTICE,
    SW_LOG_INFO,
    SW_LOG_DEBUG,
    _SW_LOG_MAX
};

/* Messages above the level are dropped. The default is SW_LOG_WARNING. */
void sw_log_set_level(enum sw_log_level level);

/* Writes "level=... component=... msg=..." with the message quoted, escaped and cut at 1 KiB. */
void sw_log_write(enum sw_log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

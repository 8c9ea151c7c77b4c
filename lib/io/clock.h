/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks, and dates as text. The only file that asks what time it is.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

/* For durations and deadlines. */
int64_t sw_clock_monotonic_ns(void);
/* Since boot, sleep included: the time that events of the kernel carry. */
int64_t sw_clock_boot_ns(void);
/* Seconds since 1970, as the machine believes. */
int64_t sw_clock_wall_s(void);
/* For comparing with the times of files. */
int64_t sw_clock_wall_ns(void);
/* Sleeps at least so long, whatever signals come. */
void sw_clock_sleep_ms(uint64_t ms);

/* "2026-11-25T02:30:00Z" and its NUL, for years 0 to 9999 (clamped). */
#define SW_CLOCK_TEXT_BYTES ((size_t)21)
void sw_clock_format(int64_t wall_s, char ret[SW_CLOCK_TEXT_BYTES]);

/* RFC 3339, and what feeds write in its place: a space for the T, no zone (taken as UTC), a zone
 * without colon, a fraction (dropped), a date alone (midnight). 0 or -EINVAL. */
int sw_clock_parse(struct sw_str text, int64_t *ret_wall_s);

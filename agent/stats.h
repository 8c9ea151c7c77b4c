/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account: what the kernel saw, what came out of the rings, what went where, and whether it all
 * adds up.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "sensor/source.h"
#include "stream.h"

struct sw_stats {
    struct sw_source_counters kernel;
    const struct sw_stream_counter *stream; /* per kind */
    const struct sw_stream_ring *rings;
    unsigned n_rings;
    uint64_t n_broken;
    uint64_t n_beats; /* sent through each ring */
};

/* seen = reserved + refused, reserved = read, and read = emitted + filtered + kept + unwritten, for
 * each kind; each ring gave what its last number says, but for those refused. Only true at rest:
 * when the source has been stopped and drained. */
bool sw_stats_agree(const struct sw_stats *stats);
/* Records refused and unwritten, all kinds. */
uint64_t sw_stats_n_lost(const struct sw_stats *stats);
/* One line of JSON, appended: {"stats": ...}. */
int sw_stats_write(const struct sw_stats *stats, struct sw_buf *buf);

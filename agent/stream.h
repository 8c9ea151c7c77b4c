/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From records to lines: decodes, counts, passes the stages, filters, writes. One per agent; owned
 * by its loop.
 */
#pragma once

#include <stdbool.h>

#include "filter.h"
#include "sensor/source.h"
#include "stage.h"

/* read = emitted + filtered + kept + dropped (by reason), per kind. */
struct sw_stream_counter {
    uint64_t read;
    uint64_t emitted;
    uint64_t filtered;
    uint64_t kept;      /* by a stage, at this moment */
    uint64_t unwritten; /* dropped: the output did not take it */
};

struct sw_stream_ring {
    uint64_t n_read;
    uint64_t last_sequence; /* highest seen */
    uint64_t last_beat;
};

struct sw_stream_options {
    const struct sw_filter *filter; /* borrowed */
    int output_fd;                  /* borrowed; -1: nothing is written */
    int record_fd;                  /* borrowed; -1: no recording */
    bool has_canaries;              /* write heartbeats out too */
};

struct sw_stream;

int sw_stream_new(
    const struct sw_stream_options *options, struct sw_stream **ret, struct sw_err *err);
void sw_stream_free(struct sw_stream *stream);
void sw_stream_freep(struct sw_stream **stream);

/* A handler for a source. */
struct sw_source_handler sw_stream_handler(struct sw_stream *stream);
/* Goes on with a record that stage `state` has kept, behind that stage. */
void sw_stream_resume(struct sw_stream *stream, const void *state, struct sw_str record);
/* Ticks the stages and writes out what is buffered; -EPIPE and the like when the output is gone. */
int sw_stream_flush(struct sw_stream *stream);

/* Records that could not be decoded. */
uint64_t sw_stream_n_broken(const struct sw_stream *stream);
const struct sw_stream_counter *sw_stream_counters(const struct sw_stream *stream);
const struct sw_stream_ring *sw_stream_rings(const struct sw_stream *stream);

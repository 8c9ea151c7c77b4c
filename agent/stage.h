/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event passes between the ring and the output: process table, containers, rules. A stage
 * is one const struct at the foot of its file and one line in stages.c; events pass them in that
 * order, in the agent's one loop.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "model/event.h"

struct sw_stream;

enum sw_stage_verdict {
    SW_STAGE_PASS,
    SW_STAGE_DROP, /* counted as filtered */
    /* The stage has kept a copy of the record, and gives it back with sw_stream_resume later: for
     * events whose container is not known yet. */
    SW_STAGE_KEEP,
    _SW_STAGE_VERDICT_MAX
};

struct sw_stage {
    const char *name;
    /* Makes the stage's state; the stage owns *ret. NULL allowed: no state. */
    int (*open)(struct sw_stream *stream, void **ret, struct sw_err *err);
    /* Sees an event, and may fill in its ADDED fields (texts: borrowed until the next call of the
     * stage). `record` is what the event was decoded from. */
    enum sw_stage_verdict (*see)(void *state, struct sw_str record, struct sw_event *event);
    /* Some twenty times a second, and at the end of what there was to read. NULL allowed. */
    void (*tick)(void *state, uint64_t now_boot_ns);
    /* NULL allowed. */
    void (*close)(void *state);
};

/* NULL at its end. */
extern const struct sw_stage *const sw_stages[];
#define SW_STAGES_MAX 16

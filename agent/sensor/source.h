/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where events come from: the kernel's rings, or a recording. One vtable, so that everything behind
 * it runs the same from both. A source is owned by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "model/event.h"

/* Takes one record (see abi/event.h); its bytes are borrowed until it returns. */
struct sw_source_handler {
    void (*take)(void *context, struct sw_str record);
    void *context;
};

/* What the source knows about losses, added up over processors. */
struct sw_source_counters {
    struct sw_abi_counter kinds[_SW_EVENT_MAX];
};

struct sw_source;

struct sw_source_ops {
    const char *name;
    /* Hands on what is there, waiting for at most timeout_ms when there is nothing: the number of
     * records, or negative errno. -ENODATA: the source has ended (recordings do). */
    int (*poll)(struct sw_source *source, int timeout_ms);
    /* Hands on those processes that there are already; NULL: the source cannot. */
    int (*seed)(struct sw_source *source, struct sw_err *err);
    /* Sends a heartbeat with this number through each ring; NULL: the source has none. */
    int (*beat)(struct sw_source *source, uint64_t number);
    int (*count)(struct sw_source *source, struct sw_source_counters *ret);
    /* No new records from now on; those that there are stay to be polled. NULL: nothing to do. */
    void (*stop)(struct sw_source *source);
    void (*free)(struct sw_source *source);
};

/* Embedded as the first member of each source. */
struct sw_source {
    const struct sw_source_ops *ops;
    struct sw_source_handler handler;
    unsigned n_rings; /* the priority ring included */
};

int sw_source_poll(struct sw_source *source, int timeout_ms);
int sw_source_seed(struct sw_source *source, struct sw_err *err);
int sw_source_beat(struct sw_source *source, uint64_t number);
void sw_source_stop(struct sw_source *source);
int sw_source_count(struct sw_source *source, struct sw_source_counters *ret);
/* NULL is allowed. */
void sw_source_free(struct sw_source *source);
void sw_source_freep(struct sw_source **source);

/* A recording of struct sw_abi_record one after the other, as `seawall-agent run --record` writes
 * it. bytes are borrowed. */
int sw_replay_source_new(
    struct sw_str bytes, const struct sw_source_handler *handler, struct sw_source **ret);

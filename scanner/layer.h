/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer: bytes in, facts out. Called by the threads of the pool, and by the stream reader.
 */
#pragma once

#include "engine.h"
#include "io/reader.h"

struct sw_layer_job {
    struct sw_engine *engine; /* borrowed */
    uint32_t id;
    struct sw_message_open open;
    struct sw_str absent; /* why the layer cannot be had; empty: it can */
    /* The stored bytes have no digest of their own: where they are compressed, the uncompressed
     * ones are hashed. */
    bool is_diff_id_wanted;
};

/* Has the parent settle the layer, from its cache or by a worker of its own. In a worker: opens the
 * layer and sends its facts and LAYER_DONE. Negative only when the parent is gone. */
int sw_layer_run(const struct sw_layer_job *job, struct sw_err *err);

/* The same from bytes that pass by once, whose stored digest is hashed here when is_diff_id_wanted
 * is false. The reader is consumed. */
int sw_layer_run_stream(
    const struct sw_layer_job *job, struct sw_reader *reader, struct sw_err *err);

/* All that a worker does: the one layer that it was started for. */
int sw_layer_run_worker(struct sw_engine *engine, struct sw_err *err);

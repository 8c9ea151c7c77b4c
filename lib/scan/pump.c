/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pump. The child may stop reading at any point or never begin, so every wait is bounded by
 * the pump's own end.
 */
#include "scan/pump.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/ring.h"
#include "io/thread.h"

#define POLL_MS 200

struct sw_pump {
    struct sw_thread thread;
    struct sw_mutex mutex;
    struct sw_condition ended;
    bool has_ended; /* under the mutex, as is result */
    struct sw_pump_result result;
    struct sw_blob blob;
    struct sw_ring ring;
    atomic_uint_fast64_t n_bytes;
    atomic_bool is_stopping;
    atomic_bool is_waiting_for_source;
};

/* The next block to fill: 0, -EPIPE when the child has closed its end, -ECANCELED when told to
 * stop. */
static int get_block(struct sw_pump *pump, void **ret)
{
    int r;
    while ((r = sw_ring_get_block(&pump->ring, POLL_MS, ret)) == 0)
        if (atomic_load(&pump->is_stopping))
            return -ECANCELED;
    return r < 0 ? r : 0;
}

/* A pipe may stay silent for ever; then the order to stop must still be seen. */
static int wait_for_source(struct sw_pump *pump)
{
    struct pollfd wait = {.fd = pump->blob.wait_fd, .events = POLLIN};
    while (pump->blob.wait_fd >= 0 && poll(&wait, 1, POLL_MS) == 0)
        if (atomic_load(&pump->is_stopping))
            return -ECANCELED;
    return 0;
}

static ssize_t fill_block(struct sw_pump *pump, void *block, struct sw_err *err)
{
    atomic_store(&pump->is_waiting_for_source, true);
    ssize_t n = wait_for_source(pump);
    if (n == 0)
        n = sw_reader_read(pump->blob.reader, block, SW_RING_BLOCK_BYTES, err);
    atomic_store(&pump->is_waiting_for_source, false);
    return n;
}

static int pump_blocks(struct sw_pump *pump, struct sw_digest *digest, struct sw_err *err)
{
    for (;;) {
        void *block;
        int r = get_block(pump, &block);
        if (r < 0)
            return r;
        ssize_t n = fill_block(pump, block, err);
        if (n <= 0)
            return (int)n;
        r = sw_digest_update(digest, block, (size_t)n);
        if (r == 0)
            r = sw_ring_put_block(&pump->ring, (size_t)n);
        if (r < 0)
            return r;
        atomic_fetch_add(&pump->n_bytes, (uint64_t)n);
    }
}

/* The record "this part of this file has this digest" is made only where it will not outlive a
 * change: the file as it was before the first byte is the file after the last one, and its time of
 * change is so far back that the next change must have another. */
static void check_key(const struct sw_pump *pump, struct sw_pump_result *result)
{
    struct sw_file_identity now;
    if (!pump->blob.has_key)
        return;
    result->is_changed = sw_file_identify(pump->blob.key_fd, &now) < 0 ||
                         !sw_file_identity_equal(&now, &pump->blob.key.file);
    result->has_key = !result->is_changed && sw_file_identity_is_settled(&now, sw_clock_wall_ns());
}

static void run(void *argument)
{
    struct sw_pump *pump = argument;
    struct sw_pump_result result = {0};
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = pump_blocks(pump, &digest, &result.err);
    if (r == 0)
        r = sw_digest_final(&digest, result.digest);
    result.is_whole = r == 0;
    check_key(pump, &result);
    /* A child that has read enough is no failure of the source. */
    result.r = r == -EPIPE || r == -ECANCELED ? 0 : r;
    sw_ring_close(&pump->ring);
    sw_mutex_lock(&pump->mutex);
    pump->result = result;
    pump->has_ended = true;
    sw_condition_broadcast(&pump->ended);
    sw_mutex_unlock(&pump->mutex);
}

static void pump_free(struct sw_pump *pump)
{
    sw_ring_close(&pump->ring);
    sw_blob_done(&pump->blob);
    sw_condition_done(&pump->ended);
    sw_mutex_done(&pump->mutex);
    sw_mem_free(pump);
}

int sw_pump_start(struct sw_blob *blob, struct sw_pump **ret, int *ret_fd, struct sw_err *err)
{
    struct sw_pump *pump = sw_mem_zalloc(1, sizeof(*pump));
    if (pump == NULL) {
        sw_blob_done(blob);
        return -ENOMEM;
    }
    pump->ring.fd = -1;
    pump->blob = *blob;
    blob->reader = NULL;
    sw_mutex_init(&pump->mutex);
    sw_condition_init(&pump->ended);
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_ring_open(&pump->ring, &fd);
    if (r == 0)
        r = sw_thread_start(&pump->thread, run, pump);
    if (r < 0) {
        pump_free(pump);
        return sw_err_wrap(err, r, "start a pump");
    }
    *ret = pump;
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

uint64_t sw_pump_n_bytes(const struct sw_pump *pump)
{
    return atomic_load(&pump->n_bytes);
}

bool sw_pump_is_waiting_for_source(const struct sw_pump *pump)
{
    return atomic_load(&pump->is_waiting_for_source);
}

void sw_pump_finish(struct sw_pump *pump, uint64_t timeout_ms, struct sw_pump_result *ret)
{
    int64_t deadline_ns = sw_clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
    sw_mutex_lock(&pump->mutex);
    while (
        !pump->has_ended && sw_condition_wait_until(&pump->ended, &pump->mutex, deadline_ns) == 0)
        ;
    sw_mutex_unlock(&pump->mutex);
    atomic_store(&pump->is_stopping, true);
    if (pump->blob.stop != NULL)
        atomic_store(pump->blob.stop, true);
    sw_thread_join(&pump->thread);
    *ret = pump->result;
    ret->key = pump->blob.key;
    pump_free(pump);
}

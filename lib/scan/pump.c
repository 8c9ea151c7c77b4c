/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pump. The child may stop reading at any point or never begin, so every wait is bounded by
 * the pump's own end.
 */
#include "scan/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/thread.h"

#define CHUNK_BYTES ((size_t)256 << 10)
/* As large as an ordinary user may make a pipe. */
#define PIPE_BYTES ((size_t)1 << 20)
#define POLL_MS 200

struct sw_pump {
    struct sw_thread thread;
    struct sw_mutex mutex;
    struct sw_condition ended;
    bool has_ended; /* under the mutex, as is result */
    struct sw_pump_result result;
    struct sw_blob blob;
    int fd; /* write end */
    atomic_uint_fast64_t n_bytes;
    atomic_bool is_stopping;
    atomic_bool is_waiting_for_source;
    char *chunk; /* owned */
};

/* 0, -EPIPE when the child has closed its end, -ECANCELED when told to stop. */
static int write_all(struct sw_pump *pump, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(pump->fd, p, n);
        if (done > 0) {
            p += done;
            n -= (size_t)done;
            atomic_fetch_add(&pump->n_bytes, (uint64_t)done);
            continue;
        }
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (atomic_load(&pump->is_stopping))
            return -ECANCELED;
        struct pollfd wait = {.fd = pump->fd, .events = POLLOUT};
        poll(&wait, 1, POLL_MS);
    }
    return 0;
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

static int pump_chunks(struct sw_pump *pump, struct sw_digest *digest, struct sw_err *err)
{
    for (;;) {
        atomic_store(&pump->is_waiting_for_source, true);
        ssize_t n = wait_for_source(pump);
        if (n == 0)
            n = sw_reader_read(pump->blob.reader, pump->chunk, CHUNK_BYTES, err);
        atomic_store(&pump->is_waiting_for_source, false);
        if (n <= 0)
            return (int)n;
        int r = sw_digest_update(digest, pump->chunk, (size_t)n);
        if (r == 0)
            r = write_all(pump, pump->chunk, (size_t)n);
        if (r < 0)
            return r;
    }
}

static void run(void *argument)
{
    struct sw_pump *pump = argument;
    struct sw_pump_result result = {0};
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = pump_chunks(pump, &digest, &result.err);
    if (r == 0)
        r = sw_digest_final(&digest, result.digest);
    result.is_whole = r == 0;
    /* A child that has read enough is no failure of the source. */
    result.r = r == -EPIPE || r == -ECANCELED ? 0 : r;
    sw_descriptor_closep(&pump->fd);
    sw_mutex_lock(&pump->mutex);
    pump->result = result;
    pump->has_ended = true;
    sw_condition_broadcast(&pump->ended);
    sw_mutex_unlock(&pump->mutex);
}

static void pump_free(struct sw_pump *pump)
{
    sw_descriptor_closep(&pump->fd);
    sw_blob_done(&pump->blob);
    sw_condition_done(&pump->ended);
    sw_mutex_done(&pump->mutex);
    sw_mem_free(pump->chunk);
    sw_mem_free(pump);
}

static int make_pipe(struct sw_pump *pump, int *ret_fd)
{
    int ends[2];
    int r = sw_descriptor_pipe(ends, PIPE_BYTES);
    if (r < 0)
        return r;
    pump->fd = ends[1];
    *ret_fd = ends[0];
    int flags = fcntl(pump->fd, F_GETFL);
    return flags < 0 || fcntl(pump->fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int sw_pump_start(struct sw_blob *blob, struct sw_pump **ret, int *ret_fd, struct sw_err *err)
{
    struct sw_pump *pump = sw_mem_zalloc(1, sizeof(*pump));
    if (pump == NULL) {
        sw_blob_done(blob);
        return -ENOMEM;
    }
    pump->fd = -1;
    pump->blob = *blob;
    blob->reader = NULL;
    sw_mutex_init(&pump->mutex);
    sw_condition_init(&pump->ended);
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    pump->chunk = sw_mem_alloc(CHUNK_BYTES);
    int r = pump->chunk == NULL ? -ENOMEM : make_pipe(pump, &fd);
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
    sw_thread_join(&pump->thread);
    *ret = pump->result;
    ret->has_key = pump->blob.has_key;
    ret->key = pump->blob.key;
    pump_free(pump);
}

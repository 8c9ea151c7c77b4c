/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of one scan: the first one, which reads manifests and asks for layers, and a worker
 * for each layer, so that what takes one layer over knows no other. Nothing here waits without a
 * bound.
 */
#include "scan/conversation.h"

#include <errno.h>
#include <poll.h>

#include "base/mem.h"
#include "conversation_priv.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/thread.h"
#include "scan/flight.h"

#define POLL_MS 100
#define SHA256 SW_STR("sha256:")
#define PROGRESS_NS ((int64_t)50 * 1000 * 1000)
/* For an exit after the last word. */
#define EXIT_MS 3000
/* The same for a worker; there may be many. */
#define WORKER_EXIT_MS 500
/* No worker has less (scanner/engine.c), so there are fewer where the limit is small. */
#define WORKER_BYTES_MIN ((uint64_t)64 << 20)

void sw_conversation_init(struct sw_conversation *conversation,
    const struct sw_scan_options *options, struct sw_region *region)
{
    *conversation = (struct sw_conversation){
        .options = options,
        .aspects = options->aspects != 0 ? options->aspects : SW_ASPECT_BIT(SW_ASPECT_VULN),
        .region = region,
        .first = {.socket = -1, .layer = SW_MESSAGE_NO_LAYER},
        .started_ns = sw_clock_monotonic_ns(),
    };
}

/* Layers that other scans may fetch too: by digest, and kept for them. */
static struct sw_flight *flight_of(
    const struct sw_conversation *conversation, const struct sw_layer_state *layer)
{
    bool is_shared = conversation->cache != NULL && conversation->source->ops->is_by_digest &&
                     layer->open.kind == SW_OPEN_BLOB;
    return is_shared ? conversation->options->flight : NULL;
}

/* What will not be better for the next scan of this run is remembered. */
static void end_flight(struct sw_conversation *conversation, struct sw_layer_state *layer)
{
    struct sw_err why = layer->source_err;
    bool is_checked = layer->digest.n > 0 && sw_str_starts_with(layer->open.digest, SHA256);
    if (is_checked && !sw_str_equal(layer->digest, layer->open.digest))
        sw_err_set(&why, -EBADMSG, "%s: digest mismatch, got %.*s",
            conversation->source->place != NULL ? conversation->source->place : "its source",
            SW_STR_ARG(layer->digest));
    bool is_lasting = why.code < 0 && why.code != -ECANCELED && why.code != -ENOMEM;
    if (layer->is_flying)
        sw_flight_end(
            conversation->options->flight, layer->open.digest, is_lasting ? why.message : NULL);
    layer->is_flying = false;
}

static void end_children(struct sw_conversation *conversation)
{
    sw_child_done(&conversation->first);
    while (conversation->n_workers > 0)
        sw_child_done(&conversation->workers[--conversation->n_workers]);
}

void sw_conversation_done(struct sw_conversation *conversation)
{
    end_children(conversation);
    sw_conversation_stop_pumps(conversation);
    SW_VEC_EACH (layer, &conversation->layers) {
        if (*layer == NULL)
            continue;
        end_flight(conversation, *layer);
        sw_facts_done(&(*layer)->facts);
        sw_mem_free(*layer);
    }
    sw_vec_done(&conversation->layers);
    sw_vec_done(&conversation->waiting);
    sw_vec_done(&conversation->loose);
    sw_vec_done(&conversation->images);
    sw_vec_done(&conversation->notes);
}

struct sw_layer_state *sw_conversation_layer(
    const struct sw_conversation *conversation, uint32_t id)
{
    return id < conversation->layers.n ? conversation->layers.v[id] : NULL;
}

/* A daemon that is not there is told of once, and the others do their work. */
static int ask_clamd(struct sw_conversation *conversation)
{
    const char *address = conversation->options->clamd;
    struct sw_err why = {0};
    if (address == NULL || (conversation->aspects & SW_ASPECT_BIT(SW_ASPECT_MALWARE)) == 0)
        return 0;
    conversation->has_clamd = sw_clamd_ask_version(address, conversation->clamd_version, &why) == 0;
    return conversation->has_clamd ? 0 : sw_conversation_note_clamd(conversation, &why);
}

static int start_first(struct sw_conversation *conversation, struct sw_err *err)
{
    const struct sw_scan_options *options = conversation->options;
    const struct sw_source *source = conversation->source;
    struct sw_message_scan scan = {
        .mode = source->mode,
        .form = sw_str_of(source->form),
        .platform = sw_str_of(options->platform),
        .is_all_platforms = options->is_all_platforms,
        .is_crossing_mounts = options->is_crossing_mounts,
        .memory_limit_bytes = options->memory_limit_bytes,
        .n_threads = options->n_threads,
        .size_bytes = source->size_bytes,
        .index = sw_buf_str(&source->index),
        .aspects = conversation->aspects,
        .is_showing_secrets = options->is_showing_secrets,
        .has_clamd = conversation->has_clamd,
    };
    return sw_child_start(
        &conversation->first, options, &scan, source->is_fd_handed ? source->fd : -1, err);
}

/* Workers at once: one a thread asked for, none without a layer, each with memory to work in. It
 * stays as it is for the scan, since all of them together keep to the limit. */
static size_t count_workers(const struct sw_conversation *conversation)
{
    const struct sw_scan_options *options = conversation->options;
    size_t n = options->n_threads > 0 ? options->n_threads : sw_thread_n_processors();
    size_t fit = (size_t)(options->memory_limit_bytes / WORKER_BYTES_MIN);
    n = n < conversation->layers.n ? n : conversation->layers.n;
    n = n < fit ? n : fit;
    n = n < SW_CONVERSATION_WORKERS_MAX ? n : SW_CONVERSATION_WORKERS_MAX;
    return n > 0 ? n : 1;
}

/* A layer is settled when its worker has ended, however it did. */
static int end_worker(
    struct sw_conversation *conversation, size_t i, int r, const struct sw_err *why)
{
    struct sw_child *worker = &conversation->workers[i];
    if (r < 0)
        sw_child_describe_end(worker, r, why, WORKER_EXIT_MS);
    uint32_t request = worker->request;
    struct sw_err end = worker->end;
    if (end.code == 0)
        sw_err_set(&end, -EPROTO, "scanner: it said nothing of how the layer ended");
    sw_conversation_lose_layer(conversation, worker->layer, &end);
    end_flight(conversation, sw_conversation_layer(conversation, worker->layer));
    sw_child_done(worker);
    *worker = conversation->workers[--conversation->n_workers];
    struct sw_err settle_err = {0};
    return sw_conversation_settle(conversation, request, &settle_err);
}

static int start_worker(
    struct sw_conversation *conversation, const struct sw_waiting_layer *waiting)
{
    const struct sw_layer_state *layer = sw_conversation_layer(conversation, waiting->layer);
    struct sw_message_scan scan = {
        .mode = SW_SCAN_LAYER,
        .memory_limit_bytes =
            conversation->options->memory_limit_bytes / conversation->n_workers_max,
        .n_threads = 1,
        .is_diff_id_wanted = layer->open.is_diff_id_wanted,
        .aspects = conversation->aspects & ~layer->cached_aspects,
        .is_showing_secrets = conversation->options->is_showing_secrets,
        .has_clamd = conversation->has_clamd,
    };
    size_t i = conversation->n_workers++;
    struct sw_child *worker = &conversation->workers[i];
    *worker = (struct sw_child){.socket = -1, .layer = waiting->layer, .request = waiting->request};
    struct sw_err err = {0};
    int r = sw_child_start(worker, conversation->options, &scan, -1, &err);
    if (r == 0)
        return 0;
    worker->end = err;
    return end_worker(conversation, i, 0, NULL);
}

/* Puts a layer that nobody else is fetching next: false when there is none. */
static bool choose_next(struct sw_conversation *conversation)
{
    struct sw_waiting_layer *waiting = conversation->waiting.v;
    for (size_t i = conversation->n_served; i < conversation->waiting.n; i++) {
        struct sw_layer_state *layer = sw_conversation_layer(conversation, waiting[i].layer);
        struct sw_flight *flight = flight_of(conversation, layer);
        if (flight != NULL && !sw_flight_try(flight, layer->open.digest))
            continue;
        layer->is_flying = flight != NULL;
        struct sw_waiting_layer chosen = waiting[i];
        waiting[i] = waiting[conversation->n_served];
        waiting[conversation->n_served] = chosen;
        return true;
    }
    return false;
}

/* Another scan may have ended it since it was asked for, well or not. */
static bool is_settled_by_now(
    struct sw_conversation *conversation, const struct sw_waiting_layer *waiting)
{
    struct sw_layer_state *layer = sw_conversation_layer(conversation, waiting->layer);
    struct sw_err err = {0};
    if (!layer->is_flying)
        return false;
    if (sw_flight_check(conversation->options->flight, layer->open.digest, &err) < 0)
        sw_conversation_lose_layer(conversation, waiting->layer, &err);
    else if (!sw_conversation_load_cached(conversation, layer, layer->open.digest))
        return false;
    end_flight(conversation, layer);
    return true;
}

static int start_workers(struct sw_conversation *conversation)
{
    while (conversation->n_served < conversation->waiting.n) {
        if (conversation->n_workers_max == 0)
            conversation->n_workers_max = count_workers(conversation);
        if (conversation->n_workers == conversation->n_workers_max || !choose_next(conversation))
            return 0;
        struct sw_waiting_layer *next = &conversation->waiting.v[conversation->n_served++];
        struct sw_err err = {0};
        int r = is_settled_by_now(conversation, next)
                    ? sw_conversation_settle(conversation, next->request, &err)
                    : start_worker(conversation, next);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Bytes handed out so far for what is no layer, and whether a source keeps somebody waiting. */
static uint64_t count_loose(const struct sw_conversation *conversation, bool *ret_waiting)
{
    uint64_t n = 0;
    SW_VEC_EACH (pump, &conversation->loose) {
        n += sw_pump_n_bytes(*pump);
        *ret_waiting = *ret_waiting || sw_pump_is_waiting_for_source(*pump);
    }
    return n;
}

static void tell_progress(struct sw_conversation *conversation)
{
    int64_t now_ns = sw_clock_monotonic_ns();
    if (conversation->options->progress == NULL ||
        now_ns - conversation->last_progress_ns < PROGRESS_NS)
        return;
    conversation->last_progress_ns = now_ns;
    bool is_waiting = false;
    struct sw_scan_progress progress = {
        .stage = "reading",
        .n_bytes = conversation->n_bytes + count_loose(conversation, &is_waiting),
        .n_bytes_total = conversation->source->size_bytes,
        .n_files = conversation->n_files,
    };
    SW_VEC_EACH (layer, &conversation->layers) {
        progress.n_layers += *layer != NULL ? 1 : 0;
        progress.layer += *layer != NULL && (*layer)->is_done ? 1 : 0;
        if (*layer != NULL && (*layer)->pump != NULL)
            progress.n_bytes += sw_pump_n_bytes((*layer)->pump);
    }
    conversation->options->progress(conversation->options->context, &progress);
}

/* The first child stands still while workers run, of this scan or of another one; a worker while
 * its layer's source does. */
static int watch(struct sw_conversation *conversation, struct sw_child *child, struct sw_err *err)
{
    bool has_work = conversation->n_workers > 0 || conversation->n_served < conversation->waiting.n;
    bool is_excused = child->layer == SW_MESSAGE_NO_LAYER && has_work;
    uint64_t n = 0;
    if (child->layer == SW_MESSAGE_NO_LAYER) {
        n = count_loose(conversation, &is_excused);
    } else {
        const struct sw_layer_state *layer = sw_conversation_layer(conversation, child->layer);
        n = layer->pump != NULL ? sw_pump_n_bytes(layer->pump) : 0;
        is_excused = layer->pump != NULL && sw_pump_is_waiting_for_source(layer->pump);
    }
    return sw_child_watch(child, n, is_excused, err);
}

/* What has come so far: 0, or negative errno. */
static int take_frames(
    struct sw_conversation *conversation, struct sw_child *child, struct sw_err *err)
{
    int r = 0;
    while (r == 0 && !child->is_complete) {
        struct sw_frame frame;
        r = sw_frame_reader_next(&child->reader, &frame, err);
        if (r <= 0)
            return r;
        r = sw_conversation_take(conversation, child, &frame, err);
        sw_descriptor_close(frame.fd);
        child->last_change_ns = sw_clock_monotonic_ns();
    }
    return r;
}

/* One look at a child that may have something to say: 0, or why it is to be ended. */
static int hear(
    struct sw_conversation *conversation, struct sw_child *child, bool is_ready, struct sw_err *err)
{
    if (!child->is_complete && child->end.code < 0)
        return sw_err_set(err, child->end.code, "%s", child->end.message);
    if (!is_ready)
        return watch(conversation, child, err);
    int r = sw_frame_reader_fill(&child->reader, child->socket, err);
    if (r == 0)
        return sw_err_set(err, -ECHILD, "the scanner ended before it was done");
    return r < 0 ? r : take_frames(conversation, child, err);
}

/* From the last one down, since a worker that ends gives its place to the last. */
static int hear_workers(struct sw_conversation *conversation, const struct pollfd *waits)
{
    for (size_t i = conversation->n_workers; i-- > 0;) {
        struct sw_err why = {0};
        struct sw_child *worker = &conversation->workers[i];
        int r = hear(conversation, worker, waits[i].revents != 0, &why);
        if (r == 0 && !worker->is_complete)
            continue;
        r = end_worker(conversation, i, r, &why);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool is_late(const struct sw_conversation *conversation)
{
    int64_t timeout_s = conversation->options->timeout_s;
    int64_t spent_ns = sw_clock_monotonic_ns() - conversation->started_ns;
    return timeout_s > 0 && !conversation->first.is_complete && spent_ns / 1000000000 >= timeout_s;
}

static int talk(struct sw_conversation *conversation, struct sw_err *err)
{
    struct sw_child *first = &conversation->first;
    while (!first->is_complete) {
        int r = start_workers(conversation);
        if (r < 0)
            return sw_err_set(err, r, "start a scanner for a layer");
        struct pollfd waits[SW_CONVERSATION_WORKERS_MAX + 1];
        size_t n = conversation->n_workers;
        for (size_t i = 0; i < n; i++)
            waits[i] = (struct pollfd){.fd = conversation->workers[i].socket, .events = POLLIN};
        waits[n] = (struct pollfd){.fd = first->socket, .events = POLLIN};
        if (poll(waits, n + 1, POLL_MS) < 0 && errno != EINTR)
            return sw_err_wrap(err, -errno, "wait for the scanner");
        r = hear_workers(conversation, waits);
        if (r < 0)
            return sw_err_set(err, r, "the scanner does not take its answers");
        r = hear(conversation, first, waits[n].revents != 0, err);
        if (r == 0 && is_late(conversation))
            r = sw_err_set(err, -ETIMEDOUT, "the time limit of %lld s is over",
                (long long)conversation->options->timeout_s);
        const atomic_bool *stop = conversation->options->stop;
        if (r == 0 && stop != NULL && atomic_load(stop))
            r = sw_err_set(err, -ECANCELED, "the scan was stopped");
        if (r < 0)
            return r;
        tell_progress(conversation);
    }
    return 0;
}

int sw_conversation_run(struct sw_conversation *conversation, struct sw_err *err)
{
    struct sw_child *first = &conversation->first;
    int r = sw_conversation_note_contents(conversation);
    if (r == 0)
        r = ask_clamd(conversation);
    if (r == 0)
        r = start_first(conversation, err);
    if (r == 0) {
        struct sw_err talk_err = {0};
        int ended = talk(conversation, &talk_err);
        if (ended < 0)
            sw_child_describe_end(first, ended, &talk_err, EXIT_MS);
        conversation->end = first->end;
    }
    sw_conversation_stop_pumps(conversation);
    sw_descriptor_closep(&first->socket);
    struct sw_process_exit exit;
    if (first->process != NULL && first->is_complete)
        sw_process_wait(first->process, EXIT_MS, &exit);
    end_children(conversation);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From records to lines. Called for every record that comes out of a ring.
 */
#include "stream.h"

#include <assert.h>
#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "model/event_json.h"

/* So much is written at once; a line is far below. */
#define OUTPUT_BYTES ((size_t)64 * 1024)
#define OUTPUT_MAX (OUTPUT_BYTES + (size_t)512 * 1024)

struct sw_stream {
    struct sw_stream_options options;
    void *states[SW_STAGES_MAX]; /* each owned by its stage */
    size_t n_stages;
    struct sw_buf output;
    int64_t wall_offset_ns; /* wall time minus boot time, as of the last flush */
    int r;                  /* of the output: first failure */
    uint64_t n_broken;
    struct sw_stream_counter counters[_SW_EVENT_MAX];
    struct sw_stream_ring rings[SW_ABI_RINGS_MAX + 1];
    struct sw_event event; /* the one at hand; large, so not on the stack */
};

static void write_output(struct sw_stream *stream)
{
    if (stream->r == 0 && stream->output.n > 0)
        stream->r =
            sw_descriptor_write_full(stream->options.output_fd, stream->output.p, stream->output.n);
    sw_buf_clear(&stream->output);
}

static void emit(struct sw_stream *stream, struct sw_event *event)
{
    struct sw_stream_counter *counter = &stream->counters[event->kind];
    event->evt_time = (uint64_t)((int64_t)event->evt_boot_ns + stream->wall_offset_ns);
    if ((event->kind == SW_EVENT_CANARY && !stream->options.has_canaries) ||
        !sw_filter_match(stream->options.filter, event)) {
        counter->filtered++;
        return;
    }
    if (stream->options.output_fd < 0) {
        counter->emitted++;
        return;
    }
    size_t before = stream->output.n;
    if (stream->r < 0 || sw_event_json_write(event, &stream->output) < 0) {
        stream->output.n = before;
        counter->unwritten++;
        return;
    }
    counter->emitted++;
    if (stream->output.n >= OUTPUT_BYTES)
        write_output(stream);
}

static void pass_stages(
    struct sw_stream *stream, struct sw_str record, struct sw_event *event, size_t first)
{
    for (size_t i = first; i < stream->n_stages; i++) {
        switch (sw_stages[i]->see(stream->states[i], record, event)) {
        case SW_STAGE_PASS:
            break;
        case SW_STAGE_DROP:
            stream->counters[event->kind].filtered++;
            return;
        case SW_STAGE_KEEP:
            stream->counters[event->kind].kept++;
            return;
        case _SW_STAGE_VERDICT_MAX:
            assert(false);
        }
    }
    emit(stream, event);
}

static void count_ring(struct sw_stream *stream, const struct sw_event *event)
{
    if (event->evt_ring > SW_ABI_RINGS_MAX || event->evt_sequence == 0)
        return;
    struct sw_stream_ring *ring = &stream->rings[event->evt_ring];
    ring->n_read++;
    if (event->evt_sequence > ring->last_sequence)
        ring->last_sequence = event->evt_sequence;
    if (event->kind == SW_EVENT_CANARY && event->arg_number > ring->last_beat)
        ring->last_beat = event->arg_number;
}

static void take_record(void *context, struct sw_str record)
{
    struct sw_stream *stream = context;
    if (stream->options.record_fd >= 0 && stream->r == 0)
        stream->r = sw_descriptor_write_full(stream->options.record_fd, record.p, record.n);
    if (sw_event_decode(record, &stream->event, NULL) < 0) {
        stream->n_broken++;
        return;
    }
    stream->counters[stream->event.kind].read++;
    count_ring(stream, &stream->event);
    pass_stages(stream, record, &stream->event, 0);
}

void sw_stream_resume(struct sw_stream *stream, const void *state, struct sw_str record)
{
    if (sw_event_decode(record, &stream->event, NULL) < 0)
        return;
    size_t i = 0;
    while (i < stream->n_stages && stream->states[i] != state)
        i++;
    stream->counters[stream->event.kind].kept--;
    pass_stages(stream, record, &stream->event, i + 1);
}

struct sw_source_handler sw_stream_handler(struct sw_stream *stream)
{
    return (struct sw_source_handler){take_record, stream};
}

int sw_stream_flush(struct sw_stream *stream)
{
    int64_t boot_ns = sw_clock_boot_ns();
    stream->wall_offset_ns = sw_clock_wall_ns() - boot_ns;
    for (size_t i = 0; i < stream->n_stages; i++)
        if (sw_stages[i]->tick != NULL)
            sw_stages[i]->tick(stream->states[i], (uint64_t)boot_ns);
    if (stream->options.output_fd >= 0)
        write_output(stream);
    return stream->r;
}

int sw_stream_new(
    const struct sw_stream_options *options, struct sw_stream **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_stream_freep) struct sw_stream *stream = sw_mem_zalloc(1, sizeof(*stream));
    if (stream == NULL)
        return -ENOMEM;
    stream->options = *options;
    sw_buf_init(&stream->output, OUTPUT_MAX);
    stream->wall_offset_ns = sw_clock_wall_ns() - sw_clock_boot_ns();
    for (size_t i = 0; sw_stages[i] != NULL; i++) {
        assert(i < SW_STAGES_MAX);
        int r =
            sw_stages[i]->open != NULL ? sw_stages[i]->open(stream, &stream->states[i], err) : 0;
        if (r < 0)
            return r;
        stream->n_stages++;
    }
    *ret = SW_TAKE(stream);
    return 0;
}

void sw_stream_free(struct sw_stream *stream)
{
    if (stream == NULL)
        return;
    for (size_t i = 0; i < stream->n_stages; i++)
        if (sw_stages[i]->close != NULL)
            sw_stages[i]->close(stream->states[i]);
    sw_buf_done(&stream->output);
    sw_mem_free(stream);
}

void sw_stream_freep(struct sw_stream **stream)
{
    sw_stream_free(*stream);
    *stream = NULL;
}

uint64_t sw_stream_n_broken(const struct sw_stream *stream)
{
    return stream->n_broken;
}

const struct sw_stream_counter *sw_stream_counters(const struct sw_stream *stream)
{
    return stream->counters;
}

const struct sw_stream_ring *sw_stream_rings(const struct sw_stream *stream)
{
    return stream->rings;
}

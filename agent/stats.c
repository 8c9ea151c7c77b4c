/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account. Made at the end, and when asked for.
 */
#include "stats.h"

#include "model/json_writer.h"

bool sw_stats_agree(const struct sw_stats *stats)
{
    uint64_t n_refused = 0, n_missing = 0;
    for (size_t kind = 1; kind < _SW_EVENT_MAX; kind++) {
        const struct sw_abi_counter *kernel = &stats->kernel.kinds[kind];
        const struct sw_stream_counter *stream = &stats->stream[kind];
        if (kernel->seen != kernel->reserved + kernel->refused)
            return false;
        if (kernel->reserved != stream->read)
            return false;
        if (stream->read != stream->emitted + stream->filtered + stream->kept + stream->unwritten)
            return false;
        n_refused += kernel->refused;
    }
    for (unsigned i = 0; i < stats->n_rings; i++)
        n_missing += stats->rings[i].last_sequence - stats->rings[i].n_read;
    return n_missing <= n_refused && stats->n_broken == 0;
}

uint64_t sw_stats_n_lost(const struct sw_stats *stats)
{
    uint64_t n = stats->n_broken;
    for (size_t kind = 1; kind < _SW_EVENT_MAX; kind++)
        n += stats->kernel.kinds[kind].refused + stats->stream[kind].unwritten;
    return n;
}

static void write_kind(struct sw_json_writer *writer, const char *name,
    const struct sw_abi_counter *kernel, const struct sw_stream_counter *stream)
{
    sw_json_write_object(writer, name);
    sw_json_write_u64(writer, "seen", kernel->seen);
    sw_json_write_u64(writer, "reserved", kernel->reserved);
    sw_json_write_u64(writer, "refused", kernel->refused);
    sw_json_write_u64(writer, "skipped", kernel->skipped);
    sw_json_write_u64(writer, "read", stream->read);
    sw_json_write_u64(writer, "emitted", stream->emitted);
    sw_json_write_u64(writer, "filtered", stream->filtered);
    sw_json_write_u64(writer, "kept", stream->kept);
    sw_json_write_u64(writer, "unwritten", stream->unwritten);
    sw_json_write_end(writer);
}

static void write_ring(struct sw_json_writer *writer, const struct sw_stream_ring *ring)
{
    sw_json_write_object(writer, NULL);
    sw_json_write_u64(writer, "read", ring->n_read);
    sw_json_write_u64(writer, "last", ring->last_sequence);
    sw_json_write_u64(writer, "missing", ring->last_sequence - ring->n_read);
    sw_json_write_u64(writer, "last_beat", ring->last_beat);
    sw_json_write_end(writer);
}

int sw_stats_write(const struct sw_stats *stats, struct sw_buf *buf)
{
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, buf, NULL, NULL);
    sw_json_write_object(&writer, NULL);
    sw_json_write_object(&writer, "stats");
    sw_json_write_bool(&writer, "agree", sw_stats_agree(stats));
    sw_json_write_u64(&writer, "lost", sw_stats_n_lost(stats));
    sw_json_write_u64(&writer, "broken", stats->n_broken);
    sw_json_write_u64(&writer, "beats", stats->n_beats);
    sw_json_write_object(&writer, "kinds");
    for (size_t kind = 1; kind < _SW_EVENT_MAX; kind++) {
        const struct sw_abi_counter *kernel = &stats->kernel.kinds[kind];
        if (kernel->seen + kernel->skipped + stats->stream[kind].read > 0)
            write_kind(&writer, sw_event_kinds[kind].name, kernel, &stats->stream[kind]);
    }
    sw_json_write_end(&writer);
    sw_json_write_array(&writer, "rings");
    for (unsigned i = 0; i < stats->n_rings; i++)
        write_ring(&writer, &stats->rings[i]);
    sw_json_write_end(&writer);
    sw_json_write_end(&writer);
    sw_json_write_end(&writer);
    int r = sw_json_writer_finish(&writer);
    return r < 0 ? r : sw_buf_append_char(buf, '\n');
}

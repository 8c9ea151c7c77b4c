/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vtable's front, and the source that reads a recording.
 */
#include "sensor/source.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

int sw_source_poll(struct sw_source *source, int timeout_ms)
{
    return source->ops->poll(source, timeout_ms);
}

int sw_source_seed(struct sw_source *source, struct sw_err *err)
{
    return source->ops->seed != NULL ? source->ops->seed(source, err) : 0;
}

int sw_source_beat(struct sw_source *source, uint64_t number)
{
    return source->ops->beat != NULL ? source->ops->beat(source, number) : 0;
}

void sw_source_stop(struct sw_source *source)
{
    if (source->ops->stop != NULL)
        source->ops->stop(source);
}

int sw_source_count(struct sw_source *source, struct sw_source_counters *ret)
{
    return source->ops->count(source, ret);
}

void sw_source_free(struct sw_source *source)
{
    if (source != NULL)
        source->ops->free(source);
}

void sw_source_freep(struct sw_source **source)
{
    sw_source_free(*source);
    *source = NULL;
}

/* Records handed on per poll. */
#define REPLAY_BATCH 256

struct replay {
    struct sw_source source;
    struct sw_str rest;
    struct sw_source_counters counters;
    /* Aligned as the ring aligns them. */
    union {
        struct sw_abi_record head;
        char bytes[SW_ABI_RECORD_MAX];
    } record;
};

static int poll_replay(struct sw_source *source, int timeout_ms)
{
    (void)timeout_ms;
    struct replay *replay = (struct replay *)source;
    int n = 0;
    while (n < REPLAY_BATCH && replay->rest.n > 0) {
        uint32_t size;
        if (replay->rest.n < sizeof(struct sw_abi_record))
            return -EBADMSG;
        memcpy(&size, replay->rest.p, sizeof(size));
        if (size < sizeof(struct sw_abi_record) || size > sizeof(replay->record) ||
            size > replay->rest.n)
            return -EBADMSG;
        memcpy(replay->record.bytes, replay->rest.p, size);
        replay->rest = sw_str_skip(replay->rest, size);
        uint16_t kind = replay->record.head.kind;
        if (kind < _SW_EVENT_MAX) {
            replay->counters.kinds[kind].seen++;
            replay->counters.kinds[kind].reserved++;
        }
        source->handler.take(source->handler.context, (struct sw_str){replay->record.bytes, size});
        n++;
    }
    return n == 0 ? -ENODATA : n;
}

static int count_replay(struct sw_source *source, struct sw_source_counters *ret)
{
    *ret = ((struct replay *)source)->counters;
    return 0;
}

static void free_replay(struct sw_source *source)
{
    sw_mem_free(source);
}

static const struct sw_source_ops replay_ops = {
    .name = "recording",
    .poll = poll_replay,
    .count = count_replay,
    .free = free_replay,
};

int sw_replay_source_new(
    struct sw_str bytes, const struct sw_source_handler *handler, struct sw_source **ret)
{
    struct replay *replay = sw_mem_zalloc(1, sizeof(*replay));
    if (replay == NULL)
        return -ENOMEM;
    replay->source.ops = &replay_ops;
    replay->source.handler = *handler;
    replay->source.n_rings = SW_ABI_RINGS_MAX + 1;
    replay->rest = bytes;
    *ret = &replay->source;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzip2 streams in a row. Its memory is fixed (under 4 MiB).
 */
#include <errno.h>

#include <bzlib.h>

#include "base/mem.h"
#include "io/decompress_priv.h"

struct bzip2_state {
    bz_stream stream;
    bool is_open; /* a stream is under way */
    uint64_t n_streams;
};

static void bzip2_free(void *opaque)
{
    struct bzip2_state *state = opaque;
    if (state->is_open)
        BZ2_bzDecompressEnd(&state->stream);
    sw_mem_free(state);
}

static int bzip2_open(size_t memory_limit_bytes, void **ret_state, struct sw_err *err)
{
    (void)memory_limit_bytes;
    struct bzip2_state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    *ret_state = state;
    return 0;
}

static int bzip2_step(void *opaque, struct sw_codec_window *window, struct sw_err *err)
{
    struct bzip2_state *state = opaque;
    if (!state->is_open) {
        if (window->n_in == 0)
            return 0;
        /* What follows a whole stream and is no other one is ignored, as bzip2 does. */
        if (state->n_streams > 0 && window->in[0] != 'B')
            return 1;
        state->stream = (bz_stream){0};
        if (BZ2_bzDecompressInit(&state->stream, 0, 0) != BZ_OK)
            return sw_err_set(err, -ENOMEM, "out of memory");
        state->is_open = true;
    }
    bz_stream *stream = &state->stream;
    /* Declared without const, yet only read. */
    stream->next_in = (char *)(uintptr_t)window->in;
    stream->avail_in = (unsigned)window->n_in;
    stream->next_out = (char *)window->out;
    stream->avail_out = (unsigned)window->n_out;
    int r = BZ2_bzDecompress(stream);
    window->in = (const uint8_t *)stream->next_in;
    window->n_in = stream->avail_in;
    window->out = (uint8_t *)stream->next_out;
    window->n_out = stream->avail_out;
    if (r == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(stream);
        state->is_open = false;
        state->n_streams++;
        return 0;
    }
    if (r == BZ_OK)
        return 0;
    if (r == BZ_MEM_ERROR)
        return sw_err_set(err, -ENOMEM, "out of memory");
    if (r == BZ_DATA_ERROR_MAGIC && state->n_streams > 0)
        return 1;
    return sw_err_set(err, -EBADMSG, "damaged");
}

static bool bzip2_is_whole(const void *opaque)
{
    const struct bzip2_state *state = opaque;
    return !state->is_open && state->n_streams > 0;
}

const struct sw_codec sw_codec_bzip2 = {
    .name = "bzip2",
    .open = bzip2_open,
    .step = bzip2_step,
    .is_whole = bzip2_is_whole,
    .free = bzip2_free,
};

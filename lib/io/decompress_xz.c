/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xz streams in a row, with stream padding. The dictionary is capped before it is allocated.
 */
#include <errno.h>

#include <lzma.h>

#include "base/mem.h"
#include "io/decompress_priv.h"

struct xz_state {
    lzma_stream stream;
    bool is_whole;
};

static void xz_free(void *opaque)
{
    struct xz_state *state = opaque;
    lzma_end(&state->stream);
    sw_mem_free(state);
}

static int xz_open(size_t memory_limit_bytes, void **ret_state, struct sw_err *err)
{
    struct xz_state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    state->stream = (lzma_stream)LZMA_STREAM_INIT;
    lzma_ret r = lzma_stream_decoder(&state->stream, memory_limit_bytes, LZMA_CONCATENATED);
    if (r != LZMA_OK) {
        xz_free(state);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    *ret_state = state;
    return 0;
}

static int xz_step(void *opaque, struct sw_codec_window *window, struct sw_err *err)
{
    struct xz_state *state = opaque;
    lzma_stream *stream = &state->stream;
    stream->next_in = window->in;
    stream->avail_in = window->n_in;
    stream->next_out = window->out;
    stream->avail_out = window->n_out;
    /* No input left is the only sign of the end that a decoder of streams in a row understands. */
    lzma_ret r = lzma_code(stream, window->n_in == 0 ? LZMA_FINISH : LZMA_RUN);
    window->in = stream->next_in;
    window->n_in = stream->avail_in;
    window->out = stream->next_out;
    window->n_out = stream->avail_out;
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: /* no progress: the caller sees that, and whether the input ended */
        return 0;
    case LZMA_STREAM_END:
        state->is_whole = true;
        return 1;
    case LZMA_MEMLIMIT_ERROR:
        return sw_err_set(err, -EFBIG, "dictionary beyond the memory limit");
    case LZMA_MEM_ERROR:
        return sw_err_set(err, -ENOMEM, "out of memory");
    case LZMA_OPTIONS_ERROR:
        return sw_err_set(err, -EBADMSG, "unsupported options");
    default:
        return sw_err_set(err, -EBADMSG, "damaged");
    }
}

static bool xz_is_whole(const void *opaque)
{
    const struct xz_state *state = opaque;
    return state->is_whole;
}

const struct sw_codec sw_codec_xz = {
    .name = "xz",
    .open = xz_open,
    .step = xz_step,
    .is_whole = xz_is_whole,
    .free = xz_free,
};

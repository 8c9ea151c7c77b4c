/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd frames, skippable ones included. The window is capped before it is allocated.
 */
#include <errno.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"
#include "io/decompress_priv.h"

struct zstd_state {
    ZSTD_DCtx *context; /* owned */
    bool is_between;    /* frames */
};

static void zstd_free(void *opaque)
{
    struct zstd_state *state = opaque;
    ZSTD_freeDCtx(state->context);
    sw_mem_free(state);
}

static int zstd_open(size_t memory_limit_bytes, void **ret_state, struct sw_err *err)
{
    struct zstd_state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int window_log = 10;
    while (window_log < 27 && ((size_t)1 << (window_log + 1)) <= memory_limit_bytes)
        window_log++;
    state->context = ZSTD_createDCtx();
    if (state->context == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(state->context, ZSTD_d_windowLogMax, window_log))) {
        zstd_free(state);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    state->is_between = true;
    *ret_state = state;
    return 0;
}

static int zstd_step(void *opaque, struct sw_codec_window *window, struct sw_err *err)
{
    struct zstd_state *state = opaque;
    if (state->is_between && window->n_in == 0)
        return 0;
    ZSTD_inBuffer in = {.src = window->in, .size = window->n_in};
    ZSTD_outBuffer out = {.dst = window->out, .size = window->n_out};
    size_t r = ZSTD_decompressStream(state->context, &out, &in);
    if (ZSTD_isError(r)) {
        if (ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
            return sw_err_set(err, -EFBIG, "window beyond the memory limit");
        if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
            return sw_err_set(err, -ENOMEM, "out of memory");
        return sw_err_set(err, -EBADMSG, "%s", ZSTD_getErrorName(r));
    }
    window->in += in.pos;
    window->n_in -= in.pos;
    window->out += out.pos;
    window->n_out -= out.pos;
    state->is_between = r == 0;
    return 0;
}

static bool zstd_is_whole(const void *opaque)
{
    const struct zstd_state *state = opaque;
    return state->is_between;
}

const struct sw_codec sw_codec_zstd = {
    .name = "zstd",
    .open = zstd_open,
    .step = zstd_step,
    .is_whole = zstd_is_whole,
    .free = zstd_free,
};

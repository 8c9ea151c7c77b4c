/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip by ISA-L: headers and checksums verified, members in a row are one stream. Bytes after a
 * whole member that are no gzip header are ignored, as gzip and pigz ignore them.
 */
#include <errno.h>

#include <isa-l/igzip_lib.h>

#include "base/mem.h"
#include "io/decompress_priv.h"

struct gzip_state {
    struct inflate_state inflate;
    bool is_between; /* before a member's first byte */
    uint64_t n_members;
};

static void start_member(struct gzip_state *state)
{
    isal_inflate_reset(&state->inflate);
    state->inflate.crc_flag = ISAL_GZIP;
    state->is_between = true;
}

static int gzip_open(size_t memory_limit_bytes, void **ret_state, struct sw_err *err)
{
    (void)memory_limit_bytes;
    struct gzip_state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    isal_inflate_init(&state->inflate);
    start_member(state);
    *ret_state = state;
    return 0;
}

static const char *damage(int code)
{
    switch (code) {
    case ISAL_INVALID_BLOCK:
        return "invalid block";
    case ISAL_INVALID_SYMBOL:
        return "invalid symbol";
    case ISAL_INVALID_LOOKBACK:
        return "invalid distance";
    case ISAL_INVALID_WRAPPER:
        return "invalid header";
    case ISAL_UNSUPPORTED_METHOD:
        return "unsupported method";
    case ISAL_INCORRECT_CHECKSUM:
        return "checksum differs";
    default:
        return "damaged";
    }
}

static int gzip_step(void *opaque, struct sw_codec_window *window, struct sw_err *err)
{
    struct gzip_state *state = opaque;
    if (state->is_between) {
        if (window->n_in == 0)
            return 0;
        bool is_magic = window->in[0] == 0x1f && (window->n_in == 1 || window->in[1] == 0x8b);
        if (state->n_members > 0 && !is_magic)
            return 1;
        state->is_between = false;
    }
    /* Declared without const, yet only read. */
    state->inflate.next_in = (uint8_t *)(uintptr_t)window->in;
    state->inflate.avail_in = (uint32_t)window->n_in;
    state->inflate.next_out = window->out;
    state->inflate.avail_out = (uint32_t)window->n_out;
    int r = isal_inflate(&state->inflate);
    window->in = state->inflate.next_in;
    window->n_in = state->inflate.avail_in;
    window->out = state->inflate.next_out;
    window->n_out = state->inflate.avail_out;
    if (r != ISAL_DECOMP_OK) {
        if ((r == ISAL_INVALID_WRAPPER || r == ISAL_UNSUPPORTED_METHOD) && state->n_members > 0)
            return 1;
        return sw_err_set(err, -EBADMSG, "%s", damage(r));
    }
    if (state->inflate.block_state == ISAL_BLOCK_FINISH) {
        state->n_members++;
        start_member(state);
    }
    return 0;
}

static bool gzip_is_whole(const void *opaque)
{
    const struct gzip_state *state = opaque;
    return state->is_between && state->n_members > 0;
}

const struct sw_codec sw_codec_gzip = {
    .name = "gzip",
    .open = gzip_open,
    .step = gzip_step,
    .is_whole = gzip_is_whole,
    .free = sw_mem_free,
};

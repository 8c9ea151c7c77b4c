/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each decompressor gives to decompress.c: a step from input bytes to output bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The window of one step; a codec advances all four. */
struct sw_codec_window {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;
};

struct sw_codec {
    const char *name;
    /* memory_limit_bytes is never 0. */
    int (*open)(size_t memory_limit_bytes, void **ret_state, struct sw_err *err);
    /* 0: go on; 1: the stream is over, whatever follows; negative errno for damage. */
    int (*step)(void *state, struct sw_codec_window *window, struct sw_err *err);
    /* Whether the input may end here. */
    bool (*is_whole)(const void *state);
    void (*free)(void *state);
};

extern const struct sw_codec sw_codec_gzip;
extern const struct sw_codec sw_codec_zstd;
extern const struct sw_codec sw_codec_bzip2;
extern const struct sw_codec sw_codec_xz;

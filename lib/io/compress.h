/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd in the other direction: files that leave this machine are written packed.
 */
#pragma once

#include "io/reader.h"

#define SW_COMPRESS_LEVEL_FAST 3
#define SW_COMPRESS_LEVEL_SMALL 15

/* Writes all that `in` gives as one zstd frame with a checksum to the descriptor, from where it
 * stands. 0 or negative errno with a sentence. */
int sw_compress_zstd(struct sw_reader *in, int to, int level, struct sw_err *err);

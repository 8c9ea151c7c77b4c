/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader that hashes what passes through it.
 */
#pragma once

#include "base/err.h"
#include "io/digest.h"
#include "io/reader.h"

/* Stays with the caller, so that the digest outlives the reader. Zeroed: done does nothing. */
struct sw_tap {
    struct sw_digest digest;
};

void sw_tap_done(struct sw_tap *tap);
/* A reader over inner, which it consumes, also on failure. NULL: out of memory. */
struct sw_reader *sw_tap_reader(struct sw_tap *tap, struct sw_reader *inner);

/* Reads what is left of a reader and drops it. 0 or negative errno. */
int sw_tap_drain(struct sw_reader *reader, struct sw_err *err);

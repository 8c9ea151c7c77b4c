/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hands bytes to the child: a thread of its own per open blob reads, hashes exactly what it puts
 * into a ring, and ends when the child closes its end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/digest.h"
#include "scan/source.h"

struct sw_pump;

struct sw_pump_result {
    int r;         /* 0 or negative errno of the source */
    bool is_whole; /* everything was handed out; the digest holds */
    char digest[SW_DIGEST_TEXT_BYTES];
    struct sw_err err;
    bool has_key;    /* the file was the same before and after, and a later change will show */
    bool is_changed; /* the file was written to meanwhile */
    struct sw_blob_key key;
};

/* Starts it. The blob is taken over, also on failure. *ret_fd is the reading end, the caller's. */
int sw_pump_start(struct sw_blob *blob, struct sw_pump **ret, int *ret_fd, struct sw_err *err);
/* Bytes handed out so far. */
uint64_t sw_pump_n_bytes(const struct sw_pump *pump);
/* True while the source keeps it waiting: nobody is to blame for standing still. */
bool sw_pump_is_waiting_for_source(const struct sw_pump *pump);
/* Waits for its end, timeout_ms at most, then stops it; frees it. */
void sw_pump_finish(struct sw_pump *pump, uint64_t timeout_ms, struct sw_pump_result *ret);

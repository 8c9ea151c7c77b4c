/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on its way, by digest: several scans at once that share layers fetch each of them once.
 * Whoever finds a digest taken waits and then asks the cache.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct sw_flight;

int sw_flight_new(struct sw_flight **ret);
/* When nobody uses it. NULL is allowed. */
void sw_flight_free(struct sw_flight *flight);
void sw_flight_freep(struct sw_flight **flight);

/* True: it is the caller's now, until sw_flight_end. False: somebody else has it. */
bool sw_flight_try(struct sw_flight *flight, struct sw_str digest);
/* Waits for that: 0, or -ECANCELED once *stop is true. */
int sw_flight_wait(struct sw_flight *flight, struct sw_str digest, const atomic_bool *stop);
/* failure: why it cannot be had; others need not try again. NULL: it came, or may come. */
void sw_flight_end(struct sw_flight *flight, struct sw_str digest, const char *failure);
/* Whether somebody has failed with it: -EIO with what they said, else 0. */
int sw_flight_check(struct sw_flight *flight, struct sw_str digest, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings a database forward by a delta (vulndb/delta.h). The result has the content of the database
 * that the delta was made for, record by record; the digest of the content says so.
 */
#pragma once

#include "base/err.h"
#include "vulndb/delta.h"

/* Puts the state that the delta makes of the database in its place: written beside, checked whole
 * (digest, every page and record), renamed. public_key: PEM, a signature must hold; NULL: none is
 * asked for. 1: done; 0: the database is in that state already; -ESTALE: the delta is for another
 * state; other negative errno: nothing was changed. */
int sw_delta_apply(const char *database, const char *delta, const char *public_key,
    struct sw_delta_counts *ret, struct sw_err *err);

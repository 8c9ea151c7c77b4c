/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a delta of two databases (vulndb/delta.h), where databases are built.
 */
#pragma once

#include "base/err.h"
#include "vulndb/delta.h"

/* What turns the content of the database `from` into that of `to`, as a file; private_key: PEM, or
 * NULL. */
int sw_delta_make(const char *from, const char *to, const char *output, const char *private_key,
    struct sw_delta_counts *ret, struct sw_err *err);

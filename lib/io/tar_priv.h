/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tar reader behind archive.c.
 */
#pragma once

#include "base/err.h"
#include "io/archive.h"
#include "io/reader.h"

struct sw_tar;

/* Consumes inner, also on failure. */
int sw_tar_open(struct sw_reader *inner, struct sw_tar **ret, struct sw_err *err);
void sw_tar_close(struct sw_tar *tar);
/* As the functions of archive.h. */
int sw_tar_next(struct sw_tar *tar, struct sw_member *ret, struct sw_err *err);
ssize_t sw_tar_read_block(
    struct sw_tar *tar, size_t max_bytes, const void **ret, struct sw_err *err);

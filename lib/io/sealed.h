/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are made once and handed to other programs: memory behind a descriptor, sealed so that
 * nobody can change or shorten it, mapped for reading by whoever has it.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* A sealed copy of the bytes; the caller owns *ret_fd. The name is for /proc. */
int sw_sealed_new(const char *name, struct sw_str bytes, int *ret_fd, struct sw_err *err);
/* Maps the first n bytes, which must be there, for reading; page-aligned. The descriptor is not
 * needed afterwards. A file of ours that others may write to is no good here: it could get shorter.
 */
int sw_sealed_map(int fd, size_t n, struct sw_str *ret, struct sw_err *err);
void sw_sealed_unmap(struct sw_str *bytes);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that nobody can guess, from the kernel.
 */
#pragma once

#include <stddef.h>

/* 0 or negative errno. */
int sw_random_fill(void *p, size_t n);

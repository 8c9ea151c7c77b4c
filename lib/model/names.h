/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-up in the string tables of enums; each noun keeps its own table beside it.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* Index of name among n names, or -ENOENT. */
int sw_names_find(const char *const *names, size_t n, struct sw_str name);

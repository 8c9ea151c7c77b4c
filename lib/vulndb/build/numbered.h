/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinct strings, numbered in the order in which they came: shared text, product keys, names of
 * feeds while a database is built.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"

struct sw_numbered {
    struct sw_region region; /* holds the copies */
    SW_VEC(struct sw_str) strings;
    uint32_t *slots; /* owned; number + 1, 0: free */
    size_t n_slots;  /* a power of two */
    size_t max;
};

/* At most max strings of at most max_bytes in all. */
void sw_numbered_init(struct sw_numbered *numbered, size_t max, size_t max_bytes);
void sw_numbered_done(struct sw_numbered *numbered);
/* The number of s, new or known: >= 0, -EFBIG when full, -ENOMEM. */
int64_t sw_numbered_put(struct sw_numbered *numbered, struct sw_str s);
/* The number of s, or -ENOENT. */
int64_t sw_numbered_find(const struct sw_numbered *numbered, struct sw_str s);

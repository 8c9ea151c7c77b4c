/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lifetime: things made in a region have no free of their own and end with it. One per scan,
 * request or batch. Capped; not safe for use by two threads at once.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"

struct sw_region_block;

struct sw_region {
    struct sw_region_block *blocks; /* owned, newest first */
    size_t used_bytes;
    size_t max_bytes;
};

void sw_region_init(struct sw_region *region, size_t max_bytes);
/* Ends every thing made in it; may be called twice. Usable with SW_CLEANUP. */
void sw_region_done(struct sw_region *region);

/* Zeroed, aligned for any type. NULL when out of memory or over the cap. */
void *sw_region_alloc(struct sw_region *region, size_t n);
/* Zeroed array; NULL also when n * size overflows. */
void *sw_region_array(struct sw_region *region, size_t n, size_t size);
/* A copy of the bytes, NUL-terminated beyond its length: 0 or -ENOMEM. */
int sw_region_copy(struct sw_region *region, struct sw_str s, struct sw_str *ret);
/* The same, or *before where it holds the same bytes (NULL: there is none): for records of which
 * most share a value with the one before. */
int sw_region_copy_shared(
    struct sw_region *region, struct sw_str s, const struct sw_str *before, struct sw_str *ret);
/* The same as a C string (cut at no byte: an embedded NUL stays inside); NULL on -ENOMEM. */
char *sw_region_strdup(struct sw_region *region, struct sw_str s);
/* Formatted text; NULL when out of memory. */
char *sw_region_printf(struct sw_region *region, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

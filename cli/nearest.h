/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name that a mistyped word was meant to be.
 */
#pragma once

#include <stddef.h>

struct sw_nearest {
    const char *word;
    const char *name; /* NULL: none is near */
    size_t distance;  /* of that name */
};

/* The word is borrowed. */
void sw_nearest_init(struct sw_nearest *nearest, const char *word);
/* Keeps the name (borrowed) when it is nearer than those before: at most two mistakes away, and one
 * from a short word. */
void sw_nearest_offer(struct sw_nearest *nearest, const char *name);

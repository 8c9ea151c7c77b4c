/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WWW-Authenticate: what a registry wants to see before it answers. Pure.
 */
#pragma once

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Headers beyond that are refused; real ones have some 200 bytes. */
#define SW_CHALLENGE_BYTES_MAX ((size_t)16384)

struct sw_challenge {
    struct sw_str scheme;  /* as written */
    struct sw_str realm;   /* Bearer: the URL of the token server */
    struct sw_str service; /* may be empty, as may what follows */
    struct sw_str scope;
    struct sw_str error; /* why a token was not taken */
};

/* The first challenge of that scheme (any case) in a header's value, which may hold several.
 * Strings are made in the region, NUL-terminated. -ENOENT: none; -EINVAL: broken before one. */
int sw_challenge_find(
    struct sw_str header, const char *scheme, struct sw_region *region, struct sw_challenge *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the official feeds are, and which systems each serves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* How the address leads to the feed. */
enum sw_feed_lookup {
    SW_FEED_DIRECT,
    SW_FEED_LATEST_NAME, /* the address holds the name of the newest archive beside it */
    SW_FEED_MIRROR_LIST, /* the address holds base addresses, one a line; `tail` follows the first
                          */
    _SW_FEED_LOOKUP_MAX
};

struct sw_feed_place {
    const char *name;
    const char *family;   /* of product keys; "*": of use to every system */
    const char *url;      /* "%v": release ("3.20"), "%m": its major part ("15"), "%b": branch
                             ("v3.20", "edge") */
    const char *file;     /* below the feeds folder, the same placeholders; also the path on a
                             mirror */
    const char *tail;     /* for SW_FEED_MIRROR_LIST */
    const char *releases; /* for --all: what stands for the placeholder, space separated */
    enum sw_feed_lookup lookup;
};

extern const struct sw_feed_place sw_feed_places[];

/* One file to fetch. Made in the region. */
struct sw_feed_fetch {
    const struct sw_feed_place *place;
    const char *url;
    const char *file;
    const char *address; /* where it really is; NULL until resolved */
};

#define SW_FEED_FETCHES_MAX ((size_t)256)

/* Whether a feed judges systems of this product key. */
bool sw_feed_list_is_served(struct sw_str product);

/* The files that these product keys need, each once, with those of use to every system; with
 * is_all every feed there is. */
int sw_feed_list_select(const struct sw_str *products, size_t n_products, bool is_all,
    struct sw_region *region, struct sw_feed_fetch **ret, size_t *ret_n);

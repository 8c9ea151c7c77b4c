/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching official feeds into the feeds folder: only what changed, resumed where it broke off.
 */
#pragma once

#include "base/region.h"
#include "feed_list.h"
#include "io/http_client.h"

struct sw_feed_fetcher {
    struct sw_http_client *client; /* borrowed */
    const char *folder;
    const char *mirror; /* NULL, or the base address that stands for all official ones */
    struct sw_region *region;
};

/* Where the feed really is: follows mirror lists and names of newest archives. Sets
 * fetch->address, in the region. */
int sw_feed_fetch_resolve(
    const struct sw_feed_fetcher *fetcher, struct sw_feed_fetch *fetch, struct sw_err *err);

/* What a resolved feed would cost to fetch, as far as the server says; 0 when it is unchanged. */
int sw_feed_fetch_probe(const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch,
    struct sw_http_probe *ret, struct sw_err *err);

/* Brings one resolved feed's file up to date. What is there stays when this fails. */
int sw_feed_fetch_run(const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch,
    struct sw_http_result *ret, struct sw_err *err);

/* Size of the feed's file when it is already there, else 0. */
uint64_t sw_feed_fetch_present_bytes(
    const struct sw_feed_fetcher *fetcher, const struct sw_feed_fetch *fetch);

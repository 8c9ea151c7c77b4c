/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_exchange.c (a request, its answer) and http_pool.c (connections, pace).
 */
#pragma once

#include <curl/curl.h>

#include "base/region.h"
#include "base/vec.h"
#include "io/http_exchange.h"
#include "io/http_url.h"
#include "io/thread.h"

/* A transfer's place, with the connections that it made. */
struct sw_http_lane {
    CURL *easy;                /* owned */
    CURLM *multi;              /* owned */
    struct sw_http_lane *next; /* idle */
};

struct sw_http_pool {
    struct sw_http_options options;
    unsigned rate_per_s;
    struct sw_mutex mutex;
    struct sw_http_lane *idle; /* owned; this and the next two under the mutex */
    size_t n_idle;
    int64_t next_request_ns;
    atomic_uint_fast64_t n_requests;
    /* The server itself is at such an address, so that its redirects may lead to one. */
    atomic_bool is_at[_SW_HTTP_PLACE_MAX];
};

/* An idle lane or a new one; NULL: out of memory. */
struct sw_http_lane *sw_http_pool_take(struct sw_http_pool *pool);
void sw_http_pool_give(struct sw_http_pool *pool, struct sw_http_lane *lane);
/* Waits for the request's turn: 0 or -ECANCELED. */
int sw_http_pool_pace(struct sw_http_pool *pool, const atomic_bool *stop);

/* What a failed transfer means: a negative errno, and whether another try may do better. */
struct sw_http_verdict {
    int code;
    bool is_worth_more;
};
struct sw_http_verdict sw_http_judge_curl(CURLcode code);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harbor's pluggable scanner API 1.2: paths, statuses and media types, between the HTTP server and
 * the queue.
 */
#pragma once

#include <stdbool.h>

#include "base/region.h"
#include "harbor/authorization.h"
#include "harbor/queue.h"
#include "io/http_server.h"
#include "option.h"

struct sw_harbor_adapter {
    struct sw_harbor_queue *queue; /* borrowed, as is all below */
    struct sw_harbor_guard guard;
    const struct sw_option_list *registries; /* those that may be named; empty: all */
    bool is_plain_allowed;
    bool is_quiet; /* requests are not logged */
    /* When the database was made (RFC 3339), in the region; NULL: there is none. */
    const char *(*database_time)(void *context, struct sw_region *region);
    void *context;
};

/* The handler of a server; context is the adapter. */
void sw_harbor_adapter_handle(
    void *context, const struct sw_http_call *call, struct sw_http_answer *answer);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server for APIs: one handler answers every request, from a few threads, and must not
 * wait (long work belongs in a queue; see thread.h). Clients are strangers: headers, bodies,
 * connections, requests per connection and the time that each may take are bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

#define SW_HTTP_SERVER_BODY_BYTES ((size_t)1024 * 1024)
#define SW_HTTP_SERVER_HEADER_BYTES ((size_t)32 * 1024)
#define SW_HTTP_SERVER_CONNECTIONS 256
#define SW_HTTP_SERVER_THREADS_MAX 64
/* A request must have come whole after so long, however slowly its bytes drip. */
#define SW_HTTP_SERVER_REQUEST_MS 30000
/* An answer must have been taken after so long. */
#define SW_HTTP_SERVER_ANSWER_MS 300000
#define SW_HTTP_SERVER_REQUESTS 1000
/* What the handler may make in a request's region. */
#define SW_HTTP_SERVER_REGION_BYTES ((size_t)16 * 1024 * 1024)
#define SW_HTTP_ANSWER_HEADERS_MAX 8

struct sw_http_call; /* a request being answered */

/* A handler fills it in; what is zero needs nothing done. Strings live in the request's region or
 * are static. */
struct sw_http_answer {
    unsigned status;
    const char *type; /* Content-Type; NULL: none */
    struct {
        const char *name;
        const char *value;
    } headers[SW_HTTP_ANSWER_HEADERS_MAX];
    size_t n_headers;
    struct sw_str body; /* copied, unless there is a release */
    /* Called with owner when the body has been sent or dropped, from any thread. */
    void (*release)(void *owner);
    void *owner;
};

/* Zeros mean the constants above. Strings are borrowed until the server has started. */
struct sw_http_server_options {
    const char *address;   /* numeric, IPv4 or IPv6; NULL: 127.0.0.1 */
    uint16_t port;         /* 0: any that is free */
    const char *cert_file; /* PEM, with its chain; NULL: no TLS */
    const char *key_file;  /* PEM */
    unsigned n_threads;    /* 0: 2 */
    unsigned n_connections_max;
    unsigned n_requests_max; /* on one connection */
    unsigned request_ms;
    unsigned answer_ms;
    size_t header_bytes_max;
    size_t body_bytes_max;
    /* Called by several threads at once; never waits. */
    void (*handle)(void *context, const struct sw_http_call *call, struct sw_http_answer *answer);
    void *context;
};

struct sw_http_server;

/* Listens and serves from threads of its own: 0, or negative errno with a sentence. */
int sw_http_server_start(
    const struct sw_http_server_options *options, struct sw_http_server **ret, struct sw_err *err);
uint16_t sw_http_server_port(const struct sw_http_server *server);
/* Takes no more connections, lets what is being answered end for up to grace_ms, then closes all
 * and frees. NULL is allowed. */
void sw_http_server_stop(struct sw_http_server *server, unsigned grace_ms);

/* True when the address, numeric, can only be reached from this machine. -EINVAL: it is none. */
int sw_http_server_is_loopback(const char *address, bool *ret);

/* Of a request; all borrowed for the time of the call. */
const char *sw_http_call_method(const struct sw_http_call *call);
/* Decoded, without the query. */
const char *sw_http_call_path(const struct sw_http_call *call);
/* NULL: not there. Names of headers in any case. The first one of several. */
const char *sw_http_call_header(const struct sw_http_call *call, const char *name);
const char *sw_http_call_query(const struct sw_http_call *call, const char *name);
struct sw_str sw_http_call_body(const struct sw_http_call *call);
struct sw_region *sw_http_call_region(const struct sw_http_call *call);
/* Adds a header to an answer; one too many is dropped. */
void sw_http_answer_header(struct sw_http_answer *answer, const char *name, const char *value);

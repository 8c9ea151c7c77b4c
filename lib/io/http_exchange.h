/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its answer, read as it comes: for APIs and for bodies that nobody keeps. A pool
 * holds the connections to one server and to wherever that sends us; any number of threads use it,
 * each with exchanges of its own.
 *
 * Redirects are followed here: never from https to http, never to inward addresses unless the
 * server itself is at one, and with nothing that was meant for the server itself (Authorization,
 * the client certificate) once scheme, host or port is another one.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "io/http_client.h"

struct sw_http_pool;

/* Strings of the options are borrowed for the life of the pool; its progress is not called.
 * rate_per_s 0: as fast as the server lets us. */
int sw_http_pool_new(const struct sw_http_options *options, unsigned rate_per_s,
    struct sw_http_pool **ret, struct sw_err *err);
/* After its last exchange has ended. NULL is allowed. */
void sw_http_pool_free(struct sw_http_pool *pool);
/* Requests sent so far, those for redirects and second tries included. */
uint64_t sw_http_pool_n_requests(const struct sw_http_pool *pool);

#define SW_HTTP_HEADERS_MAX 8

/* Borrowed until the exchange is open; `stop` until it is freed. */
struct sw_http_request {
    const char *method; /* GET, HEAD or POST; NULL: GET. A POST follows no redirect */
    const char *url;
    const char *headers[SW_HTTP_HEADERS_MAX]; /* "Name: value"; go to redirects too */
    const char *authorization;                /* a value for the server itself alone; NULL: none */
    struct sw_str body;                       /* of a POST */
    uint64_t range_start;                     /* > 0: asks for the bytes from there on */
    uint64_t max_bytes;      /* of the answer's body; more is -EFBIG. 0: as the options say */
    unsigned total_s;        /* for the whole exchange; 0: as long as bytes come */
    bool is_foreign;         /* a server named this URL: what holds for redirects holds for it */
    const atomic_bool *stop; /* once true, what waits ends with -ECANCELED. NULL: never */
};

struct sw_http_exchange;

/* Sends it and waits for the answer's headers; busy servers and failing networks are tried again.
 * Whatever the status is, it is an answer, but for those that stayed "busy": -EAGAIN. Others as
 * sw_http_client_download, -EPERM: a redirect that was not followed. */
int sw_http_exchange_open(struct sw_http_pool *pool, const struct sw_http_request *request,
    struct sw_http_exchange **ret, struct sw_err *err);
/* The rest of a short answer is passed over, so that its connection serves again. */
void sw_http_exchange_free(struct sw_http_exchange *exchange);
void sw_http_exchange_freep(struct sw_http_exchange **exchange);

unsigned sw_http_exchange_status(const struct sw_http_exchange *exchange);
/* The URL that answered, after redirects; borrowed. */
const char *sw_http_exchange_url(const struct sw_http_exchange *exchange);
/* The n-th value (from 0) of a header; p is NULL when there is none. Borrowed. */
struct sw_str sw_http_exchange_header(
    const struct sw_http_exchange *exchange, const char *name, size_t n);
/* Content-Length: whether there is one. */
bool sw_http_exchange_size(const struct sw_http_exchange *exchange, uint64_t *ret);

/* Up to n bytes of the body: > 0, 0 at its end, -ECONNRESET when it broke off, -ETIMEDOUT when
 * nothing comes, -EFBIG, -ECANCELED. */
ssize_t sw_http_exchange_read(
    struct sw_http_exchange *exchange, void *p, size_t n, struct sw_err *err);
/* All of it, appended to buf: 0, -EFBIG beyond buf's cap, others as above. */
int sw_http_exchange_read_all(
    struct sw_http_exchange *exchange, struct sw_buf *buf, struct sw_err *err);

/* Waits between tries, with jitter, in a way that `stop` ends: 0 or -ECANCELED. n counts from 1;
 * asked_ms is what the server asked for, 0: nothing. */
int sw_http_pool_back_off(
    struct sw_http_pool *pool, unsigned n, uint64_t asked_ms, const atomic_bool *stop);

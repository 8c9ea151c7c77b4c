/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads into files: conditional, resumable, polite, bounded. For answers that are read as
 * they come see http_exchange.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sw_http_options {
    const char *user_agent;  /* "seawall/<version>" */
    const char *proxy;       /* NULL: as http_proxy, https_proxy, no_proxy say; "": none */
    const char *ca_file;     /* PEM; NULL: the system's */
    const char *cert_file;   /* PEM, to show to the server itself; NULL: none */
    const char *key_file;    /* its key; NULL: in cert_file */
    bool is_plain_allowed;   /* http:// too; otherwise https:// only, redirects included */
    const char *unix_socket; /* exchanges go there, whatever the URL's host; NULL: TCP. With it the
                              * URL is a plain one and there is no proxy */
    uint64_t max_bytes;      /* of one download; more is -EFBIG. 0: SW_HTTP_MAX_BYTES */
    unsigned n_tries;        /* 0: SW_HTTP_TRIES */
    unsigned retry_delay_ms; /* doubled each time. 0: SW_HTTP_RETRY_DELAY_MS */
    unsigned low_speed_s;    /* under 1 KB/s for so long is a failure. 0: SW_HTTP_LOW_SPEED_S */
    /* Returns false to give up (-ECANCELED). n_total is 0 while unknown. NULL is allowed. */
    bool (*progress)(void *context, uint64_t n_done, uint64_t n_total);
    void *context;
};

/* The largest official feed has two gigabytes; twice that is no feed. */
#define SW_HTTP_MAX_BYTES ((uint64_t)4 << 30)
#define SW_HTTP_TRIES 4
#define SW_HTTP_RETRY_DELAY_MS 1000
/* However long a server asks us to stay away, we come back (or give up) after this. */
#define SW_HTTP_RETRY_AFTER_MAX_MS 120000
#define SW_HTTP_LOW_SPEED_S 30
#define SW_HTTP_REDIRECTS_MAX 5

/* What makes the next download conditional. Empty strings where the server gave none. The caller
 * remembers it beside the file. */
#define SW_HTTP_VALIDATOR_BYTES ((size_t)256)
struct sw_http_validators {
    char etag[SW_HTTP_VALIDATOR_BYTES];
    char last_modified[SW_HTTP_VALIDATOR_BYTES];
};

enum sw_http_outcome {
    SW_HTTP_FETCHED,   /* the file is new and whole */
    SW_HTTP_UNCHANGED, /* what the caller has is still right; no file was touched */
    _SW_HTTP_OUTCOME_MAX
};

struct sw_http_result {
    enum sw_http_outcome outcome;
    struct sw_http_validators validators;
    uint64_t size_bytes;        /* of the file */
    uint64_t transferred_bytes; /* of its content in this call; fewer when resumed */
    unsigned n_tries;
};

struct sw_http_probe {
    bool is_size_known;
    uint64_t size_bytes;
    struct sw_http_validators validators;
};

/* One connection pool; for one thread at a time. */
struct sw_http_client;
/* The options' strings are borrowed until sw_http_client_free. */
int sw_http_client_new(
    const struct sw_http_options *options, struct sw_http_client **ret, struct sw_err *err);
void sw_http_client_free(struct sw_http_client *client);
void sw_http_client_freep(struct sw_http_client **client);

/* Downloads to `path`, which is replaced only by a whole file. Until then bytes gather in
 * `path`.partial, from where a later call goes on if the server still has the same file (its
 * validator is kept in `path`.partial-of). `known` (NULL: none) makes it conditional.
 * -ENOENT: no such page; -EACCES: refused; -EAGAIN: busy, however often tried; -EFBIG; -ETIMEDOUT;
 * -ENETUNREACH and the like; -EKEYREJECTED: its certificate is not trusted; -EPROTONOSUPPORT: no
 * TLS there; -EPROTO: anything else that is not HTTP as it should be. */
int sw_http_client_download(struct sw_http_client *client, const char *url,
    const struct sw_http_validators *known, const char *path, struct sw_http_result *ret,
    struct sw_err *err);

/* Asks how large it is, without its content. Servers need not know. */
int sw_http_client_probe(
    struct sw_http_client *client, const char *url, struct sw_http_probe *ret, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c (endpoints and requests), registry_auth.c (who we are), registry_blob.c,
 * registry_list.c.
 */
#pragma once

#include "base/vec.h"
#include "io/http_exchange.h"
#include "io/thread.h"
#include "oci/registry.h"

/* One kind of access that was asked for, and the token that grants it. */
struct sw_registry_token {
    char *scope; /* ours: what the table is searched by; all owned */
    char *realm; /* as the registry said; also the next three */
    char *service;
    char *asked_scope;
    char *bearer;
    int64_t expires_ns;
};

/* A server that has the registry's content: a mirror, or the registry itself. */
struct sw_registry_endpoint {
    char *base;   /* owned: "https://host:port/v2/" */
    char *prefix; /* owned: before each repository, "" or "name/" */
    char *host;   /* owned: what credentials are looked up by */
    bool is_plain;
    struct sw_http_pool *pool;
    const struct sw_registry_options *options; /* borrowed */
    struct sw_mutex mutex;                     /* over what follows */
    bool is_credential_known;
    bool has_credential;
    bool is_basic; /* it has asked for Basic */
    struct sw_credential credential;
    SW_VEC(struct sw_registry_token) tokens;
};

struct sw_registry {
    struct sw_registry_options options;
    char *host; /* owned */
    struct sw_registry_endpoint endpoints[SW_REGISTRY_MIRRORS_MAX + 1];
    size_t n_endpoints;
};

/* One request of the API. */
struct sw_registry_call {
    const char *method; /* NULL: GET */
    const char *path;   /* below the base; NULL: url is given */
    const char *url;    /* absolute */
    const char *scope;  /* what a token must grant: "repository:NAME:pull" */
    const char *accept; /* NULL: anything */
    uint64_t range_start;
    uint64_t max_bytes;
    unsigned total_s;
    const atomic_bool *stop;
};

/* Of a request; a name has 255 bytes at most, a digest 140. */
#define SW_REGISTRY_PATH_MAX ((size_t)4096)
/* Documents come at once or not at all. */
#define SW_REGISTRY_DOCUMENT_S 120U

/* Sends it, with whatever login it takes. An answer of success is in *ret: 0; -ENOENT, -EACCES and
 * others with what the server says. */
int sw_registry_send(struct sw_registry_endpoint *endpoint, const struct sw_registry_call *call,
    struct sw_http_exchange **ret, struct sw_err *err);

/* Asks for a document of a repository: `kind` is "manifests" or "referrers". As sw_registry_send.
 */
int sw_registry_open_document(struct sw_registry_endpoint *endpoint,
    const struct sw_registry_item *item, const char *kind, const char *accept,
    struct sw_http_exchange **ret, struct sw_err *err);

/* Appends the value of Authorization as far as it is known: 0, also for none. */
int sw_registry_authorize(struct sw_registry_endpoint *endpoint, const char *scope,
    const atomic_bool *stop, struct sw_buf *value, struct sw_err *err);
/* The answer was 401 to a request with that value: learns from it, so that the next value differs.
 * -EACCES when there is nothing more to try. */
int sw_registry_challenged(struct sw_registry_endpoint *endpoint,
    const struct sw_http_exchange *exchange, const struct sw_registry_call *call,
    struct sw_str value, struct sw_err *err);
/* Wipes what it knows. */
void sw_registry_forget(struct sw_registry_endpoint *endpoint);

/* The path of something in a repository at that endpoint: "NAME/manifests/..." . Appended. */
int sw_registry_path(const struct sw_registry_endpoint *endpoint, struct sw_buf *path,
    const char *repository, const char *kind, const char *reference);
/* "repository:NAME:pull", appended. */
int sw_registry_scope(
    const struct sw_registry_endpoint *endpoint, struct sw_buf *scope, const char *repository);

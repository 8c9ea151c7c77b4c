/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of one registry: the distribution API as far as reading goes. Any number of threads use
 * it at once. Credentials go to the registry and to the token server that it names, and nowhere
 * else; over plain HTTP only where the caller has asked for plain HTTP.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"
#include "io/http_client.h"
#include "io/reader.h"
#include "oci/credential.h"

#define SW_REGISTRY_MIRRORS_MAX 16
/* The largest blob that is read; layers of 20 GB are seen. */
#define SW_REGISTRY_BLOB_BYTES_MAX ((uint64_t)64 << 30)
/* Names of one list, over all of its pages. */
#define SW_REGISTRY_NAMES_MAX ((size_t)1000000)
#define SW_REGISTRY_PAGES_MAX 10000

/* Borrowed until the registry is freed. */
struct sw_registry_options {
    const struct sw_http_options *http;              /* is_plain_allowed: http instead of https */
    const struct sw_credential_options *credentials; /* NULL: anonymous */
    /* "HOST=MIRROR": a mirror is "host[:port][/prefix]", with "http://" before it for a plain one
     * (where plain HTTP is asked for). Asked first; what it lacks is asked of the registry. */
    const char *const *mirrors;
    size_t n_mirrors;
    unsigned rate_per_s; /* requests; 0: as fast as they come */
};

struct sw_registry;

/* The registry at "host" or "host:port"; sends nothing yet. -EINVAL for what is none. */
int sw_registry_new(const struct sw_registry_options *options, const char *host,
    struct sw_registry **ret, struct sw_err *err);
/* After its last reader is freed. NULL is allowed. */
void sw_registry_free(struct sw_registry *registry);
void sw_registry_freep(struct sw_registry **registry);
uint64_t sw_registry_n_requests(const struct sw_registry *registry);

/* What is asked for. Borrowed for the call; `stop` until what came of it is freed: once it is true,
 * whatever waits ends with -ECANCELED. NULL: never. */
struct sw_registry_item {
    const char *repository;
    const char *reference; /* a tag or a digest; blobs and referrers: a digest */
    uint64_t max_bytes;    /* of a blob; 0: SW_REGISTRY_BLOB_BYTES_MAX */
    const atomic_bool *stop;
};

#define SW_REGISTRY_MEDIA_TYPE_BYTES ((size_t)128)
struct sw_registry_manifest {
    char digest[SW_DIGEST_TEXT_BYTES];             /* of its bytes, computed here */
    char media_type[SW_REGISTRY_MEDIA_TYPE_BYTES]; /* as the server says; "" where it does not */
};

/* A manifest or index by tag or digest, its bytes appended to text. They are what the digest says:
 * -EBADMSG otherwise; -ENOENT: no such image; -EACCES; -EOPNOTSUPP: a format of before 2016. */
int sw_registry_manifest(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_registry_manifest *ret, struct sw_err *err);
/* What digest a tag has now, without its manifest. -ENOENT also where the server does not say. */
int sw_registry_resolve(struct sw_registry *registry, const struct sw_registry_item *item,
    char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err);

/* A reader of a blob. Nothing is sent before the first read; a broken body goes on where it
 * stopped. What it hands out is not checked here: whoever hashes it compares. It ends with -EFBIG
 * beyond max_bytes. */
int sw_registry_blob(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_reader **ret, struct sw_err *err);

/* An index of what refers to a digest (signatures, statements, SBOMs), its bytes appended to text;
 * falls back to the tag of the days before the endpoint. -ENOENT: nothing does. */
int sw_registry_referrers(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_err *err);

/* Calls name() with each name, in the server's order, until it returns other than 0: 0, what name()
 * returned, or negative errno. Names are any bytes. */
struct sw_registry_names {
    int (*name)(void *context, struct sw_str name);
    void *context;
};
int sw_registry_tags(struct sw_registry *registry, const char *repository,
    const struct sw_registry_names *names, struct sw_err *err);
int sw_registry_catalog(
    struct sw_registry *registry, const struct sw_registry_names *names, struct sw_err *err);

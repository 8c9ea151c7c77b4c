/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry's endpoints, requests to them, and manifests. Mirrors are asked first and are allowed
 * to fail; the registry itself has the last word.
 */
#include "oci/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_url.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry_json.h"
#include "registry_priv.h"

#define ERROR_BYTES_MAX ((size_t)65536)
#define VALUE_BYTES_MAX (SW_REGISTRY_TOKEN_BYTES_MAX * 2)
/* One refusal tells what is wanted; a second one that what was shown is too old. */
#define LOGINS_MAX 2

enum status {
    STATUS_OK = 200,
    STATUS_PARTIAL = 206,
    STATUS_UNAUTHORIZED = 401,
    STATUS_FORBIDDEN = 403,
    STATUS_NOT_FOUND = 404,
};

static const char manifest_types[] = "Accept: application/vnd.oci.image.index.v1+json, "
                                     "application/vnd.docker.distribution.manifest.list.v2+json, "
                                     "application/vnd.oci.image.manifest.v1+json, "
                                     "application/vnd.docker.distribution.manifest.v2+json";

static int open_endpoint(struct sw_registry_endpoint *endpoint,
    const struct sw_registry_options *options, const char *host, const char *address,
    struct sw_err *err)
{
    struct sw_str rest = sw_str_of(address);
    bool is_plain = options->http->is_plain_allowed;
    if (sw_str_starts_with(rest, SW_STR("https://"))) {
        rest = sw_str_skip(rest, SW_STR("https://").n);
        is_plain = false;
    } else if (sw_str_starts_with(rest, SW_STR("http://"))) {
        rest = sw_str_skip(rest, SW_STR("http://").n);
        if (!is_plain)
            return sw_err_set(err, -EINVAL, "'%s' is plain HTTP; see --plain-http", address);
    }
    while (sw_str_ends_with(rest, SW_STR("/")))
        rest.n--;
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    struct sw_str place = slash >= 0 ? sw_str_part(rest, 0, (size_t)slash) : rest;
    struct sw_str prefix = slash >= 0 ? sw_str_skip(rest, (size_t)slash + 1) : SW_STR_NONE;
    if (!sw_reference_is_registry(place) || (slash >= 0 && !sw_reference_is_repository(prefix)))
        return sw_err_set(err, -EINVAL, "'%s' is no registry (host or host:port)", address);
    /* Docker Hub's API has a name of its own. */
    bool is_hub = sw_str_equal_z(place, SW_REFERENCE_REGISTRY_DEFAULT);
    SW_CLEANUP(sw_buf_done) struct sw_buf base = {0};
    sw_buf_init(&base, SW_REGISTRY_PATH_MAX);
    int r = sw_buf_printf(&base, "%s://%.*s/v2/", is_plain ? "http" : "https",
        SW_STR_ARG(is_hub ? SW_STR("registry-1.docker.io") : place));
    if (r == 0) {
        endpoint->base = SW_TAKE(base.p);
        endpoint->prefix = sw_mem_strndup(prefix.n > 0 ? prefix.p : "", prefix.n);
        endpoint->host =
            sw_mem_strndup(host != NULL ? host : place.p, host != NULL ? strlen(host) : place.n);
        endpoint->is_plain = is_plain;
        endpoint->options = options;
        sw_mutex_init(&endpoint->mutex);
    }
    if (r < 0 || endpoint->prefix == NULL || endpoint->host == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    return sw_http_pool_new(options->http, options->rate_per_s, &endpoint->pool, err);
}

static int add_endpoint(
    struct sw_registry *registry, const char *host, const char *address, struct sw_err *err)
{
    struct sw_registry_endpoint *endpoint = &registry->endpoints[registry->n_endpoints];
    /* Freed also when it is half made. */
    registry->n_endpoints++;
    return open_endpoint(endpoint, &registry->options, host, address, err);
}

static int add_mirrors(struct sw_registry *registry, struct sw_err *err)
{
    const struct sw_registry_options *options = &registry->options;
    size_t n_host = strlen(registry->host);
    for (size_t i = 0; i < options->n_mirrors; i++) {
        const char *mirror = options->mirrors[i];
        const char *equals = strchr(mirror, '=');
        if (equals == NULL)
            return sw_err_set(err, -EINVAL, "'%s' is no HOST=MIRROR", mirror);
        if ((size_t)(equals - mirror) != n_host || memcmp(mirror, registry->host, n_host) != 0)
            continue;
        if (registry->n_endpoints == SW_REGISTRY_MIRRORS_MAX)
            return sw_err_set(err, -EINVAL, "more than %d mirrors", SW_REGISTRY_MIRRORS_MAX);
        int r = add_endpoint(registry, NULL, equals + 1, err);
        if (r < 0)
            return sw_err_wrap(err, r, "mirror of '%s'", registry->host);
    }
    return 0;
}

int sw_registry_new(const struct sw_registry_options *options, const char *host,
    struct sw_registry **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_registry_freep)
    struct sw_registry *registry = sw_mem_zalloc(1, sizeof(*registry));
    if (registry == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    registry->options = *options;
    registry->host = sw_mem_strndup(host, strlen(host));
    if (registry->host == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    if (!sw_reference_is_registry(sw_str_of(host)))
        return sw_err_set(err, -EINVAL, "'%s' is no registry (host or host:port)", host);
    int r = add_mirrors(registry, err);
    if (r == 0)
        r = add_endpoint(registry, host, host, err);
    if (r < 0)
        return r;
    *ret = SW_TAKE(registry);
    return 0;
}

void sw_registry_free(struct sw_registry *registry)
{
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->n_endpoints; i++) {
        struct sw_registry_endpoint *endpoint = &registry->endpoints[i];
        sw_registry_forget(endpoint);
        sw_http_pool_free(endpoint->pool);
        if (endpoint->options != NULL)
            sw_mutex_done(&endpoint->mutex);
        sw_mem_free(endpoint->base);
        sw_mem_free(endpoint->prefix);
        sw_mem_free(endpoint->host);
    }
    sw_mem_free(registry->host);
    sw_mem_free(registry);
}

void sw_registry_freep(struct sw_registry **registry)
{
    sw_registry_free(*registry);
    *registry = NULL;
}

uint64_t sw_registry_n_requests(const struct sw_registry *registry)
{
    uint64_t n = 0;
    for (size_t i = 0; i < registry->n_endpoints; i++)
        n += sw_http_pool_n_requests(registry->endpoints[i].pool);
    return n;
}

int sw_registry_path(const struct sw_registry_endpoint *endpoint, struct sw_buf *path,
    const char *repository, const char *kind, const char *reference)
{
    return sw_buf_printf(path, "%s%s%s/%s/%s", endpoint->prefix,
        endpoint->prefix[0] != '\0' ? "/" : "", repository, kind, reference);
}

int sw_registry_scope(
    const struct sw_registry_endpoint *endpoint, struct sw_buf *scope, const char *repository)
{
    return sw_buf_printf(scope, "repository:%s%s%s:pull", endpoint->prefix,
        endpoint->prefix[0] != '\0' ? "/" : "", repository);
}

/* The sentence of an answer that is none of success. */
static int fail(const struct sw_registry_endpoint *endpoint, struct sw_http_exchange *exchange,
    struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_region_init(&region, ERROR_BYTES_MAX * 16);
    sw_buf_init(&text, ERROR_BYTES_MAX);
    unsigned status = sw_http_exchange_status(exchange);
    struct sw_str said = SW_STR_NONE;
    if (sw_http_exchange_read_all(exchange, &text, NULL) == 0)
        said = sw_registry_error_parse(sw_buf_str(&text), &region);
    int code = status == STATUS_NOT_FOUND                                    ? -ENOENT
               : status == STATUS_FORBIDDEN || status == STATUS_UNAUTHORIZED ? -EACCES
                                                                             : -EPROTO;
    return sw_err_set(err, code, "'%s' answers %u%s%.*s", endpoint->host, status,
        said.n > 0 ? ", " : "", SW_STR_ARG(said));
}

/* What to do next, where that is known. */
static int advise(struct sw_err *err, int code)
{
    const char *advice = code == -EKEYREJECTED      ? "; see --registry-ca"
                         : code == -EPROTONOSUPPORT ? "; if it has no TLS, see --plain-http"
                                                    : NULL;
    if (err == NULL || advice == NULL)
        return code;
    struct sw_err before = *err;
    return sw_err_set(err, code, "%.400s%s", before.message, advice);
}

static int send_once(struct sw_registry_endpoint *endpoint, const struct sw_registry_call *call,
    struct sw_buf *value, struct sw_http_exchange **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf url = {0};
    sw_buf_init(&url, SW_HTTP_URL_MAX);
    int r = sw_registry_authorize(endpoint, call->scope, call->stop, value, err);
    if (r < 0)
        return r;
    r = call->url != NULL ? sw_buf_append_str(&url, sw_str_of(call->url))
                          : sw_buf_printf(&url, "%s%s", endpoint->base, call->path);
    if (r < 0)
        return sw_err_set(err, r, "the request cannot be made");
    struct sw_http_request request = {
        .method = call->method,
        .url = url.p,
        .headers = {call->accept},
        .authorization = value->n > 0 ? value->p : NULL,
        .range_start = call->range_start,
        .max_bytes = call->max_bytes,
        .total_s = call->total_s,
        .stop = call->stop,
    };
    r = sw_http_exchange_open(endpoint->pool, &request, ret, err);
    return r < 0 ? advise(err, r) : 0;
}

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->n);
    sw_buf_done(buf);
}

int sw_registry_send(struct sw_registry_endpoint *endpoint, const struct sw_registry_call *call,
    struct sw_http_exchange **ret, struct sw_err *err)
{
    for (unsigned n = 0;; n++) {
        SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
        SW_CLEANUP(wipe_buf) struct sw_buf value = {0};
        sw_buf_init(&value, VALUE_BYTES_MAX);
        int r = send_once(endpoint, call, &value, &exchange, err);
        if (r < 0)
            return r;
        unsigned status = sw_http_exchange_status(exchange);
        if (status == STATUS_OK || status == STATUS_PARTIAL) {
            *ret = SW_TAKE(exchange);
            return 0;
        }
        if (status != STATUS_UNAUTHORIZED || n == LOGINS_MAX)
            return fail(endpoint, exchange, err);
        r = sw_registry_challenged(endpoint, exchange, call, sw_buf_str(&value), err);
        if (r < 0)
            return r;
    }
}

static bool is_media_type(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && (c == '\0' || strchr("./+-_", c) == NULL))
            return false;
    }
    return s.n > 0 && s.n < SW_REGISTRY_MEDIA_TYPE_BYTES;
}

/* Without parameters. */
static void read_media_type(
    const struct sw_http_exchange *exchange, char ret[SW_REGISTRY_MEDIA_TYPE_BYTES])
{
    struct sw_str type = sw_http_exchange_header(exchange, "content-type", 0);
    ptrdiff_t semicolon = sw_str_find_char(type, ';');
    if (semicolon >= 0)
        type = sw_str_trim(sw_str_part(type, 0, (size_t)semicolon));
    ret[0] = '\0';
    if (is_media_type(type))
        snprintf(ret, SW_REGISTRY_MEDIA_TYPE_BYTES, "%.*s", SW_STR_ARG(type));
}

/* The bytes must be what was asked for, or what the server itself says they are. */
static int check_manifest(const struct sw_http_exchange *exchange, struct sw_str text,
    const char *reference, struct sw_registry_manifest *manifest, struct sw_err *err)
{
    enum sw_digest_algorithm algorithm = SW_DIGEST_SHA256;
    struct sw_str expected = sw_str_of(reference);
    if (sw_digest_parse(expected, &algorithm, NULL) < 0) {
        expected = sw_http_exchange_header(exchange, "docker-content-digest", 0);
        if (sw_digest_parse(expected, &algorithm, NULL) < 0) {
            expected = SW_STR_NONE;
            algorithm = SW_DIGEST_SHA256;
        }
    }
    int r = sw_digest_of(algorithm, text, manifest->digest);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    if (expected.n > 0 && !sw_str_equal_z(expected, manifest->digest))
        return sw_err_set(err, -EBADMSG, "manifest digest mismatch, got %s, expected %.*s",
            manifest->digest, SW_STR_ARG(expected));
    read_media_type(exchange, manifest->media_type);
    if (strstr(manifest->media_type, "docker.distribution.manifest.v1") != NULL)
        return sw_err_set(err, -EOPNOTSUPP,
            "its manifest has Docker's schema 1 of before 2016, which is not read; push the image "
            "again with a tool of today");
    return 0;
}

int sw_registry_open_document(struct sw_registry_endpoint *endpoint,
    const struct sw_registry_item *item, const char *kind, const char *accept,
    struct sw_http_exchange **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf scope = {0};
    sw_buf_init(&path, SW_REGISTRY_PATH_MAX);
    sw_buf_init(&scope, SW_REGISTRY_PATH_MAX);
    int r = sw_registry_path(endpoint, &path, item->repository, kind, item->reference);
    if (r == 0)
        r = sw_registry_scope(endpoint, &scope, item->repository);
    if (r < 0)
        return sw_err_set(err, r, "the name is too long");
    struct sw_registry_call call = {
        .path = path.p,
        .scope = scope.p,
        .accept = accept,
        .max_bytes = SW_MANIFEST_BYTES_MAX,
        .total_s = SW_REGISTRY_DOCUMENT_S,
        .stop = item->stop,
    };
    return sw_registry_send(endpoint, &call, ret, err);
}

static int get_manifest(struct sw_registry_endpoint *endpoint, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_registry_manifest *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf body = {0};
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    sw_buf_init(&body, SW_MANIFEST_BYTES_MAX);
    struct sw_registry_manifest manifest = {0};
    int r = sw_registry_open_document(endpoint, item, "manifests", manifest_types, &exchange, err);
    if (r == 0)
        r = sw_http_exchange_read_all(exchange, &body, err);
    if (r == 0)
        r = check_manifest(exchange, sw_buf_str(&body), item->reference, &manifest, err);
    if (r == 0)
        r = sw_buf_append_str(text, sw_buf_str(&body));
    if (r == 0)
        *ret = manifest;
    return r;
}

int sw_registry_manifest(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_registry_manifest *ret, struct sw_err *err)
{
    int r = -ENOENT;
    for (size_t i = 0; i < registry->n_endpoints; i++) {
        r = get_manifest(&registry->endpoints[i], item, text, ret, err);
        if (r == 0 || r == -ECANCELED)
            break;
    }
    return r;
}

static int head_manifest(struct sw_registry_endpoint *endpoint, const struct sw_registry_item *item,
    char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf scope = {0};
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    sw_buf_init(&path, SW_REGISTRY_PATH_MAX);
    sw_buf_init(&scope, SW_REGISTRY_PATH_MAX);
    int r = sw_registry_path(endpoint, &path, item->repository, "manifests", item->reference);
    if (r == 0)
        r = sw_registry_scope(endpoint, &scope, item->repository);
    if (r < 0)
        return sw_err_set(err, r, "the name is too long");
    struct sw_registry_call call = {
        .method = "HEAD",
        .path = path.p,
        .scope = scope.p,
        .accept = manifest_types,
        .total_s = SW_REGISTRY_DOCUMENT_S,
        .stop = item->stop,
    };
    r = sw_registry_send(endpoint, &call, &exchange, err);
    if (r < 0)
        return r;
    struct sw_str digest = sw_http_exchange_header(exchange, "docker-content-digest", 0);
    if (sw_digest_parse(digest, NULL, NULL) < 0)
        return sw_err_set(err, -ENOENT, "'%s' does not say the digest", endpoint->host);
    snprintf(ret, SW_DIGEST_TEXT_BYTES, "%.*s", SW_STR_ARG(digest));
    return 0;
}

int sw_registry_resolve(struct sw_registry *registry, const struct sw_registry_item *item,
    char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err)
{
    int r = -ENOENT;
    for (size_t i = 0; i < registry->n_endpoints; i++) {
        r = head_manifest(&registry->endpoints[i], item, ret, err);
        if (r == 0 || r == -ECANCELED)
            break;
    }
    return r;
}

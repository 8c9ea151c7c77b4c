/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: tags, repositories, referrers. Pages follow one another by the server's word, which is
 * taken for its own addresses alone, and never twice.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_url.h"
#include "oci/manifest.h"
#include "registry_json.h"
#include "registry_priv.h"

/* A page of a million short names. */
#define REGION_BYTES_MAX ((size_t)256 << 20)

static const char index_type[] = "Accept: application/vnd.oci.image.index.v1+json";

struct list {
    struct sw_registry_endpoint *endpoint;
    const char *key;
    const char *scope;
    const struct sw_registry_names *names;
    size_t n_names;
    SW_VEC(uint64_t) seen; /* hashes of the addresses of pages */
};

/* The target of the value's rel="next", or nothing. */
static struct sw_str find_next(struct sw_str header)
{
    while (header.n > 0) {
        ptrdiff_t open = sw_str_find_char(header, '<');
        ptrdiff_t close = sw_str_find_char(header, '>');
        if (open < 0 || close < open)
            return SW_STR_NONE;
        struct sw_str target = sw_str_part(header, (size_t)open + 1, (size_t)(close - open - 1));
        header = sw_str_skip(header, (size_t)close + 1);
        ptrdiff_t comma = sw_str_find_char(header, '<');
        struct sw_str parameters = comma >= 0 ? sw_str_part(header, 0, (size_t)comma) : header;
        if (sw_str_find(parameters, SW_STR("rel=\"next\"")) >= 0 ||
            sw_str_find(parameters, SW_STR("rel=next")) >= 0)
            return target;
    }
    return SW_STR_NONE;
}

/* Moves url to the next page: 1, 0 where this is the last one. */
static int turn_page(struct list *list, const struct sw_http_exchange *exchange, struct sw_buf *url,
    struct sw_err *err)
{
    struct sw_http_origin own, its;
    SW_CLEANUP(sw_buf_done) struct sw_buf target = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf next = {0};
    sw_buf_init(&target, SW_HTTP_URL_MAX);
    sw_buf_init(&next, SW_HTTP_URL_MAX * 4);
    struct sw_str found = find_next(sw_http_exchange_header(exchange, "link", 0));
    if (found.n == 0)
        return 0;
    int r = sw_buf_append_str(&target, found);
    if (r == 0)
        r = sw_http_url_resolve(url->p, target.p, &next, err);
    if (r == 0)
        r = sw_http_origin_parse(url->p, &own, err);
    if (r == 0)
        r = sw_http_origin_parse(next.p, &its, err);
    if (r < 0)
        return sw_err_wrap(err, -EPROTO, "the next page of its list");
    if (!sw_http_origin_equal(&own, &its))
        return sw_err_set(
            err, -EPERM, "the next page of its list is at '%.100s', not its own", its.host);
    uint64_t hash = sw_str_hash(sw_buf_str(&next));
    SW_VEC_EACH (seen, &list->seen)
        if (*seen == hash)
            return sw_err_set(err, -ELOOP, "its list leads back to a page before");
    r = sw_vec_push(&list->seen, hash, SW_REGISTRY_PAGES_MAX);
    if (r < 0)
        return sw_err_set(err, r, "its list has more than %d pages", SW_REGISTRY_PAGES_MAX);
    sw_buf_clear(url);
    r = sw_buf_append_str(url, sw_buf_str(&next));
    return r < 0 ? r : 1;
}

static int take_names(struct list *list, struct sw_str text, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES_MAX);
    struct sw_registry_page page;
    int r = sw_registry_page_parse(text, list->key, &region, &page, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < page.n_names; i++) {
        if (++list->n_names > SW_REGISTRY_NAMES_MAX)
            return sw_err_set(
                err, -EFBIG, "its list has more than %zu names", SW_REGISTRY_NAMES_MAX);
        r = list->names->name(list->names->context, page.names[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

static int read_pages(struct list *list, const char *path, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf url = {0};
    sw_buf_init(&url, SW_HTTP_URL_MAX * 4);
    int r = sw_buf_printf(&url, "%s%s", list->endpoint->base, path);
    while (r == 0) {
        SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        sw_buf_init(&text, SW_REGISTRY_PAGE_BYTES_MAX);
        struct sw_registry_call call = {
            .url = url.p,
            .scope = list->scope,
            .accept = "Accept: application/json",
            .max_bytes = SW_REGISTRY_PAGE_BYTES_MAX,
            .total_s = SW_REGISTRY_DOCUMENT_S,
        };
        r = sw_registry_send(list->endpoint, &call, &exchange, err);
        if (r == 0)
            r = sw_http_exchange_read_all(exchange, &text, err);
        if (r == 0)
            r = take_names(list, sw_buf_str(&text), err);
        if (r != 0)
            return r;
        r = turn_page(list, exchange, &url, err);
        if (r == 0)
            return 0;
        r = r > 0 ? 0 : r;
    }
    return r;
}

/* A list is asked of the registry itself: a mirror knows only what passed through it. */
static int read_list(
    struct sw_registry *registry, struct list *list, const char *path, struct sw_err *err)
{
    list->endpoint = &registry->endpoints[registry->n_endpoints - 1];
    int r = read_pages(list, path, err);
    sw_vec_done(&list->seen);
    return r;
}

int sw_registry_tags(struct sw_registry *registry, const char *repository,
    const struct sw_registry_names *names, struct sw_err *err)
{
    const struct sw_registry_endpoint *endpoint = &registry->endpoints[registry->n_endpoints - 1];
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf scope = {0};
    sw_buf_init(&path, SW_REGISTRY_PATH_MAX);
    sw_buf_init(&scope, SW_REGISTRY_PATH_MAX);
    int r = sw_registry_path(endpoint, &path, repository, "tags", "list?n=1000");
    if (r == 0)
        r = sw_registry_scope(endpoint, &scope, repository);
    if (r < 0)
        return sw_err_set(err, r, "the name is too long");
    struct list list = {.key = "tags", .scope = scope.p, .names = names};
    return read_list(registry, &list, path.p, err);
}

int sw_registry_catalog(
    struct sw_registry *registry, const struct sw_registry_names *names, struct sw_err *err)
{
    struct list list = {.key = "repositories", .scope = "registry:catalog:*", .names = names};
    return read_list(registry, &list, "_catalog?n=1000", err);
}

/* "sha256:..." as "sha256-...", the tag that stood for the endpoint. */
static int get_by_tag(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_err *err)
{
    char tag[SW_DIGEST_TEXT_BYTES];
    struct sw_registry_manifest manifest;
    struct sw_str digest = sw_str_of(item->reference);
    memcpy(tag, digest.p, digest.n + 1);
    tag[sw_str_find_char(digest, ':')] = '-';
    struct sw_registry_item by_tag = *item;
    by_tag.reference = tag;
    return sw_registry_manifest(registry, &by_tag, text, &manifest, err);
}

int sw_registry_referrers(struct sw_registry *registry, const struct sw_registry_item *item,
    struct sw_buf *text, struct sw_err *err)
{
    struct sw_registry_endpoint *endpoint = &registry->endpoints[registry->n_endpoints - 1];
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    if (sw_digest_parse(sw_str_of(item->reference), NULL, NULL) < 0)
        return sw_err_set(err, -EINVAL, "'%.140s' is no digest", item->reference);
    int r = sw_registry_open_document(endpoint, item, "referrers", index_type, &exchange, err);
    if (r == -ENOENT)
        return get_by_tag(registry, item, text, err);
    return r < 0 ? r : sw_http_exchange_read_all(exchange, text, err);
}

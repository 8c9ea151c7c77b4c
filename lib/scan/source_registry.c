/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image in a registry. Opening it fetches the one manifest or index that the name stands for;
 * everything else is fetched when the child asks, straight from the network into the child's ring,
 * and never stays on a disk.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "oci/registry.h"
#include "scan/cache.h"
#include "scan/flight.h"
#include "scan/source.h"

#define REGION_BYTES_MAX ((size_t)1 << 20)

struct state {
    struct sw_region region; /* of the names */
    struct sw_reference reference;
    struct sw_http_options http; /* where the caller gives none */
    struct sw_credential_options credentials;
    struct sw_registry_options options;
    struct sw_registry *own;      /* owned; NULL where the caller has one */
    struct sw_registry *registry; /* that one or ours */
    struct sw_cache *cache;       /* borrowed, as is the next; NULL: none */
    struct sw_flight *flight;
    struct sw_buf top; /* the manifest or index that the name stands for */
    struct sw_registry_manifest manifest;
};

static void state_free(struct state *state)
{
    sw_registry_free(state->own);
    sw_buf_done(&state->top);
    sw_region_done(&state->region);
    sw_mem_free(state);
}

static void registry_close(struct sw_source *source)
{
    if (source->state != NULL)
        state_free(source->state);
    source->state = NULL;
}

/* What is being read from the network, and the word that ends it. */
struct stream {
    struct state *state; /* borrowed */
    atomic_bool stop;
    char digest[SW_DIGEST_TEXT_BYTES];
    uint64_t max_bytes;
    bool is_manifest;
    bool is_document; /* a manifest or config: kept in the cache */
    bool is_flying;
    bool is_kept;            /* nothing is left to be done about it */
    struct sw_reader *inner; /* owned; NULL until the first read */
    struct sw_buf text;      /* of a document */
};

static void land(struct stream *stream)
{
    if (stream->is_flying)
        sw_flight_end(stream->state->flight, sw_str_of(stream->digest), NULL);
    stream->is_flying = false;
}

static void stream_free(void *opaque)
{
    struct stream *stream = opaque;
    land(stream);
    sw_reader_free(stream->inner);
    sw_buf_done(&stream->text);
    sw_mem_free(stream);
}

/* Keeps a document that came whole; a cache that fails costs the next scan time. */
static void keep_document(struct stream *stream)
{
    if (stream->is_document && !stream->is_kept && stream->state->cache != NULL)
        sw_cache_store_document(
            stream->state->cache, sw_str_of(stream->digest), sw_buf_str(&stream->text));
    stream->is_kept = true;
    land(stream);
}

static int read_memory(struct stream *stream)
{
    stream->inner = sw_reader_new_memory(sw_buf_str(&stream->text));
    return stream->inner == NULL ? -ENOMEM : 0;
}

/* A document from the cache: 1, or 0 when it is to be fetched. */
static int find_document(struct stream *stream)
{
    struct state *state = stream->state;
    struct sw_str digest = sw_str_of(stream->digest);
    if (!stream->is_document || state->cache == NULL)
        return 0;
    if (state->flight != NULL) {
        int r = sw_flight_wait(state->flight, digest, &stream->stop);
        if (r < 0)
            return r;
        stream->is_flying = true;
    }
    if (sw_cache_load_document(state->cache, digest, &stream->text) < 0) {
        sw_buf_clear(&stream->text);
        return 0;
    }
    stream->is_kept = true;
    land(stream);
    int r = read_memory(stream);
    return r < 0 ? r : 1;
}

static int begin(struct stream *stream, struct sw_err *err)
{
    struct state *state = stream->state;
    struct sw_registry_item item = {
        .repository = state->reference.repository.p,
        .reference = stream->digest,
        .max_bytes = stream->max_bytes,
        .stop = &stream->stop,
    };
    int r = find_document(stream);
    if (r != 0)
        return r < 0 ? r : 0;
    if (!stream->is_manifest)
        return sw_registry_blob(state->registry, &item, &stream->inner, err);
    struct sw_registry_manifest manifest;
    r = sw_registry_manifest(state->registry, &item, &stream->text, &manifest, err);
    if (r < 0)
        return r;
    keep_document(stream);
    return read_memory(stream);
}

static ssize_t stream_read(void *opaque, void *p, size_t n, struct sw_err *err)
{
    struct stream *stream = opaque;
    int r = stream->inner == NULL ? begin(stream, err) : 0;
    ssize_t got = r < 0 ? r : sw_reader_read(stream->inner, p, n, err);
    if (!stream->is_document || stream->is_kept)
        return got;
    if (got == 0)
        keep_document(stream);
    else if (got > 0 && sw_buf_append(&stream->text, p, (size_t)got) < 0)
        stream->is_document = false;
    return got;
}

static const struct sw_reader_ops stream_ops = {.read = stream_read, .free = stream_free};

static int open_stream(struct state *state, const struct sw_message_open *open, struct sw_blob *ret)
{
    struct stream *stream = sw_mem_zalloc(1, sizeof(*stream));
    if (stream == NULL)
        return -ENOMEM;
    stream->state = state;
    stream->is_manifest = open->is_manifest;
    stream->is_document = open->layer == SW_MESSAGE_NO_LAYER;
    stream->max_bytes = open->length;
    sw_buf_init(&stream->text, SW_MANIFEST_BYTES_MAX);
    memcpy(stream->digest, open->digest.p, open->digest.n);
    struct sw_blob blob = {.wait_fd = -1, .stop = &stream->stop};
    blob.reader = sw_reader_new(&stream_ops, stream);
    if (blob.reader == NULL)
        return -ENOMEM;
    *ret = blob;
    return 0;
}

static int registry_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    struct state *state = source->state;
    if (open->kind != SW_OPEN_BLOB || sw_digest_parse(open->digest, NULL, NULL) < 0 ||
        open->digest.n >= SW_DIGEST_TEXT_BYTES)
        return sw_err_set(err, -EINVAL, "no blob can have that name");
    if (!open->is_manifest || !sw_str_equal_z(open->digest, state->manifest.digest))
        return open_stream(state, open, ret);
    struct sw_blob blob = {.wait_fd = -1, .size_bytes = state->top.n};
    blob.reader = sw_reader_new_memory(sw_buf_str(&state->top));
    if (blob.reader == NULL)
        return -ENOMEM;
    *ret = blob;
    return 0;
}

static const struct sw_source_ops registry_ops = {
    .name = "registry",
    .is_by_digest = true,
    .blob_open = registry_blob_open,
    .close = registry_close,
};

/* What the user gave for this run is for the registry that the user named, not for its mirrors. */
static void take_options(struct state *state, const struct sw_registry_options *given)
{
    if (given != NULL)
        state->options = *given;
    if (state->options.http == NULL)
        state->options.http = &state->http;
    if (state->options.credentials == NULL)
        return;
    state->credentials = *state->options.credentials;
    if (state->credentials.explicit_host == NULL)
        state->credentials.explicit_host = state->reference.registry.p;
    state->options.credentials = &state->credentials;
}

/* Names hold no character that JSON would have escaped. The digest is told beside the name. */
static int format_index(struct state *state, struct sw_buf *index)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, SW_MESSAGE_TEXT_MAX);
    struct sw_reference reference = state->reference;
    if (reference.tag.n > 0)
        reference.digest = SW_STR_NONE;
    int r = sw_reference_format(&reference, &name);
    if (r < 0)
        return r;
    const char *type = state->manifest.media_type;
    return sw_buf_printf(index,
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,"
        "\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}]}",
        type[0] != '\0' ? type : "application/vnd.oci.image.manifest.v1+json",
        state->manifest.digest, state->top.n, name.p);
}

/* A name with a digest stands for the same bytes for ever. */
static bool find_top(struct state *state)
{
    if (state->cache == NULL || state->reference.digest.n == 0 ||
        sw_cache_load_document(state->cache, state->reference.digest, &state->top) < 0)
        return false;
    memcpy(state->manifest.digest, state->reference.digest.p, state->reference.digest.n + 1);
    return true;
}

static int open_image(struct state *state, const char *rest,
    const struct sw_source_options *options, struct sw_err *err)
{
    int r = sw_reference_parse(sw_str_of(rest), &state->region, &state->reference, err);
    if (r < 0)
        return r;
    state->cache = options->cache;
    state->flight = options->flight;
    state->registry = options->client;
    if (state->registry == NULL) {
        take_options(state, options->registry);
        r = sw_registry_new(&state->options, state->reference.registry.p, &state->own, err);
        if (r < 0)
            return r;
        state->registry = state->own;
    }
    if (find_top(state))
        return 0;
    sw_buf_clear(&state->top);
    struct sw_registry_item item = {
        .repository = state->reference.repository.p,
        .reference =
            state->reference.digest.n > 0 ? state->reference.digest.p : state->reference.tag.p,
    };
    r = sw_registry_manifest(state->registry, &item, &state->top, &state->manifest, err);
    if (r == 0 && state->cache != NULL)
        sw_cache_store_document(
            state->cache, sw_str_of(state->manifest.digest), sw_buf_str(&state->top));
    return r;
}

int sw_source_registry_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    struct state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    source->state = state;
    source->ops = &registry_ops;
    source->mode = SW_SCAN_BLOBS;
    source->has_target_kind = true;
    source->target_kind = SW_TARGET_REGISTRY;
    sw_region_init(&state->region, REGION_BYTES_MAX);
    sw_buf_init(&state->top, SW_MANIFEST_BYTES_MAX);
    int r = open_image(state, rest, options, err);
    if (r == 0)
        r = format_index(state, &source->index);
    if (r < 0)
        return r;
    source->place = sw_region_printf(
        &state->region, "'%s/%s'", state->reference.registry.p, state->reference.repository.p);
    return source->place == NULL ? -ENOMEM : 0;
}

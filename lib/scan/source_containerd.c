/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image of the node's containerd: found in its metadata, its blobs read from the content store
 * as they lie there.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/containerd_node.h"
#include "source_engine_priv.h"

/* The list of all images with their names, and of blobs. */
#define REGION_BYTES_MAX ((size_t)256 << 20)

struct state {
    struct sw_region region;
    struct sw_containerd_store store;
    struct sw_containerd_node node; /* read for all platforms, and for ids */
    bool has_node;
    struct sw_str digest; /* of the image */
};

static void containerd_close(struct sw_source *source)
{
    struct state *state = source->state;
    if (state == NULL)
        return;
    sw_containerd_store_close(&state->store);
    sw_region_done(&state->region);
    sw_mem_free(state);
    source->state = NULL;
}

static bool has_blob(const struct state *state, struct sw_str digest)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    uint64_t size = 0;
    return sw_containerd_store_blob(&state->store, digest, &fd, &size, NULL) == 0;
}

/* Of an index containerd fetches one platform, and may have the manifests of others. Where all of
 * them are asked for, those without config or layers are not there. */
static bool is_other_platform(const struct state *state, struct sw_str digest)
{
    const struct sw_containerd_blob *blob =
        state->has_node ? sw_containerd_node_blob(&state->node, digest) : NULL;
    bool has_config = false;
    bool has_layer = false;
    size_t n_layers = 0;
    for (size_t i = 0; blob != NULL && i < blob->n_references; i++) {
        const struct sw_containerd_reference *reference = &blob->references[i];
        if (reference->kind == SW_CONTAINERD_MANIFEST)
            return false;
        n_layers += reference->kind == SW_CONTAINERD_LAYER;
        bool *has = reference->kind == SW_CONTAINERD_CONFIG ? &has_config : &has_layer;
        *has = *has || has_blob(state, reference->digest);
    }
    return blob != NULL && blob->n_references > 0 && (!has_config || (n_layers > 0 && !has_layer));
}

static int open_blob(struct state *state, struct sw_str digest, struct sw_blob *blob, int *ret_fd,
    struct sw_err *err)
{
    int r = sw_containerd_store_blob(&state->store, digest, ret_fd, &blob->size_bytes, err);
    if (r == -ENOENT ||
        (r == 0 && !sw_str_equal(digest, state->digest) && is_other_platform(state, digest))) {
        sw_descriptor_closep(ret_fd);
        return sw_err_set(err, state->has_node ? -ENODATA : -ENOENT,
            "not in containerd's content store: it was never fetched, or discarded once unpacked "
            "(discard_unpacked_layers); scan 'registry:NAME' instead");
    }
    return r < 0 ? r : sw_file_identify(*ret_fd, &blob->key.file);
}

static int containerd_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    struct sw_blob blob = {.wait_fd = -1, .has_key = true};
    if (open->kind != SW_OPEN_BLOB)
        return sw_err_set(err, -EINVAL, "no blob can have that name");
    int r = open_blob(source->state, open->digest, &blob, &fd, err);
    if (r < 0)
        return sw_err_wrap(err, r, "blob '%.*s'", SW_STR_ARG(open->digest));
    blob.key.length = blob.size_bytes;
    blob.key_fd = fd;
    blob.reader = sw_reader_new_fd(sw_descriptor_take(&fd));
    if (blob.reader == NULL)
        return -ENOMEM;
    *ret = blob;
    return 0;
}

static const struct sw_source_ops containerd_ops = {
    .name = "containerd",
    .is_by_digest = true,
    .blob_open = containerd_blob_open,
    .close = containerd_close,
};

/* What the database says goes into JSON only as far as it needs no escapes. */
static bool is_plain(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == '"' || text.p[i] == '\\')
            return false;
    return text.n > 0;
}

static int format_index(const struct sw_containerd_image *image, struct sw_buf *index)
{
    struct sw_str type = is_plain(image->media_type)
                             ? image->media_type
                             : SW_STR("application/vnd.oci.image.manifest.v1+json");
    int r = sw_buf_printf(index,
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%.*s\",\"digest\":\"%.*s\","
        "\"size\":%llu",
        SW_STR_ARG(type), SW_STR_ARG(image->digest), (unsigned long long)image->size_bytes);
    if (r == 0 && is_plain(image->name))
        r = sw_buf_printf(index,
            ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%.*s\"}",
            SW_STR_ARG(image->name));
    return r < 0 ? r : sw_buf_append_str(index, SW_STR("}]}"));
}

static int load_node(struct state *state, struct sw_err *err)
{
    return sw_containerd_node_load(&state->store, &state->region, &state->node, err);
}

/* By name, or by the id that a config gives. */
static int find_image(struct state *state, const char *name, const struct sw_containerd_image **ret,
    struct sw_err *err)
{
    struct sw_str hex;
    struct sw_err said = {0};
    int r = sw_containerd_store_find(&state->store, name, ret, err);
    if (r != -ENOENT || !sw_containerd_is_id(name, &hex) || load_node(state, &said) < 0)
        return r;
    int found = sw_containerd_node_find(&state->store, &state->node, name, ret, &said);
    return found == -ENOENT ? r : found < 0 ? sw_err_set(err, found, "%s", said.message) : 0;
}

/* The places one after another; what is said of the first that has a containerd stands for all. */
static int find_place(struct state *state, const char *name,
    const struct sw_source_options *options, const struct sw_containerd_image **ret,
    struct sw_err *err)
{
    struct sw_engine_containerd places[SW_ENGINE_ROOTS_MAX];
    size_t n = 0;
    bool has_containerd = false;
    int r = sw_engine_containerd_places(options->engines, &state->region, places, &n, err);
    if (r < 0)
        return r;
    r = n == 1 ? sw_err_set(err, -ENOENT, "no containerd keeps its images in '%s'", places[0].root)
               : sw_err_set(err, -ENOENT,
                     "no containerd keeps its images here; CONTAINERD_ROOT names another place");
    for (size_t i = 0; i < n && r == -ENOENT; i++) {
        struct sw_err said = {0};
        bool is_there = false;
        sw_containerd_store_close(&state->store);
        r = sw_containerd_store_open(
            places[i].root, options->engines->namespace, &state->region, &state->store, &said);
        if (r == 0) {
            is_there = true;
            r = find_image(state, name, ret, &said);
        }
        if (r < 0 && (r != -ENOENT || (is_there && !has_containerd)))
            sw_err_set(err, r, "%s", said.message);
        has_containerd = has_containerd || is_there;
    }
    return r;
}

int sw_source_containerd_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    const struct sw_containerd_image *image = NULL;
    struct state *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    source->state = state;
    source->ops = &containerd_ops;
    source->mode = SW_SCAN_BLOBS;
    source->has_target_kind = true;
    source->target_kind = SW_TARGET_CONTAINERD;
    source->place = "containerd's content store";
    state->store.root_fd = -1;
    sw_region_init(&state->region, REGION_BYTES_MAX);
    int r = find_place(state, rest, options, &image, err);
    if (r == 0 && options->is_all_platforms) {
        r = load_node(state, err);
        state->has_node = r == 0;
    }
    if (r < 0)
        return r;
    state->digest = image->digest;
    return format_index(image, &source->index);
}

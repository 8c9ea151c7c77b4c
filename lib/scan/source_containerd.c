/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image of the node's containerd: found in its metadata, its blobs read from the content store
 * as they lie there.
 */
#include <errno.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/containerd_store.h"
#include "scan/source.h"

/* The list of all images with their names. */
#define REGION_BYTES_MAX ((size_t)64 << 20)

struct state {
    struct sw_region region;
    struct sw_containerd_store store;
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

static int open_blob(struct state *state, struct sw_str digest, struct sw_blob *blob, int *ret_fd,
    struct sw_err *err)
{
    int r = sw_containerd_store_blob(&state->store, digest, ret_fd, &blob->size_bytes, err);
    if (r == -ENOENT)
        return sw_err_set(err, r,
            "not in containerd's content store: it was never fetched, or discarded once unpacked "
            "(discard_unpacked_layers); scan 'registry:NAME' instead");
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
    int r = sw_containerd_store_open(options->containerd_root, &state->region, &state->store, err);
    if (r == 0)
        r = sw_containerd_store_find(&state->store, rest, &image, err);
    return r < 0 ? r : format_index(image, &source->index);
}

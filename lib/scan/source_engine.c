/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves an image of an engine by digest from its files, or as a stream from its socket.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "source_engine_priv.h"

static void engine_close(struct sw_source *source)
{
    struct sw_engine_source *state = source->state;
    if (state == NULL)
        return;
    sw_engine_api_free(state->api);
    sw_docker_store_close(&state->docker);
    sw_podman_store_close(&state->podman);
    sw_buf_done(&state->manifest);
    sw_region_done(&state->region);
    sw_mem_free(state);
    source->state = NULL;
}

/* The config, a regular file; its digest is checked where it is parsed. */
static int open_config(struct sw_engine_source *state, struct sw_blob *blob, struct sw_err *err)
{
    int fd = -1;
    int r =
        sw_store_open_file(state->image.root_fd, state->image.config, &fd, &blob->size_bytes, err);
    if (r < 0)
        return r;
    blob->reader = sw_reader_new_fd(fd);
    return blob->reader == NULL ? -ENOMEM : 0;
}

static int open_layer(
    struct sw_engine_source *state, struct sw_str digest, struct sw_blob *blob, struct sw_err *err)
{
    for (size_t i = 0; i < state->image.n_layers; i++)
        if (sw_str_equal(state->image.layers[i].diff_id, digest)) {
            blob->size_bytes = state->image.layers[i].size_bytes;
            return sw_store_layer_open(&state->image.layers[i], &blob->reader, err);
        }
    return sw_err_set(err, -ENOENT, "the image has no such blob");
}

static int files_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    struct sw_engine_source *state = source->state;
    struct sw_blob blob = {.wait_fd = -1};
    int r;
    if (open->kind != SW_OPEN_BLOB || sw_digest_parse(open->digest, NULL, NULL) < 0)
        return sw_err_set(err, -EINVAL, "no blob can have that name");
    if (sw_str_equal_z(open->digest, state->manifest_digest)) {
        blob.size_bytes = state->manifest.n;
        blob.reader = sw_reader_new_memory(sw_buf_str(&state->manifest));
        r = blob.reader == NULL ? -ENOMEM : 0;
    } else if (sw_str_equal_z(open->digest, state->image.config_digest)) {
        r = open_config(state, &blob, err);
    } else {
        r = open_layer(state, open->digest, &blob, err);
    }
    if (r < 0)
        return sw_err_wrap(err, r, "%s", state->kind->place);
    *ret = blob;
    return 0;
}

static const struct sw_source_ops files_ops = {
    .name = "engine's files",
    .is_by_digest = true,
    .blob_open = files_blob_open,
    .close = engine_close,
};

static int stream_blob_open(struct sw_source *source, const struct sw_message_open *open,
    struct sw_blob *ret, struct sw_err *err)
{
    struct sw_engine_source *state = source->state;
    if (open->kind != SW_OPEN_WHOLE || source->is_used)
        return sw_err_set(err, -ESPIPE, "the engine's stream passes only once");
    source->is_used = true;
    struct sw_blob blob = {.wait_fd = -1, .stop = &state->stop};
    blob.reader = sw_engine_api_save(state->api, state->save_name, &state->stop);
    if (blob.reader == NULL)
        return -ENOMEM;
    *ret = blob;
    return 0;
}

static const struct sw_source_ops stream_ops = {
    .name = "engine's stream",
    .blob_open = stream_blob_open,
    .close = engine_close,
};

int sw_engine_source_new(const struct sw_engine_kind *kind, struct sw_source *source,
    struct sw_engine_source **ret, struct sw_err *err)
{
    struct sw_engine_source *state = sw_mem_zalloc(1, sizeof(*state));
    if (state == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    state->kind = kind;
    sw_region_init(&state->region, SW_ENGINE_REGION_MAX);
    sw_buf_init(&state->manifest, SW_MANIFEST_BYTES_MAX);
    source->state = state;
    source->ops = &files_ops;
    source->has_target_kind = true;
    source->target_kind = kind->target_kind;
    source->place = kind->place;
    *ret = state;
    return 0;
}

/* A name goes into JSON only where it is one, made whole: then it needs no escapes. */
static int format_index(struct sw_engine_source *state, struct sw_str name, struct sw_buf *index)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf whole = {0};
    struct sw_reference reference;
    sw_region_init(&region, SW_MESSAGE_TEXT_MAX * 4);
    sw_buf_init(&whole, SW_MESSAGE_TEXT_MAX);
    int r = sw_buf_printf(index,
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
        "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"%s\",\"size\":%zu",
        state->manifest_digest, state->manifest.n);
    if (r == 0 && sw_reference_parse(name, &region, &reference, NULL) == 0) {
        r = sw_reference_format(&reference, &whole);
        if (r == 0)
            r = sw_buf_printf(
                index, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}", whole.p);
    }
    return r < 0 ? r : sw_buf_append_str(index, SW_STR("}]}"));
}

int sw_engine_source_take_files(struct sw_engine_source *state, const struct sw_store_image *image,
    struct sw_str name, bool is_rootless, struct sw_source *source, struct sw_err *err)
{
    /* A user's own store has files of other users, whom only a user namespace can read. */
    struct sw_err said = {0};
    int r = sw_store_image_check(image, is_rootless, &said);
    if (r < 0)
        return sw_err_set(err, r, "%s%s", said.message, r == -EACCES ? state->kind->advice : "");
    state->image = *image;
    sw_buf_clear(&state->manifest);
    sw_buf_clear(&source->index);
    r = sw_store_image_manifest(image, &state->manifest);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&state->manifest), state->manifest_digest);
    if (r == 0)
        r = format_index(state, name, &source->index);
    source->ops = &files_ops;
    source->mode = SW_SCAN_BLOBS;
    source->is_manifest_made = true;
    source->image_digest = image->digest;
    return r;
}

static int take_stream(struct sw_engine_source *state, struct sw_engine_api **api,
    const struct sw_engine_image *image, const char *asked, struct sw_source *source)
{
    struct sw_str name = sw_engine_image_name(image, asked);
    state->save_name = name.n > 0 ? name.p : image->id.p;
    state->api = SW_TAKE(*api);
    source->ops = &stream_ops;
    source->mode = SW_SCAN_STREAM;
    source->place = "the engine's stream";
    source->is_manifest_made = true;
    source->image_digest = image->digest;
    return 0;
}

int sw_engine_source_fail(const struct sw_engine_source *state, int files,
    const struct sw_err *files_err, int socket, const struct sw_err *socket_err, struct sw_err *err)
{
    if (files == -ENOTCONN && socket == -ENOTCONN)
        return sw_err_set(err, -ENOENT, "no %s here: %s%s%s", state->kind->name, files_err->message,
            files_err->message[0] != '\0' ? "; " : "", socket_err->message);
    if (socket == -ENOTCONN)
        return sw_err_set(err, files, "%s", files_err->message);
    if (files == -ENOTCONN)
        return sw_err_set(err, socket, "%s", socket_err->message);
    /* A place that has it and is damaged counts for more than one that does not have it. */
    return sw_err_set(err, files != -ENOENT ? files : socket, "%s; over the socket: %s",
        files_err->message, socket_err->message);
}

int sw_engine_source_ask(struct sw_engine_source *state, const char *host, const char *name,
    const struct sw_source_options *options, sw_engine_try_files *try_files,
    struct sw_source *source, struct sw_err *err)
{
    const struct sw_engine_options *engines = options->engines;
    struct sw_engine_api_options api_options = {
        .host = host, .cert_path = state->kind->is_podman ? NULL : engines->docker_cert_path};
    SW_CLEANUP(sw_engine_api_freep) struct sw_engine_api *api = NULL;
    struct sw_engine_images images = {0};
    const struct sw_engine_image *image = NULL;
    struct sw_str root = SW_STR_NONE;
    int r = sw_engine_api_new(&api_options, &api, err);
    if (r == 0)
        r = sw_engine_api_images(api, &state->region, &images, err);
    /* A socket that was left behind is no engine. */
    if (api == NULL ? r == -ENOENT || r == -ENOTDIR
                    : r == -ECONNREFUSED && sw_engine_api_is_local(api))
        return -ENOTCONN;
    if (r == 0)
        r = sw_engine_images_find(&images, name, state->kind->is_podman, &image, err);
    if (r < 0)
        return sw_err_wrap(err, r, "'%s'", host);
    bool is_local = sw_engine_api_is_local(api);
    if (is_local && sw_engine_api_root(api, &state->region, &root, NULL) == 0 && root.n > 0) {
        char id[SW_DIGEST_TEXT_BYTES] = "sha256:";
        memcpy(id + strlen(id), image->id.p, image->id.n);
        r = try_files(state, root.p, id, options, source, NULL);
        if (r == 0 || r == -ENOMEM)
            return r;
    }
    return take_stream(state, &api, image, name, source);
}

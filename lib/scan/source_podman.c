/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image of the node's podman, or of the user's own: from the files of its storage where they may
 * be read, or else over its socket. Podman needs no daemon, so the files are the usual way.
 */
#include <errno.h>

#include "base/mem.h"
#include "source_engine_priv.h"

static const struct sw_engine_kind podman_kind = {
    .name = "podman",
    .target_kind = SW_TARGET_PODMAN,
    .is_podman = true,
    .place = "podman's store",
    .advice = "; `podman unshare seawall scan podman:NAME` may read it",
};

static int try_roots(struct sw_engine_source *state, const char *const *roots, size_t n,
    const char *name, const struct sw_source_options *options, struct sw_source *source,
    struct sw_err *err)
{
    const struct sw_engine_image *image = NULL;
    struct sw_store_image found;
    sw_podman_store_close(&state->podman);
    int r = sw_podman_store_open(roots, n, &state->region, &state->podman, err);
    if (r == -ENOENT || r == -ENOTDIR)
        return -ENOTCONN;
    if (r == 0) {
        r = sw_engine_images_find(&state->podman.images, name, true, &image, err);
        if (r < 0)
            return sw_err_wrap(err, r, "'%s'", roots[0]);
    }
    if (r == 0)
        r = sw_podman_store_load(&state->podman, image, &state->region, &found, err);
    return r < 0 ? r
                 : sw_engine_source_take_files(state, &found,
                       sw_engine_image_name(image, state->asked), options->engines->is_rootless,
                       source, err);
}

static int try_files(struct sw_engine_source *state, const char *root, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    return try_roots(state, &root, 1, name, options, source, err);
}

static int try_own_files(struct sw_engine_source *state, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    const char *roots[SW_ENGINE_ROOTS_MAX];
    size_t n = 0;
    int r = sw_engine_podman_roots(options->engines, &state->region, roots, &n, NULL, err);
    return r < 0 ? r : try_roots(state, roots, n, name, options, source, err);
}

int sw_source_podman_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    struct sw_engine_source *state = NULL;
    struct sw_err files_err = {0};
    struct sw_err socket_err = {0};
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    int files = -ENOTCONN;
    int r = sw_engine_source_new(&podman_kind, source, &state, err);
    if (r < 0)
        return r;
    state->asked = rest;
    if (options->engines->container_host == NULL || options->engines->podman_root != NULL) {
        files = try_own_files(state, rest, options, source, &files_err);
        if (files == 0 || files == -EEXIST || files == -EINVAL || files == -ENOMEM)
            return files < 0 ? sw_err_set(err, files, "%s", files_err.message) : 0;
    }
    sw_engine_podman_hosts(options->engines, &state->region, hosts);
    r = hosts[0] == NULL
            ? -ENOTCONN
            : sw_engine_source_ask(state, hosts[0], rest, options, try_files, source, &socket_err);
    return r < 0 ? sw_engine_source_fail(state, files, &files_err, r, &socket_err, err) : 0;
}

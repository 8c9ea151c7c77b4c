/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image of the node's Docker: from the files of its data root where they may be read, or else
 * over its socket. With DOCKER_HOST set it is that engine alone that is asked.
 */
#include <errno.h>

#include "base/mem.h"
#include "source_engine_priv.h"

static const struct sw_engine_kind docker_kind = {
    .name = "docker",
    .target_kind = SW_TARGET_DOCKER,
    .place = "Docker's store",
    .advice = "; run as root",
};

static int try_files(struct sw_engine_source *state, const char *root, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    const struct sw_engine_image *image = NULL;
    struct sw_store_image found;
    sw_docker_store_close(&state->docker);
    int r = sw_docker_store_open(root, &state->region, &state->docker, err);
    if (r == -ENOENT || r == -ENOTDIR)
        return -ENOTCONN;
    if (r == 0) {
        r = sw_engine_images_find(&state->docker.images, name, false, &image, err);
        if (r < 0)
            return sw_err_wrap(err, r, "'%s'", root);
    }
    if (r == 0)
        r = sw_docker_store_load(&state->docker, image, &state->region, &found, err);
    return r < 0 ? r
                 : sw_engine_source_take_files(state, &found,
                       sw_engine_image_name(image, state->asked), options->engines->is_rootless,
                       source, err);
}

/* What the user got wrong is not better elsewhere. */
static bool is_final(int r)
{
    return r == 0 || r == -EEXIST || r == -EINVAL || r == -ENOMEM;
}

/* What is said of the first root that has a store stands for all. */
static int try_all_files(struct sw_engine_source *state, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    const char *roots[SW_ENGINE_ROOTS_MAX];
    size_t n = 0;
    int r = sw_engine_docker_roots(options->engines, &state->region, roots, &n, err);
    if (r < 0)
        return r;
    int first = -ENOTCONN;
    for (size_t i = 0; i < n; i++) {
        struct sw_err said = {0};
        r = try_files(state, roots[i], name, options, source, &said);
        if (first == -ENOTCONN || is_final(r)) {
            first = r;
            sw_err_set(err, r, "%s", said.message);
        }
        if (is_final(r))
            break;
    }
    return first;
}

static int try_hosts(struct sw_engine_source *state, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err)
{
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    int r = -ENOTCONN;
    sw_engine_docker_hosts(options->engines, &state->region, hosts);
    for (size_t i = 0; hosts[i] != NULL; i++) {
        r = sw_engine_source_ask(state, hosts[i], name, options, try_files, source, err);
        if (r != -ENOTCONN && r != -ENOENT)
            break;
    }
    return r;
}

int sw_source_docker_open(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    struct sw_engine_source *state = NULL;
    struct sw_err files_err = {0};
    struct sw_err socket_err = {0};
    int files = -ENOTCONN;
    int r = sw_engine_source_new(&docker_kind, source, &state, err);
    if (r < 0)
        return r;
    state->asked = rest;
    if (options->engines->docker_host == NULL || options->engines->docker_root != NULL) {
        files = try_all_files(state, rest, options, source, &files_err);
        if (is_final(files))
            return files < 0 ? sw_err_set(err, files, "%s", files_err.message) : 0;
    }
    r = try_hosts(state, rest, options, source, &socket_err);
    return r < 0 ? sw_engine_source_fail(state, files, &files_err, r, &socket_err, err) : 0;
}

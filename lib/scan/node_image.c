/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of Docker and podman: of their files where those may be read, of their sockets otherwise.
 * Which containers run is best known to an engine that can be asked.
 */
#include "scan/node_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source_engine_priv.h"

void sw_node_images_done(struct sw_node_images *images)
{
    sw_vec_done(images);
}

/* Sorted ids. */
struct ids {
    struct sw_str *v;
    size_t n;
};

static int compare_ids(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

static bool has_id(const struct ids *ids, struct sw_str id)
{
    return ids->n > 0 && bsearch(&id, ids->v, ids->n, sizeof(*ids->v), compare_ids) != NULL;
}

static int add(struct sw_node_images *images, const char *engine,
    const struct sw_engine_image *image, bool is_running, struct sw_region *region,
    struct sw_err *err)
{
    struct sw_node_image row = {
        .engine = engine,
        .name = image->n_names > 0 ? image->names[0] : SW_STR_NONE,
        .id = sw_str_of(sw_region_printf(region, "sha256:%s", image->id.p)),
        .target = sw_str_of(sw_region_printf(region, "%s:sha256:%s", engine, image->id.p)),
        .digest = image->digest,
        .created = image->created,
        .size_bytes = image->size_bytes,
        .is_running = is_running,
    };
    if (row.id.p == NULL || row.target.p == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = sw_vec_push(images, row, SW_NODE_IMAGES_MAX);
    return r < 0 ? sw_err_wrap(err, r, "more than %zu images", SW_NODE_IMAGES_MAX) : 0;
}

static int open_api(
    const char *const *hosts, const char *cert_path, struct sw_engine_api **ret, struct sw_err *err)
{
    int r = -ENOENT;
    for (size_t i = 0; hosts[i] != NULL && r == -ENOENT; i++) {
        struct sw_engine_api_options options = {.host = hosts[i], .cert_path = cert_path};
        r = sw_engine_api_new(&options, ret, err);
    }
    return r;
}

/* Of containers that run, of an engine that answers: 0 or negative errno. */
static int ask_running(
    struct sw_engine_api *api, struct sw_region *region, struct ids *ids, struct sw_err *err)
{
    int r = sw_engine_api_running(api, region, &ids->v, &ids->n, err);
    if (r == 0 && ids->n > 0)
        qsort(ids->v, ids->n, sizeof(*ids->v), compare_ids);
    return r;
}

static int list_api(const char *engine, const char *const *hosts, const char *cert_path,
    struct sw_region *region, struct sw_node_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_engine_api_freep) struct sw_engine_api *api = NULL;
    struct sw_engine_images found = {0};
    struct ids running = {0};
    size_t before = images->n;
    int r = open_api(hosts, cert_path, &api, err);
    if (r == 0)
        r = sw_engine_api_images(api, region, &found, err);
    if (r == 0)
        r = ask_running(api, region, &running, err);
    for (size_t i = 0; r == 0 && i < found.n; i++)
        r = add(images, engine, &found.v[i], has_id(&running, found.v[i].id), region, err);
    if (r < 0)
        images->n = before;
    return r == -ECONNREFUSED ? -ENOENT : r;
}

/* The engine over the same files, where it can be asked, knows better than the files what runs. */
static int find_docker_running(const struct sw_engine_options *options,
    const struct sw_docker_store *store, struct sw_region *region, struct ids *running,
    struct sw_err *err)
{
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    SW_CLEANUP(sw_engine_api_freep) struct sw_engine_api *api = NULL;
    sw_engine_docker_hosts(options, region, hosts);
    if (open_api(hosts, options->docker_cert_path, &api, NULL) == 0 &&
        ask_running(api, region, running, NULL) == 0)
        return 0;
    return sw_docker_store_running(store, region, &running->v, &running->n, err);
}

static int list_docker_root(const struct sw_engine_options *options, const char *root,
    struct sw_region *region, struct sw_node_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_docker_store_close) struct sw_docker_store store = {0};
    struct ids running = {0};
    struct ids parents = {0};
    size_t before = images->n;
    int r = sw_docker_store_open(root, region, &store, err);
    if (r == 0)
        r = find_docker_running(options, &store, region, &running, err);
    if (r == 0)
        r = sw_docker_store_parents(&store, region, &parents.v, &parents.n, err);
    for (size_t i = 0; r == 0 && i < store.images.n; i++) {
        struct sw_engine_image *image = &store.images.v[i];
        bool is_running = has_id(&running, image->id);
        if (image->n_names == 0 && !is_running && has_id(&parents, image->id))
            continue;
        sw_docker_store_describe(&store, region, image);
        r = add(images, "docker", image, is_running, region, err);
    }
    if (r < 0)
        images->n = before;
    return r;
}

int sw_node_images_docker(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    const char *roots[SW_ENGINE_ROOTS_MAX];
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    size_t n = 0;
    struct sw_err said = {0};
    int r = sw_engine_docker_roots(options, region, roots, &n, err);
    if (r < 0)
        return r;
    int files = -ENOENT;
    bool is_by_host = options->docker_host != NULL && options->docker_root == NULL;
    for (size_t i = 0; !is_by_host && i < n && (files == -ENOENT || files == -ENOTDIR); i++)
        files = list_docker_root(options, roots[i], region, images, &said);
    if (files == 0)
        return 0;
    sw_engine_docker_hosts(options, region, hosts);
    r = list_api("docker", hosts, options->docker_cert_path, region, images, err);
    bool is_absent = r == -ENOENT && files != -ENOENT && files != -ENOTDIR;
    return is_absent ? sw_err_set(err, files, "%s", said.message) : r;
}

static int list_podman_roots(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    const char *roots[SW_ENGINE_ROOTS_MAX];
    const char *run_root = NULL;
    size_t n = 0;
    SW_CLEANUP(sw_podman_store_close) struct sw_podman_store store = {0};
    struct ids running = {0};
    size_t before = images->n;
    int r = sw_engine_podman_roots(options, region, roots, &n, &run_root, err);
    if (r == 0)
        r = sw_podman_store_open(roots, n, region, &store, err);
    if (r == 0 && run_root != NULL)
        r = sw_podman_store_running(&store, run_root, region, &running.v, &running.n, err);
    for (size_t i = 0; r == 0 && i < store.images.n; i++) {
        struct sw_engine_image *image = &store.images.v[i];
        bool is_running = has_id(&running, image->id);
        if (!is_running && sw_podman_store_is_step(&store, image))
            continue;
        image->size_bytes = sw_podman_store_size(&store, image);
        r = add(images, "podman", image, is_running, region, err);
    }
    if (r < 0)
        images->n = before;
    return r;
}

int sw_node_images_podman(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    struct sw_err said = {0};
    int files = -ENOENT;
    if (options->container_host == NULL || options->podman_root != NULL)
        files = list_podman_roots(options, region, images, &said);
    if (files == 0)
        return 0;
    sw_engine_podman_hosts(options, region, hosts);
    int r = list_api("podman", hosts, NULL, region, images, err);
    bool is_absent = r == -ENOENT && files != -ENOENT && files != -ENOTDIR;
    return is_absent ? sw_err_set(err, files, "%s", said.message) : r;
}

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
#include "node_image_priv.h"
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

/* How often it is among them. */
static size_t count_id(const struct ids *ids, struct sw_str id)
{
    const struct sw_str *found =
        ids->n > 0 ? bsearch(&id, ids->v, ids->n, sizeof(*ids->v), compare_ids) : NULL;
    size_t n = 0;
    for (const struct sw_str *at = found; at != NULL && at >= ids->v; at--)
        if (!sw_str_equal(*at, id))
            break;
        else
            n++;
    for (const struct sw_str *at = found; at != NULL && ++at < ids->v + ids->n;)
        if (!sw_str_equal(*at, id))
            break;
        else
            n++;
    return n;
}

static int add(struct sw_node_images *images, const char *engine,
    const struct sw_engine_image *image, size_t n_running, struct sw_region *region,
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
        .names = image->names,
        .n_names = image->n_names,
        .is_running = n_running > 0,
        .n_running = n_running,
    };
    row.config = row.id;
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
        r = add(images, engine, &found.v[i], count_id(&running, found.v[i].id), region, err);
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

/* Without options nobody is asked. */
static int list_docker_root(const struct sw_engine_options *options, const char *root,
    struct sw_region *region, struct sw_node_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_docker_store_close) struct sw_docker_store store = {0};
    struct ids running = {0};
    struct ids parents = {0};
    size_t before = images->n;
    int r = sw_docker_store_open(root, region, &store, err);
    if (r == 0)
        r = options != NULL ? find_docker_running(options, &store, region, &running, err)
                            : sw_docker_store_running(&store, region, &running.v, &running.n, err);
    if (r == 0)
        r = sw_docker_store_parents(&store, region, &parents.v, &parents.n, err);
    for (size_t i = 0; r == 0 && i < store.images.n; i++) {
        struct sw_engine_image *image = &store.images.v[i];
        size_t n_running = count_id(&running, image->id);
        if (image->n_names == 0 && n_running == 0 && count_id(&parents, image->id) > 0)
            continue;
        sw_docker_store_describe(&store, region, image);
        r = add(images, "docker", image, n_running, region, err);
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

static int list_podman_roots(const char *const *roots, size_t n, const char *run_root,
    struct sw_region *region, struct sw_node_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_podman_store_close) struct sw_podman_store store = {0};
    struct ids running = {0};
    size_t before = images->n;
    int r = sw_podman_store_open(roots, n, region, &store, err);
    if (r == 0 && run_root != NULL)
        r = sw_podman_store_running(&store, run_root, region, &running.v, &running.n, err);
    for (size_t i = 0; r == 0 && i < store.images.n; i++) {
        struct sw_engine_image *image = &store.images.v[i];
        size_t n_running = count_id(&running, image->id);
        if (n_running == 0 && sw_podman_store_is_step(&store, image))
            continue;
        image->size_bytes = sw_podman_store_size(&store, image);
        r = add(images, "podman", image, n_running, region, err);
    }
    if (r < 0)
        images->n = before;
    return r;
}

static int list_podman_files(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    const char *roots[SW_ENGINE_ROOTS_MAX];
    const char *run_root = NULL;
    size_t n = 0;
    int r = sw_engine_podman_roots(options, region, roots, &n, &run_root, err);
    return r < 0 ? r : list_podman_roots(roots, n, run_root, region, images, err);
}

int sw_node_images_podman(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    const char *hosts[SW_ENGINE_HOSTS_MAX];
    struct sw_err said = {0};
    int files = -ENOENT;
    if (options->container_host == NULL || options->podman_root != NULL)
        files = list_podman_files(options, region, images, &said);
    if (files == 0)
        return 0;
    sw_engine_podman_hosts(options, region, hosts);
    int r = list_api("podman", hosts, NULL, region, images, err);
    bool is_absent = r == -ENOENT && files != -ENOENT && files != -ENOTDIR;
    return is_absent ? sw_err_set(err, files, "%s", said.message) : r;
}

/* Marks what was added since `before` as of that root. */
static void set_root(struct sw_node_images *images, size_t before, const char *root)
{
    for (size_t i = before; i < images->n; i++)
        images->v[i].root = sw_str_of(root);
}

int sw_node_images_user(const struct sw_node_user *user, struct sw_region *region,
    struct sw_node_images *images, size_t *n_failed, struct sw_err *err)
{
    size_t before = images->n;
    const char *docker = sw_region_printf(region, "%s/.local/share/docker", user->home);
    const char *podman = sw_region_printf(region, "%s/.local/share/containers/storage", user->home);
    const char *run = sw_region_printf(region, "/run/user/%u/containers", user->id);
    if (docker == NULL || podman == NULL || run == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = list_docker_root(NULL, docker, region, images, NULL);
    set_root(images, before, docker);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "out of memory");
    *n_failed += r < 0 && r != -ENOENT && r != -ENOTDIR;
    before = images->n;
    r = list_podman_roots(&podman, 1, run, region, images, NULL);
    set_root(images, before, podman);
    *n_failed += r < 0 && r != -ENOENT && r != -ENOTDIR;
    return r == -ENOMEM ? sw_err_set(err, r, "out of memory") : 0;
}

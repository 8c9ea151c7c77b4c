/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All engines of a node in one list, users' own among them for root, and which images in it are the
 * same. Once per list.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "node_image_priv.h"

#define USERS_FILE "/etc/passwd"
#define USERS_BYTES_MAX ((size_t)16 << 20)
#define USERS_MAX ((size_t)65536)

struct users {
    struct sw_node_user *v; /* owned */
    size_t n;
    size_t capacity;
};

/* "name:password:uid:gid:comment:home:shell"; other lines are none of a user. */
static int take_user(struct users *users, struct sw_str line, struct sw_region *region)
{
    struct sw_str fields[7] = {{0}};
    size_t n = 0;
    uint64_t id = 0;
    while (n < SW_ARRAY_SIZE(fields) && sw_str_next_token(&line, ':', &fields[n]))
        n++;
    struct sw_str home = fields[5];
    while (home.n > 0 && home.p[home.n - 1] == '/')
        home.n--;
    /* A home that is the root of all is nobody's. */
    if (n < 6 || home.n == 0 || home.p[0] != '/' || memchr(home.p, '\0', home.n) != NULL ||
        sw_str_parse_u64(fields[2], 10, &id) < 0 || id > UINT32_MAX)
        return 0;
    struct sw_node_user user = {.home = sw_region_strdup(region, home), .id = (unsigned)id};
    int r = user.home == NULL ? -ENOMEM : sw_vec_push(users, user, USERS_MAX);
    return r == -EFBIG ? 0 : r;
}

static int compare_users(const void *a, const void *b)
{
    const struct sw_node_user *x = a;
    const struct sw_node_user *y = b;
    int order = strcmp(x->home, y->home);
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

/* By home; of several who share one the first. */
static int load_users(
    const char *path, struct sw_region *region, struct users *users, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_str line;
    size_t n = 0;
    sw_buf_init(&text, USERS_BYTES_MAX);
    int r = sw_file_load(AT_FDCWD, path, &text, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    struct sw_str rest = sw_buf_str(&text);
    while (r == 0 && sw_str_next_line(&rest, &line))
        r = take_user(users, line, region);
    if (r < 0)
        return r;
    if (users->n > 0)
        qsort(users->v, users->n, sizeof(*users->v), compare_users);
    for (size_t i = 0; i < users->n; i++)
        if (n == 0 || strcmp(users->v[n - 1].home, users->v[i].home) != 0)
            users->v[n++] = users->v[i];
    users->n = n;
    return 0;
}

int sw_node_images_users(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, size_t *ret_n_failed, struct sw_err *err)
{
    struct users users = {0};
    size_t n_failed = 0;
    const char *path = options->users_file != NULL ? options->users_file : USERS_FILE;
    int r = load_users(path, region, &users, err);
    for (size_t i = 0; r == 0 && i < users.n; i++)
        r = sw_node_images_user(&users.v[i], region, images, &n_failed, err);
    sw_vec_done(&users);
    if (r == 0)
        *ret_n_failed = n_failed;
    return r;
}

/* ---- all of it ---- */

static void add_problem(struct sw_node_problem problems[SW_NODE_PROBLEMS_MAX], size_t *n,
    const char *engine, int code, const char *message)
{
    problems[*n] = (struct sw_node_problem){.engine = engine, .code = code};
    snprintf(problems[*n].message, sizeof(problems[*n].message), "%s",
        message[0] != '\0' ? message : strerrordesc_np(-code));
    (*n)++;
}

/* Those that run before the others, each as they came. */
static int sort_running(struct sw_node_images *images)
{
    size_t n = 0;
    SW_CLEANUP(sw_mem_freep)
    struct sw_node_image *sorted = sw_mem_zalloc(images->n + 1, sizeof(*sorted));
    if (sorted == NULL)
        return -ENOMEM;
    for (int is_running = 1; is_running >= 0; is_running--)
        for (size_t i = 0; i < images->n; i++)
            if (images->v[i].is_running == (is_running != 0))
                sorted[n++] = images->v[i];
    if (n > 0)
        memcpy(images->v, sorted, n * sizeof(*sorted));
    return 0;
}

/* Somebody who names his stores means those, and not everybody's. */
static bool has_users(const struct sw_engine_options *options)
{
    return !options->is_rootless && options->docker_root == NULL && options->podman_root == NULL &&
           options->docker_host == NULL && options->container_host == NULL &&
           options->storage_conf == NULL;
}

int sw_node_images_all(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_node_problem problems[SW_NODE_PROBLEMS_MAX],
    size_t *ret_n, struct sw_err *err)
{
    static const struct {
        const char *name;
        int (*list)(const struct sw_engine_options *options, struct sw_region *region,
            struct sw_node_images *images, struct sw_err *err);
    } engines[] = {
        {"docker", sw_node_images_docker},
        {"podman", sw_node_images_podman},
        {"containerd", sw_node_images_containerd},
    };
    size_t n = 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(engines); i++) {
        struct sw_err said = {0};
        int r = engines[i].list(options, region, images, &said);
        if (r == -ENOMEM)
            return sw_err_set(err, r, "out of memory");
        if (r < 0)
            add_problem(problems, &n, engines[i].name, r, said.message);
    }
    if (has_users(options)) {
        size_t n_failed = 0;
        struct sw_err said = {0};
        int r = sw_node_images_users(options, region, images, &n_failed, &said);
        if (r == -ENOMEM)
            return sw_err_set(err, r, "out of memory");
        if (r == 0 && n_failed > 0) {
            r = -EIO;
            sw_err_set(&said, r, "%zu stores below users' homes cannot be read", n_failed);
        }
        if (r < 0)
            add_problem(problems, &n, "users", r, said.message);
    }
    int r = sort_running(images);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    *ret_n = n;
    return 0;
}

/* ---- which are the same ---- */

struct key {
    struct sw_str digest;
    size_t image;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    int order = sw_str_compare(x->digest, y->digest);
    return order != 0 ? order : (x->image > y->image) - (x->image < y->image);
}

/* A config names an image, and so does a manifest or an index: an engine that keeps its images in
 * containerd calls them by that. */
int sw_node_images_same(const struct sw_node_images *images, size_t *ret)
{
    size_t n = 0;
    SW_CLEANUP(sw_mem_freep) struct key *keys = sw_mem_zalloc(images->n * 2 + 1, sizeof(*keys));
    if (keys == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < images->n; i++) {
        ret[i] = i;
        keys[n++] = (struct key){images->v[i].id, i};
        if (images->v[i].config.n > 0)
            keys[n++] = (struct key){images->v[i].config, i};
    }
    if (n > 0)
        qsort(keys, n, sizeof(*keys), compare_keys);
    /* The first of those with a key is the least one; what has two keys takes the lesser of both,
     * and what that stands for in turn. */
    for (size_t i = 0, first = 0; i < n; i++) {
        if (!sw_str_equal(keys[first].digest, keys[i].digest))
            first = i;
        if (keys[first].image < ret[keys[i].image])
            ret[keys[i].image] = keys[first].image;
    }
    for (size_t i = 0; i < images->n; i++)
        ret[i] = ret[ret[i]];
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of Docker's images says beside their names. Once per list.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "oci/docker_store.h"
#include "oci/manifest.h"

#define PATH_BYTES ((size_t)4096)
/* With all its labels, mounts and environment. */
#define CONTAINER_BYTES_MAX ((size_t)4 << 20)
#define NOTE_BYTES_MAX ((size_t)512)
#define SCRATCH_MAX ((size_t)64 << 20)
#define IDS_MAX ((size_t)262144)

/* The number in a file of layerdb. */
static uint64_t read_size(const struct sw_docker_place *place, const char *chain)
{
    char path[PATH_BYTES];
    uint64_t size = 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, NOTE_BYTES_MAX);
    snprintf(path, sizeof(path), "image/%s/layerdb/sha256/%s/size", place->driver->name,
        chain + SW_STR("sha256:").n);
    if (sw_store_load_file(place->root_fd, path, &text, NULL) < 0 ||
        sw_str_parse_u64(sw_str_trim(sw_buf_str(&text)), 10, &size) < 0)
        return 0;
    return size;
}

static uint64_t sum_sizes(const struct sw_docker_place *place, const struct sw_image_config *config)
{
    uint64_t sum = 0;
    char chain[SW_DIGEST_TEXT_BYTES] = "";
    for (size_t i = 0; i < config->n_diff_ids; i++) {
        if (config->diff_ids[i].n >= SW_DIGEST_TEXT_BYTES ||
            sw_docker_chain_next(chain, config->diff_ids[i]) < 0)
            return 0;
        uint64_t size = read_size(place, chain);
        sum += size < INT64_MAX - sum ? size : 0;
    }
    return sum;
}

void sw_docker_store_describe(
    const struct sw_docker_store *store, struct sw_region *region, struct sw_engine_image *image)
{
    char path[PATH_BYTES];
    const struct sw_docker_place *place = &store->places[image->place];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_region_done) struct sw_region scratch = {0};
    struct sw_image_config config = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    sw_region_init(&scratch, SCRATCH_MAX);
    snprintf(
        path, sizeof(path), "image/%s/imagedb/content/sha256/%s", place->driver->name, image->id.p);
    if (sw_store_load_file(place->root_fd, path, &text, NULL) < 0 ||
        sw_image_config_parse(sw_buf_str(&text), &scratch, &config, NULL) < 0)
        return;
    sw_region_copy(region, config.created, &image->created);
    image->size_bytes = sum_sizes(place, &config);
}

/* Ids that gather. */
struct ids {
    struct sw_region *region;
    struct sw_str *v;
    size_t n;
    size_t capacity;
};

static int add_id(struct ids *ids, struct sw_str id)
{
    if (ids->n >= IDS_MAX)
        return -EFBIG;
    if (ids->n == ids->capacity) {
        size_t capacity = ids->capacity == 0 ? 64 : ids->capacity * 2;
        struct sw_str *v = sw_region_array(ids->region, capacity, sizeof(*v));
        if (v == NULL)
            return -ENOMEM;
        if (ids->n > 0)
            memcpy(v, ids->v, ids->n * sizeof(*v));
        ids->v = v;
        ids->capacity = capacity;
    }
    int r = sw_region_copy(ids->region, id, &ids->v[ids->n]);
    ids->n += r == 0 ? 1 : 0;
    return r;
}

static int compare_ids(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

static void give_ids(struct ids *ids, struct sw_str **ret, size_t *ret_n)
{
    if (ids->n > 0)
        qsort(ids->v, ids->n, sizeof(*ids->v), compare_ids);
    *ret = ids->v;
    *ret_n = ids->n;
}

static int read_parent(const struct sw_docker_place *place, struct sw_str name, struct ids *ids)
{
    char path[PATH_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, NOTE_BYTES_MAX);
    snprintf(path, sizeof(path), "image/%s/imagedb/metadata/sha256/%.*s/parent",
        place->driver->name, SW_STR_ARG(name));
    if (sw_store_load_file(place->root_fd, path, &text, NULL) < 0)
        return 0;
    struct sw_str id = sw_str_skip(sw_str_trim(sw_buf_str(&text)), SW_STR("sha256:").n);
    return sw_engine_is_hex64(id) ? add_id(ids, id) : 0;
}

/* An engine of another kind, or of before there were such folders, has none. */
static int list(const struct sw_docker_place *place, const char *path, struct sw_region *region,
    struct sw_file_names *ret, struct sw_err *err)
{
    int r = sw_file_list(place->root_fd, path, region, ret, err);
    if (r == -ENOENT || r == -ENOTDIR) {
        *ret = (struct sw_file_names){0};
        return 0;
    }
    return r;
}

int sw_docker_store_parents(const struct sw_docker_store *store, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err)
{
    struct ids ids = {.region = region};
    for (size_t i = 0; i < store->n_places; i++) {
        char path[PATH_BYTES];
        struct sw_file_names names = {0};
        const struct sw_docker_place *place = &store->places[i];
        snprintf(path, sizeof(path), "image/%s/imagedb/metadata/sha256", place->driver->name);
        int r = list(place, path, region, &names, err);
        for (size_t k = 0; r == 0 && k < names.n; k++)
            r = sw_engine_is_hex64(names.v[k]) ? read_parent(place, names.v[k], &ids) : 0;
        if (r < 0)
            return r;
    }
    give_ids(&ids, ret, ret_n);
    return 0;
}

static int read_container(const struct sw_docker_place *place, struct sw_str name, struct ids *ids)
{
    char path[PATH_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_region_done) struct sw_region scratch = {0};
    struct sw_docker_container container;
    sw_buf_init(&text, CONTAINER_BYTES_MAX);
    sw_region_init(&scratch, SCRATCH_MAX);
    snprintf(path, sizeof(path), "containers/%.*s/config.v2.json", SW_STR_ARG(name));
    /* One that goes at this moment does not run. */
    if (sw_store_load_file(place->root_fd, path, &text, NULL) < 0 ||
        sw_docker_container_parse(sw_buf_str(&text), &scratch, &container, NULL) < 0)
        return 0;
    return container.is_running ? add_id(ids, container.image) : 0;
}

int sw_docker_store_running(const struct sw_docker_store *store, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err)
{
    struct ids ids = {.region = region};
    for (size_t i = 0; i < store->n_places; i++) {
        struct sw_file_names names = {0};
        int r = list(&store->places[i], "containers", region, &names, err);
        for (size_t k = 0; r == 0 && k < names.n; k++)
            r = read_container(&store->places[i], names.v[k], &ids);
        if (r < 0)
            return r;
    }
    give_ids(&ids, ret, ret_n);
    return 0;
}

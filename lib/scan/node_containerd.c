/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd's list: its metadata have the images by name in each namespace, and its state
 * directory tells which containers run. An image is one entry for each namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "node_image_priv.h"
#include "oci/containerd_node.h"
#include "source_engine_priv.h"

/* Lists while they are made; what stays is copied. */
#define SCRATCH_MAX ((size_t)512 << 20)

struct list {
    struct sw_containerd_store store;
    struct sw_containerd_node node;
    struct sw_region *region; /* of the list that stays */
    int state_fd;             /* -1: nothing is known to run */
    struct sw_node_images *images;
    struct sw_err *err;
};

static int compare_images(const void *a, const void *b)
{
    const struct sw_containerd_image *x = a;
    const struct sw_containerd_image *y = b;
    int order = sw_str_compare(x->namespace, y->namespace);
    if (order == 0)
        order = sw_str_compare(x->digest, y->digest);
    return order != 0 ? order : sw_str_compare(x->name, y->name);
}

/* A second name that the CRI gives to each image: its id, or its digest. */
static bool is_second_name(struct sw_str name)
{
    ptrdiff_t at = sw_str_find_char(name, '@');
    struct sw_str digest = at >= 0 ? sw_str_skip(name, (size_t)at + 1) : name;
    return sw_digest_parse(digest, NULL, NULL) == 0;
}

/* The containers of one image, which has the names first to first + n. */
static size_t count_running(
    const struct list *list, const struct sw_containerd_image *first, size_t n)
{
    size_t n_running = 0;
    for (size_t i = 0; list->state_fd >= 0 && i < list->node.n_containers; i++) {
        const struct sw_containerd_container *container = &list->node.containers[i];
        bool is_of_image = false;
        for (size_t k = 0; k < n && !is_of_image; k++)
            is_of_image = sw_str_equal(container->namespace, first[k].namespace) &&
                          sw_str_equal(container->image, first[k].name);
        n_running += is_of_image && sw_containerd_is_running(list->state_fd, container);
    }
    return n_running;
}

static int add_names(
    struct list *list, const struct sw_containerd_image *first, size_t n, struct sw_node_image *row)
{
    row->names = sw_region_array(list->region, n, sizeof(*row->names));
    if (row->names == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (is_second_name(first[i].name))
            continue;
        int r = sw_region_copy(list->region, first[i].name, &row->names[row->n_names++]);
        if (r < 0)
            return r;
    }
    row->name = row->n_names > 0 ? row->names[0] : SW_STR_NONE;
    return 0;
}

static int add_parts(struct list *list, struct sw_str digest, struct sw_node_image *row)
{
    struct sw_containerd_parts parts;
    int r = sw_containerd_node_parts(&list->node, digest, list->region, &parts);
    if (r < 0)
        return r;
    row->size_bytes = parts.size_bytes;
    row->parts = parts.images;
    row->n_parts = parts.n_images;
    for (size_t i = 0; r == 0 && i < parts.n_images; i++)
        r = sw_region_copy(list->region, parts.images[i], &row->parts[i]);
    if (r == 0 && parts.config.n > 0)
        r = sw_region_copy(list->region, parts.config, &row->config);
    return r;
}

static int add_image(struct list *list, const struct sw_containerd_image *first, size_t n)
{
    struct sw_node_image row = {.engine = "containerd"};
    row.n_running = count_running(list, first, n);
    row.is_running = row.n_running > 0;
    row.target =
        sw_str_of(sw_region_printf(list->region, "containerd:%.*s", SW_STR_ARG(first->digest)));
    if (row.target.p == NULL)
        return -ENOMEM;
    int r = sw_region_copy(list->region, first->digest, &row.id);
    if (r == 0)
        r = sw_region_copy(list->region, first->namespace, &row.space);
    if (r == 0)
        r = add_names(list, first, n, &row);
    if (r == 0)
        r = add_parts(list, first->digest, &row);
    row.digest = row.id;
    if (r == 0)
        r = sw_vec_push(list->images, row, SW_NODE_IMAGES_MAX);
    return r;
}

static int add_images(struct list *list)
{
    struct sw_containerd_store *store = &list->store;
    int r = 0;
    if (store->n > 0)
        qsort(store->images, store->n, sizeof(*store->images), compare_images);
    for (size_t i = 0, n; r == 0 && i < store->n; i += n) {
        const struct sw_containerd_image *first = &store->images[i];
        for (n = 1; i + n < store->n; n++)
            if (!sw_str_equal(first[n].namespace, first->namespace) ||
                !sw_str_equal(first[n].digest, first->digest))
                break;
        r = add_image(list, first, n);
    }
    return r == -EFBIG ? sw_err_set(list->err, r, "more than %zu images", SW_NODE_IMAGES_MAX) : r;
}

static int list_place(const struct sw_engine_containerd *place, const char *namespace,
    struct sw_region *region, struct sw_node_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region scratch = {0};
    struct list list = {
        .store = {.root_fd = -1}, .region = region, .state_fd = -1, .images = images, .err = err};
    size_t before = images->n;
    sw_region_init(&scratch, SCRATCH_MAX);
    int r = sw_containerd_store_open(place->root, namespace, &scratch, &list.store, err);
    if (r < 0)
        return r;
    r = sw_containerd_node_load(&list.store, &scratch, &list.node, err);
    if (r == 0 && place->state != NULL)
        list.state_fd = open(place->state, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (r == 0)
        r = add_images(&list);
    for (size_t i = before; i < images->n; i++)
        images->v[i].root = sw_str_of(place->root);
    if (r < 0)
        images->n = before;
    sw_descriptor_closep(&list.state_fd);
    sw_containerd_store_close(&list.store);
    return r;
}

int sw_node_images_containerd(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err)
{
    struct sw_engine_containerd places[SW_ENGINE_ROOTS_MAX];
    size_t n = 0;
    int result = -ENOENT;
    int r = sw_engine_containerd_places(options, region, places, &n, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct sw_err said = {0};
        int one = list_place(&places[i], options->namespace, region, images, &said);
        if (one == 0 && result == -ENOENT)
            result = 0;
        /* The first that is there and cannot be read is told of, though others can. */
        if (one < 0 && one != -ENOENT && (result == 0 || result == -ENOENT))
            result = sw_err_set(err, one, "%s", said.message);
    }
    if (r == 0 && result == -ENOENT)
        sw_err_set(err, result, "no containerd keeps its images here");
    return r < 0 ? r : result;
}

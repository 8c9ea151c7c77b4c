/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From storage roots to images, and from an image along its layers' parents to their files.
 */
#include "oci/podman_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "model/image.h"
#include "oci/base64.h"
#include "oci/json_items.h"
#include "oci/manifest.h"

#define PATH_BYTES ((size_t)4096)

/* Drivers whose layers lie in a directory as they were unpacked. */
static const struct sw_podman_driver drivers[] = {
    {"overlay", "overlay/", "/diff"},
    {"vfs", "vfs/dir/", ""},
    {"btrfs", "btrfs/subvolumes/", ""},
};

static const struct sw_podman_driver *find_driver(struct sw_str name)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(drivers); i++)
        if (sw_str_equal_z(name, drivers[i].name))
            return &drivers[i];
    return NULL;
}

/* "<driver>-images" for each driver that was ever in use. */
static int add_places(
    struct sw_podman_store *store, int root_fd, struct sw_region *region, struct sw_err *err)
{
    struct sw_file_names names;
    int r = sw_file_list(root_fd, ".", region, &names, err);
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        struct sw_str suffix = SW_STR("-images");
        if (!sw_str_ends_with(names.v[i], suffix))
            continue;
        struct sw_str name = sw_str_part(names.v[i], 0, names.v[i].n - suffix.n);
        const struct sw_podman_driver *driver = find_driver(name);
        if (driver == NULL) {
            snprintf(store->unsupported, sizeof(store->unsupported), "%.*s", SW_STR_ARG(name));
            continue;
        }
        if (store->n_places == SW_PODMAN_PLACES_MAX)
            return sw_err_set(err, -EFBIG, "more than %d stores in it", SW_PODMAN_PLACES_MAX);
        int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
            return sw_err_wrap(err, -errno, "open a store");
        store->places[store->n_places++] = (struct sw_podman_place){fd, driver};
    }
    return r;
}

/* What is done with the items of a list. */
struct list {
    struct sw_podman_store *store;
    struct sw_region *region;
    size_t place;
    int (*take)(struct list *list, struct sw_str text, struct sw_err *err);
};

static int take_image(struct list *list, struct sw_str text, struct sw_err *err)
{
    struct sw_engine_image image;
    int r = sw_podman_image_parse(text, list->region, &image, err);
    image.place = list->place;
    return r < 0 ? r : sw_engine_images_add(&list->store->images, list->region, &image, err);
}

static int take_layer(struct list *list, struct sw_str text, struct sw_err *err)
{
    struct sw_podman_layers *layers = &list->store->layers;
    struct sw_podman_layer layer;
    int r = sw_podman_layer_parse(text, list->region, &layer, err);
    if (r < 0)
        return r;
    layer.place = list->place;
    if (layers->n >= SW_PODMAN_LAYERS_MAX)
        return sw_err_set(err, -EFBIG, "more than %zu layers", SW_PODMAN_LAYERS_MAX);
    if (layers->n == layers->capacity) {
        size_t capacity = layers->capacity == 0 ? 64 : layers->capacity * 2;
        void *v = sw_region_array(list->region, capacity, sizeof(*layers->v));
        if (v == NULL)
            return sw_err_set(err, -ENOMEM, "out of memory");
        if (layers->n > 0)
            memcpy(v, layers->v, layers->n * sizeof(*layers->v));
        layers->v = v;
        layers->capacity = capacity;
    }
    layers->v[layers->n++] = layer;
    return 0;
}

static int take_items(struct list *list, struct sw_reader *reader, struct sw_err *err)
{
    SW_CLEANUP(sw_json_items_done) struct sw_json_items items;
    struct sw_str text;
    int r;
    sw_json_items_init(&items, reader, SW_PODMAN_ITEM_MAX);
    while ((r = sw_json_items_next(&items, &text, err)) > 0) {
        r = list->take(list, text, err);
        if (r < 0)
            return r;
    }
    return r;
}

/* A list that is not there is an empty one, as an empty file is. */
static int read_list(struct list *list, const char *name, struct sw_err *err)
{
    char path[PATH_BYTES];
    uint64_t size = 0;
    int fd = -1;
    const struct sw_podman_place *place = &list->store->places[list->place];
    snprintf(path, sizeof(path), "%s-%s", place->driver->name, name);
    int r = sw_store_open_file(place->root_fd, path, &fd, &size, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
    if (reader == NULL)
        return -ENOMEM;
    r = size > 0 ? take_items(list, reader, err) : 0;
    return r < 0 ? sw_err_wrap(err, r, "'%s'", path) : 0;
}

static int read_place(
    struct sw_podman_store *store, size_t place, struct sw_region *region, struct sw_err *err)
{
    struct list images = {store, region, place, take_image};
    struct list layers = {store, region, place, take_layer};
    int r = read_list(&images, "images/images.json", err);
    if (r == 0)
        r = read_list(&layers, "layers/layers.json", err);
    return r < 0 ? r : read_list(&layers, "layers/volatile-layers.json", err);
}

static int compare_layers(const void *a, const void *b)
{
    const struct sw_podman_layer *left = a;
    const struct sw_podman_layer *right = b;
    return sw_str_compare(left->id, right->id);
}

static struct sw_podman_layer *find_layer(const struct sw_podman_store *store, struct sw_str id)
{
    struct sw_podman_layer key = {.id = id};
    return store->layers.n == 0 ? NULL
                                : bsearch(&key, store->layers.v, store->layers.n,
                                      sizeof(*store->layers.v), compare_layers);
}

static void sort_layers(struct sw_podman_store *store)
{
    if (store->layers.n > 0)
        qsort(store->layers.v, store->layers.n, sizeof(*store->layers.v), compare_layers);
    for (size_t i = 0; i < store->layers.n; i++) {
        struct sw_podman_layer *parent = find_layer(store, store->layers.v[i].parent);
        if (parent != NULL)
            parent->has_child = true;
    }
}

static int read_roots(const char *const *roots, size_t n, struct sw_region *region,
    struct sw_podman_store *store, struct sw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        SW_CLEANUP(sw_descriptor_closep)
        int fd = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && i > 0)
            continue;
        int r = fd < 0 ? sw_err_set(err, -errno, "%s", strerror(errno))
                       : add_places(store, fd, region, err);
        for (size_t k = store->n_read; r == 0 && k < store->n_places; k++)
            r = read_place(store, k, region, err);
        if (r < 0)
            return sw_err_wrap(err, r, "'%s'", roots[i]);
        store->n_read = store->n_places;
    }
    sort_layers(store);
    if (store->n_places == 0 && store->unsupported[0] != '\0')
        return sw_err_set(err, -EOPNOTSUPP,
            "'%s': images of its storage driver '%s' are not read from files", roots[0],
            store->unsupported);
    return store->n_places > 0 ? 0 : sw_err_set(err, -ENOENT, "'%s': no image store", roots[0]);
}

int sw_podman_store_open(const char *const *roots, size_t n, struct sw_region *region,
    struct sw_podman_store *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_podman_store_close) struct sw_podman_store store = {0};
    int r = read_roots(roots, n, region, &store, err);
    if (r < 0)
        return r;
    *ret = store;
    store.n_places = 0;
    return 0;
}

void sw_podman_store_close(struct sw_podman_store *store)
{
    while (store->n_places > 0)
        sw_descriptor_close(store->places[--store->n_places].root_fd);
}

/* How many layers the image has; a chain that does not end is cut. */
static size_t count_chain(const struct sw_podman_store *store, struct sw_str top)
{
    size_t n = 0;
    const struct sw_podman_layer *layer;
    for (struct sw_str id = top; id.n > 0 && n <= SW_IMAGE_LAYERS_MAX; id = layer->parent, n++)
        if ((layer = find_layer(store, id)) == NULL)
            break;
    return n;
}

uint64_t sw_podman_store_size(
    const struct sw_podman_store *store, const struct sw_engine_image *image)
{
    uint64_t size = 0;
    struct sw_str id = image->layer;
    for (size_t n = count_chain(store, id); n > 0; n--) {
        const struct sw_podman_layer *layer = find_layer(store, id);
        size += layer->diff_size < INT64_MAX - size ? layer->diff_size : 0;
        id = layer->parent;
    }
    return size;
}

bool sw_podman_store_is_step(
    const struct sw_podman_store *store, const struct sw_engine_image *image)
{
    const struct sw_podman_layer *layer = find_layer(store, image->layer);
    return image->n_names == 0 && layer != NULL && layer->has_child;
}

/* One load of an image. */
struct load {
    const struct sw_podman_store *store;
    const struct sw_engine_image *image;
    const struct sw_podman_place *place;
    struct sw_region *region;
    struct sw_err *err;
};

static int load_layer(
    const struct load *load, const struct sw_podman_layer *layer, struct sw_store_layer *ret)
{
    const struct sw_podman_place *place = &load->store->places[layer->place];
    if (!sw_str_starts_with(layer->diff_id, SW_STR("sha256:")))
        return sw_err_set(load->err, -EOPNOTSUPP,
            "layer '%.12s' was fetched in parts, so that nobody knows its digest", layer->id.p);
    *ret = (struct sw_store_layer){
        .diff_id = layer->diff_id,
        .root_fd = place->root_fd,
        .directory = sw_region_printf(
            load->region, "%s%s%s", place->driver->before, layer->id.p, place->driver->after),
        .split = sw_region_printf(
            load->region, "%s-layers/%s.tar-split.gz", place->driver->name, layer->id.p),
        .size_bytes = layer->diff_size,
    };
    return ret->directory == NULL || ret->split == NULL ? -ENOMEM : 0;
}

static int load_layers(const struct load *load, struct sw_store_image *found)
{
    size_t n = count_chain(load->store, load->image->layer);
    if (n > SW_IMAGE_LAYERS_MAX)
        return sw_err_set(load->err, -EBADMSG, "its layers have no end");
    found->n_layers = n;
    found->layers = sw_region_array(load->region, n, sizeof(*found->layers));
    if (found->layers == NULL)
        return -ENOMEM;
    struct sw_str id = load->image->layer;
    for (size_t i = n; i > 0; i--) {
        const struct sw_podman_layer *layer = find_layer(load->store, id);
        int r = load_layer(load, layer, &found->layers[i - 1]);
        if (r < 0)
            return r;
        id = layer->parent;
    }
    return id.n == 0 ? 0
                     : sw_err_set(
                           load->err, -EBADMSG, "layer '%.12s' is not in the list of layers", id.p);
}

/* Files of big data that are named by what is no plain word have it in base64. */
static int find_config(const struct load *load, struct sw_str digest, struct sw_store_image *found)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, 4 * SW_DIGEST_TEXT_BYTES);
    int r = sw_base64_append(&name, digest);
    if (r < 0)
        return r;
    memcpy(found->config_digest, digest.p, digest.n);
    found->config = sw_region_printf(
        load->region, "%s-images/%s/=%s", load->place->driver->name, load->image->id.p, name.p);
    if (found->config == NULL)
        return -ENOMEM;
    int fd = -1;
    r = sw_store_open_file(
        load->place->root_fd, found->config, &fd, &found->config_size, load->err);
    sw_descriptor_close(fd);
    return r == -ENOENT ? -EBADMSG : r;
}

static int load_manifest(const struct load *load, struct sw_store_image *found)
{
    char path[PATH_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_manifest manifest;
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    snprintf(
        path, sizeof(path), "%s-images/%s/manifest", load->place->driver->name, load->image->id.p);
    int r = sw_store_load_file(load->place->root_fd, path, &text, load->err);
    if (r < 0)
        return r == -ENOENT ? -EBADMSG : r;
    r = sw_manifest_parse(sw_buf_str(&text), load->region, &manifest, load->err);
    if (r < 0)
        return sw_err_wrap(load->err, r, "'%s'", path);
    if (manifest.is_index)
        return sw_err_set(load->err, -EOPNOTSUPP, "it is a list of images; name one of them");
    if (manifest.config.digest.n == 0 || manifest.config.digest.n >= SW_DIGEST_TEXT_BYTES)
        return sw_err_set(load->err, -EOPNOTSUPP, "its manifest is of a form from before 2016");
    return find_config(load, manifest.config.digest, found);
}

int sw_podman_store_load(const struct sw_podman_store *store, const struct sw_engine_image *image,
    struct sw_region *region, struct sw_store_image *ret, struct sw_err *err)
{
    const struct sw_podman_place *place = &store->places[image->place];
    struct load load = {store, image, place, region, err};
    struct sw_store_image found = {
        .id = image->id, .digest = image->digest, .root_fd = place->root_fd};
    int r = load_manifest(&load, &found);
    if (r == 0)
        r = load_layers(&load, &found);
    if (r < 0)
        return sw_err_wrap(err, r, "image '%.12s'", image->id.p);
    *ret = found;
    return 0;
}

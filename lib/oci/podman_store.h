/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of podman, buildah and CRI-O (containers/storage), read without any of them: images in
 * <driver>-images/images.json, layers in <driver>-layers/layers.json. Once per scan.
 */
#pragma once

#include "oci/engine_image.h"
#include "oci/engine_store.h"

/* The main store and additional ones, times drivers. */
#define SW_PODMAN_PLACES_MAX 32
/* Names, the history of names and lists of big data of one image. */
#define SW_PODMAN_ITEM_MAX ((size_t)4 << 20)
/* Of all images that were ever built and not removed. */
#define SW_PODMAN_LAYERS_MAX ((size_t)1 << 20)
#define SW_PODMAN_CONF_BYTES_MAX ((size_t)1 << 20)
#define SW_PODMAN_CONTAINERS_MAX ((size_t)65536)

struct sw_podman_driver {
    const char *name;   /* "overlay" */
    const char *before; /* the directory of a layer is <before>/<id><after> */
    const char *after;
};

struct sw_podman_place {
    int root_fd; /* owned */
    const struct sw_podman_driver *driver;
};

struct sw_podman_layer {
    struct sw_str id;     /* letters and digits */
    struct sw_str parent; /* empty: the lowest */
    struct sw_str diff_id;
    uint64_t diff_size; /* of the tar */
    size_t place;
    bool has_child; /* another layer lies on it */
};

struct sw_podman_layers {
    struct sw_podman_layer *v; /* in the region; by id once read */
    size_t n;
    size_t capacity;
};

struct sw_podman_store {
    struct sw_podman_place places[SW_PODMAN_PLACES_MAX];
    size_t n_places;
    size_t n_read; /* of them */
    struct sw_engine_images images;
    struct sw_podman_layers layers;
    char unsupported[64]; /* a driver that holds images which are not read; "" */
};

/* Reads what images and layers there are in the roots, of which only the first must be there.
 * -ENOENT: it is not; -EACCES. */
int sw_podman_store_open(const char *const *roots, size_t n, struct sw_region *region,
    struct sw_podman_store *ret, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_podman_store_close(struct sw_podman_store *store);

/* Where the image's parts are; as sw_docker_store_load. */
int sw_podman_store_load(const struct sw_podman_store *store, const struct sw_engine_image *image,
    struct sw_region *region, struct sw_store_image *ret, struct sw_err *err);
/* Bytes of all its layers, as far as they are known. */
uint64_t sw_podman_store_size(
    const struct sw_podman_store *store, const struct sw_engine_image *image);

/* Whether it is only a step below another image: no name, and other layers on its own. */
bool sw_podman_store_is_step(
    const struct sw_podman_store *store, const struct sw_engine_image *image);
/* Ids of images that containers run from, by what they left in podman's run root, sorted. */
int sw_podman_store_running(const struct sw_podman_store *store, const char *run_root,
    struct sw_region *region, struct sw_str **ret, size_t *ret_n, struct sw_err *err);

/* One item of images.json, layers.json, containers.json. An image without a sound id is -EINVAL. */
int sw_podman_image_parse(
    struct sw_str text, struct sw_region *region, struct sw_engine_image *ret, struct sw_err *err);
int sw_podman_layer_parse(
    struct sw_str text, struct sw_region *region, struct sw_podman_layer *ret, struct sw_err *err);
struct sw_podman_container {
    struct sw_str id;
    struct sw_str image; /* id, hex digits */
};
int sw_podman_container_parse(struct sw_str text, struct sw_region *region,
    struct sw_podman_container *ret, struct sw_err *err);

/* What storage.conf says; empty where it says nothing. */
struct sw_podman_conf {
    struct sw_str graph_root;
    struct sw_str run_root;
    struct sw_str rootless_path; /* may have $HOME and $UID in it */
    struct sw_str *additional;   /* image stores */
    size_t n_additional;
};
/* The keys of the file that are asked for here; others are passed over. -EINVAL with the line. */
int sw_podman_conf_parse(
    struct sw_str text, struct sw_region *region, struct sw_podman_conf *ret, struct sw_err *err);

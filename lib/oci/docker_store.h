/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's own store, read without the daemon: names in image/<driver>/repositories.json, configs
 * in imagedb, layers in layerdb under their chain ids. Once per scan.
 */
#pragma once

#include "oci/engine_image.h"
#include "oci/engine_store.h"

/* Some 100,000 names. */
#define SW_DOCKER_NAMES_BYTES_MAX ((size_t)16 << 20)
/* The root itself, and one for each user namespace that images were remapped to, times drivers. */
#define SW_DOCKER_PLACES_MAX 16

struct sw_docker_driver {
    const char *name;   /* "overlay2" */
    const char *before; /* the directory of a layer is <before>/<cache-id><after> */
    const char *after;
};

/* One root with one driver. */
struct sw_docker_place {
    int root_fd; /* owned */
    const struct sw_docker_driver *driver;
};

struct sw_docker_store {
    struct sw_docker_place places[SW_DOCKER_PLACES_MAX];
    size_t n_places;
    struct sw_engine_images images;
    char unsupported[64]; /* a driver that holds images which are not read; "" */
};

/* Reads what images there are. -ENOENT: no such store, or none with images; -EACCES. */
int sw_docker_store_open(
    const char *root, struct sw_region *region, struct sw_docker_store *ret, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_docker_store_close(struct sw_docker_store *store);

/* Where the image's parts are. -EBADMSG and the like when something of it is missing or is not
 * what its name says. */
int sw_docker_store_load(const struct sw_docker_store *store, const struct sw_engine_image *image,
    struct sw_region *region, struct sw_store_image *ret, struct sw_err *err);

/* From the chain id of what lies below ("" below the lowest layer) to that of the layer on it. */
int sw_docker_chain_next(char chain[SW_DIGEST_TEXT_BYTES], struct sw_str diff_id);

/* When it was made and how large its layers are, into the image; what cannot be read stays unknown.
 */
void sw_docker_store_describe(
    const struct sw_docker_store *store, struct sw_region *region, struct sw_engine_image *image);
/* Ids of images that others were built on step by step, sorted; without a name of its own such an
 * image is hidden by `docker images`. */
int sw_docker_store_parents(const struct sw_docker_store *store, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err);
/* Ids of images that containers run from, as far as their files say, sorted. */
int sw_docker_store_running(const struct sw_docker_store *store, struct sw_region *region,
    struct sw_str **ret, size_t *ret_n, struct sw_err *err);

/* repositories.json into the list: each id once, with its names. Ids are completed from the
 * configs that there are by the caller. */
int sw_docker_names_parse(struct sw_str text, size_t place, struct sw_region *region,
    struct sw_engine_images *images, struct sw_err *err);

/* What a container is and whether it runs, of containers/<id>/config.v2.json. */
struct sw_docker_container {
    struct sw_str image; /* id, hex digits */
    bool is_running;
};
int sw_docker_container_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_container *ret, struct sw_err *err);

/* "data-root" (or the older "graph") of daemon.json; *ret is left where there is none. */
int sw_docker_settings_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err);

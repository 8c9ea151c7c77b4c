/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index files of a `docker save` archive: manifest.json (since 1.10), and `repositories` with
 * one json file per layer before that. Names are paths of members. All bytes live in the region.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Images saved into one archive. */
#define SW_DOCKER_IMAGES_MAX ((size_t)1024)
#define SW_DOCKER_TAGS_MAX ((size_t)1024)

struct sw_docker_image {
    struct sw_str config;  /* member with the config; may be empty (old form) */
    struct sw_str name;    /* first tag; empty when untagged */
    struct sw_str *layers; /* members, lowest first */
    size_t n_layers;
    struct sw_str problem; /* not empty: this entry cannot be used, for this reason */
    struct sw_str top;     /* old form: id of the top layer, whose chain makes `layers` */
};

/* manifest.json: a list of images. -EINVAL with a sentence where it is none; one bad entry of it
 * does not cost the others, see `problem`. */
int sw_docker_manifest_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_image **ret, size_t *ret_n, struct sw_err *err);

/* `repositories`: images with `name` and `top` set. */
int sw_docker_repositories_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_image **ret, size_t *ret_n, struct sw_err *err);

/* <id>/json of the old form: the id of the layer below; empty for the lowest. */
int sw_docker_parent_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret_parent, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images that Docker or podman says it has, and which of them a user's name means. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Build hosts that are never cleaned hold some ten thousand. */
#define SW_ENGINE_IMAGES_MAX ((size_t)262144)
/* Names and digests of one image. */
#define SW_ENGINE_NAMES_MAX ((size_t)4096)
#define SW_ENGINE_TEXT_MAX ((size_t)4096)
/* All of a node's list. */
#define SW_ENGINE_REGION_MAX ((size_t)256 << 20)

/* Strings are in the region, NUL-terminated. */
struct sw_engine_image {
    struct sw_str id;     /* hex digits alone */
    struct sw_str *names; /* as the engine has them: "debian:12", "localhost/app:1" */
    size_t n_names;
    struct sw_str digest;  /* of its manifest, as it was fetched; empty: unknown */
    struct sw_str created; /* RFC 3339; empty: unknown */
    uint64_t size_bytes;   /* unpacked; 0: unknown */
    struct sw_str layer;   /* podman: its top layer */
    size_t place;          /* which of several stores */
};

struct sw_engine_images {
    struct sw_engine_image *v; /* in the region */
    size_t n;
    size_t capacity;
};

/* 0, -ENOMEM, -EFBIG. The image is copied, its strings are not. */
int sw_engine_images_add(struct sw_engine_images *images, struct sw_region *region,
    const struct sw_engine_image *image, struct sw_err *err);
/* 64 hex digits in lower case, as an id or a digest without its algorithm. */
bool sw_engine_is_hex64(struct sw_str text);

/* The image that `name` means: a name with or without registry, tag and digest, an id, or the first
 * digits of one. `is_podman`: short names stand for localhost/NAME and for what ends so, too.
 * -ENOENT, -EINVAL for what is no name, -EEXIST with the candidates when it means several. */
int sw_engine_images_find(const struct sw_engine_images *images, const char *name, bool is_podman,
    const struct sw_engine_image **ret, struct sw_err *err);

/* The name to show for an image: the one that `asked` means where it has it, its first one, or
 * nothing. */
struct sw_str sw_engine_image_name(const struct sw_engine_image *image, const char *asked);

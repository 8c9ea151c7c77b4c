/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image for one platform: its identity, its layers in order and the build step of each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define SW_IMAGE_LAYERS_MAX ((size_t)2048) /* runtimes stop at 127 or 512 */

struct sw_layer {
    struct sw_str digest;      /* of the blob as stored, "sha256:..."; empty where none is known */
    struct sw_str diff_id;     /* of the uncompressed tar, from the config */
    struct sw_str media_type;  /* as the manifest says; believed by nobody */
    struct sw_str instruction; /* build step from the config's history; may be empty */
    uint64_t size_bytes;       /* as stored; 0: unknown */
    uint64_t n_files;
    uint64_t n_bytes; /* uncompressed content */
    bool is_cached;   /* facts came from the cache */
};

struct sw_image {
    struct sw_str name;          /* reference as found (RepoTags, annotations) or empty */
    struct sw_str digest;        /* of the manifest; may be empty (docker archive) */
    struct sw_str config_digest; /* the image id */
    struct sw_str os;            /* "linux" */
    struct sw_str architecture;  /* "amd64" */
    struct sw_str variant;       /* "v8"; may be empty */
    struct sw_str created;
    struct sw_layer *layers; /* lowest first */
    size_t n_layers;
};

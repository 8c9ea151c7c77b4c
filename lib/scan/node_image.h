/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What images the engines of this node have, and which of them run: for a list, and for a scan of
 * all of it. One function per engine; an engine that is not there is -ENOENT.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "scan/engine.h"

#define SW_NODE_IMAGES_MAX ((size_t)262144)

/* Strings are in the region, NUL-terminated; they are the engine's and may hold anything. */
struct sw_node_image {
    const char *engine;    /* the prefix of a target: "docker"; static */
    struct sw_str name;    /* as the engine has it; empty: it has none */
    struct sw_str target;  /* what `scan` takes for exactly this image: "docker:sha256:..." */
    struct sw_str id;      /* "sha256:...", of the config; of the manifest for containerd */
    struct sw_str digest;  /* of the manifest in a registry; empty: unknown */
    struct sw_str created; /* RFC 3339; empty: unknown */
    uint64_t size_bytes;   /* unpacked; 0: unknown */
    bool is_running;       /* a container that was made from it runs */
};

struct sw_node_images {
    struct sw_node_image *v; /* owned; sw_node_images_done */
    size_t n;
    size_t capacity;
};
/* May be called twice. Usable with SW_CLEANUP. */
void sw_node_images_done(struct sw_node_images *images);

/* Each appends what its engine has, one entry for each image whatever its names are. 0; -ENOENT: no
 * such engine here; -EACCES: not for this user; others with a sentence. What is only a step of a
 * build, which the engine itself does not list, is left out. */
int sw_node_images_docker(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err);
int sw_node_images_podman(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err);

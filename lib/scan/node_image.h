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
    const char *engine; /* the prefix of a target: "docker"; static */
    struct sw_str name; /* the first of its names; empty: it has none */
    struct sw_str *names;
    size_t n_names;
    struct sw_str target; /* what `scan` takes for exactly this image: "docker:sha256:..." */
    struct sw_str id;     /* "sha256:...", of the config; of manifest or index for containerd */
    struct sw_str config; /* the config's digest, where there is one and it is known; or empty */
    struct sw_str digest; /* of the manifest in a registry; empty: unknown */
    struct sw_str *parts; /* containerd: digests of what an index holds here, and of configs */
    size_t n_parts;
    struct sw_str created; /* RFC 3339; empty: unknown */
    struct sw_str space;   /* containerd's namespace; empty: none */
    struct sw_str root;  /* of a store of another user's or another containerd; empty: the usual */
    uint64_t size_bytes; /* as the engine counts: unpacked, for containerd packed; 0: unknown */
    bool is_running;     /* a container that was made from it runs */
    size_t n_running;    /* such containers */
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
int sw_node_images_containerd(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_err *err);
/* Of what users keep below their homes, for root: stores at the places that rootless Docker and
 * podman use by themselves. What cannot be read is passed over; *ret_n_failed counts it. */
int sw_node_images_users(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, size_t *ret_n_failed, struct sw_err *err);

/* What is not what it should be on a node, beside its list. */
struct sw_node_problem {
    const char *engine; /* static */
    int code;           /* -ENOENT: it is not there, which is none */
    char message[SW_ERR_MESSAGE_MAX];
};
#define SW_NODE_ENGINES 3
#define SW_NODE_PROBLEMS_MAX (SW_NODE_ENGINES + 1) /* and users */

/* All engines: the images that run first, otherwise engine by engine. An engine that fails is a
 * problem, and the others go on. 0, -ENOMEM. */
int sw_node_images_all(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_node_images *images, struct sw_node_problem problems[SW_NODE_PROBLEMS_MAX],
    size_t *ret_n, struct sw_err *err);

/* Into ret (as long as the list): of each image the first in the list that is the same one, by its
 * own index where there is none before it. 0, -ENOMEM. */
int sw_node_images_same(const struct sw_node_images *images, size_t *ret);

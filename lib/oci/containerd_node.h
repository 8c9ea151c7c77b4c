/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What containerd's metadata say beyond the names of images: which blobs there are, what refers to
 * what, which containers there are; and of those, by the files in its state directory, which run.
 * For lists of images, ids, and whether an image is there whole. No manifest is read for it:
 * containerd keeps what its manifests refer to as labels of their blobs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oci/containerd_store.h"

#define SW_CONTAINERD_CONF_BYTES_MAX ((size_t)1 << 20)
/* In all namespaces; a thousand images have some ten thousand. */
#define SW_CONTAINERD_BLOBS_MAX ((size_t)1 << 20)
/* Labels of one blob that refer to others: layers of a manifest, manifests of an index. */
#define SW_CONTAINERD_REFERENCES_MAX ((size_t)8192)
/* kubelet runs a hundred or two; ended ones stay for a while. */
#define SW_CONTAINERD_CONTAINERS_MAX ((size_t)65536)

enum sw_containerd_reference_kind {
    SW_CONTAINERD_CONFIG,
    SW_CONTAINERD_LAYER,
    SW_CONTAINERD_MANIFEST, /* of an index */
    _SW_CONTAINERD_REFERENCE_KIND_MAX
};

struct sw_containerd_reference {
    enum sw_containerd_reference_kind kind;
    struct sw_str digest;
};

struct sw_containerd_blob {
    struct sw_str digest;
    uint64_t size_bytes;
    struct sw_containerd_reference *references;
    size_t n_references;
    size_t capacity;
};

struct sw_containerd_container {
    struct sw_str namespace;
    struct sw_str id;
    struct sw_str image; /* the image's name in the namespace; empty: it was made from none */
};

/* Everything is in the region. */
struct sw_containerd_node {
    struct sw_containerd_blob *blobs; /* by digest, each once */
    size_t n_blobs;
    size_t blobs_capacity;
    struct sw_containerd_container *containers;
    size_t n_containers;
    size_t containers_capacity;
};

/* Of the store's namespaces that it was opened for. */
int sw_containerd_node_load(struct sw_containerd_store *store, struct sw_region *region,
    struct sw_containerd_node *ret, struct sw_err *err);
/* NULL: there is none. */
const struct sw_containerd_blob *sw_containerd_node_blob(
    const struct sw_containerd_node *node, struct sw_str digest);

/* What lies below the digest of an image, as far as it is in the content store. */
struct sw_containerd_parts {
    uint64_t size_bytes;   /* of all blobs */
    struct sw_str *images; /* in the region: digests of manifests and their configs */
    size_t n_images;
    struct sw_str config; /* of the only manifest; empty: several, or unknown */
};
int sw_containerd_node_parts(const struct sw_containerd_node *node, struct sw_str digest,
    struct sw_region *region, struct sw_containerd_parts *ret);

/* The image that the first digits of its config's digest mean, with or without "sha256:": -ENOENT,
 * -EEXIST when it means several. */
int sw_containerd_node_find(const struct sw_containerd_store *store,
    const struct sw_containerd_node *node, const char *id, const struct sw_containerd_image **ret,
    struct sw_err *err);

/* Whether the container has a task whose first process lives; state_fd is containerd's state
 * directory. */
bool sw_containerd_is_running(int state_fd, const struct sw_containerd_container *container);

/* Top-level keys of config.toml; empty where it says nothing. */
struct sw_containerd_conf {
    struct sw_str root;
    struct sw_str state;
};
/* -EINVAL with the line. */
int sw_containerd_conf_parse(struct sw_str text, struct sw_region *region,
    struct sw_containerd_conf *ret, struct sw_err *err);

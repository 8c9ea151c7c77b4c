/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as it lies in the store of Docker or podman: where its config is, and of each layer the
 * directory it was unpacked to with the tar-split data that belong to it. What is read here is the
 * engine's, names in it are held to what engines write. Nothing is written, no lock is taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"
#include "io/reader.h"

/* One layer; strings are in the region, paths are below the store's root. */
struct sw_store_layer {
    struct sw_str diff_id;
    int root_fd;           /* borrowed from the store */
    const char *directory; /* "overlay2/<id>/diff" */
    const char *split;     /* its tar-split data */
    uint64_t size_bytes;   /* of the tar; 0: unknown */
};

struct sw_store_image {
    struct sw_str id;
    struct sw_str digest; /* of its manifest in a registry; empty: unknown */
    int root_fd;
    const char *config; /* path */
    char config_digest[SW_DIGEST_TEXT_BYTES];
    uint64_t config_size;
    struct sw_store_layer *layers; /* lowest first */
    size_t n_layers;
};

/* A directory below the store's root: links are followed in what comes before the last two parts,
 * which operators move, not in those, which engines make. The caller owns *ret_fd. */
int sw_store_open_directory(int root_fd, const char *path, int *ret_fd, struct sw_err *err);
/* A file of the store itself, no link and nothing but a regular file; ret_size may be NULL. */
int sw_store_open_file(
    int root_fd, const char *path, int *ret_fd, uint64_t *ret_size, struct sw_err *err);
/* Appends all of it. -EFBIG beyond buf's cap. */
int sw_store_load_file(int root_fd, const char *path, struct sw_buf *buf, struct sw_err *err);

/* The layer's tar, put together from its files. */
int sw_store_layer_open(
    const struct sw_store_layer *layer, struct sw_reader **ret, struct sw_err *err);
/* Whether everything is there to serve the image, and with is_every_file whether each file may be
 * read: 0, -EACCES, or another errno with a sentence that names the layer. */
int sw_store_image_check(
    const struct sw_store_image *image, bool is_every_file, struct sw_err *err);
/* Appends a manifest that names config and layers as they are served: plain tars by diff id. */
int sw_store_image_manifest(const struct sw_store_image *image, struct sw_buf *buf);

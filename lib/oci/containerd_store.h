/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images of a containerd, found in its metadata (a bolt file) without asking the daemon.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"
#include "oci/bolt.h"

/* A node holds hundreds; kubelet's garbage collector keeps it so. */
#define SW_CONTAINERD_IMAGES_MAX ((size_t)65536)

struct sw_containerd_image {
    struct sw_str namespace; /* "k8s.io"; all in the region, NUL-terminated */
    struct sw_str name;      /* "docker.io/library/debian:12" */
    struct sw_str media_type;
    struct sw_str digest; /* of a manifest or an index; of sound form */
    uint64_t size_bytes;
};

struct sw_containerd_store {
    int root_fd; /* owned; -1: none */
    char root[4096];
    const char *namespace; /* borrowed; NULL: all of them */
    struct sw_buf bytes;   /* owned; the database, where it was read from a file */
    struct sw_bolt bolt;
    struct sw_containerd_image *images; /* in the region */
    size_t n;
    size_t capacity;
    size_t n_skipped; /* entries that make no sense */
};

/* Reads what images the containerd with that root directory has, in one namespace or (NULL) in all.
 * -ENOENT: there is no containerd there. */
int sw_containerd_store_open(const char *root, const char *namespace, struct sw_region *region,
    struct sw_containerd_store *ret, struct sw_err *err);
/* The same of a database in memory, which is borrowed; there are no blobs then. */
int sw_containerd_store_parse(struct sw_str bytes, const char *namespace, struct sw_region *region,
    struct sw_containerd_store *ret, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_containerd_store_close(struct sw_containerd_store *store);

/* The image of that name, as users write it, in any of the namespaces; or the one whose digest, or
 * id that the CRI gave it, begins so: -ENOENT, -EINVAL for what is no name, -EEXIST when namespaces
 * disagree about what the name stands for, or several have such an id. */
int sw_containerd_store_find(const struct sw_containerd_store *store, const char *name,
    const struct sw_containerd_image **ret, struct sw_err *err);
/* Four hex digits or more, with or without "sha256:" before them. */
bool sw_containerd_is_id(const char *text, struct sw_str *ret_hex);

/* The bytes of a blob, for reading; -ENOENT when containerd does not have it. */
int sw_containerd_store_blob(const struct sw_containerd_store *store, struct sw_str digest,
    int *ret_fd, uint64_t *ret_size, struct sw_err *err);

/* For those who read more of the database: its namespaces that the store was opened for. */
struct sw_containerd_namespace {
    struct sw_str name; /* in the region */
    struct sw_bolt_bucket bucket;
};
int sw_containerd_store_walk(struct sw_containerd_store *store, struct sw_region *region,
    int (*each)(void *opaque, const struct sw_containerd_namespace *namespace), void *opaque,
    struct sw_err *err);
/* A size, as the database has it. */
uint64_t sw_containerd_read_size(struct sw_str text);

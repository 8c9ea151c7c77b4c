/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources of Docker and podman have in common: an image served from the engine's files, or
 * streamed from its socket.
 */
#pragma once

#include "oci/docker_store.h"
#include "oci/engine_api.h"
#include "oci/podman_store.h"
#include "scan/engine.h"
#include "scan/source.h"

/* How an engine is tried: its files first, then its socket. */
struct sw_engine_source;
struct sw_engine_kind {
    const char *name; /* "docker" */
    enum sw_target_kind target_kind;
    bool is_podman;
    const char *place;  /* "Docker's store" */
    const char *advice; /* for files that may not be read */
};

struct sw_engine_source {
    const struct sw_engine_kind *kind;
    const char *asked; /* the name, as the user gave it */
    struct sw_region region;
    struct sw_docker_store docker;
    struct sw_podman_store podman;
    struct sw_store_image image;
    struct sw_buf manifest;
    char manifest_digest[SW_DIGEST_TEXT_BYTES];
    struct sw_engine_api *api; /* owned */
    const char *save_name;
    atomic_bool stop;
};

/* Makes the state of an empty source; it is the source's from here on. */
int sw_engine_source_new(const struct sw_engine_kind *kind, struct sw_source *source,
    struct sw_engine_source **ret, struct sw_err *err);
/* Serves the image from files; checks that this can be done. */
int sw_engine_source_take_files(struct sw_engine_source *state, const struct sw_store_image *image,
    struct sw_str name, bool is_rootless, struct sw_source *source, struct sw_err *err);

/* Serves the image from the files of a root: -ENOENT: no such image; -ENOTCONN: no store there. */
typedef int sw_engine_try_files(struct sw_engine_source *state, const char *root, const char *name,
    const struct sw_source_options *options, struct sw_source *source, struct sw_err *err);

/* The one sentence of an image that neither files nor socket have. -ENOTCONN stands for an engine
 * that is not there. */
int sw_engine_source_fail(const struct sw_engine_source *state, int files,
    const struct sw_err *files_err, int socket, const struct sw_err *socket_err,
    struct sw_err *err);

/* Asks the engine at the address for the image: its files, where it says they are, or else a stream
 * of it. -ENOENT: no such image; -ENOTCONN: no engine there. */
int sw_engine_source_ask(struct sw_engine_source *state, const char *host, const char *name,
    const struct sw_source_options *options, sw_engine_try_files *try_files,
    struct sw_source *source, struct sw_err *err);

/* The sockets of an engine, in the order in which they are tried: NULL at the end. A root that was
 * given without an address has none: another engine's would be asked. */
#define SW_ENGINE_HOSTS_MAX 4
void sw_engine_docker_hosts(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_HOSTS_MAX]);
void sw_engine_podman_hosts(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_HOSTS_MAX]);
/* Docker's data roots and podman's storage roots (the first is its own, the others additional
 * stores). */
#define SW_ENGINE_ROOTS_MAX 20
int sw_engine_docker_roots(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, struct sw_err *err);
int sw_engine_podman_roots(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, const char **ret_run_root,
    struct sw_err *err);

/* Where a containerd keeps its images, and what runs of it; in the order in which they are tried.
 * A root that is somebody's, and whose state is not known, has NULL. */
struct sw_engine_containerd {
    const char *root;
    const char *state;
};
int sw_engine_containerd_places(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_engine_containerd ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP API of Docker, which podman answers as well: what images there are, which of them run,
 * and an image as `docker save` writes it. Over the engine's socket, or over TCP where the user
 * says so. Nothing is changed in the engine.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "io/reader.h"
#include "oci/engine_image.h"

struct sw_engine_api;

struct sw_engine_api_options {
    const char *host;      /* "unix:///run/docker.sock", "tcp://host:2376", or a path */
    const char *cert_path; /* folder with ca.pem, cert.pem and key.pem: TLS over TCP; NULL: none */
};

/* Nothing is sent yet. -ENOENT: no such socket; -EACCES: not ours to use; -EOPNOTSUPP: a host of a
 * kind that is not reached from here (ssh). Strings of the options are copied. */
int sw_engine_api_new(
    const struct sw_engine_api_options *options, struct sw_engine_api **ret, struct sw_err *err);
/* After its last reader. NULL is allowed. */
void sw_engine_api_free(struct sw_engine_api *api);
void sw_engine_api_freep(struct sw_engine_api **api);
/* Whether the engine is on this machine, so that its files may be. */
bool sw_engine_api_is_local(const struct sw_engine_api *api);

/* The engine's data root; empty where it does not say. */
int sw_engine_api_root(
    struct sw_engine_api *api, struct sw_region *region, struct sw_str *ret, struct sw_err *err);
int sw_engine_api_images(struct sw_engine_api *api, struct sw_region *region,
    struct sw_engine_images *ret, struct sw_err *err);
/* Ids of images that running containers were made from; an image may be there several times. */
int sw_engine_api_running(struct sw_engine_api *api, struct sw_region *region, struct sw_str **ret,
    size_t *ret_n, struct sw_err *err);

/* The image as `docker save` writes it, asked for by the first read; `stop` ends what waits. */
struct sw_reader *sw_engine_api_save(
    struct sw_engine_api *api, const char *name, const atomic_bool *stop);

/* One item of the list of images, or of containers: the image's id ("" where it is none). */
int sw_engine_api_image_parse(
    struct sw_str text, struct sw_region *region, struct sw_engine_image *ret, struct sw_err *err);
int sw_engine_api_container_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret_image, struct sw_err *err);
int sw_engine_api_root_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err);

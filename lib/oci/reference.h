/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images as people write them ("debian", "ghcr.io/app/web:1.2",
 * "[::1]:5000/a@sha256:..."), made whole by the rules of Docker, which containerd and podman
 * follow. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* What a name without a registry means. */
#define SW_REFERENCE_REGISTRY_DEFAULT "docker.io"
#define SW_REFERENCE_TAG_DEFAULT "latest"

#define SW_REFERENCE_REGISTRY_MAX ((size_t)255)
#define SW_REFERENCE_REPOSITORY_MAX ((size_t)255)
#define SW_REFERENCE_TAG_MAX ((size_t)128)

struct sw_reference {
    struct sw_str registry;   /* "docker.io", "localhost:5000" */
    struct sw_str repository; /* "library/debian" */
    struct sw_str tag;        /* empty beside a digest, unless both were given */
    struct sw_str digest;     /* empty, or checked for form */
};

/* The name of an image; all strings are made in the region, NUL-terminated. -EINVAL with a
 * sentence that says what is wrong. */
int sw_reference_parse(
    struct sw_str text, struct sw_region *region, struct sw_reference *ret, struct sw_err *err);
/* The same for a repository: no tag and no digest, and none is made up. */
int sw_reference_parse_repository(
    struct sw_str text, struct sw_region *region, struct sw_reference *ret, struct sw_err *err);

/* "host", "host:port" or "[address]:port", and nothing else. */
bool sw_reference_is_registry(struct sw_str text);
bool sw_reference_is_repository(struct sw_str text);
bool sw_reference_is_tag(struct sw_str text);

/* Appends "registry/repository[:tag][@digest]": 0, -ENOMEM, -EFBIG. */
int sw_reference_format(const struct sw_reference *reference, struct sw_buf *buf);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a node's images from scans that were made before: when, and what the present
 * database says of what was found. For `seawall images`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "model/finding.h"
#include "scan/node_image.h"

struct sw_image_known {
    struct sw_str inventory;  /* its name in the cache; empty: never scanned */
    struct sw_str scanned_at; /* RFC 3339 */
    bool is_incomplete;       /* something in it could not be read or judged */
    bool is_judged;           /* the rest is known */
    uint64_t n_packages;
    uint64_t n_findings[_SW_SEVERITY_MAX];
};

/* An array as long as the list, made in the region, of what the cache has; nothing is judged yet.
 * No cache: nothing is known. 0, -ENOMEM, -EPERM for a cache that somebody else could write. */
int sw_images_known_load(const struct sw_node_images *images, const char *cache_dir,
    struct sw_region *region, struct sw_image_known **ret, struct sw_err *err);

struct sw_images_judge {
    const char *cache_dir;
    const char *database;
    struct sw_str today;
    unsigned n_threads;
};
/* Judges those that are known by the database, each inventory once. */
int sw_images_known_judge(struct sw_image_known *known, size_t n,
    const struct sw_images_judge *judge, struct sw_region *region, struct sw_err *err);

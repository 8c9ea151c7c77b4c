/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_image.c (Docker and podman), node_containerd.c, node_all.c (users, and all of it).
 */
#pragma once

#include "scan/node_image.h"

struct sw_node_user {
    const char *home; /* absolute */
    unsigned id;
};

/* Adds what is in the stores of a user. Those that cannot be read are counted. 0, -ENOMEM. */
int sw_node_images_user(const struct sw_node_user *user, struct sw_region *region,
    struct sw_node_images *images, size_t *n_failed, struct sw_err *err);

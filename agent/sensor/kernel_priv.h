/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel source's own parts: loading (kernel_load.c) and reading (kernel.c).
 */
#pragma once

#include <bpf/libbpf.h>

#include "sensor/kernel.h"

struct kernel;

/* What the library calls back with, per ring. */
struct kernel_ring {
    struct kernel *kernel;
    struct ring_buffer *reader; /* owned */
    int fd;                     /* owned unless it is the priority ring's, which the object owns */
    unsigned n_left;            /* of the batch */
};

struct kernel {
    struct sw_source source;
    struct bpf_object *object;                   /* owned */
    struct bpf_link *links[SW_KERNEL_HOOKS_MAX]; /* owned */
    struct kernel_ring rings[SW_ABI_RINGS_MAX + 1];
    int epoll_fd; /* owned */
    int n_processors;
};

/* Opens, configures and loads the object with the programs of the hooks that `status` has as
 * attached; those that the verifier refuses become failed. */
int kernel_load(const struct sw_node *node, const struct sw_kernel_options *options,
    struct sw_kernel_status *status, struct kernel *kernel, struct sw_err *err);
/* Attaches them; those that cannot be become failed. The number of attached ones. */
int kernel_attach(struct kernel *kernel, struct sw_kernel_status *status);

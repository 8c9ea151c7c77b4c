/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as a source: loads what is needed of bpf/, attaches it hook by hook, reads the rings.
 */
#pragma once

#include "io/descriptor.h"
#include "sensor/node.h"
#include "sensor/source.h"

#define SW_KERNEL_HOOKS_MAX 160

enum sw_hook_state {
    SW_HOOK_UNWANTED, /* no enabled kind needs it */
    SW_HOOK_MISSING,  /* the node does not have it; reason */
    SW_HOOK_SPARE,    /* a better tier serves the need */
    SW_HOOK_ATTACHED,
    SW_HOOK_FAILED, /* should work, did not; reason */
    _SW_HOOK_STATE_MAX
};

struct sw_hook_status {
    enum sw_hook_state state;
    char reason[SW_NODE_REASON_BYTES];
};

/* Beside sw_hooks, one each. */
struct sw_kernel_status {
    struct sw_hook_status hooks[SW_KERNEL_HOOKS_MAX];
    size_t bytes; /* of maps, as far as we size them */
};

struct sw_kernel_options {
    uint64_t kinds;        /* wanted, bit per kind */
    unsigned n_rings;      /* 0: one per processor, at most 8 */
    size_t ring_bytes;     /* each; 0: 16 MiB together. Rounded up to a power of two */
    size_t priority_bytes; /* 0: 4 MiB */
    bool wants_threads;
    bool wants_self; /* report the agent itself too */
};

/* Loads and attaches; what cannot be had is in *ret_status (may be NULL) and no error, as long as
 * something can. -EOPNOTSUPP with what is missing when no events can come from this kernel. */
int sw_kernel_source_new(const struct sw_node *node, const struct sw_kernel_options *options,
    const struct sw_source_handler *handler, struct sw_kernel_status *ret_status,
    struct sw_source **ret, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this node's kernel can do for us, found out by trying. Never by its version.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sensor/hook.h"

#define SW_NODE_REASON_BYTES 160

/* One thing tried: had, or why not. */
struct sw_node_ability {
    bool is_there;
    char reason[SW_NODE_REASON_BYTES]; /* empty when it is there */
};

struct sw_node {
    struct sw_node_ability may_load;    /* we may load programs at all */
    struct sw_node_ability btf;         /* the kernel describes its types */
    struct sw_node_ability ring_buffer; /* BPF_MAP_TYPE_RINGBUF */
    struct sw_node_ability fetch;       /* atomic operations that return the former value */
    struct sw_node_ability lsm;         /* a BPF LSM program is really called */
    struct sw_node_ability fentry;      /* a program at a function's entry is really called */
    struct sw_node_ability syscalls;    /* per-syscall tracepoints (tracefs) */
};

/* Tries everything; takes some tens of milliseconds. Nothing stays loaded. */
void sw_node_probe(struct sw_node *ret);

/* Whether events can come from this kernel; if not, *ret_reason says what is missing. */
bool sw_node_has_events(const struct sw_node *node, const char **ret_reason);

/* Whether the hook's target is there and its tier works; reason gets why not. */
bool sw_node_has_hook(
    const struct sw_node *node, const struct sw_hook *hook, char reason[SW_NODE_REASON_BYTES]);

/* The id of a tracepoint such as syscalls/sys_exit_openat, for perf_event_open; negative errno.
 * Reads a tracefs of its own, mounted nowhere. */
int sw_node_tracepoint_id(const char *category, const char *name);

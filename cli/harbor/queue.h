/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans that wait, run, and are done: bounded in number, bytes and age, and nowhere but in memory.
 * Any thread may call.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "harbor/request_json.h"

#define SW_HARBOR_ID_BYTES ((size_t)37) /* a UUID and its NUL */
/* Finished scans that are remembered, failed ones included. */
#define SW_HARBOR_DONE_MAX 1000
#define SW_HARBOR_WORKERS_MAX 64

/* The documents of a scan, shared by the queue and by answers that are being sent. */
struct sw_harbor_result {
    atomic_uint n_users;
    struct sw_buf documents[_SW_HARBOR_DOCUMENT_MAX]; /* empty: not made */
};

/* One user; NULL: out of memory. Documents are capped at max_bytes each. */
struct sw_harbor_result *sw_harbor_result_new(size_t max_bytes);
struct sw_harbor_result *sw_harbor_result_ref(struct sw_harbor_result *result);
/* NULL is allowed. */
void sw_harbor_result_unref(void *result);
size_t sw_harbor_result_bytes(const struct sw_harbor_result *result);

struct sw_harbor_queue_options {
    unsigned n_workers; /* 1..SW_HARBOR_WORKERS_MAX */
    size_t depth;       /* requests that wait */
    size_t results_bytes_max;
    int64_t results_age_ms;
    /* A worker's thread: makes the documents, or returns negative errno with a sentence. Ends soon
     * once *stop is true. */
    int (*run)(void *context, const char *id, const struct sw_harbor_request *request,
        const atomic_bool *stop, struct sw_harbor_result *result, struct sw_err *err);
    void *context;
};

struct sw_harbor_queue;

int sw_harbor_queue_new(const struct sw_harbor_queue_options *options, struct sw_harbor_queue **ret,
    struct sw_err *err);

/* Consumes the request, also on failure. 0; 1: it joins one that waits for the same, whose id it
 * gets (the later credentials hold); -EAGAIN: full; -ESHUTDOWN; -ENOMEM. */
int sw_harbor_queue_add(struct sw_harbor_queue *queue, struct sw_harbor_request *request,
    char ret_id[SW_HARBOR_ID_BYTES]);

enum sw_harbor_stage {
    SW_HARBOR_WAITING,
    SW_HARBOR_RUNNING,
    SW_HARBOR_DONE,
    SW_HARBOR_FAILED,
    _SW_HARBOR_STAGE_MAX
};

struct sw_harbor_state {
    enum sw_harbor_stage stage;
    struct sw_err err;               /* of a failed one */
    struct sw_harbor_result *result; /* of a done one; the caller unrefs it */
};

/* -ENOENT: never known, or forgotten. */
int sw_harbor_queue_find(
    struct sw_harbor_queue *queue, const char *id, struct sw_harbor_state *ret);

struct sw_harbor_counts {
    size_t n[_SW_HARBOR_STAGE_MAX];
    size_t n_result_bytes;
};
void sw_harbor_queue_count(struct sw_harbor_queue *queue, struct sw_harbor_counts *ret);

/* Takes no more, drops what waits, tells what runs to end, and waits for that: 0, or -ETIMEDOUT
 * after grace_ms: then the queue must not be freed. */
int sw_harbor_queue_stop(struct sw_harbor_queue *queue, int64_t grace_ms);
/* After a stop that returned 0, or without one. NULL is allowed. */
void sw_harbor_queue_free(struct sw_harbor_queue *queue);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c (scanning), batch_plan.c and batch_node.c (which images of a registry, and of the node),
 * batch_summary.c (what is said at the end).
 */
#pragma once

#include <stdio.h>

#include "base/region.h"
#include "base/vec.h"
#include "batch.h"
#include "io/digest.h"
#include "io/thread.h"
#include "model/finding.h"
#include "oci/reference.h"
#include "oci/registry.h"

/* Images of one run. */
#define SW_BATCH_IMAGES_MAX ((size_t)200000)
#define SW_BATCH_REPOSITORIES_MAX ((size_t)50000)

enum sw_batch_state {
    SW_BATCH_WAITING,
    SW_BATCH_DONE,
    SW_BATCH_SAME,   /* as an image before it, by digest */
    SW_BATCH_FAILED, /* nothing could be said of it */
    _SW_BATCH_STATE_MAX
};

/* One tag of a registry, or one image of an engine. Text is in the region. */
struct sw_batch_image {
    const char *repository; /* registry; like the next */
    const char *tag;
    const char *name;                        /* node: as the summary shows it, safe to print */
    const char *target;                      /* what is scanned; set by the time that it is */
    const char *label;                       /* what its reports have as their target */
    const struct sw_engine_options *engines; /* where it lies; NULL: where the run looks */
    size_t n_running;                        /* containers that were made from it */
    char digest[SW_DIGEST_TEXT_BYTES];       /* "": nobody says */
    enum sw_batch_state state;
    size_t same_as; /* index */
    bool is_incomplete;
    uint64_t n_reports;
    uint64_t n_packages;
    uint64_t n_findings[_SW_SEVERITY_MAX];
    char message[256]; /* why it failed */
};

struct sw_batch {
    const struct sw_batch_options *options;
    struct sw_region region;
    struct sw_reference place;    /* of the target; the repository may be empty; not of a node */
    struct sw_registry *registry; /* NULL: of a node */
    struct sw_flight *flight;
    SW_VEC(struct sw_batch_image) images;
    uint64_t n_names_refused; /* tags and repositories that cannot be ones */
    struct sw_mutex mutex;    /* over judge, outputs, progress and what follows */
    size_t n_done;
    size_t n_busy; /* refusals for want of patience, one after another */
    int r;         /* why nothing more is begun */
    struct sw_err err;
    int64_t started_ns;
};

/* Fills images, in the registry's order, without digests. */
int sw_batch_plan(struct sw_batch *batch, struct sw_err *err);
/* The same of the node's engines, running ones first, with digests and targets; those that are the
 * same are marked. An engine that fails is an image that failed. */
int sw_batch_plan_node(struct sw_batch *batch, struct sw_err *err);
/* "1.10" after "1.9", "latest" after all: <0, 0, >0. */
int sw_batch_compare_tags(struct sw_str a, struct sw_str b);
void sw_batch_print_summary(const struct sw_batch *batch, FILE *out);

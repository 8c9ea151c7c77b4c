/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c (scanning), batch_plan.c (which images), batch_summary.c (what is said at the end).
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

/* One tag. */
struct sw_batch_image {
    const char *repository; /* in the region, like the next */
    const char *tag;
    char digest[SW_DIGEST_TEXT_BYTES]; /* "": the registry does not say */
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
    struct sw_reference place; /* of the target; the repository may be empty */
    struct sw_registry *registry;
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
/* "1.10" after "1.9", "latest" after all: <0, 0, >0. */
int sw_batch_compare_tags(struct sw_str a, struct sw_str b);
void sw_batch_print_summary(const struct sw_batch *batch, FILE *out);

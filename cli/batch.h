/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A repository, a whole registry or all of this node's images in one run: names first, then
 * digests, then several images at once over one cache, so that a layer is fetched and read once
 * however many images share it. What a run has done is in the cache, digest by digest; so a run
 * that was killed goes on where it was when it is started again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "judge.h"
#include "output.h"
#include "progress.h"
#include "registry_options.h"
#include "scan/scan.h"

#define SW_BATCH_CONCURRENCY_MAX 64

struct sw_batch_options {
    const char *target;   /* "registry:HOST[/NAME]"; NULL: what the node's engines have */
    bool is_running_only; /* of the node */
    uint64_t n_latest;    /* tags of each repository; 0: all */
    uint64_t n_concurrent;
    bool is_quiet;
    /* What holds for each image; target, report and their context are set here, cache_dir must be
     * there. */
    const struct sw_scan_options *scan;
    struct sw_registry_access *access; /* borrowed, like what follows */
    struct sw_judge *judge;
    struct sw_outputs *outputs; /* may have none */
    struct sw_progress *progress;
};

/* True when the target is more than one image, or would have to be. */
bool sw_batch_is_registry(const char *target);

/* 0 when at least one image was scanned: the judge has heard of all of them, of failed ones as
 * incomplete. Prints the summary. Negative errno with a sentence otherwise. */
int sw_batch_run(const struct sw_batch_options *options, struct sw_err *err);

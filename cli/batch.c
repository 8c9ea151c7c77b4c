/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run itself: digests of all tags, then images, each phase by several threads. Judging and
 * writing are done one at a time.
 */
#include "batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "batch_priv.h"
#include "io/clock.h"
#include "scan/flight.h"

/* So many images in a row that a registry refused as too many requests, each after its waits: the
 * rest would only take the limit of others. */
#define BUSY_MAX 3

/* Names of a whole registry. */
#define REGION_BYTES_MAX ((size_t)512 << 20)

/* One image at work. */
struct job {
    struct sw_batch *batch;
    struct sw_batch_image *image;
    struct sw_err err;
};

static void show_progress(struct sw_batch *batch, const char *what)
{
    char text[160];
    char requests[64] = "";
    if (batch->registry != NULL)
        snprintf(requests, sizeof(requests), ", %llu requests",
            (unsigned long long)sw_registry_n_requests(batch->registry));
    snprintf(text, sizeof(text), "%s %zu of %zu%s", what, batch->n_done, batch->images.n, requests);
    sw_progress_text(batch->options->progress, text);
}

static void count(struct sw_batch_image *image, const struct sw_report *report)
{
    image->n_reports++;
    image->n_packages += report->packages.n;
    image->is_incomplete = image->is_incomplete || sw_report_is_incomplete(report);
    SW_VEC_EACH (finding, &report->findings)
        image->n_findings[finding->severity]++;
}

static int take_report(void *context, struct sw_report *report)
{
    struct job *job = context;
    struct sw_batch *batch = job->batch;
    const struct sw_batch_options *options = batch->options;
    SW_MUTEX_HOLD(hold, &batch->mutex);
    sw_progress_clear(options->progress);
    int r = sw_judge_take(options->judge, report, &job->err);
    if (r == 0)
        r = sw_outputs_write(options->outputs, report, &job->err);
    if (r < 0) {
        /* What cannot be judged or written now will not be for the next image. */
        batch->r = r;
        batch->err = job->err;
        return r;
    }
    count(job->image, report);
    return 0;
}

/* Under the lock. */
static void fail_image(struct job *job, int r, const struct sw_err *err)
{
    struct sw_batch *batch = job->batch;
    job->image->state = SW_BATCH_FAILED;
    batch->n_busy = r == -EAGAIN && batch->registry != NULL ? batch->n_busy + 1 : 0;
    batch->options->judge->is_incomplete = true;
    snprintf(job->image->message, sizeof(job->image->message), "%.255s", err->message);
}

static void end_image(struct job *job, int r, const struct sw_err *err)
{
    struct sw_batch *batch = job->batch;
    SW_MUTEX_HOLD(hold, &batch->mutex);
    batch->n_done++;
    if (r < 0) {
        fail_image(job, r, err);
    } else {
        job->image->state = SW_BATCH_DONE;
        batch->n_busy = 0;
    }
    show_progress(batch, "image");
}

static bool is_over(struct sw_batch *batch)
{
    SW_MUTEX_HOLD(hold, &batch->mutex);
    return batch->r < 0 || batch->n_busy >= BUSY_MAX;
}

static void scan_image(void *argument)
{
    struct job *job = argument;
    struct sw_batch *batch = job->batch;
    struct sw_scan_options scan = *batch->options->scan;
    struct sw_err err = {0};
    if (is_over(batch))
        return;
    scan.target = job->image->target;
    scan.name = job->image->label;
    scan.engines = job->image->engines != NULL ? job->image->engines : scan.engines;
    scan.client = batch->registry;
    scan.flight = batch->flight;
    scan.progress = NULL;
    scan.sandbox = NULL;
    scan.report = take_report;
    scan.context = job;
    int r = sw_scan_run(&scan, &err);
    end_image(job, r, &err);
}

static void resolve_image(void *argument)
{
    struct job *job = argument;
    struct sw_batch *batch = job->batch;
    struct sw_batch_image *image = job->image;
    struct sw_registry_item item = {.repository = image->repository, .reference = image->tag};
    struct sw_err err = {0};
    char digest[SW_DIGEST_TEXT_BYTES] = "";
    if (is_over(batch))
        return;
    int r = sw_registry_resolve(batch->registry, &item, digest, &err);
    SW_MUTEX_HOLD(hold, &batch->mutex);
    batch->n_done++;
    /* What failed otherwise than by silence fails again, with its sentence, when it is scanned. */
    if (r == 0)
        memcpy(image->digest, digest, sizeof(digest));
    if (r == -EAGAIN)
        fail_image(job, r, &err);
    else
        batch->n_busy = 0;
    show_progress(batch, "tag");
}

/* Runs a job for each image that waits. */
static int run_all(struct sw_batch *batch, struct job *jobs, void (*run)(void *argument))
{
    unsigned n = (unsigned)batch->options->n_concurrent;
    SW_CLEANUP(sw_pool_freep) struct sw_pool *pool = NULL;
    batch->n_done = 0;
    int r = sw_pool_new(n, n, &pool);
    for (size_t i = 0; r == 0 && i < batch->images.n; i++)
        if (batch->images.v[i].state == SW_BATCH_WAITING)
            r = sw_pool_submit(pool, run, &jobs[i]);
    if (pool != NULL)
        sw_pool_wait(pool);
    return r;
}

static int compare_images(const void *a, const void *b)
{
    const struct sw_batch_image *x = *(struct sw_batch_image *const *)a;
    const struct sw_batch_image *y = *(struct sw_batch_image *const *)b;
    int order = strcmp(x->digest, y->digest);
    if (order == 0)
        order = strcmp(x->repository, y->repository);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Tags of one repository that are the same image are scanned once. */
static int find_same(struct sw_batch *batch)
{
    size_t n = 0;
    SW_CLEANUP(sw_mem_freep)
    struct sw_batch_image **sorted = sw_mem_zalloc(batch->images.n + 1, sizeof(*sorted));
    if (sorted == NULL)
        return -ENOMEM;
    SW_VEC_EACH (image, &batch->images)
        if (image->state == SW_BATCH_WAITING && image->digest[0] != '\0')
            sorted[n++] = image;
    qsort(sorted, n, sizeof(*sorted), compare_images);
    const struct sw_batch_image *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (first != NULL && strcmp(first->digest, sorted[i]->digest) == 0 &&
            strcmp(first->repository, sorted[i]->repository) == 0) {
            sorted[i]->state = SW_BATCH_SAME;
            sorted[i]->same_as = (size_t)(first - batch->images.v);
        } else {
            first = sorted[i];
        }
    }
    return 0;
}

/* What sw_scan_run is given: by digest where it is known, so that it cannot change meanwhile. */
static int name_targets(struct sw_batch *batch)
{
    SW_VEC_EACH (image, &batch->images) {
        image->label = sw_region_printf(&batch->region, "registry:%s/%s:%s",
            batch->place.registry.p, image->repository, image->tag);
        image->target = sw_region_printf(&batch->region, "%s%s%s", image->label,
            image->digest[0] != '\0' ? "@" : "", image->digest);
        if (image->label == NULL || image->target == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Digests and targets of a registry's images. */
static int resolve_all(struct sw_batch *batch, struct job *jobs)
{
    int r = run_all(batch, jobs, resolve_image);
    if (r == 0)
        r = find_same(batch);
    return r < 0 ? r : name_targets(batch);
}

/* What another place has as well was not lost with the first: the next of the same is scanned for
 * all of them. False: there is none. */
static bool revive(struct sw_batch *batch)
{
    bool has_any = false;
    for (size_t i = 0; i < batch->images.n; i++) {
        struct sw_batch_image *image = &batch->images.v[i];
        size_t first = image->same_as;
        if (image->state != SW_BATCH_SAME || batch->images.v[first].state != SW_BATCH_FAILED)
            continue;
        for (size_t k = i + 1; k < batch->images.n; k++)
            if (batch->images.v[k].state == SW_BATCH_SAME && batch->images.v[k].same_as == first)
                batch->images.v[k].same_as = i;
        image->state = SW_BATCH_WAITING;
        has_any = true;
    }
    return has_any;
}

static void copy_same(struct sw_batch *batch)
{
    SW_VEC_EACH (image, &batch->images) {
        if (image->state != SW_BATCH_SAME)
            continue;
        const struct sw_batch_image *first = &batch->images.v[image->same_as];
        image->n_reports = first->n_reports;
        image->n_packages = first->n_packages;
        memcpy(image->n_findings, first->n_findings, sizeof(image->n_findings));
    }
}

static int scan_all(struct sw_batch *batch, struct sw_err *err)
{
    size_t n = batch->images.n;
    SW_CLEANUP(sw_mem_freep) struct job *jobs = sw_mem_zalloc(n + 1, sizeof(*jobs));
    if (jobs == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        jobs[i] = (struct job){.batch = batch, .image = &batch->images.v[i]};
    int r = batch->registry != NULL ? resolve_all(batch, jobs) : 0;
    if (r == 0)
        r = run_all(batch, jobs, scan_image);
    while (r == 0 && batch->registry == NULL && !is_over(batch) && revive(batch))
        r = run_all(batch, jobs, scan_image);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    copy_same(batch);
    return batch->r < 0 ? sw_err_set(err, batch->r, "%s", batch->err.message) : 0;
}

static bool is_stdout_taken(const struct sw_outputs *outputs)
{
    for (size_t i = 0; i < outputs->n; i++)
        if (outputs->v[i].path == NULL)
            return true;
    return false;
}

/* What could not even be listed counts as not scanned. */
static int judge_failures(struct sw_batch *batch, struct sw_err *err)
{
    const struct sw_batch_image *failed = NULL;
    size_t n_done = 0;
    SW_VEC_EACH (image, &batch->images) {
        n_done += image->state == SW_BATCH_DONE ? 1 : 0;
        if (image->state == SW_BATCH_FAILED && failed == NULL)
            failed = image;
        if (image->state == SW_BATCH_FAILED || image->state == SW_BATCH_WAITING)
            batch->options->judge->is_incomplete = true;
    }
    if (n_done > 0 || failed == NULL)
        return 0;
    return sw_err_set(err, -EIO, "no image could be scanned; the first one: %s", failed->message);
}

static int run(struct sw_batch *batch, struct sw_err *err)
{
    const struct sw_batch_options *options = batch->options;
    int r = sw_flight_new(&batch->flight);
    if (r == 0)
        r = options->target != NULL ? sw_batch_plan(batch, err) : sw_batch_plan_node(batch, err);
    if (r == 0 && batch->images.n == 0 && options->target != NULL)
        r = sw_err_set(err, -ENOENT, "'%s': there is no image in it", options->target);
    if (r == 0)
        r = scan_all(batch, err);
    sw_progress_clear(options->progress);
    if (r < 0)
        return r;
    bool is_aside = is_stdout_taken(options->outputs);
    if (!is_aside || !options->is_quiet)
        sw_batch_print_summary(batch, is_aside ? stderr : stdout);
    return judge_failures(batch, err);
}

int sw_batch_run(const struct sw_batch_options *options, struct sw_err *err)
{
    struct sw_batch batch = {.options = options, .started_ns = sw_clock_monotonic_ns()};
    sw_region_init(&batch.region, REGION_BYTES_MAX);
    sw_mutex_init(&batch.mutex);
    int r = run(&batch, err);
    sw_registry_free(batch.registry);
    sw_flight_free(batch.flight);
    sw_vec_done(&batch.images);
    sw_mutex_done(&batch.mutex);
    sw_region_done(&batch.region);
    return r;
}

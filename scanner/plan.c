/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images and layers of a source, each layer once however many images share it.
 */
#include "plan.h"

#include <errno.h>

#include "base/mem.h"
#include "io/thread.h"

#define SEEN_PLATFORMS_MAX ((size_t)2048)

void sw_plan_init(struct sw_plan *plan, struct sw_engine *engine, struct sw_image_source *source)
{
    *plan = (struct sw_plan){.engine = engine, .source = source};
    sw_buf_init(&plan->seen_platforms, SEEN_PLATFORMS_MAX);
}

void sw_plan_done(struct sw_plan *plan)
{
    sw_vec_done(&plan->images);
    sw_vec_done(&plan->jobs);
    sw_vec_done(&plan->next);
    sw_buf_done(&plan->seen_platforms);
}

static uint64_t hash_place(const struct sw_message_open *open)
{
    if (open->kind == SW_OPEN_BLOB)
        return sw_str_hash(open->digest);
    return (open->offset ^ open->length << 20) * 0x9e3779b97f4a7c15u >> 32;
}

static bool is_same_place(const struct sw_layer_job *job, const struct sw_message_open *open)
{
    return job->absent.n == 0 && job->open.kind == open->kind && job->open.offset == open->offset &&
           job->open.length == open->length && sw_str_equal(job->open.digest, open->digest);
}

static int push_job(struct sw_plan *plan, const struct sw_layer_job *job, size_t bucket)
{
    int r = sw_vec_push(&plan->next, plan->buckets[bucket], SW_PLAN_LAYERS_MAX);
    if (r == 0)
        r = sw_vec_push(&plan->jobs, *job, SW_PLAN_LAYERS_MAX);
    if (r == 0)
        plan->buckets[bucket] = (uint32_t)plan->jobs.n;
    return r;
}

int sw_plan_add_layer(struct sw_plan *plan, struct sw_str name, uint64_t size_bytes,
    bool is_diff_id_wanted, uint32_t *ret_id)
{
    struct sw_err err = {0};
    struct sw_layer_job job = {.engine = plan->engine, .is_diff_id_wanted = is_diff_id_wanted};
    struct sw_place place = {0};
    int r = plan->source->place(plan->source->context, name, &place, &err);
    /* A blob has no other bound where it comes from a network. */
    if (place.open.kind == SW_OPEN_BLOB)
        place.open.length = size_bytes;
    if (r == 0 && place.is_passed) {
        *ret_id = place.id;
        return 0;
    }
    /* Layers that passed by as a stream have the low numbers. */
    job.id = plan->engine->n_passed + (uint32_t)plan->jobs.n;
    if (r < 0) {
        job.absent = sw_str_of(sw_region_printf(plan->engine->region, "%s", err.message));
        *ret_id = job.id;
        return job.absent.p == NULL ? -ENOMEM : push_job(plan, &job, 0);
    }
    size_t bucket = hash_place(&place.open) % SW_PLAN_BUCKETS;
    for (uint32_t i = plan->buckets[bucket]; i != 0; i = plan->next.v[i - 1]) {
        if (is_same_place(&plan->jobs.v[i - 1], &place.open)) {
            *ret_id = plan->jobs.v[i - 1].id;
            return 0;
        }
    }
    job.open = place.open;
    *ret_id = job.id;
    return push_job(plan, &job, bucket);
}

int sw_plan_add_image(
    struct sw_plan *plan, const struct sw_message_image *image, struct sw_err *err)
{
    int r = sw_vec_push(&plan->images, *image, SW_PLAN_IMAGES_MAX);
    return r < 0 ? sw_err_wrap(err, r, "more than %zu images", SW_PLAN_IMAGES_MAX) : 0;
}

int sw_plan_pass_over(struct sw_plan *plan, const struct sw_platform *platform)
{
    struct sw_buf *buf = &plan->seen_platforms;
    int r = buf->n > 0 ? sw_buf_append_str(buf, SW_STR(", ")) : 0;
    if (r == 0)
        r = sw_platform_format(platform, buf);
    return r == -ENOMEM ? r : 0;
}

/* The jobs of one thread: every one takes the next that is left. */
struct shared {
    struct sw_plan *plan;
    struct sw_mutex mutex;
    size_t next;
    int r;
    struct sw_err err;
};

static const struct sw_layer_job *next_job(struct shared *shared)
{
    SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&shared->mutex);
    (void)held;
    if (shared->r < 0 || shared->next == shared->plan->jobs.n)
        return NULL;
    return &shared->plan->jobs.v[shared->next++];
}

static void run_jobs(void *argument)
{
    struct shared *shared = argument;
    const struct sw_layer_job *job;
    while ((job = next_job(shared)) != NULL) {
        struct sw_err err = {0};
        int r = sw_layer_run(job, &err);
        if (r == 0)
            continue;
        SW_CLEANUP(sw_mutex_unlockp) struct sw_mutex *held = sw_mutex_lock(&shared->mutex);
        (void)held;
        shared->r = r;
        shared->err = err;
    }
}

#define THREADS_MAX 64

static int run_threads(struct sw_plan *plan, struct sw_err *err)
{
    struct shared shared = {.plan = plan};
    sw_mutex_init(&shared.mutex);
    struct sw_thread threads[THREADS_MAX] = {0};
    size_t n = plan->engine->n_threads < plan->jobs.n ? plan->engine->n_threads : plan->jobs.n;
    n = n < THREADS_MAX ? n : THREADS_MAX;
    /* This thread is one of them; a thread that does not start leaves its work to the others. */
    for (size_t i = 1; i < n; i++)
        sw_thread_start(&threads[i], run_jobs, &shared);
    run_jobs(&shared);
    for (size_t i = 1; i < n; i++)
        sw_thread_join(&threads[i]);
    sw_mutex_done(&shared.mutex);
    return shared.r < 0 ? sw_err_set(err, shared.r, "%s", shared.err.message) : 0;
}

int sw_plan_run(struct sw_plan *plan, struct sw_err *err)
{
    if (plan->images.n == 0 && plan->seen_platforms.n > 0)
        return sw_err_set(
            err, -ENOENT, "no image for this platform; there are: %s", plan->seen_platforms.p);
    if (plan->images.n == 0 && plan->failure.code < 0)
        return sw_err_set(err, plan->failure.code, "%s", plan->failure.message);
    if (plan->images.n == 0)
        return sw_err_set(err, -ENOENT, "no image in it");
    SW_VEC_EACH (image, &plan->images) {
        struct sw_message message = {.type = SW_MESSAGE_IMAGE, .image = *image};
        int r = sw_session_send(plan->engine->session, &message, 0, err);
        if (r < 0)
            return r;
    }
    return run_threads(plan, err);
}

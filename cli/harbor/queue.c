/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue and its workers. Lists are short (hundreds), so that they are walked.
 */
#include "harbor/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/random.h"
#include "io/thread.h"

struct job {
    struct job *next; /* older ones first */
    char id[SW_HARBOR_ID_BYTES];
    enum sw_harbor_stage stage;
    struct sw_harbor_request *request; /* owned; NULL once it is done */
    struct sw_harbor_result *result;   /* of a done one */
    size_t n_bytes;
    int64_t ended_ns;
    struct sw_err err;
};

struct sw_harbor_queue {
    struct sw_harbor_queue_options options;
    struct sw_mutex mutex; /* guards all below */
    struct sw_condition has_work;
    struct sw_condition has_ended;
    struct job *jobs;
    struct sw_harbor_counts counts;
    unsigned n_alive; /* workers */
    bool is_stopping;
    atomic_bool stop;
    struct sw_thread workers[SW_HARBOR_WORKERS_MAX];
};

struct sw_harbor_result *sw_harbor_result_new(size_t max_bytes)
{
    struct sw_harbor_result *result = sw_mem_zalloc(1, sizeof(*result));
    if (result == NULL)
        return NULL;
    atomic_store(&result->n_users, 1);
    for (size_t i = 0; i < _SW_HARBOR_DOCUMENT_MAX; i++)
        sw_buf_init(&result->documents[i], max_bytes);
    return result;
}

struct sw_harbor_result *sw_harbor_result_ref(struct sw_harbor_result *result)
{
    atomic_fetch_add(&result->n_users, 1);
    return result;
}

void sw_harbor_result_unref(void *opaque)
{
    struct sw_harbor_result *result = opaque;
    if (result == NULL || atomic_fetch_sub(&result->n_users, 1) != 1)
        return;
    for (size_t i = 0; i < _SW_HARBOR_DOCUMENT_MAX; i++)
        sw_buf_done(&result->documents[i]);
    sw_mem_free(result);
}

size_t sw_harbor_result_bytes(const struct sw_harbor_result *result)
{
    size_t n = 0;
    for (size_t i = 0; i < _SW_HARBOR_DOCUMENT_MAX; i++)
        n += result->documents[i].capacity;
    return n;
}

static void job_free(struct job *job)
{
    sw_harbor_request_free(job->request);
    sw_harbor_result_unref(job->result);
    sw_mem_free(job);
}

static void set_stage(struct sw_harbor_queue *queue, struct job *job, enum sw_harbor_stage stage)
{
    queue->counts.n[job->stage]--;
    queue->counts.n[stage]++;
    job->stage = stage;
}

static void remove_job(struct sw_harbor_queue *queue, struct job **at)
{
    struct job *job = *at;
    *at = job->next;
    queue->counts.n[job->stage]--;
    queue->counts.n_result_bytes -= job->n_bytes;
    job_free(job);
}

static bool has_ended(const struct job *job)
{
    return job->stage == SW_HARBOR_DONE || job->stage == SW_HARBOR_FAILED;
}

static struct job **oldest_ended(struct sw_harbor_queue *queue)
{
    struct job **oldest = NULL;
    for (struct job **at = &queue->jobs; *at != NULL; at = &(*at)->next)
        if (has_ended(*at) && (oldest == NULL || (*at)->ended_ns < (*oldest)->ended_ns))
            oldest = at;
    return oldest;
}

/* Forgets what is too old, too many or too much, oldest first. */
static void forget(struct sw_harbor_queue *queue)
{
    int64_t limit_ns = sw_clock_monotonic_ns() - queue->options.results_age_ms * 1000000;
    for (;;) {
        struct job **at = oldest_ended(queue);
        size_t n = queue->counts.n[SW_HARBOR_DONE] + queue->counts.n[SW_HARBOR_FAILED];
        if (at == NULL || ((*at)->ended_ns >= limit_ns && n <= SW_HARBOR_DONE_MAX &&
                              queue->counts.n_result_bytes <= queue->options.results_bytes_max))
            return;
        remove_job(queue, at);
    }
}

static struct job *first_waiting(struct sw_harbor_queue *queue)
{
    for (struct job *job = queue->jobs; job != NULL; job = job->next)
        if (job->stage == SW_HARBOR_WAITING)
            return job;
    return NULL;
}

/* Without the lock. */
static int run_job(struct sw_harbor_queue *queue, struct job *job, struct sw_err *err)
{
    const struct sw_harbor_queue_options *o = &queue->options;
    job->result = sw_harbor_result_new(o->results_bytes_max);
    if (job->result == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = o->run(o->context, job->id, job->request, &queue->stop, job->result, err);
    if (r == 0 && sw_harbor_result_bytes(job->result) > o->results_bytes_max)
        r = sw_err_set(err, -EFBIG, "the reports are larger than --results-max");
    return r;
}

static void end_job(struct sw_harbor_queue *queue, struct job *job, int r, const struct sw_err *err)
{
    sw_harbor_request_freep(&job->request);
    if (r < 0) {
        job->err = *err;
        job->err.code = r;
        sw_harbor_result_unref(job->result);
        job->result = NULL;
    } else {
        job->n_bytes = sw_harbor_result_bytes(job->result);
        queue->counts.n_result_bytes += job->n_bytes;
    }
    job->ended_ns = sw_clock_monotonic_ns();
    set_stage(queue, job, r < 0 ? SW_HARBOR_FAILED : SW_HARBOR_DONE);
    forget(queue);
}

static void work(void *opaque)
{
    struct sw_harbor_queue *queue = opaque;
    SW_MUTEX_HOLD(held, &queue->mutex);
    while (!queue->is_stopping) {
        struct job *job = first_waiting(queue);
        if (job == NULL) {
            sw_condition_wait(&queue->has_work, &queue->mutex);
            continue;
        }
        set_stage(queue, job, SW_HARBOR_RUNNING);
        sw_mutex_unlock(&queue->mutex);
        struct sw_err err = {0};
        int r = run_job(queue, job, &err);
        sw_mutex_lock(&queue->mutex);
        end_job(queue, job, r, &err);
    }
    queue->n_alive--;
    sw_condition_broadcast(&queue->has_ended);
}

int sw_harbor_queue_new(
    const struct sw_harbor_queue_options *options, struct sw_harbor_queue **ret, struct sw_err *err)
{
    struct sw_harbor_queue *queue = sw_mem_zalloc(1, sizeof(*queue));
    if (queue == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    queue->options = *options;
    sw_mutex_init(&queue->mutex);
    sw_condition_init(&queue->has_work);
    sw_condition_init(&queue->has_ended);
    for (unsigned i = 0; i < options->n_workers && i < SW_HARBOR_WORKERS_MAX; i++) {
        sw_mutex_lock(&queue->mutex);
        int r = sw_thread_start(&queue->workers[i], work, queue);
        queue->n_alive += r == 0 ? 1 : 0;
        sw_mutex_unlock(&queue->mutex);
        if (r < 0) {
            sw_harbor_queue_free(queue);
            return sw_err_set(err, r, "cannot start a thread: %s", strerror(-r));
        }
    }
    *ret = queue;
    return 0;
}

static struct job *find_same(struct sw_harbor_queue *queue, const struct sw_harbor_request *request)
{
    for (struct job *job = queue->jobs; job != NULL; job = job->next)
        if (job->stage == SW_HARBOR_WAITING && sw_harbor_request_is_same(job->request, request))
            return job;
    return NULL;
}

static int make_id(char ret[SW_HARBOR_ID_BYTES])
{
    uint8_t b[16];
    int r = sw_random_fill(b, sizeof(b));
    if (r < 0)
        return r;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(ret, SW_HARBOR_ID_BYTES,
        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
        b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return 0;
}

static int append_job(struct sw_harbor_queue *queue, struct sw_harbor_request **request,
    char ret_id[SW_HARBOR_ID_BYTES])
{
    struct job *job = sw_mem_zalloc(1, sizeof(*job));
    int r = job == NULL ? -ENOMEM : make_id(job->id);
    if (r < 0) {
        sw_mem_free(job);
        return r;
    }
    job->request = SW_TAKE(*request);
    struct job **at = &queue->jobs;
    while (*at != NULL)
        at = &(*at)->next;
    *at = job;
    queue->counts.n[SW_HARBOR_WAITING]++;
    memcpy(ret_id, job->id, SW_HARBOR_ID_BYTES);
    sw_condition_signal(&queue->has_work);
    return 0;
}

int sw_harbor_queue_add(
    struct sw_harbor_queue *queue, struct sw_harbor_request *given, char ret_id[SW_HARBOR_ID_BYTES])
{
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = given;
    SW_MUTEX_HOLD(held, &queue->mutex);
    if (queue->is_stopping)
        return -ESHUTDOWN;
    forget(queue);
    struct job *same = find_same(queue, request);
    if (same != NULL) {
        struct sw_harbor_request *old = same->request;
        same->request = SW_TAKE(request);
        sw_harbor_request_free(old);
        memcpy(ret_id, same->id, SW_HARBOR_ID_BYTES);
        return 1;
    }
    if (queue->counts.n[SW_HARBOR_WAITING] >= queue->options.depth)
        return -EAGAIN;
    return append_job(queue, &request, ret_id);
}

int sw_harbor_queue_find(struct sw_harbor_queue *queue, const char *id, struct sw_harbor_state *ret)
{
    SW_MUTEX_HOLD(held, &queue->mutex);
    forget(queue);
    for (struct job *job = queue->jobs; job != NULL; job = job->next) {
        if (strcmp(job->id, id) != 0)
            continue;
        *ret = (struct sw_harbor_state){.stage = job->stage, .err = job->err};
        if (job->stage == SW_HARBOR_DONE)
            ret->result = sw_harbor_result_ref(job->result);
        return 0;
    }
    return -ENOENT;
}

void sw_harbor_queue_count(struct sw_harbor_queue *queue, struct sw_harbor_counts *ret)
{
    SW_MUTEX_HOLD(held, &queue->mutex);
    forget(queue);
    *ret = queue->counts;
}

int sw_harbor_queue_stop(struct sw_harbor_queue *queue, int64_t grace_ms)
{
    int64_t deadline_ns = sw_clock_monotonic_ns() + grace_ms * 1000000;
    SW_MUTEX_HOLD(held, &queue->mutex);
    queue->is_stopping = true;
    atomic_store(&queue->stop, true);
    sw_condition_broadcast(&queue->has_work);
    while (queue->n_alive > 0)
        if (sw_condition_wait_until(&queue->has_ended, &queue->mutex, deadline_ns) < 0)
            return queue->n_alive > 0 ? -ETIMEDOUT : 0;
    return 0;
}

void sw_harbor_queue_free(struct sw_harbor_queue *queue)
{
    if (queue == NULL)
        return;
    while (sw_harbor_queue_stop(queue, 60000) < 0)
        ;
    for (size_t i = 0; i < SW_HARBOR_WORKERS_MAX; i++)
        sw_thread_join(&queue->workers[i]);
    while (queue->jobs != NULL)
        remove_job(queue, &queue->jobs);
    sw_condition_done(&queue->has_ended);
    sw_condition_done(&queue->has_work);
    sw_mutex_done(&queue->mutex);
    sw_mem_free(queue);
}

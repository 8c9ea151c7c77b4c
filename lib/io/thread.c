/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks and threads over POSIX threads, and the pool. Jobs are coarse (a layer, a feed), so one
 * lock around one queue is enough.
 */
#include "io/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "base/mem.h"

/* Deep recursion is nowhere allowed, and the default of 8 MiB counts against RLIMIT_AS. Sanitizers
 * blow frames up. */
#define STACK_BYTES ((size_t)(SEAWALL_SANITIZED ? 8 : 1) << 20)

void sw_mutex_init(struct sw_mutex *mutex)
{
    pthread_mutex_init(&mutex->mutex, NULL);
}

void sw_mutex_done(struct sw_mutex *mutex)
{
    pthread_mutex_destroy(&mutex->mutex);
}

struct sw_mutex *sw_mutex_lock(struct sw_mutex *mutex)
{
    pthread_mutex_lock(&mutex->mutex);
    return mutex;
}

void sw_mutex_unlock(struct sw_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->mutex);
}

void sw_mutex_unlockp(struct sw_mutex **mutex)
{
    if (*mutex != NULL)
        sw_mutex_unlock(*mutex);
    *mutex = NULL;
}

void sw_condition_init(struct sw_condition *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&condition->condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void sw_condition_done(struct sw_condition *condition)
{
    pthread_cond_destroy(&condition->condition);
}

void sw_condition_wait(struct sw_condition *condition, struct sw_mutex *mutex)
{
    pthread_cond_wait(&condition->condition, &mutex->mutex);
}

int sw_condition_wait_until(
    struct sw_condition *condition, struct sw_mutex *mutex, int64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
    return -pthread_cond_timedwait(&condition->condition, &mutex->mutex, &deadline);
}

void sw_condition_signal(struct sw_condition *condition)
{
    pthread_cond_signal(&condition->condition);
}

void sw_condition_broadcast(struct sw_condition *condition)
{
    pthread_cond_broadcast(&condition->condition);
}

struct start {
    void (*run)(void *argument);
    void *argument;
};

static void *run_start(void *opaque)
{
    struct start start = *(struct start *)opaque;
    sw_mem_free(opaque);
    start.run(start.argument);
    return NULL;
}

int sw_thread_start(struct sw_thread *thread, void (*run)(void *argument), void *argument)
{
    struct start *start = sw_mem_alloc(sizeof(*start));
    if (start == NULL)
        return -ENOMEM;
    *start = (struct start){run, argument};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* Signals are the main thread's; a new thread inherits the mask of its maker. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&thread->thread, &attributes, run_start, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (r != 0) {
        sw_mem_free(start);
        return -r;
    }
    thread->is_started = true;
    return 0;
}

void sw_thread_join(struct sw_thread *thread)
{
    if (!thread->is_started)
        return;
    pthread_join(thread->thread, NULL);
    thread->is_started = false;
}

unsigned sw_thread_n_processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}

struct job {
    void (*run)(void *argument);
    void *argument;
};

struct sw_pool {
    struct sw_mutex mutex;
    struct sw_condition is_work;  /* something queued, or closing */
    struct sw_condition is_space; /* a place in the queue, or nothing left to do */
    struct job *queue;            /* owned; a ring */
    size_t depth;
    size_t first;
    size_t n_queued;
    size_t n_running;
    bool is_closing;
    unsigned n_threads;
    struct sw_thread threads[SW_POOL_THREADS_MAX];
};

static void work(void *opaque)
{
    struct sw_pool *pool = opaque;
    sw_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->n_queued == 0 && !pool->is_closing)
            sw_condition_wait(&pool->is_work, &pool->mutex);
        if (pool->n_queued == 0)
            break;
        struct job job = pool->queue[pool->first];
        pool->first = (pool->first + 1) % pool->depth;
        pool->n_queued--;
        pool->n_running++;
        sw_condition_broadcast(&pool->is_space);
        sw_mutex_unlock(&pool->mutex);
        job.run(job.argument);
        sw_mutex_lock(&pool->mutex);
        pool->n_running--;
        if (pool->n_queued == 0 && pool->n_running == 0)
            sw_condition_broadcast(&pool->is_space);
    }
    sw_mutex_unlock(&pool->mutex);
}

int sw_pool_new(unsigned n_threads, size_t depth, struct sw_pool **ret)
{
    if (n_threads == 0 || n_threads > SW_POOL_THREADS_MAX || depth == 0)
        return -EINVAL;
    struct sw_pool *pool = sw_mem_zalloc(1, sizeof(*pool));
    if (pool == NULL)
        return -ENOMEM;
    sw_mutex_init(&pool->mutex);
    sw_condition_init(&pool->is_work);
    sw_condition_init(&pool->is_space);
    pool->depth = depth;
    pool->queue = sw_mem_zalloc(depth, sizeof(*pool->queue));
    int r = pool->queue != NULL ? 0 : -ENOMEM;
    while (r == 0 && pool->n_threads < n_threads) {
        r = sw_thread_start(&pool->threads[pool->n_threads], work, pool);
        if (r == 0)
            pool->n_threads++;
    }
    if (r < 0) {
        sw_pool_free(pool);
        return r;
    }
    *ret = pool;
    return 0;
}

static int submit(
    struct sw_pool *pool, void (*run)(void *argument), void *argument, bool is_waiting)
{
    SW_MUTEX_HOLD(held, &pool->mutex);
    while (pool->n_queued == pool->depth && !pool->is_closing) {
        if (!is_waiting)
            return -EAGAIN;
        sw_condition_wait(&pool->is_space, held);
    }
    if (pool->is_closing)
        return -ESHUTDOWN;
    pool->queue[(pool->first + pool->n_queued) % pool->depth] = (struct job){run, argument};
    pool->n_queued++;
    sw_condition_signal(&pool->is_work);
    return 0;
}

int sw_pool_submit(struct sw_pool *pool, void (*run)(void *argument), void *argument)
{
    return submit(pool, run, argument, true);
}

int sw_pool_try_submit(struct sw_pool *pool, void (*run)(void *argument), void *argument)
{
    return submit(pool, run, argument, false);
}

void sw_pool_wait(struct sw_pool *pool)
{
    SW_MUTEX_HOLD(held, &pool->mutex);
    while (pool->n_queued > 0 || pool->n_running > 0)
        sw_condition_wait(&pool->is_space, held);
}

void sw_pool_free(struct sw_pool *pool)
{
    if (pool == NULL)
        return;
    sw_mutex_lock(&pool->mutex);
    pool->is_closing = true;
    sw_condition_broadcast(&pool->is_work);
    sw_condition_broadcast(&pool->is_space);
    sw_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->n_threads; i++)
        sw_thread_join(&pool->threads[i]);
    sw_condition_done(&pool->is_work);
    sw_condition_done(&pool->is_space);
    sw_mutex_done(&pool->mutex);
    sw_mem_free(pool->queue);
    sw_mem_free(pool);
}

void sw_pool_freep(struct sw_pool **pool)
{
    sw_pool_free(*pool);
    *pool = NULL;
}

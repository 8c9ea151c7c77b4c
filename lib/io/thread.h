/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads, locks, and a pool of workers with a bounded queue. The only way to threads in the
 * project.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct sw_mutex {
    pthread_mutex_t mutex;
};
#define SW_MUTEX_INIT                                                                              \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER                                                                  \
    }

void sw_mutex_init(struct sw_mutex *mutex);
void sw_mutex_done(struct sw_mutex *mutex);
/* Returns its argument. */
struct sw_mutex *sw_mutex_lock(struct sw_mutex *mutex);
void sw_mutex_unlock(struct sw_mutex *mutex);
void sw_mutex_unlockp(struct sw_mutex **mutex);
/* A declaration: holds the lock until the end of the scope. */
#define SW_MUTEX_HOLD(name, mutex)                                                                 \
    SW_CLEANUP(sw_mutex_unlockp)                                                                   \
    __attribute__((unused)) struct sw_mutex *name = sw_mutex_lock(mutex)

struct sw_condition {
    pthread_cond_t condition; /* on the monotonic clock */
};

void sw_condition_init(struct sw_condition *condition);
void sw_condition_done(struct sw_condition *condition);
/* The mutex must be held. May wake without reason: wait in a loop. */
void sw_condition_wait(struct sw_condition *condition, struct sw_mutex *mutex);
/* The same until the monotonic clock says deadline_ns: 0, or -ETIMEDOUT. */
int sw_condition_wait_until(
    struct sw_condition *condition, struct sw_mutex *mutex, int64_t deadline_ns);
void sw_condition_signal(struct sw_condition *condition);
void sw_condition_broadcast(struct sw_condition *condition);

struct sw_thread {
    pthread_t thread;
    bool is_started;
};

/* Runs run(argument) in a thread of its own, with all signals blocked: 0 or negative errno. The
 * struct must stay where it is until the join. */
int sw_thread_start(struct sw_thread *thread, void (*run)(void *argument), void *argument);
/* Waits for its end; does nothing when it was never started or is joined already. */
void sw_thread_join(struct sw_thread *thread);

/* Processors that this process may use, at least 1. */
unsigned sw_thread_n_processors(void);

struct sw_pool;

/* n_threads workers (1..SW_POOL_THREADS_MAX) and a queue of `depth` jobs. */
#define SW_POOL_THREADS_MAX 256
int sw_pool_new(unsigned n_threads, size_t depth, struct sw_pool **ret);
/* Queues a job, waiting while the queue is full. The argument is the job's own from here on.
 * 0, or -ESHUTDOWN after sw_pool_free has begun. Not to be called by a job of the same pool. */
int sw_pool_submit(struct sw_pool *pool, void (*run)(void *argument), void *argument);
/* The same without waiting: -EAGAIN when the queue is full. Jobs may call it. */
int sw_pool_try_submit(struct sw_pool *pool, void (*run)(void *argument), void *argument);
/* Returns when every job queued so far has ended. */
void sw_pool_wait(struct sw_pool *pool);
/* Lets queued jobs end, then the threads. NULL is allowed. */
void sw_pool_free(struct sw_pool *pool);
void sw_pool_freep(struct sw_pool **pool);

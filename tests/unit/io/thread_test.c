/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/thread.c: the pool does every job once, and is bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/thread.h"

struct counter {
    struct sw_mutex mutex;
    struct sw_condition changed;
    unsigned n;
    bool is_held_up;
};

static void count(void *argument)
{
    struct counter *counter = argument;
    SW_MUTEX_HOLD(held, &counter->mutex);
    while (counter->is_held_up)
        sw_condition_wait(&counter->changed, &counter->mutex);
    counter->n++;
}

static void init(struct counter *counter)
{
    *counter = (struct counter){.n = 0};
    sw_mutex_init(&counter->mutex);
    sw_condition_init(&counter->changed);
}

static void done(struct counter *counter)
{
    sw_condition_done(&counter->changed);
    sw_mutex_done(&counter->mutex);
}

static void runs_every_job_once(void **state)
{
    (void)state;
    struct counter counter;
    init(&counter);
    SW_CLEANUP(sw_pool_freep) struct sw_pool *pool = NULL;
    assert_int_equal(sw_pool_new(3, 4, &pool), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(sw_pool_submit(pool, count, &counter), 0);
    sw_pool_wait(pool);
    assert_int_equal(counter.n, 1000);
    assert_int_equal(sw_pool_submit(pool, count, &counter), 0);
    sw_pool_freep(&pool);
    assert_int_equal(counter.n, 1001);
    done(&counter);
}

static void says_when_the_queue_is_full(void **state)
{
    (void)state;
    struct counter counter;
    init(&counter);
    counter.is_held_up = true;
    SW_CLEANUP(sw_pool_freep) struct sw_pool *pool = NULL;
    assert_int_equal(sw_pool_new(1, 2, &pool), 0);
    unsigned n = 0;
    while (sw_pool_try_submit(pool, count, &counter) == 0)
        n++;
    assert_in_range(n, 2, 3);
    assert_int_equal(sw_pool_try_submit(pool, count, &counter) == 0 ? n++ : 0, 0);
    sw_mutex_lock(&counter.mutex);
    counter.is_held_up = false;
    sw_condition_broadcast(&counter.changed);
    sw_mutex_unlock(&counter.mutex);
    sw_pool_freep(&pool);
    assert_int_equal(counter.n, n);
    done(&counter);
}

static void refuses_absurd_sizes(void **state)
{
    (void)state;
    struct sw_pool *pool = NULL;
    assert_int_equal(sw_pool_new(0, 1, &pool), -EINVAL);
    assert_int_equal(sw_pool_new(SW_POOL_THREADS_MAX + 1, 1, &pool), -EINVAL);
    assert_int_equal(sw_pool_new(1, 0, &pool), -EINVAL);
    assert_true(sw_thread_n_processors() >= 1);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    struct counter counter;
    init(&counter);
    SW_MUTEX_HOLD(held, &counter.mutex);
    int64_t start = sw_clock_monotonic_ns();
    int r = 0;
    while (r == 0)
        r = sw_condition_wait_until(&counter.changed, &counter.mutex, start + 20000000);
    assert_int_equal(r, -ETIMEDOUT);
    assert_true(sw_clock_monotonic_ns() - start >= 20000000);
}

static void starts_and_joins_a_thread(void **state)
{
    (void)state;
    struct counter counter;
    init(&counter);
    struct sw_thread thread = {0};
    sw_thread_join(&thread);
    assert_int_equal(sw_thread_start(&thread, count, &counter), 0);
    sw_thread_join(&thread);
    sw_thread_join(&thread);
    assert_int_equal(counter.n, 1);
    done(&counter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_every_job_once),
        cmocka_unit_test(says_when_the_queue_is_full),
        cmocka_unit_test(refuses_absurd_sizes),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(starts_and_joins_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

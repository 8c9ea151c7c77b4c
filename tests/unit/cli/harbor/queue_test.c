/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/harbor/queue.c with scans that only pretend: order, bounds, joining, forgetting and
 * the end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "harbor/queue.h"
#include "io/clock.h"

/* What the pretended scans do. */
struct play {
    atomic_bool is_held; /* scans wait until it is false */
    atomic_uint n_running;
    atomic_uint most_running;
    atomic_uint n_ran;
    size_t n_bytes; /* of each document */
    int r;
};

static int run(void *context, const char *id, const struct sw_harbor_request *request,
    const atomic_bool *stop, struct sw_harbor_result *result, struct sw_err *err)
{
    struct play *play = context;
    (void)request;
    assert_int_equal(strlen(id), SW_HARBOR_ID_BYTES - 1);
    unsigned n = atomic_fetch_add(&play->n_running, 1) + 1;
    if (n > atomic_load(&play->most_running))
        atomic_store(&play->most_running, n);
    while (atomic_load(&play->is_held) && !atomic_load(stop))
        sw_clock_sleep_ms(2);
    atomic_fetch_sub(&play->n_running, 1);
    atomic_fetch_add(&play->n_ran, 1);
    for (size_t i = 0; i < play->n_bytes; i++)
        if (sw_buf_append_char(&result->documents[SW_HARBOR_VULNERABILITIES], 'x') < 0)
            return sw_err_set(err, -EFBIG, "too large");
    return play->r < 0 ? sw_err_set(err, play->r, "the pretended scan failed") : 0;
}

static struct sw_harbor_request *request_of(unsigned i, const char *authorization)
{
    char text[512];
    struct sw_harbor_request *request = NULL;
    snprintf(text, sizeof(text),
        "{\"registry\":{\"url\":\"https://core.example\",\"authorization\":\"%s\"},"
        "\"artifact\":{\"repository\":\"team/app\",\"tag\":\"%u\"}}",
        authorization, i);
    assert_int_equal(sw_harbor_request_parse(sw_str_of(text), &request, NULL), 0);
    return request;
}

static struct sw_harbor_queue *queue_of(
    struct play *play, unsigned n_workers, size_t depth, size_t max_bytes, int64_t age_ms)
{
    const struct sw_harbor_queue_options options = {
        .n_workers = n_workers,
        .depth = depth,
        .results_bytes_max = max_bytes,
        .results_age_ms = age_ms,
        .run = run,
        .context = play,
    };
    struct sw_harbor_queue *queue = NULL;
    assert_int_equal(sw_harbor_queue_new(&options, &queue, NULL), 0);
    return queue;
}

/* Waits until so many are in a stage. */
static void wait_for(struct sw_harbor_queue *queue, enum sw_harbor_stage stage, size_t n)
{
    struct sw_harbor_counts counts = {0};
    for (int i = 0; i < 5000; i++) {
        sw_harbor_queue_count(queue, &counts);
        if (counts.n[stage] == n)
            return;
        sw_clock_sleep_ms(2);
    }
    fail_msg("stage %d has %zu, wanted %zu", (int)stage, counts.n[stage], n);
}

static void runs_two_at_once_and_refuses_beyond_its_depth(void **state)
{
    (void)state;
    struct play play = {.is_held = true, .n_bytes = 10};
    struct sw_harbor_queue *queue = queue_of(&play, 2, 3, 1000, 60000);
    char ids[6][SW_HARBOR_ID_BYTES];
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(sw_harbor_queue_add(queue, request_of(i, ""), ids[i]), 0);
    wait_for(queue, SW_HARBOR_RUNNING, 2);
    for (unsigned i = 2; i < 5; i++)
        assert_int_equal(sw_harbor_queue_add(queue, request_of(i, ""), ids[i]), 0);
    assert_int_equal(sw_harbor_queue_add(queue, request_of(5, ""), ids[5]), -EAGAIN);
    struct sw_harbor_state found = {0};
    assert_int_equal(sw_harbor_queue_find(queue, ids[4], &found), 0);
    assert_int_equal(found.stage, SW_HARBOR_WAITING);
    atomic_store(&play.is_held, false);
    wait_for(queue, SW_HARBOR_DONE, 5);
    assert_int_equal(atomic_load(&play.most_running), 2);
    assert_int_equal(sw_harbor_queue_find(queue, ids[0], &found), 0);
    assert_int_equal(found.stage, SW_HARBOR_DONE);
    assert_int_equal(found.result->documents[SW_HARBOR_VULNERABILITIES].n, 10);
    sw_harbor_queue_free(queue);
    /* An answer that is still being sent outlives the queue. */
    assert_int_equal(found.result->documents[SW_HARBOR_VULNERABILITIES].p[9], 'x');
    sw_harbor_result_unref(found.result);
}

static void joins_what_waits_for_the_same(void **state)
{
    (void)state;
    struct play play = {.is_held = true, .n_bytes = 1};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 1000, 60000);
    char first[SW_HARBOR_ID_BYTES], second[SW_HARBOR_ID_BYTES], third[SW_HARBOR_ID_BYTES];
    assert_int_equal(sw_harbor_queue_add(queue, request_of(0, ""), first), 0);
    wait_for(queue, SW_HARBOR_RUNNING, 1);
    /* One that runs is not joined: the tag may have moved since. */
    assert_int_equal(sw_harbor_queue_add(queue, request_of(0, "Bearer a"), second), 0);
    assert_string_not_equal(first, second);
    assert_int_equal(sw_harbor_queue_add(queue, request_of(0, "Bearer b"), third), 1);
    assert_string_equal(second, third);
    atomic_store(&play.is_held, false);
    wait_for(queue, SW_HARBOR_DONE, 2);
    assert_int_equal(atomic_load(&play.n_ran), 2);
    sw_harbor_queue_free(queue);
}

static void forgets_the_oldest_beyond_its_bytes(void **state)
{
    (void)state;
    struct play play = {.n_bytes = 100};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 600, 60000);
    char ids[8][SW_HARBOR_ID_BYTES];
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(sw_harbor_queue_add(queue, request_of(i, ""), ids[i]), 0);
        wait_for(queue, SW_HARBOR_WAITING, 0);
        wait_for(queue, SW_HARBOR_RUNNING, 0);
    }
    struct sw_harbor_counts counts;
    struct sw_harbor_state found;
    sw_harbor_queue_count(queue, &counts);
    assert_true(counts.n_result_bytes <= 600);
    assert_true(counts.n[SW_HARBOR_DONE] < 8 && counts.n[SW_HARBOR_DONE] > 0);
    assert_int_equal(sw_harbor_queue_find(queue, ids[0], &found), -ENOENT);
    assert_int_equal(sw_harbor_queue_find(queue, ids[7], &found), 0);
    sw_harbor_result_unref(found.result);
    sw_harbor_queue_free(queue);
}

static void forgets_by_age(void **state)
{
    (void)state;
    struct play play = {.n_bytes = 1};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 600, 50);
    char id[SW_HARBOR_ID_BYTES];
    struct sw_harbor_state found;
    assert_int_equal(sw_harbor_queue_add(queue, request_of(1, ""), id), 0);
    wait_for(queue, SW_HARBOR_WAITING, 0);
    wait_for(queue, SW_HARBOR_RUNNING, 0);
    sw_clock_sleep_ms(100);
    assert_int_equal(sw_harbor_queue_find(queue, id, &found), -ENOENT);
    sw_harbor_queue_free(queue);
}

static void keeps_the_sentence_of_a_failure(void **state)
{
    (void)state;
    struct play play = {.r = -EIO};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 600, 60000);
    char id[SW_HARBOR_ID_BYTES];
    struct sw_harbor_state found;
    assert_int_equal(sw_harbor_queue_add(queue, request_of(1, ""), id), 0);
    wait_for(queue, SW_HARBOR_FAILED, 1);
    assert_int_equal(sw_harbor_queue_find(queue, id, &found), 0);
    assert_int_equal(found.stage, SW_HARBOR_FAILED);
    assert_string_equal(found.err.message, "the pretended scan failed");
    assert_null(found.result);
    sw_harbor_queue_free(queue);
}

static void refuses_a_result_that_is_too_large(void **state)
{
    (void)state;
    struct play play = {.n_bytes = 2000};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 600, 60000);
    char id[SW_HARBOR_ID_BYTES];
    assert_int_equal(sw_harbor_queue_add(queue, request_of(1, ""), id), 0);
    wait_for(queue, SW_HARBOR_FAILED, 1);
    sw_harbor_queue_free(queue);
}

static void stops_what_runs_and_drops_what_waits(void **state)
{
    (void)state;
    struct play play = {.is_held = true};
    struct sw_harbor_queue *queue = queue_of(&play, 1, 10, 600, 60000);
    char id[SW_HARBOR_ID_BYTES];
    assert_int_equal(sw_harbor_queue_add(queue, request_of(1, ""), id), 0);
    assert_int_equal(sw_harbor_queue_add(queue, request_of(2, ""), id), 0);
    wait_for(queue, SW_HARBOR_RUNNING, 1);
    assert_int_equal(sw_harbor_queue_stop(queue, 10000), 0);
    assert_int_equal(atomic_load(&play.n_ran), 1);
    assert_int_equal(sw_harbor_queue_add(queue, request_of(3, ""), id), -ESHUTDOWN);
    sw_harbor_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_two_at_once_and_refuses_beyond_its_depth),
        cmocka_unit_test(joins_what_waits_for_the_same),
        cmocka_unit_test(forgets_the_oldest_beyond_its_bytes),
        cmocka_unit_test(forgets_by_age),
        cmocka_unit_test(keeps_the_sentence_of_a_failure),
        cmocka_unit_test(refuses_a_result_that_is_too_large),
        cmocka_unit_test(stops_what_runs_and_drops_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

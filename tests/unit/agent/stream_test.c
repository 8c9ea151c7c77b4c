/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests agent/stream.c, filter.c and stats.c with a recording in place of the kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "filter.h"
#include "harness/record.h"
#include "stats.h"
#include "stream.h"

static void append_open(struct sw_buf *recording, unsigned pid, const char *path, unsigned sequence)
{
    struct test_record record;
    struct sw_abi_open *open = test_record_begin(&record, SW_ABI_OPEN, sizeof(*open));
    record.head.process.pid = pid;
    record.head.ring = 1;
    record.head.sequence = sequence;
    open->path = test_record_text(&record, path, strlen(path));
    assert_int_equal(sw_buf_append(recording, record.bytes, record.n), 0);
}

/* Plays the recording; the account goes to *ret. */
static void play(struct sw_str bytes, const struct sw_filter *filter, int want,
    struct sw_stats *ret, struct sw_stream **ret_stream)
{
    struct sw_stream_options options = {filter, -1, -1, false};
    assert_int_equal(sw_stream_new(&options, ret_stream, NULL), 0);
    struct sw_source_handler handler = sw_stream_handler(*ret_stream);
    SW_CLEANUP(sw_source_freep) struct sw_source *source = NULL;
    assert_int_equal(sw_replay_source_new(bytes, &handler, &source), 0);
    int r;
    while ((r = sw_source_poll(source, 0)) > 0)
        continue;
    assert_int_equal(r, want);
    *ret = (struct sw_stats){.stream = sw_stream_counters(*ret_stream),
        .rings = sw_stream_rings(*ret_stream),
        .n_rings = 2,
        .n_broken = sw_stream_n_broken(*ret_stream)};
    assert_int_equal(sw_source_count(source, &ret->kernel), 0);
}

static void counts_and_filters(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf recording = {0};
    sw_buf_init(&recording, 1 << 20);
    for (unsigned i = 1; i <= 1000; i++)
        append_open(&recording, i % 10, i % 2 ? "/a" : "/b", i);
    struct sw_filter filter = {0};
    assert_int_equal(sw_filter_add(&filter, SW_STR("kind=open,exec"), NULL), 0);
    assert_int_equal(sw_filter_add(&filter, SW_STR("fd.name=/a"), NULL), 0);
    assert_int_equal(sw_filter_add(&filter, SW_STR("proc.pid=1"), NULL), 0);
    assert_int_equal(sw_filter_add(&filter, SW_STR("proc.pid=3"), NULL), 0);
    assert_int_equal(sw_filter_kinds(&filter), 1u << SW_EVENT_OPEN | 1u << SW_EVENT_EXEC);
    struct sw_stats stats;
    SW_CLEANUP(sw_stream_freep) struct sw_stream *stream = NULL;
    play(sw_buf_str(&recording), &filter, -ENODATA, &stats, &stream);
    assert_int_equal(stats.stream[SW_EVENT_OPEN].read, 1000);
    assert_int_equal(stats.stream[SW_EVENT_OPEN].emitted, 200);
    assert_int_equal(stats.stream[SW_EVENT_OPEN].filtered, 800);
    assert_true(sw_stats_agree(&stats));
    assert_int_equal(sw_stats_n_lost(&stats), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    assert_int_equal(sw_stats_write(&stats, &text), 0);
    assert_non_null(strstr(text.p, "\"agree\":true"));
}

static void notices_what_is_missing(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf recording = {0};
    sw_buf_init(&recording, 1 << 20);
    append_open(&recording, 1, "/a", 1);
    append_open(&recording, 1, "/a", 3);
    struct sw_filter filter = {0};
    struct sw_stats stats;
    SW_CLEANUP(sw_stream_freep) struct sw_stream *stream = NULL;
    play(sw_buf_str(&recording), &filter, -ENODATA, &stats, &stream);
    assert_false(sw_stats_agree(&stats));
    /* When the kernel says that it refused one, all is accounted for. */
    stats.kernel.kinds[SW_EVENT_OPEN].refused = 1;
    stats.kernel.kinds[SW_EVENT_OPEN].seen++;
    assert_true(sw_stats_agree(&stats));
    assert_int_equal(sw_stats_n_lost(&stats), 1);
}

static void refuses_a_cut_recording(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf recording = {0};
    sw_buf_init(&recording, 1 << 20);
    append_open(&recording, 1, "/a", 1);
    struct sw_filter filter = {0};
    struct sw_stats stats;
    for (size_t n = 1; n < recording.n; n += 7) {
        SW_CLEANUP(sw_stream_freep) struct sw_stream *stream = NULL;
        play(sw_str_part(sw_buf_str(&recording), 0, n), &filter, -EBADMSG, &stats, &stream);
    }
}

static void refuses_filters_that_name_nothing(void **state)
{
    (void)state;
    struct sw_filter filter = {0};
    struct sw_err err = {0};
    assert_int_equal(sw_filter_add(&filter, SW_STR("proc.nothing=1"), &err), -EINVAL);
    assert_int_equal(sw_filter_add(&filter, SW_STR("kind=nothing"), &err), -EINVAL);
    assert_int_equal(sw_filter_add(&filter, SW_STR("kind"), &err), -EINVAL);
    assert_int_equal(sw_filter_add(&filter, SW_STR("=x"), &err), -EINVAL);
    assert_int_equal(filter.n, 0);
    assert_int_equal(sw_filter_add(&filter, SW_STR("kind!=open"), &err), 0);
    assert_int_equal(sw_filter_kinds(&filter) & 1u << SW_EVENT_OPEN, 0);
    assert_int_equal(sw_filter_kinds(&filter) & 1u << SW_EVENT_EXEC, 1u << SW_EVENT_EXEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_filters),
        cmocka_unit_test(notices_what_is_missing),
        cmocka_unit_test(refuses_a_cut_recording),
        cmocka_unit_test(refuses_filters_that_name_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/reader.c: reading, peeking, skipping and lines over memory, files and pipes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/reader.h"

/* A source that hands out one byte at a time and fails after `n` of them when told so. */
struct drip {
    size_t n;
    bool is_failing;
};

static ssize_t drip_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct drip *drip = state;
    (void)n;
    if (drip->n == 0)
        return drip->is_failing ? sw_err_set(err, -EIO, "the drip broke") : 0;
    *(char *)p = (char)('a' + drip->n % 26);
    drip->n--;
    return 1;
}

static void reads_memory_whole(void **state)
{
    (void)state;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_memory(SW_STR("hello"));
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 5);
    struct sw_str head;
    assert_int_equal(sw_reader_peek(reader, 16, &head, NULL), 0);
    assert_true(sw_str_equal_z(head, "hello"));
    assert_int_equal(sw_reader_position(reader), 0);
    assert_int_equal(sw_reader_read_all(reader, &buf, NULL), 0);
    assert_string_equal(buf.p, "hello");
    assert_int_equal(sw_reader_position(reader), 5);
    char c;
    assert_int_equal(sw_reader_read(reader, &c, 1, NULL), 0);
}

static void refuses_more_than_the_cap(void **state)
{
    (void)state;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_memory(SW_STR("hello"));
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4);
    assert_int_equal(sw_reader_read_all(reader, &buf, NULL), -EFBIG);
}

static void peeks_across_short_reads(void **state)
{
    (void)state;
    static const struct sw_reader_ops ops = {.read = drip_read};
    struct drip drip = {.n = 10};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new(&ops, &drip);
    struct sw_str head;
    assert_int_equal(sw_reader_peek(reader, 4, &head, NULL), 0);
    assert_int_equal(head.n, 4);
    char first;
    assert_int_equal(sw_reader_read(reader, &first, 1, NULL), 1);
    assert_int_equal(first, 'a' + 10);
    assert_int_equal(sw_reader_peek(reader, 100, &head, NULL), 0);
    assert_int_equal(head.n, 9);
    assert_int_equal(sw_reader_skip(reader, 100, NULL), 9);
    assert_int_equal(sw_reader_peek(reader, SW_READER_PEEK_MAX + 1, &head, NULL), -EINVAL);
}

static void passes_errors_on(void **state)
{
    (void)state;
    static const struct sw_reader_ops ops = {.read = drip_read};
    struct drip drip = {.n = 2, .is_failing = true};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new(&ops, &drip);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    struct sw_err err = {0};
    assert_int_equal(sw_reader_read_all(reader, &buf, &err), -EIO);
    assert_string_equal(err.message, "the drip broke");
    assert_int_equal(buf.n, 2);
}

static void reads_lines_and_skips_long_ones(void **state)
{
    (void)state;
    SW_CLEANUP(sw_reader_freep)
    struct sw_reader *reader = sw_reader_new_memory(SW_STR("one\n\nfar too long\nlast"));
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4);
    assert_int_equal(sw_reader_read_line(reader, &buf, NULL), 1);
    assert_string_equal(buf.p, "one");
    assert_int_equal(sw_reader_read_line(reader, &buf, NULL), 1);
    assert_int_equal(buf.n, 0);
    assert_int_equal(sw_reader_read_line(reader, &buf, NULL), -EFBIG);
    assert_int_equal(sw_reader_read_line(reader, &buf, NULL), 1);
    assert_string_equal(buf.p, "last");
    assert_int_equal(sw_reader_read_line(reader, &buf, NULL), 0);
}

static void seeks_over_files_but_not_beyond(void **state)
{
    (void)state;
    char path[] = "/tmp/seawall-reader-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(fd, 5000000), 0);
    assert_int_equal(pwrite(fd, "x", 1, 4999999), 1);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fd);
    char c = 0;
    assert_int_equal(sw_reader_read(reader, &c, 1, NULL), 1);
    assert_int_equal(sw_reader_skip(reader, 4999998, NULL), 4999998);
    assert_int_equal(sw_reader_read(reader, &c, 1, NULL), 1);
    assert_int_equal(c, 'x');
    assert_int_equal(sw_reader_skip(reader, 1, NULL), 0);
    assert_int_equal(sw_reader_position(reader), 5000000);
}

static void skips_in_a_pipe_by_reading(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "abcdef", 6), 6);
    close(fds[1]);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_fd(fds[0]);
    assert_int_equal(sw_reader_skip(reader, 4, NULL), 4);
    const void *p = NULL;
    assert_int_equal(sw_reader_borrow(reader, &p, NULL), 2);
    assert_memory_equal(p, "ef", 2);
    assert_int_equal(sw_reader_borrow(reader, &p, NULL), 0);
}

static void survives_want_of_memory(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 3; i++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        close(fds[1]);
        sw_mem_fail_after(i);
        struct sw_reader *reader = sw_reader_new_fd(fds[0]);
        char c;
        if (reader != NULL)
            assert_int_equal(sw_reader_read(reader, &c, 1, NULL), i < 3 && i == 2 ? -ENOMEM : 0);
        sw_mem_fail_after(-1);
        sw_reader_free(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_memory_whole),
        cmocka_unit_test(refuses_more_than_the_cap),
        cmocka_unit_test(peeks_across_short_reads),
        cmocka_unit_test(passes_errors_on),
        cmocka_unit_test(reads_lines_and_skips_long_ones),
        cmocka_unit_test(seeks_over_files_but_not_beyond),
        cmocka_unit_test(skips_in_a_pipe_by_reading),
        cmocka_unit_test(survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

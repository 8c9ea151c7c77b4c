/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/pump.c: what is handed out is what is hashed, and nobody waits for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/ring.h"
#include "scan/pump.h"

static struct sw_pump *start(struct sw_str bytes, int *ret_fd)
{
    struct sw_blob blob = {.reader = sw_reader_new_memory(bytes), .wait_fd = -1};
    struct sw_pump *pump = NULL;
    assert_int_equal(sw_pump_start(&blob, &pump, ret_fd, NULL), 0);
    return pump;
}

static void hashes_what_it_hands_out(void **state)
{
    (void)state;
    int fd = -1;
    struct sw_pump *pump = start(SW_STR("hello"), &fd);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_ring(fd);
    SW_CLEANUP(sw_buf_done) struct sw_buf got = {0};
    sw_buf_init(&got, 16);
    assert_int_equal(sw_reader_read_all(reader, &got, NULL), 0);
    assert_true(sw_str_equal_z(sw_buf_str(&got), "hello"));
    struct sw_pump_result result;
    sw_pump_finish(pump, 10000, &result);
    assert_true(result.is_whole);
    assert_string_equal(
        result.digest, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

static void ends_when_nobody_reads(void **state)
{
    (void)state;
    size_t n = 8 << 20;
    SW_CLEANUP(sw_mem_freep) char *bytes = sw_mem_zalloc(1, n);
    int fd = -1;
    struct sw_pump *pump = start((struct sw_str){bytes, n}, &fd);
    struct sw_pump_result result;
    sw_pump_finish(pump, 50, &result);
    assert_false(result.is_whole);
    assert_int_equal(result.r, 0);
    close(fd);

    pump = start((struct sw_str){bytes, n}, &fd);
    close(fd);
    sw_pump_finish(pump, 10000, &result);
    assert_false(result.is_whole);
    assert_int_equal(result.r, 0);
}

static void ends_when_the_source_is_silent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(sw_descriptor_pipe(ends, 0), 0);
    struct sw_blob blob = {.reader = sw_reader_new_fd(ends[0]), .wait_fd = ends[0]};
    struct sw_pump *pump = NULL;
    int fd = -1;
    assert_int_equal(sw_pump_start(&blob, &pump, &fd, NULL), 0);
    struct sw_pump_result result;
    sw_pump_finish(pump, 50, &result);
    assert_false(result.is_whole);
    close(fd);
    close(ends[1]);
}

static void pump_file(const char *path, bool is_changing, struct sw_pump_result *ret)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct sw_blob blob = {.wait_fd = -1, .has_key = true, .key_fd = file};
    assert_int_equal(sw_file_identify(file, &blob.key.file), 0);
    blob.reader = sw_reader_new_fd(dup(file));
    struct sw_pump *pump = NULL;
    int fd = -1;
    assert_int_equal(sw_pump_start(&blob, &pump, &fd, NULL), 0);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_ring(fd);
    char first;
    assert_int_equal(sw_reader_read(reader, &first, 1, NULL), 1);
    if (is_changing)
        assert_int_equal(pwrite(file, "X", 1, (off_t)(16 << 20) - 1), 1);
    SW_CLEANUP(sw_buf_done) struct sw_buf rest = {0};
    sw_buf_init(&rest, 16 << 20);
    assert_int_equal(sw_reader_read_all(reader, &rest, NULL), 0);
    assert_int_equal(rest.n, (16 << 20) - 1);
    sw_pump_finish(pump, 10000, ret);
    assert_true(ret->is_whole);
    close(file);
}

static void records_no_digest_of_a_file_that_changes(void **state)
{
    (void)state;
    char path[] = "/tmp/seawall-pump-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, 16 << 20), 0);
    close(file);
    sw_clock_sleep_ms(50);
    struct sw_pump_result result;
    pump_file(path, false, &result);
    assert_true(result.has_key);
    assert_false(result.is_changed);
    pump_file(path, true, &result);
    assert_false(result.has_key);
    assert_true(result.is_changed);
    unlink(path);
}

static void a_change_of_this_very_moment_does_not_settle(void **state)
{
    (void)state;
    struct sw_file_identity identity = {.ctime_ns = (int64_t)1000000001};
    assert_false(sw_file_identity_is_settled(&identity, identity.ctime_ns));
    assert_false(sw_file_identity_is_settled(&identity, identity.ctime_ns - 1000));
    assert_true(sw_file_identity_is_settled(&identity, identity.ctime_ns + 1000000000));
    /* No fraction: the file system may count in whole seconds. */
    identity.ctime_ns = (int64_t)2000000000;
    assert_false(sw_file_identity_is_settled(&identity, identity.ctime_ns + 1000000000));
    assert_true(sw_file_identity_is_settled(&identity, identity.ctime_ns + (int64_t)5000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_what_it_hands_out),
        cmocka_unit_test(ends_when_nobody_reads),
        cmocka_unit_test(ends_when_the_source_is_silent),
        cmocka_unit_test(records_no_digest_of_a_file_that_changes),
        cmocka_unit_test(a_change_of_this_very_moment_does_not_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

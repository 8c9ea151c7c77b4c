/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/pump.c: what is handed out is what is hashed, and nobody waits for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_what_it_hands_out),
        cmocka_unit_test(ends_when_nobody_reads),
        cmocka_unit_test(ends_when_the_source_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

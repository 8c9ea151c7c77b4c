/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/process.c with the shell as the child.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/descriptor.h"
#include "io/process.h"
#include "io/socket.h"

static struct sw_process *start(const char *script, int socket_fd)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *const environment[] = {"GREETING=hello", NULL};
    struct sw_process_options options = {
        .path = "/bin/sh", .argv = argv, .environment = environment, .socket_fd = socket_fd};
    struct sw_process *process = NULL;
    struct sw_err err = {0};
    assert_int_equal(sw_process_start(&options, &process, &err), 0);
    return process;
}

static void talks_over_its_socket_and_keeps_last_words(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(sw_socket_pair(pair), 0);
    SW_CLEANUP(sw_process_freep)
    struct sw_process *process =
        start("echo \"$GREETING $HOME\" >&3; cat <&3 >&2; exit 7", pair[1]);
    sw_descriptor_closep(&pair[1]);
    char p[32] = {0};
    assert_int_equal(sw_descriptor_read_full(pair[0], p, 7), 7);
    assert_string_equal(p, "hello \n");
    assert_int_equal(sw_socket_send(pair[0], "last words", 10, NULL, 0), 0);
    sw_descriptor_closep(&pair[0]);
    struct sw_process_exit end;
    assert_int_equal(sw_process_wait(process, 10000, &end), 0);
    char text[64];
    assert_string_equal(sw_process_exit_text(&end, text, sizeof(text)), "exited with status 7");
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    assert_int_equal(sw_process_stderr(process, &buf), 0);
    assert_string_equal(buf.p, "last words");
    assert_int_equal(sw_process_wait(process, 0, &end), 0);
}

static void keeps_only_the_end_of_much_talk(void **state)
{
    (void)state;
    SW_CLEANUP(sw_process_freep)
    struct sw_process *process =
        start("i=0; while [ $i -lt 4000 ]; do echo \"line $i of many\" >&2; i=$((i+1)); done", -1);
    struct sw_process_exit end;
    assert_int_equal(sw_process_wait(process, -1, &end), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_PROCESS_STDERR_BYTES);
    assert_int_equal(sw_process_stderr(process, &buf), 0);
    assert_int_equal(buf.n, SW_PROCESS_STDERR_BYTES);
    assert_string_equal(buf.p + buf.n - 18, "line 3999 of many\n");
}

static void times_out_and_is_killed(void **state)
{
    (void)state;
    SW_CLEANUP(sw_process_freep) struct sw_process *process = start("exec sleep 100", -1);
    struct sw_process_exit end;
    int64_t before = sw_clock_monotonic_ns();
    assert_int_equal(sw_process_wait(process, 30, &end), -ETIMEDOUT);
    assert_true(sw_clock_monotonic_ns() - before >= 30000000);
    sw_process_kill(process, SIGKILL);
    assert_int_equal(sw_process_wait(process, 10000, &end), 0);
    char text[64];
    assert_string_equal(
        sw_process_exit_text(&end, text, sizeof(text)), "killed by signal 9 (KILL)");
    sw_process_kill(process, SIGKILL);
}

static void inherits_nothing_else(void **state)
{
    (void)state;
    int fd = dup(1); /* without O_CLOEXEC */
    SW_CLEANUP(sw_process_freep)
    struct sw_process *process = start("ls /proc/self/fd | tr '\\n' ' ' >&2", -1);
    struct sw_process_exit end;
    assert_int_equal(sw_process_wait(process, 10000, &end), 0);
    close(fd);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1000);
    assert_int_equal(sw_process_stderr(process, &buf), 0);
    assert_string_equal(buf.p, "0 1 2 3 "); /* 3 is ls reading the directory */
}

static void names_a_program_that_is_missing(void **state)
{
    (void)state;
    const char *const argv[] = {"none", NULL};
    struct sw_process_options options = {
        .path = "/nonexistent/none", .argv = argv, .socket_fd = -1};
    struct sw_process *process = NULL;
    struct sw_err err = {0};
    assert_int_equal(sw_process_start(&options, &process, &err), -ENOENT);
    assert_non_null(strstr(err.message, "/nonexistent/none"));
    assert_null(process);
    sw_process_free(NULL);
}

static void does_not_wait_for_who_else_holds_the_pipe(void **state)
{
    (void)state;
    SW_CLEANUP(sw_process_freep)
    struct sw_process *process = start("sleep 20 & echo words >&2; exit 3", -1);
    int64_t start_ns = sw_clock_monotonic_ns();
    struct sw_process_exit end;
    assert_int_equal(sw_process_wait(process, 10000, &end), 0);
    assert_int_equal(end.code, 3);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    assert_int_equal(sw_process_stderr(process, &buf), 0);
    assert_string_equal(buf.p, "words\n");
    assert_true(sw_clock_monotonic_ns() - start_ns < (int64_t)5 * 1000 * 1000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_over_its_socket_and_keeps_last_words),
        cmocka_unit_test(keeps_only_the_end_of_much_talk),
        cmocka_unit_test(times_out_and_is_killed),
        cmocka_unit_test(does_not_wait_for_who_else_holds_the_pipe),
        cmocka_unit_test(inherits_nothing_else),
        cmocka_unit_test(names_a_program_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

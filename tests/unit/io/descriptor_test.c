/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/descriptor.c and lib/io/socket.c: full reads and writes, descriptors that travel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/socket.h"

static unsigned count_open(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void reads_and_writes_in_full(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(sw_descriptor_pipe(ends, (size_t)1 << 20), 0);
    assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(ends[1], F_GETPIPE_SZ) >= 65536);
    assert_int_equal(sw_descriptor_write_full(ends[1], "hello", 5), 0);
    sw_descriptor_closep(&ends[1]);
    sw_descriptor_closep(&ends[1]);
    char p[16];
    assert_int_equal(sw_descriptor_read_full(ends[0], p, sizeof(p)), 5);
    assert_int_equal(sw_descriptor_read_full(ends[0], p, sizeof(p)), 0);
    int taken = sw_descriptor_take(&ends[0]);
    assert_int_equal(ends[0], -1);
    sw_descriptor_close(taken);
    assert_int_equal(sw_descriptor_read_full(taken, p, 1), -EBADF);
}

static void tells_a_closed_pipe_without_dying(void **state)
{
    (void)state;
    sw_descriptor_ignore_sigpipe();
    int ends[2];
    assert_int_equal(sw_descriptor_pipe(ends, 0), 0);
    sw_descriptor_closep(&ends[0]);
    assert_int_equal(sw_descriptor_write_full(ends[1], "x", 1), -EPIPE);
    assert_false(sw_descriptor_is_terminal(ends[1]));
    assert_int_equal(sw_descriptor_terminal_width(ends[1]), 0);
    sw_descriptor_closep(&ends[1]);
}

static void hands_descriptors_over(void **state)
{
    (void)state;
    unsigned before = count_open();
    int pair[2], ends[2];
    assert_int_equal(sw_socket_pair(pair), 0);
    assert_int_equal(sw_descriptor_pipe(ends, 0), 0);
    assert_int_equal(sw_socket_send(pair[0], "go", 2, &ends[0], 1), 0);
    sw_descriptor_closep(&ends[0]);
    char p[16];
    int fds[2] = {-1, -1};
    size_t n_fds = 7;
    assert_int_equal(sw_socket_receive(pair[1], p, sizeof(p), fds, 2, &n_fds), 2);
    assert_int_equal(n_fds, 1);
    assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(sw_descriptor_write_full(ends[1], "x", 1), 0);
    assert_int_equal(sw_descriptor_read_full(fds[0], p, 1), 1);
    sw_descriptor_closep(&fds[0]);
    sw_descriptor_closep(&ends[1]);
    sw_descriptor_closep(&pair[0]);
    assert_int_equal(sw_socket_receive(pair[1], p, sizeof(p), NULL, 0, NULL), 0);
    assert_int_equal(sw_socket_send(pair[1], "x", 1, NULL, 0), -EPIPE);
    sw_descriptor_closep(&pair[1]);
    assert_int_equal(count_open(), before);
}

static void closes_surplus_descriptors(void **state)
{
    (void)state;
    unsigned before = count_open();
    int pair[2];
    assert_int_equal(sw_socket_pair(pair), 0);
    const int four[] = {0, 0, 0, 0};
    assert_int_equal(sw_socket_send(pair[0], "x", 1, four, 4), 0);
    char p[16];
    int fds[1];
    size_t n_fds = 0;
    assert_int_equal(sw_socket_receive(pair[1], p, sizeof(p), fds, 1, &n_fds), 1);
    assert_int_equal(n_fds, 1);
    close(fds[0]);
    assert_int_equal(sw_socket_send(pair[0], "y", 1, four, 4), 0);
    assert_int_equal(sw_socket_receive(pair[1], p, sizeof(p), NULL, 0, NULL), 1);
    assert_int_equal(sw_socket_send(pair[0], "z", 1, four, 5), -EINVAL);
    sw_descriptor_closep(&pair[0]);
    sw_descriptor_closep(&pair[1]);
    assert_int_equal(count_open(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_in_full),
        cmocka_unit_test(tells_a_closed_pipe_without_dying),
        cmocka_unit_test(hands_descriptors_over),
        cmocka_unit_test(closes_surplus_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/ring.c: what comes out, who waits for whom, and what the reading side cannot do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/ring.h"
#include "io/socket.h"
#include "io/thread.h"

#define N_BLOCKS 37

static void put(struct sw_ring *ring, uint8_t byte, size_t n)
{
    void *block = NULL;
    int r;
    while ((r = sw_ring_get_block(ring, 1000, &block)) == 0)
        ;
    assert_int_equal(r, 1);
    memset(block, byte, n);
    assert_int_equal(sw_ring_put_block(ring, n), 0);
}

static void write_all(void *argument)
{
    struct sw_ring *ring = argument;
    for (unsigned i = 0; i < N_BLOCKS; i++)
        put(ring, (uint8_t)i, i % 3 == 0 ? SW_RING_BLOCK_BYTES : 100 + i);
    sw_ring_close(ring);
    sw_ring_close(ring);
}

static void hands_on_every_byte_in_order(void **state)
{
    (void)state;
    struct sw_ring ring;
    struct sw_thread thread;
    int fd = -1;
    assert_int_equal(sw_ring_open(&ring, &fd), 0);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_ring(fd);
    assert_int_equal(sw_thread_start(&thread, write_all, &ring), 0);
    for (unsigned i = 0; i < N_BLOCKS; i++) {
        size_t left = i % 3 == 0 ? SW_RING_BLOCK_BYTES : 100 + i;
        while (left > 0) {
            const void *p = NULL;
            uint8_t few[50];
            ssize_t n = i % 2 == 0 ? sw_reader_borrow(reader, &p, NULL)
                                   : sw_reader_read(reader, few, sizeof(few), NULL);
            p = p != NULL ? p : few;
            assert_true(n > 0 && (size_t)n <= left);
            assert_int_equal(*(const uint8_t *)p, i);
            assert_int_equal(((const uint8_t *)p)[n - 1], i);
            left -= (size_t)n;
        }
    }
    const void *p = NULL;
    assert_int_equal(sw_reader_borrow(reader, &p, NULL), 0);
    assert_int_equal(sw_reader_borrow(reader, &p, NULL), 0);
    sw_thread_join(&thread);
}

static void writer_waits_for_a_reader_and_notices_its_end(void **state)
{
    (void)state;
    SW_CLEANUP(sw_ring_close) struct sw_ring ring;
    int fd = -1;
    assert_int_equal(sw_ring_open(&ring, &fd), 0);
    void *block = NULL;
    unsigned n = 0;
    while (sw_ring_get_block(&ring, 1, &block) == 1 && n < 1000) {
        assert_int_equal(sw_ring_put_block(&ring, 10), 0);
        n++;
    }
    assert_in_range(n, 2, 100);
    assert_int_equal(sw_ring_get_block(&ring, 1, &block), 0);
    sw_descriptor_closep(&fd);
    assert_int_equal(sw_ring_get_block(&ring, 1, &block), -EPIPE);
    assert_int_equal(sw_ring_put_block(&ring, 10), -EPIPE);
}

static void is_not_held_by_blocks_that_come_back_too_often(void **state)
{
    (void)state;
    SW_CLEANUP(sw_ring_close) struct sw_ring ring;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char many[100] = {0};
    void *block = NULL;
    assert_int_equal(sw_ring_open(&ring, &fd), 0);
    assert_int_equal(sw_descriptor_write_full(fd, many, sizeof(many)), 0);
    for (unsigned i = 0; i < sizeof(many); i++) {
        assert_int_equal(sw_ring_get_block(&ring, 1000, &block), 1);
        assert_int_equal(sw_ring_put_block(&ring, 1), 0);
    }
}

static void reading_side_cannot_write(void **state)
{
    (void)state;
    SW_CLEANUP(sw_ring_close) struct sw_ring ring;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    SW_CLEANUP(sw_descriptor_closep) int memory = -1;
    uint32_t size = 0;
    size_t n_fds = 0;
    assert_int_equal(sw_ring_open(&ring, &fd), 0);
    assert_int_equal(sw_socket_receive(fd, &size, sizeof(size), &memory, 1, &n_fds), sizeof(size));
    assert_int_equal(n_fds, 1);
    assert_ptr_equal(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0), MAP_FAILED);
    void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, memory, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    assert_int_equal(mprotect(p, size, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(pwrite(memory, "x", 1, 0), -1);
    assert_int_equal(ftruncate(memory, 0), -1);
    munmap(p, size);
}

static void rejects_what_is_no_ring(void **state)
{
    (void)state;
    struct sw_err err = {0};
    const void *p = NULL;
    int ends[2];
    assert_int_equal(sw_socket_pair(ends), 0);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new_ring(ends[0]);
    assert_int_equal(sw_descriptor_write_full(ends[1], "1234", 4), 0);
    assert_int_equal(sw_reader_borrow(reader, &p, &err), -EPROTO);
    sw_descriptor_close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_on_every_byte_in_order),
        cmocka_unit_test(writer_waits_for_a_reader_and_notices_its_end),
        cmocka_unit_test(is_not_held_by_blocks_that_come_back_too_often),
        cmocka_unit_test(reading_side_cannot_write),
        cmocka_unit_test(rejects_what_is_no_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

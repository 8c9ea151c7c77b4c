/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/wire/frame.c: whole frames, torn ones, and those that break the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/descriptor.h"
#include "io/socket.h"
#include "wire/frame.h"

static void frames_and_descriptors_cross_a_socket(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(sw_socket_pair(ends), 0);
    int fds[2];
    assert_int_equal(sw_descriptor_pipe(fds, 0), 0);
    struct sw_frame sent = {.type = 7, .id = 9, .payload = SW_STR("hello"), .fd = fds[0]};
    struct sw_frame empty = {.type = 8, .flags = SW_FRAME_IGNORABLE, .fd = -1};
    assert_int_equal(sw_frame_send(ends[0], &sent, NULL), 0);
    assert_int_equal(sw_frame_send(ends[0], &empty, NULL), 0);

    SW_CLEANUP(sw_frame_reader_done) struct sw_frame_reader reader;
    sw_frame_reader_init(&reader);
    struct sw_frame frame;
    while (sw_frame_reader_next(&reader, &frame, NULL) == 0)
        assert_true(sw_frame_reader_fill(&reader, ends[1], NULL) > 0);
    assert_int_equal(frame.type, 7);
    assert_int_equal(frame.id, 9);
    assert_true(sw_str_equal(frame.payload, SW_STR("hello")));
    assert_true(frame.fd >= 0);
    sw_descriptor_close(frame.fd);
    while (sw_frame_reader_next(&reader, &frame, NULL) == 0)
        assert_true(sw_frame_reader_fill(&reader, ends[1], NULL) > 0);
    assert_int_equal(frame.type, 8);
    assert_int_equal(frame.fd, -1);
    sw_descriptor_close(ends[0]);
    assert_int_equal(sw_frame_reader_fill(&reader, ends[1], NULL), 0);
    sw_descriptor_close(ends[1]);
    sw_descriptor_close(fds[0]);
    sw_descriptor_close(fds[1]);
}

static void header(char *p, uint32_t length, uint16_t type, uint16_t flags)
{
    sw_num_put_le32(p, length);
    sw_num_put_le32(p + 4, (uint32_t)type | (uint32_t)flags << 16);
    sw_num_put_le32(p + 8, 1);
}

static int feed_header(uint32_t length, uint16_t flags)
{
    char bytes[SW_FRAME_HEADER_BYTES];
    SW_CLEANUP(sw_frame_reader_done) struct sw_frame_reader reader;
    sw_frame_reader_init(&reader);
    header(bytes, length, 5, flags);
    assert_int_equal(sw_frame_reader_feed(&reader, (struct sw_str){bytes, sizeof(bytes)}), 0);
    struct sw_frame frame;
    return sw_frame_reader_next(&reader, &frame, NULL);
}

static void refuses_frames_that_break_the_rules(void **state)
{
    (void)state;
    assert_int_equal(feed_header(SW_FRAME_PAYLOAD_MAX + 1, 0), -EPROTO);
    assert_int_equal(feed_header(UINT32_MAX, 0), -EPROTO);
    assert_int_equal(feed_header(0, 4), -EPROTO);
    assert_int_equal(feed_header(0, SW_FRAME_HAS_FD), -EPROTO);
    assert_int_equal(feed_header(SW_FRAME_PAYLOAD_MAX, 0), 0);
    assert_int_equal(feed_header(0, SW_FRAME_IGNORABLE), 1);
}

static void waits_for_every_byte(void **state)
{
    (void)state;
    char bytes[SW_FRAME_HEADER_BYTES + 3];
    header(bytes, 3, 5, 0);
    SW_CLEANUP(sw_frame_reader_done) struct sw_frame_reader reader;
    sw_frame_reader_init(&reader);
    struct sw_frame frame;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(sw_frame_reader_next(&reader, &frame, NULL), 0);
        assert_int_equal(sw_frame_reader_feed(&reader, (struct sw_str){bytes + i, 1}), 0);
        assert_true(sw_frame_reader_is_torn(&reader));
    }
    assert_int_equal(sw_frame_reader_next(&reader, &frame, NULL), 1);
    assert_false(sw_frame_reader_is_torn(&reader));
}

static void refuses_to_send_beyond_the_cap(void **state)
{
    (void)state;
    struct sw_frame frame = {.payload = {"", SW_FRAME_PAYLOAD_MAX + 1}, .fd = -1};
    assert_int_equal(sw_frame_send(-1, &frame, NULL), -EFBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_descriptors_cross_a_socket),
        cmocka_unit_test(refuses_frames_that_break_the_rules),
        cmocka_unit_test(waits_for_every_byte),
        cmocka_unit_test(refuses_to_send_beyond_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames and messages as a child that was taken over may send them: fed in two pieces, each whole
 * frame parsed as what it says it is, and what was understood written and read again.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "wire/frame.h"
#include "wire/message.h"

#define REGION_MAX ((size_t)16 << 20)

static void write_and_read_again(const struct sw_message *message, struct sw_region *region)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_FRAME_PAYLOAD_MAX);
    struct sw_message again;
    if (sw_message_format(message, &buf) < 0)
        return;
    int r = sw_message_parse(message->type, sw_buf_str(&buf), region, &again, NULL);
    assert(r == 0 || r == -12 /* the region is full */);
}

static int take_frames(struct sw_frame_reader *reader)
{
    struct sw_frame frame;
    int r;
    while ((r = sw_frame_reader_next(reader, &frame, NULL)) > 0) {
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        sw_region_init(&region, REGION_MAX);
        struct sw_message message;
        if (sw_message_parse(
                (enum sw_message_type)frame.type, frame.payload, &region, &message, NULL) == 0)
            write_and_read_again(&message, &region);
    }
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_frame_reader_done) struct sw_frame_reader reader;
    sw_frame_reader_init(&reader);
    struct sw_str bytes = {(const char *)data, size};
    if (sw_frame_reader_feed(&reader, sw_str_part(bytes, 0, size / 2)) < 0)
        return 0;
    if (take_frames(&reader) < 0 || sw_frame_reader_feed(&reader, sw_str_skip(bytes, size / 2)) < 0)
        return 0;
    take_frames(&reader);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames on a socket pair. Called by both programs for each message; allocates only the buffer
 * that grows to the largest frame seen, which is capped.
 */
#include "wire/frame.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "io/descriptor.h"
#include "io/socket.h"

#define FILL_BYTES ((size_t)65536)

void sw_frame_reader_init(struct sw_frame_reader *reader)
{
    *reader = (struct sw_frame_reader){0};
    /* One whole frame and what came behind it in the same read. */
    sw_buf_init(&reader->buf, SW_FRAME_HEADER_BYTES + SW_FRAME_PAYLOAD_MAX + 2 * FILL_BYTES);
}

void sw_frame_reader_done(struct sw_frame_reader *reader)
{
    for (size_t i = 0; i < reader->n_fds; i++)
        sw_descriptor_close(reader->fds[i]);
    reader->n_fds = 0;
    sw_buf_done(&reader->buf);
}

/* Drops the frame that was handed out last. */
static void drop_taken(struct sw_frame_reader *reader)
{
    if (reader->n_taken == 0)
        return;
    size_t rest = reader->buf.n - reader->n_taken;
    memmove(reader->buf.p, reader->buf.p + reader->n_taken, rest);
    reader->buf.n = rest;
    reader->n_taken = 0;
}

int sw_frame_reader_fill(struct sw_frame_reader *reader, int socket, struct sw_err *err)
{
    drop_taken(reader);
    int r = sw_buf_reserve(&reader->buf, FILL_BYTES);
    if (r < 0)
        return sw_err_set(err, r, "no room for more of the frame");
    size_t n_fds = 0;
    ssize_t n = sw_socket_receive(socket, reader->buf.p + reader->buf.n, FILL_BYTES,
        reader->fds + reader->n_fds, SW_FRAME_FDS_MAX - reader->n_fds, &n_fds);
    if (n == -ECONNRESET)
        return 0;
    if (n < 0)
        return sw_err_wrap(err, (int)n, "read from the socket");
    reader->n_fds += n_fds;
    reader->buf.n += (size_t)n;
    return (int)n;
}

int sw_frame_reader_feed(struct sw_frame_reader *reader, struct sw_str bytes)
{
    drop_taken(reader);
    return sw_buf_append_str(&reader->buf, bytes);
}

static int take_fd(struct sw_frame_reader *reader, struct sw_frame *frame, struct sw_err *err)
{
    if ((frame->flags & SW_FRAME_HAS_FD) == 0)
        return 0;
    if (reader->n_fds == 0)
        return sw_err_set(err, -EPROTO, "a frame's descriptor did not come");
    frame->fd = reader->fds[0];
    reader->n_fds--;
    memmove(reader->fds, reader->fds + 1, reader->n_fds * sizeof(int));
    return 0;
}

int sw_frame_reader_next(struct sw_frame_reader *reader, struct sw_frame *ret, struct sw_err *err)
{
    drop_taken(reader);
    if (reader->buf.n < SW_FRAME_HEADER_BYTES)
        return 0;
    const char *p = reader->buf.p;
    size_t length = sw_num_le32(p);
    struct sw_frame frame = {
        .type = sw_num_le16(p + 4),
        .flags = sw_num_le16(p + 6),
        .id = sw_num_le32(p + 8),
        .fd = -1,
    };
    if (length > SW_FRAME_PAYLOAD_MAX)
        return sw_err_set(err, -EPROTO, "a frame claims %zu bytes", length);
    if ((frame.flags & ~(SW_FRAME_IGNORABLE | SW_FRAME_HAS_FD)) != 0)
        return sw_err_set(err, -EPROTO, "a frame has unknown flags 0x%x", frame.flags);
    if (reader->buf.n < SW_FRAME_HEADER_BYTES + length)
        return 0;
    int r = take_fd(reader, &frame, err);
    if (r < 0)
        return r;
    frame.payload = (struct sw_str){p + SW_FRAME_HEADER_BYTES, length};
    reader->n_taken = SW_FRAME_HEADER_BYTES + length;
    *ret = frame;
    return 1;
}

bool sw_frame_reader_is_torn(const struct sw_frame_reader *reader)
{
    return reader->buf.n > reader->n_taken;
}

int sw_frame_send(int socket, const struct sw_frame *frame, struct sw_err *err)
{
    if (frame->payload.n > SW_FRAME_PAYLOAD_MAX)
        return sw_err_set(err, -EFBIG, "a frame of %zu bytes is over the cap", frame->payload.n);
    char header[SW_FRAME_HEADER_BYTES];
    uint32_t flags = frame->flags | (frame->fd >= 0 ? SW_FRAME_HAS_FD : 0u);
    sw_num_put_le32(header, (uint32_t)frame->payload.n);
    sw_num_put_le32(header + 4, (uint32_t)frame->type | flags << 16);
    sw_num_put_le32(header + 8, frame->id);
    int r = sw_socket_send(socket, header, sizeof(header), &frame->fd, frame->fd >= 0 ? 1 : 0);
    if (r == 0 && frame->payload.n > 0)
        r = sw_socket_send(socket, frame->payload.p, frame->payload.n, NULL, 0);
    return r < 0 ? sw_err_wrap(err, r, "write to the socket") : 0;
}

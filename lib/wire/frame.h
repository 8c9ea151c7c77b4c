/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between two programs on a socket pair: a header of twelve bytes, little-endian (length of
 * the payload, type, flags, id), then the payload. A descriptor travels beside the frame that names
 * it. Either end may be hostile: lengths are capped, nothing is believed before it is complete.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SW_FRAME_HEADER_BYTES ((size_t)12)
/* Facts of a layer go in as many frames as they need; nothing else comes near. */
#define SW_FRAME_PAYLOAD_MAX ((size_t)4 << 20)
/* Descriptors that have arrived ahead of their frames. */
#define SW_FRAME_FDS_MAX 4

/* A receiver that does not know the type drops the frame in silence. */
#define SW_FRAME_IGNORABLE ((uint16_t)1)
/* One descriptor comes with the frame. */
#define SW_FRAME_HAS_FD ((uint16_t)2)

struct sw_frame {
    uint16_t type;
    uint16_t flags;
    uint32_t id;
    struct sw_str payload; /* borrowed until the next call on the reader */
    int fd;                /* -1: none; received: the caller's to close */
};

/* Bytes that have come, and the descriptors among them. */
struct sw_frame_reader {
    struct sw_buf buf;
    size_t n_taken; /* bytes at the front that belong to the frame handed out last */
    int fds[SW_FRAME_FDS_MAX];
    size_t n_fds;
};

void sw_frame_reader_init(struct sw_frame_reader *reader);
/* Closes descriptors that nobody took; may be called twice. */
void sw_frame_reader_done(struct sw_frame_reader *reader);

/* Takes what the socket has, waiting for the first byte: > 0 bytes, 0 when the other end has gone,
 * negative errno. */
int sw_frame_reader_fill(struct sw_frame_reader *reader, int socket, struct sw_err *err);
/* The same from memory, without descriptors: 0, -ENOMEM, -EFBIG. */
int sw_frame_reader_feed(struct sw_frame_reader *reader, struct sw_str bytes);

/* The next whole frame: 1, 0 when more bytes are needed, -EPROTO for a frame that breaks the
 * rules (the connection is useless from then on). */
int sw_frame_reader_next(struct sw_frame_reader *reader, struct sw_frame *ret, struct sw_err *err);
/* True when bytes of an unfinished frame are held: the other end died in the middle. */
bool sw_frame_reader_is_torn(const struct sw_frame_reader *reader);

/* Sends the whole frame, waiting as long as it takes. frame->fd is borrowed. -EPIPE: nobody there;
 * -EFBIG: payload over the cap. Writers from several threads take turns by a lock of theirs. */
int sw_frame_send(int socket, const struct sw_frame *frame, struct sw_err *err);

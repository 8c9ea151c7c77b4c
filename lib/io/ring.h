/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes from one process to another through memory that both see: the writer fills
 * blocks in turn, the reader looks at them where they lie. Nothing is copied, and what the reader
 * passes over costs it nothing. The memory is sealed: the reader can map it for reading only, and
 * neither side can make it shorter under the other. For one thread on each side.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/reader.h"

#define SW_RING_BLOCK_BYTES ((size_t)512 << 10)

struct sw_ring {
    int fd;          /* the writer's end of a socket pair; owned */
    uint8_t *blocks; /* owned mapping */
    uint64_t n_put;
    uint64_t n_returned;
};

/* Makes a ring for writing; *ret_fd is for the reader's process, the caller's. 0, negative errno.
 */
int sw_ring_open(struct sw_ring *ret, int *ret_fd);
/* The reader finds the end behind the last block. May be called twice. */
void sw_ring_close(struct sw_ring *ring);
/* The block to be filled next, of SW_RING_BLOCK_BYTES, once the reader has done with it: 1, 0 when
 * that took longer than timeout_ms, -EPIPE when the reader has gone. Nobody but the caller can
 * write to it, so what is read back from it is what was put there. */
int sw_ring_get_block(struct sw_ring *ring, int timeout_ms, void **ret);
/* Hands out the first n bytes of that block. 0, -EPIPE. */
int sw_ring_put_block(struct sw_ring *ring, size_t n);

/* The other end; consumes fd, as sw_reader_new_fd does. NULL: out of memory. */
struct sw_reader *sw_reader_new_ring(int fd);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owned descriptors, pipes, and reads and writes that finish what they began. Every descriptor made
 * here is O_CLOEXEC at birth.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes it unless it is negative; errno is kept. */
void sw_descriptor_close(int fd);
/* For SW_CLEANUP on an `int fd = -1`: closes, and leaves -1. */
void sw_descriptor_closep(int *fd);
/* Hands an owned descriptor on: yields it and leaves -1 behind. */
int sw_descriptor_take(int *fd);

/* Reads until n bytes or the end: how many, or negative errno (what was read is lost then). */
ssize_t sw_descriptor_read_full(int fd, void *p, size_t n);
/* The same at a position, without moving the descriptor's own. */
ssize_t sw_descriptor_pread_full(int fd, void *p, size_t n, off_t offset);
/* Writes all n bytes: 0 or negative errno. A pipe without a reader is -EPIPE and a SIGPIPE: see
 * sw_descriptor_ignore_sigpipe. */
int sw_descriptor_write_full(int fd, const void *p, size_t n);

/* A pipe; [0] reads. size_bytes asks for a larger buffer (0: leave it); getting less is no error.
 */
int sw_descriptor_pipe(int ret[2], size_t size_bytes);

/* For main: a closed pipe is an error code, not a death. */
void sw_descriptor_ignore_sigpipe(void);

bool sw_descriptor_is_terminal(int fd);
/* Columns of the terminal behind fd; 0 when there is none or it does not say. */
unsigned sw_descriptor_terminal_width(int fd);

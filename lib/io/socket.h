/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair of connected sockets between parent and child, descriptors that travel with bytes, and
 * connections to daemons that the operator names.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* At most so many descriptors travel with one message. */
#define SW_SOCKET_FDS_MAX 4

/* A connected pair of stream sockets, O_CLOEXEC. */
int sw_socket_pair(int ret[2]);

/* From now on a send that finds no room for so long is -ETIMEDOUT: a peer that does not read cannot
 * hold us. 0 or negative errno. */
int sw_socket_limit_send(int fd, unsigned timeout_ms);

/* The same for a receive that waits so long. */
int sw_socket_limit_receive(int fd, unsigned timeout_ms);

/* Connects a stream socket: "/run/clamd.sock" or "unix:PATH", "HOST:PORT", "[::1]:PORT" or
 * "tcp:HOST:PORT". Every send and receive on it has the same limit of time as connecting had, also
 * in a process that it is handed to. The caller owns *ret_fd. 0 or negative errno with a sentence.
 */
int sw_socket_connect(const char *address, unsigned timeout_ms, int *ret_fd, struct sw_err *err);

/* Sends all n bytes (at least 1); the descriptors, which are borrowed, travel with the first of
 * them. 0 or negative errno; a peer that is gone is -EPIPE, without a signal. */
int sw_socket_send(int fd, const void *p, size_t n, const int *fds, size_t n_fds);

/* Receives what is there, up to n bytes: > 0, 0 when the peer is gone, negative errno. Descriptors
 * that came along are stored (the caller owns them) up to max_fds; surplus ones are closed.
 * *ret_n_fds is written also when none came; both may be NULL when max_fds is 0. */
ssize_t sw_socket_receive(
    int fd, void *p, size_t n, int *ret_fds, size_t max_fds, size_t *ret_n_fds);

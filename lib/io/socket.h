/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair of connected sockets between parent and child, and descriptors that travel with bytes.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* At most so many descriptors travel with one message. */
#define SW_SOCKET_FDS_MAX 4

/* A connected pair of stream sockets, O_CLOEXEC. */
int sw_socket_pair(int ret[2]);

/* From now on a send that finds no room for so long is -ETIMEDOUT: a peer that does not read cannot
 * hold us. 0 or negative errno. */
int sw_socket_limit_send(int fd, unsigned timeout_ms);

/* Sends all n bytes (at least 1); the descriptors, which are borrowed, travel with the first of
 * them. 0 or negative errno; a peer that is gone is -EPIPE, without a signal. */
int sw_socket_send(int fd, const void *p, size_t n, const int *fds, size_t n_fds);

/* Receives what is there, up to n bytes: > 0, 0 when the peer is gone, negative errno. Descriptors
 * that came along are stored (the caller owns them) up to max_fds; surplus ones are closed.
 * *ret_n_fds is written also when none came; both may be NULL when max_fds is 0. */
ssize_t sw_socket_receive(
    int fd, void *p, size_t n, int *ret_fds, size_t max_fds, size_t *ret_n_fds);

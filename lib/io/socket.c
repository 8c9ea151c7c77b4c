/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmsg and recvmsg with SCM_RIGHTS. The receiving side is the parent of a process that may be
 * hostile: what was not asked for is closed, never kept.
 */
#include "io/socket.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel delivers at most 253 in one message; room for all of them, so that none is lost
 * track of. */
#define RECEIVE_FDS_MAX 253

int sw_socket_pair(int ret[2])
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    ret[0] = fds[0];
    ret[1] = fds[1];
    return 0;
}

int sw_socket_limit_send(int fd, unsigned timeout_ms)
{
    struct timeval limit = {
        .tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ? -errno : 0;
}

int sw_socket_limit_receive(int fd, unsigned timeout_ms)
{
    struct timeval limit = {
        .tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ? -errno : 0;
}

int sw_socket_send(int fd, const void *p, size_t n, const int *fds, size_t n_fds)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * SW_SOCKET_FDS_MAX)];
    } control = {0};
    if (n == 0 || n_fds > SW_SOCKET_FDS_MAX)
        return -EINVAL;
    size_t done = 0;
    while (done < n) {
        /* Declared without const, yet only read. */
        struct iovec part = {(char *)(uintptr_t)p + done, n - done};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        if (done == 0 && n_fds > 0) {
            message.msg_control = control.bytes;
            message.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
            memcpy(CMSG_DATA(header), fds, sizeof(int) * n_fds);
        }
        ssize_t r = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (r >= 0)
            done += (size_t)r;
        else if (errno != EINTR)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
    }
    return 0;
}

static void keep_fds(struct cmsghdr *header, int *ret_fds, size_t max_fds, size_t *n_fds)
{
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len < CMSG_LEN(0))
        return;
    size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n; i++) {
        int fd = -1;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
        if (*n_fds < max_fds)
            ret_fds[(*n_fds)++] = fd;
        else
            close(fd);
    }
}

ssize_t sw_socket_receive(
    int fd, void *p, size_t n, int *ret_fds, size_t max_fds, size_t *ret_n_fds)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * RECEIVE_FDS_MAX)];
    } control;
    struct iovec part = {p, n};
    struct msghdr message = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes)};
    ssize_t r = -1;
    do {
        r = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return -errno;
    size_t n_fds = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
         header = CMSG_NXTHDR(&message, header))
        keep_fds(header, ret_fds, max_fds, &n_fds);
    if (ret_n_fds != NULL)
        *ret_n_fds = n_fds;
    return r;
}

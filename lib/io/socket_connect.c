/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to a daemon by the address that the operator gave, within a limit of time.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/descriptor.h"
#include "io/socket.h"

#define HOST_BYTES ((size_t)256)
#define PORT_BYTES ((size_t)8)

/* On a socket that does not block. */
static int wait_connected(int fd, unsigned timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t n = sizeof(error);
    int r;
    do {
        r = poll(&wait, 1, (int)timeout_ms);
    } while (r < 0 && errno == EINTR);
    if (r <= 0)
        return r < 0 ? -errno : -ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        return -errno;
    return -error;
}

static int set_blocking(int fd, unsigned timeout_ms)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return -errno;
    int r = sw_socket_limit_send(fd, timeout_ms);
    return r < 0 ? r : sw_socket_limit_receive(fd, timeout_ms);
}

static int connect_to(
    int domain, const struct sockaddr *to, socklen_t n, unsigned timeout_ms, int *ret_fd)
{
    SW_CLEANUP(sw_descriptor_closep)
    int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = connect(fd, to, n) < 0 ? -errno : 0;
    if (r == -EINPROGRESS || r == -EINTR)
        r = wait_connected(fd, timeout_ms);
    /* A UNIX socket whose queue is full. */
    if (r == -EAGAIN)
        r = -ETIMEDOUT;
    if (r == 0)
        r = set_blocking(fd, timeout_ms);
    if (r < 0)
        return r;
    int one = 1;
    if (domain != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

static int connect_unix(struct sw_str path, unsigned timeout_ms, int *ret_fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (path.n == 0 || path.n >= sizeof(to.sun_path))
        return -ENAMETOOLONG;
    memcpy(to.sun_path, path.p, path.n);
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + 1);
    return connect_to(AF_UNIX, (const struct sockaddr *)&to, n, timeout_ms, ret_fd);
}

/* "HOST:PORT", "[V6]:PORT". */
static int split(struct sw_str text, char host[HOST_BYTES], char port[PORT_BYTES])
{
    ptrdiff_t colon = sw_str_find_last_char(text, ':');
    uint64_t number = 0;
    if (colon <= 0)
        return -EINVAL;
    struct sw_str name = sw_str_part(text, 0, (size_t)colon);
    struct sw_str digits = sw_str_skip(text, (size_t)colon + 1);
    if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = sw_str_part(name, 1, name.n - 2);
    else if (sw_str_find_char(name, ':') >= 0)
        return -EINVAL;
    if (name.n >= HOST_BYTES || digits.n >= PORT_BYTES ||
        sw_str_parse_u64(digits, 10, &number) < 0 || number == 0 || number > UINT16_MAX)
        return -EINVAL;
    snprintf(host, HOST_BYTES, "%.*s", SW_STR_ARG(name));
    snprintf(port, PORT_BYTES, "%.*s", SW_STR_ARG(digits));
    return 0;
}

static int connect_tcp(
    const char *host, const char *port, unsigned timeout_ms, int *ret_fd, struct sw_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return sw_err_set(err, -EHOSTUNREACH, "%s", gai_strerror(error));
    int r = -EHOSTUNREACH;
    for (const struct addrinfo *to = found; to != NULL && r < 0; to = to->ai_next)
        r = connect_to(to->ai_family, to->ai_addr, to->ai_addrlen, timeout_ms, ret_fd);
    freeaddrinfo(found);
    return r < 0 ? sw_err_set(err, r, "%s", strerror(-r)) : 0;
}

int sw_socket_connect(const char *address, unsigned timeout_ms, int *ret_fd, struct sw_err *err)
{
    struct sw_str text = sw_str_of(address);
    char host[HOST_BYTES];
    char port[PORT_BYTES];
    int r;
    if (sw_str_starts_with(text, SW_STR("unix:")))
        text = sw_str_skip(text, 5);
    if (text.n > 0 && text.p[0] == '/') {
        r = connect_unix(text, timeout_ms, ret_fd);
        return r < 0 ? sw_err_set(err, r, "'%s': %s", address, strerror(-r)) : 0;
    }
    if (sw_str_starts_with(text, SW_STR("tcp:")))
        text = sw_str_skip(text, 4);
    if (split(text, host, port) < 0)
        return sw_err_set(err, -EINVAL, "'%s' is neither a socket's path nor HOST:PORT", address);
    r = connect_tcp(host, port, timeout_ms, ret_fd, err);
    return r < 0 ? sw_err_wrap(err, r, "'%s'", address) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting to clamd.
 */
#include "scan/clamd.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/socket.h"

int sw_clamd_connect(const char *address, int *ret_fd, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_socket_connect(address, SW_CLAMD_CONNECT_TIMEOUT_MS, &fd, err);
    if (r < 0)
        return r;
    r = sw_socket_limit_send(fd, SW_CLAMD_TIMEOUT_MS);
    if (r == 0)
        r = sw_socket_limit_receive(fd, SW_CLAMD_TIMEOUT_MS);
    if (r < 0)
        return sw_err_set(err, r, "'%s': %s", address, strerror(-r));
    *ret_fd = sw_descriptor_take(&fd);
    return 0;
}

/* Up to the NUL that ends an answer. */
static int receive_line(int fd, char *text, size_t max)
{
    size_t n = 0;
    while (n + 1 < max) {
        ssize_t r = sw_socket_receive(fd, text + n, max - 1 - n, NULL, 0, NULL);
        if (r < 0)
            return r == -EAGAIN ? -ETIMEDOUT : (int)r;
        if (r == 0)
            break;
        n += (size_t)r;
        if (memchr(text, '\0', n) != NULL)
            break;
    }
    text[n] = '\0';
    return 0;
}

int sw_clamd_ask_version(const char *address, char ret[SW_CLAMD_VERSION_BYTES], struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    int r = sw_socket_connect(address, SW_CLAMD_CONNECT_TIMEOUT_MS, &fd, err);
    if (r < 0)
        return r;
    char text[SW_CLAMD_VERSION_BYTES];
    r = sw_socket_send(fd, "zVERSION", sizeof("zVERSION"), NULL, 0);
    if (r == 0)
        r = receive_line(fd, text, sizeof(text));
    if (r == 0 && strncmp(text, "ClamAV ", 7) != 0)
        r = -EPROTO;
    if (r == -EPROTO)
        return sw_err_set(err, r, "'%s': it does not answer as clamd does", address);
    if (r < 0)
        return sw_err_set(err, r, "'%s': %s", address, strerror(-r));
    /* It becomes part of the cache's keys, in which these separate. */
    for (char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~' || *p == ',' || *p == '=')
            *p = ' ';
    memcpy(ret, text, sizeof(text));
    return 0;
}

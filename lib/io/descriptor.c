/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors. Small wrappers that everybody uses; nothing here keeps state.
 */
#include "io/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

void sw_descriptor_close(int fd)
{
    if (fd < 0)
        return;
    int saved = errno;
    close(fd);
    errno = saved;
}

void sw_descriptor_closep(int *fd)
{
    sw_descriptor_close(*fd);
    *fd = -1;
}

int sw_descriptor_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

ssize_t sw_descriptor_read_full(int fd, void *p, size_t n)
{
    size_t done = 0;
    if (n > SSIZE_MAX)
        return -EINVAL;
    while (done < n) {
        ssize_t r = read(fd, (char *)p + done, n - done);
        if (r == 0)
            break;
        if (r > 0)
            done += (size_t)r;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)done;
}

ssize_t sw_descriptor_pread_full(int fd, void *p, size_t n, off_t offset)
{
    size_t done = 0;
    if (n > SSIZE_MAX)
        return -EINVAL;
    while (done < n) {
        ssize_t r = pread(fd, (char *)p + done, n - done, offset + (off_t)done);
        if (r == 0)
            break;
        if (r > 0)
            done += (size_t)r;
        else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)done;
}

int sw_descriptor_write_full(int fd, const void *p, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t r = write(fd, (const char *)p + done, n - done);
        if (r >= 0)
            done += (size_t)r;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int sw_descriptor_pipe(int ret[2], size_t size_bytes)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    /* An ordinary user may ask for up to /proc/sys/fs/pipe-max-size; half of it is better than the
     * default. */
    while (size_bytes >= 65536 && size_bytes <= INT_MAX &&
           fcntl(fds[1], F_SETPIPE_SZ, (int)size_bytes) < 0)
        size_bytes /= 2;
    ret[0] = fds[0];
    ret[1] = fds[1];
    return 0;
}

void sw_descriptor_ignore_sigpipe(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

bool sw_descriptor_is_terminal(int fd)
{
    int saved = errno;
    bool is_terminal = isatty(fd) == 1;
    errno = saved;
    return is_terminal;
}

unsigned sw_descriptor_terminal_width(int fd)
{
    struct winsize size = {0};
    int saved = errno;
    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
        size.ws_col = 0;
    errno = saved;
    return size.ws_col;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals that end a server; waited for by its main thread alone.
 */
#include "io/process_signal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

int sw_process_signal_hold(void)
{
    sigset_t set;
    fill(&set);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int sw_process_signal_wait(int64_t timeout_ms)
{
    sigset_t set;
    fill(&set);
    struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000};
    for (;;) {
        int r = timeout_ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &limit);
        if (r > 0)
            return r;
        if (errno == EAGAIN)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

void sw_process_end_now(int status)
{
    _exit(status);
}

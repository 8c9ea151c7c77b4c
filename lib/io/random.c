/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes, for names that must not be guessed.
 */
#include "io/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int sw_random_fill(void *p, size_t n)
{
    char *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the shared test data lies: $SEAWALL_SHARED, or else ../shared beside the source tree. A
 * test whose data is not there skips itself and says so.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Path of a file below the shared data; valid until the next call. */
static inline const char *test_shared(const char *relative)
{
    static char path[4096];
    const char *root = getenv("SEAWALL_SHARED");
    if (root != NULL && root[0] == '/') {
        (void)snprintf(path, sizeof(path), "%s/%s", root, relative);
        return path;
    }
    /* A relative one counts from the source tree, which is two folders above this file. */
    char source[2048];
    (void)snprintf(source, sizeof(source), "%s", __FILE__);
    char *end = strstr(source, "tests/harness/shared.h");
    if (end != NULL)
        *end = '\0';
    (void)snprintf(path, sizeof(path), "%s%s/%s", source,
        root != NULL && root[0] != '\0' ? root : "../shared", relative);
    return path;
}

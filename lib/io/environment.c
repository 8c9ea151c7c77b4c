/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one call of getenv.
 */
#include "io/environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

const char *sw_environment_get(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

char **sw_environment_all(void)
{
    return environ;
}

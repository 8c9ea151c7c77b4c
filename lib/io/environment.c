/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one call of getenv.
 */
#include "io/environment.h"

#include <stddef.h>
#include <stdlib.h>

const char *sw_environment_get(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

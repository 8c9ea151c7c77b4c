/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-up in string tables; the tables are short, so this is a walk.
 */
#include "model/names.h"

#include <errno.h>

int sw_names_find(const char *const *names, size_t n, struct sw_str name)
{
    for (size_t i = 0; i < n; i++)
        if (sw_str_equal_z(name, names[i]))
            return (int)i;
    return -ENOENT;
}

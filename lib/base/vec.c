/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growth of arrays. The macros in the header are the interface.
 */
#include "base/vec.h"

#include <errno.h>

#include "base/mem.h"

int sw_vec_grow(void **v, size_t n, size_t *capacity, size_t item_size, size_t max)
{
    if (n >= max)
        return -EFBIG;
    if (n < *capacity)
        return 0;
    size_t wanted = *capacity < 8 ? 8 : *capacity * 2;
    if (wanted > max)
        wanted = max;
    void *p = sw_mem_resize(*v, wanted, item_size);
    if (p == NULL)
        return -ENOMEM;
    *v = p;
    *capacity = wanted;
    return 0;
}

void sw_vec_free(void **v)
{
    sw_mem_free(*v);
    *v = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator wrappers. Called everywhere, so the fault switch is one predictable branch.
 */
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int64_t fail_countdown = -1;

static bool is_failing(void)
{
    if (__builtin_expect(fail_countdown < 0, 1))
        return false;
    if (fail_countdown == 0)
        return true;
    fail_countdown--;
    return false;
}

void *sw_mem_alloc(size_t n)
{
    if (is_failing())
        return NULL;
    return malloc(n > 0 ? n : 1);
}

void *sw_mem_zalloc(size_t n, size_t size)
{
    if (is_failing())
        return NULL;
    if (n == 0 || size == 0)
        return calloc(1, 1);
    return calloc(n, size);
}

void *sw_mem_resize(void *ptr, size_t n, size_t size)
{
    size_t total = 0;
    if (is_failing() || __builtin_mul_overflow(n, size, &total))
        return NULL;
    return realloc(ptr, total > 0 ? total : 1);
}

char *sw_mem_strndup(const char *p, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = sw_mem_alloc(n + 1);
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

void sw_mem_free(void *ptr)
{
    free(ptr);
}

void sw_mem_freep(void *ptr)
{
    free(*(void **)ptr);
}

void sw_mem_fail_after(int64_t n)
{
    fail_countdown = n;
}

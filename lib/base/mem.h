/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: the only place that asks the allocator. Thin on purpose, so that fault tests can count
 * and fail each call. Nothing here aborts: a NULL means out of memory and the caller returns it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Runs f(&variable) when the variable leaves its scope. */
#define SW_CLEANUP(f) __attribute__((cleanup(f)))

/* Hands an owned pointer on: yields it and leaves NULL behind, so that the cleanup does nothing. */
#define SW_TAKE(ptr)                                                                               \
    __extension__({                                                                                \
        __auto_type _taken = (ptr);                                                                \
        (ptr) = NULL;                                                                              \
        _taken;                                                                                    \
    })

#define SW_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* n bytes, not initialised. NULL when out of memory. n = 0 yields a pointer that may be freed. */
void *sw_mem_alloc(size_t n);

/* n * size bytes of zero; NULL when out of memory or when the product overflows. */
void *sw_mem_zalloc(size_t n, size_t size);

/* Resizes to n * size bytes; NULL (ptr untouched) when out of memory or on overflow. */
void *sw_mem_resize(void *ptr, size_t n, size_t size);

/* A NUL-terminated copy of n bytes; the caller owns it. */
char *sw_mem_strndup(const char *p, size_t n);

/* Frees what the functions above returned; NULL is allowed. */
void sw_mem_free(void *ptr);

/* For SW_CLEANUP on a `char *`, `uint8_t *` or any other owned pointer: frees *(void **)ptr. */
void sw_mem_freep(void *ptr);

/* Tests only: let n more allocations succeed, then fail every one until called again.
 * Negative switches the fault off. Not for use with other threads running. */
void sw_mem_fail_after(int64_t n);

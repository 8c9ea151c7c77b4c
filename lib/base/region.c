/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump allocation in blocks that double up to 256 KiB; a large thing gets a block of its own.
 */
#include "base/region.h"

#include <errno.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK_MIN_BYTES ((size_t)4096)
#define BLOCK_MAX_BYTES ((size_t)256 * 1024)

struct sw_region_block {
    struct sw_region_block *next;
    size_t n;
    size_t capacity;
    alignas(max_align_t) char bytes[];
};

void sw_region_init(struct sw_region *region, size_t max_bytes)
{
    *region = (struct sw_region){.max_bytes = max_bytes};
}

void sw_region_done(struct sw_region *region)
{
    struct sw_region_block *block = region->blocks;
    while (block != NULL) {
        struct sw_region_block *next = block->next;
        sw_mem_free(block);
        block = next;
    }
    region->blocks = NULL;
    region->used_bytes = 0;
}

static struct sw_region_block *add_block(struct sw_region *region, size_t n)
{
    size_t capacity = region->blocks == NULL ? BLOCK_MIN_BYTES : region->blocks->capacity * 2;
    if (capacity > BLOCK_MAX_BYTES)
        capacity = BLOCK_MAX_BYTES;
    if (capacity < n)
        capacity = n;
    if (capacity > region->max_bytes - region->used_bytes)
        capacity = n;
    if (capacity > region->max_bytes - region->used_bytes)
        return NULL;
    struct sw_region_block *block = sw_mem_alloc(sizeof(*block) + capacity);
    if (block == NULL)
        return NULL;
    *block = (struct sw_region_block){.next = region->blocks, .capacity = capacity};
    region->blocks = block;
    region->used_bytes += capacity;
    return block;
}

void *sw_region_alloc(struct sw_region *region, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct sw_region_block *block = region->blocks;
    if (block == NULL || block->capacity - block->n < n)
        block = add_block(region, n);
    if (block == NULL)
        return NULL;
    void *p = block->bytes + block->n;
    block->n += n;
    return memset(p, 0, n);
}

void *sw_region_array(struct sw_region *region, size_t n, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(n, size, &total))
        return NULL;
    return sw_region_alloc(region, total);
}

int sw_region_copy_shared(
    struct sw_region *region, struct sw_str s, const struct sw_str *before, struct sw_str *ret)
{
    if (before == NULL || !sw_str_equal(*before, s))
        return sw_region_copy(region, s, ret);
    *ret = *before;
    return 0;
}

char *sw_region_strdup(struct sw_region *region, struct sw_str s)
{
    char *p = s.n < SIZE_MAX ? sw_region_alloc(region, s.n + 1) : NULL;
    if (p != NULL && s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

int sw_region_copy(struct sw_region *region, struct sw_str s, struct sw_str *ret)
{
    char *p = sw_region_strdup(region, s);
    if (p == NULL)
        return -ENOMEM;
    *ret = (struct sw_str){p, s.n};
    return 0;
}

char *sw_region_printf(struct sw_region *region, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n >= 0 ? sw_region_alloc(region, (size_t)n + 1) : NULL;
    if (p == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return p;
}

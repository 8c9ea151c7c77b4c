/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes small bolt databases in memory: two meta pages and one leaf, in which every bucket is held
 * inline.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

#define BOLT_PAGE 4096
#define BOLT_BYTES_MAX (64 * BOLT_PAGE)

/* "v1|default|images|app:1|target|digest": keys from the top down; entries of one bucket are
 * together and in order. */
struct bolt_entry {
    const char *path;
    struct sw_str value;
};

static inline struct sw_str bolt_key(const struct bolt_entry *entry, size_t skip)
{
    struct sw_str key = sw_str_of(entry->path + skip);
    ptrdiff_t end = sw_str_find_char(key, '|');
    return end < 0 ? key : sw_str_part(key, 0, (size_t)end);
}

/* How many entries from the first on have its key. */
static inline size_t bolt_group(const struct bolt_entry *entries, size_t n, size_t skip)
{
    size_t same = 1;
    while (same < n && sw_str_equal(bolt_key(&entries[same], skip), bolt_key(entries, skip)))
        same++;
    return same;
}

/* A leaf page at `page`: its size. */
static inline size_t bolt_leaf(char *page, const struct bolt_entry *entries, size_t n, size_t skip)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i += bolt_group(entries + i, n - i, skip))
        count++;
    size_t end = 16 + count * 16;
    memset(page, 0, end);
    sw_num_put_le32(page + 8, 2 | (uint32_t)count << 16);
    for (size_t i = 0, element = 16; i < n; element += 16) {
        size_t same = bolt_group(entries + i, n - i, skip);
        struct sw_str key = bolt_key(&entries[i], skip);
        size_t n_value = entries[i].value.n;
        bool is_bucket = entries[i].path[skip + key.n] == '|';
        memcpy(page + end, key.p, key.n);
        char *value = page + end + key.n;
        if (is_bucket) {
            memset(value, 0, 16);
            n_value = 16 + bolt_leaf(value + 16, entries + i, same, skip + key.n + 1);
        } else if (n_value > 0) {
            memcpy(value, entries[i].value.p, n_value);
        }
        sw_num_put_le32(page + element, is_bucket ? 1 : 0);
        sw_num_put_le32(page + element + 4, (uint32_t)(end - element));
        sw_num_put_le32(page + element + 8, (uint32_t)key.n);
        sw_num_put_le32(page + element + 12, (uint32_t)n_value);
        end += key.n + n_value;
        i += same;
    }
    return end;
}

static inline void bolt_meta(char *page, uint64_t id, uint64_t n_pages)
{
    uint64_t hash = 14695981039346656037u;
    memset(page, 0, BOLT_PAGE);
    sw_num_put_le64(page, id);
    sw_num_put_le32(page + 8, 4);
    sw_num_put_le32(page + 16, 0xED0CDAED);
    sw_num_put_le32(page + 20, 2);
    sw_num_put_le32(page + 24, BOLT_PAGE);
    sw_num_put_le64(page + 32, 2);
    sw_num_put_le64(page + 48, n_pages);
    sw_num_put_le64(page + 56, n_pages);
    sw_num_put_le64(page + 64, 1 + id);
    for (size_t i = 16; i < 72; i++)
        hash = (hash ^ (uint8_t)page[i]) * 1099511628211u;
    sw_num_put_le64(page + 72, hash);
}

/* Into bytes (BOLT_BYTES_MAX): the size of the database. */
static inline size_t bolt_make(char *bytes, const struct bolt_entry *entries, size_t n)
{
    char *top = bytes + (size_t)2 * BOLT_PAGE;
    memset(bytes, 0, BOLT_BYTES_MAX);
    size_t used = bolt_leaf(top, entries, n, 0);
    size_t n_leaf = (used + BOLT_PAGE - 1) / BOLT_PAGE;
    sw_num_put_le64(top, 2);
    sw_num_put_le32(top + 12, (uint32_t)n_leaf - 1);
    bolt_meta(bytes, 0, 2 + n_leaf);
    bolt_meta(bytes + BOLT_PAGE, 1, 2 + n_leaf);
    return (2 + n_leaf) * BOLT_PAGE;
}

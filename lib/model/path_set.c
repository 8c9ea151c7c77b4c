/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of paths as text. The digits are in the order of their codes, so that the order of numbers
 * is the order of bytes, and a search needs no decoding.
 */
#include "model/path_set.h"

#include <string.h>

#define HASH_BITS 48
/* Fixed for good: sets are kept in caches. */
#define SEED 0x5ea3a115e7ull

static const char digits[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

uint64_t sw_path_set_hash(struct sw_str path)
{
    return sw_str_hash_seeded(SEED, path) >> (64 - HASH_BITS);
}

static void format_one(uint64_t hash, char *text)
{
    for (int i = SW_PATH_SET_ENTRY_BYTES - 1; i >= 0; i--) {
        text[i] = digits[hash & 63];
        hash >>= 6;
    }
}

void sw_path_set_format(const uint64_t *hashes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        format_one(hashes[i], text + i * SW_PATH_SET_ENTRY_BYTES);
}

bool sw_path_set_has(struct sw_str text, uint64_t hash)
{
    char wanted[SW_PATH_SET_ENTRY_BYTES];
    format_one(hash, wanted);
    size_t low = 0;
    size_t high = text.n / SW_PATH_SET_ENTRY_BYTES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(text.p + middle * SW_PATH_SET_ENTRY_BYTES, wanted, sizeof(wanted));
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

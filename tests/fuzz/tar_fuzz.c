/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/io/archive.c with tar archives: every member, and the content of every other one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/archive.h"

/* Sparse files and bombs cost time only. */
#define CONTENT_MAX_BYTES ((uint64_t)4 << 20)

#define BLOCK_BYTES ((size_t)512)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* Mends the checksum of whatever looks like a header, or nothing behind it would ever be tried. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    for (size_t at = 0; at + BLOCK_BYTES <= size; at += BLOCK_BYTES) {
        uint8_t *block = data + at;
        if (memcmp(block + 257, "ustar", 5) != 0 || (seed + at / BLOCK_BYTES) % 16 == 0)
            continue;
        memset(block + 148, ' ', 8);
        unsigned sum = 0;
        for (size_t i = 0; i < BLOCK_BYTES; i++)
            sum += block[i];
        char text[8];
        snprintf(text, sizeof(text), "%06o", sum % 01000000);
        memcpy(block + 148, text, 7);
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str bytes = {(const char *)data, size};
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = NULL;
    if (sw_archive_open(sw_reader_new_memory(bytes), SW_ARCHIVE_TAR, &archive, NULL) < 0)
        return 0;
    struct sw_member member;
    uint64_t total = 0;
    for (unsigned i = 0; sw_archive_next(archive, &member, NULL) > 0; i++) {
        volatile char last = member.name.n > 0 ? member.name.p[member.name.n - 1] : 0;
        last = member.target.n > 0 ? member.target.p[member.target.n - 1] : last;
        const void *p = NULL;
        ssize_t n = 0;
        while (i % 2 == 0 && total < CONTENT_MAX_BYTES &&
               (n = sw_archive_read_block(archive, &p, NULL)) > 0) {
            total += (uint64_t)n;
            last = ((const char *)p)[n - 1];
        }
    }
    return 0;
}

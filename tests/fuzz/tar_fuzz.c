/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/io/archive.c with tar archives: every member, and the content of every other one.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "io/archive.h"

/* Sparse files and bombs cost time only. */
#define CONTENT_MAX_BYTES ((uint64_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

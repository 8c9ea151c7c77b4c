/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/io/decompress*.c. The first byte says in which steps the input comes.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/decompress.h"

/* Bombs are for the caller to cap; here they only cost time. */
#define OUT_MAX_BYTES ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
    struct sw_str left;
    size_t step;
};

static ssize_t read_piece(void *state, void *p, size_t n, struct sw_err *err)
{
    struct pieces *pieces = state;
    (void)err;
    n = n < pieces->step ? n : pieces->step;
    n = n < pieces->left.n ? n : pieces->left.n;
    if (n > 0)
        memcpy(p, pieces->left.p, n);
    pieces->left = sw_str_skip(pieces->left, n);
    return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_reader_ops ops = {.read = read_piece};
    if (size == 0)
        return 0;
    struct pieces pieces = {
        .left = {(const char *)data + 1, size - 1}, .step = (size_t)data[0] + 1};
    struct sw_reader *inner = sw_reader_new(&ops, &pieces);
    if (data[0] == 0xff) {
        sw_reader_free(inner);
        inner = sw_reader_new_memory(pieces.left);
    }
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    enum sw_compression compression;
    if (sw_reader_new_decompress(inner, (size_t)8 << 20, &reader, &compression, NULL) < 0)
        return 0;
    size_t total = 0;
    const void *p = NULL;
    ssize_t n = 0;
    while (total < OUT_MAX_BYTES && (n = sw_reader_borrow(reader, &p, NULL)) > 0)
        total += (size_t)n;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One zstd frame out of a reader. Called once per exported file; holds one block at a time.
 */
#include "io/compress.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#include "base/mem.h"
#include "io/descriptor.h"

#define BLOCK_BYTES ((size_t)256 * 1024)

static void free_context(ZSTD_CCtx **context)
{
    ZSTD_freeCCtx(*context);
}

static int step(ZSTD_CCtx *context, struct sw_str block, ZSTD_EndDirective end, char *out, int to)
{
    ZSTD_inBuffer in = {.src = block.p, .size = block.n};
    size_t left = 1;
    while (in.pos < in.size || (end == ZSTD_e_end && left != 0)) {
        ZSTD_outBuffer window = {.dst = out, .size = BLOCK_BYTES};
        left = ZSTD_compressStream2(context, &window, &in, end);
        if (ZSTD_isError(left))
            return -ENOMEM;
        int r = sw_descriptor_write_full(to, out, window.pos);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_compress_zstd(struct sw_reader *in, int to, int level, struct sw_err *err)
{
    SW_CLEANUP(free_context) ZSTD_CCtx *context = ZSTD_createCCtx();
    SW_CLEANUP(sw_mem_freep) char *block = sw_mem_alloc(BLOCK_BYTES);
    SW_CLEANUP(sw_mem_freep) char *out = sw_mem_alloc(BLOCK_BYTES);
    if (context == NULL || block == NULL || out == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)))
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = 0;
    ssize_t n = 1;
    while (n > 0 && r == 0) {
        n = sw_reader_read(in, block, BLOCK_BYTES, err);
        if (n < 0)
            return (int)n;
        r = step(context, (struct sw_str){block, (size_t)n}, n > 0 ? ZSTD_e_continue : ZSTD_e_end,
            out, to);
    }
    return r < 0 ? sw_err_set(err, r, "cannot write: %s", strerror(-r)) : 0;
}

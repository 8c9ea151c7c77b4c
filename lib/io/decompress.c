/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decompressing reader: sniffs, picks a codec, and drives it block by block. Runs over every
 * layer, so input is borrowed from the inner reader and output is lent to the outer one.
 */
#include "io/decompress.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/decompress_priv.h"

#define OUT_BYTES ((size_t)256 * 1024)
/* Reads at least this long are decoded in place. */
#define DIRECT_BYTES ((size_t)128 * 1024)
/* Codecs count in 32 bits. */
#define STEP_MAX_BYTES ((size_t)1 << 30)
/* zstd -19 --long=27 is the largest window that zstd itself opens unasked. */
#define MEMORY_MAX_BYTES ((size_t)128 * 1024 * 1024)

static const char *const names[] = {
    [SW_COMPRESSION_NONE] = "none",
    [SW_COMPRESSION_GZIP] = "gzip",
    [SW_COMPRESSION_ZSTD] = "zstd",
    [SW_COMPRESSION_BZIP2] = "bzip2",
    [SW_COMPRESSION_XZ] = "xz",
};
_Static_assert(SW_ARRAY_SIZE(names) == _SW_COMPRESSION_MAX, "a name for every compression");

static const struct sw_codec *const codecs[] = {
    [SW_COMPRESSION_NONE] = NULL,
    [SW_COMPRESSION_GZIP] = &sw_codec_gzip,
    [SW_COMPRESSION_ZSTD] = &sw_codec_zstd,
    [SW_COMPRESSION_BZIP2] = &sw_codec_bzip2,
    [SW_COMPRESSION_XZ] = &sw_codec_xz,
};
_Static_assert(SW_ARRAY_SIZE(codecs) == _SW_COMPRESSION_MAX, "a codec for every compression");

struct decompressor {
    const struct sw_codec *codec;
    void *codec_state;       /* owned */
    struct sw_reader *inner; /* owned */
    struct sw_str in;        /* lent by inner, not decoded yet */
    uint8_t *out;            /* owned; NULL until needed */
    struct sw_str ready;     /* decoded in `out`, not handed on yet */
    bool is_inner_at_end;
    bool is_over;
};

const char *sw_compression_name(enum sw_compression compression)
{
    return (unsigned)compression < _SW_COMPRESSION_MAX ? names[compression] : "unknown";
}

enum sw_compression sw_compression_sniff(struct sw_str head)
{
    if (sw_str_starts_with(head, SW_STR("\x1f\x8b")))
        return SW_COMPRESSION_GZIP;
    if (sw_str_starts_with(head, SW_STR("\x28\xb5\x2f\xfd")))
        return SW_COMPRESSION_ZSTD;
    /* A skippable frame first, as parallel zstd and chunked layers write it. */
    if (head.n >= 4 && ((uint8_t)head.p[0] & 0xf0) == 0x50 &&
        memcmp(head.p + 1, "\x2a\x4d\x18", 3) == 0)
        return SW_COMPRESSION_ZSTD;
    /* "BZh" alone could be the name of a tar's first member: the block magic decides. */
    if (head.n >= 10 && memcmp(head.p, "BZh", 3) == 0 && head.p[3] >= '1' && head.p[3] <= '9' &&
        (memcmp(head.p + 4, "1AY&SY", 6) == 0 || memcmp(head.p + 4, "\x17rE8P\x90", 6) == 0))
        return SW_COMPRESSION_BZIP2;
    if (sw_str_starts_with(head, SW_STR("\xfd"
                                        "7zXZ\0")))
        return SW_COMPRESSION_XZ;
    return SW_COMPRESSION_NONE;
}

static int need_input(struct decompressor *d, struct sw_err *err)
{
    if (d->in.n > 0 || d->is_inner_at_end)
        return 0;
    const void *p = NULL;
    ssize_t n = sw_reader_borrow(d->inner, &p, err);
    if (n < 0)
        return (int)n;
    if (n == 0)
        d->is_inner_at_end = true;
    d->in = n > 0 ? (struct sw_str){p, (size_t)n} : SW_STR("");
    return 0;
}

/* Decodes into p until something has come out: > 0, 0 at the end, negative errno. */
static ssize_t produce(struct decompressor *d, uint8_t *p, size_t n, struct sw_err *err)
{
    if (n > STEP_MAX_BYTES)
        n = STEP_MAX_BYTES;
    while (!d->is_over) {
        int r = need_input(d, err);
        if (r < 0)
            return r;
        size_t n_in = d->in.n < STEP_MAX_BYTES ? d->in.n : STEP_MAX_BYTES;
        struct sw_codec_window window = {
            .in = (const uint8_t *)d->in.p, .n_in = n_in, .out = p, .n_out = n};
        r = d->codec->step(d->codec_state, &window, err);
        if (r < 0) {
            d->is_over = true;
            return sw_err_wrap(err, r, "%s", d->codec->name);
        }
        bool is_moving = window.n_in != n_in || window.n_out != n;
        d->in = sw_str_skip(d->in, n_in - window.n_in);
        d->is_over = r > 0;
        if (window.n_out != n)
            return (ssize_t)(n - window.n_out);
        if (d->is_over || is_moving)
            continue;
        if (!d->is_inner_at_end && d->in.n > 0)
            return sw_err_set(err, -EBADMSG, "%s: decoder makes no progress", d->codec->name);
        if (d->is_inner_at_end) {
            d->is_over = true;
            if (!d->codec->is_whole(d->codec_state))
                return sw_err_set(err, -EBADMSG, "%s: truncated", d->codec->name);
        }
    }
    return 0;
}

static int refill(struct decompressor *d, struct sw_err *err)
{
    if (d->ready.n > 0)
        return 1;
    if (d->out == NULL)
        d->out = sw_mem_alloc(OUT_BYTES);
    if (d->out == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    ssize_t n = produce(d, d->out, OUT_BYTES, err);
    if (n <= 0)
        return (int)n;
    d->ready = (struct sw_str){(const char *)d->out, (size_t)n};
    return 1;
}

static ssize_t decompress_read(void *state, void *p, size_t n, struct sw_err *err)
{
    struct decompressor *d = state;
    if (d->ready.n == 0 && n >= DIRECT_BYTES)
        return produce(d, p, n, err);
    int r = refill(d, err);
    if (r <= 0)
        return r;
    if (n > d->ready.n)
        n = d->ready.n;
    memcpy(p, d->ready.p, n);
    d->ready = sw_str_skip(d->ready, n);
    return (ssize_t)n;
}

static ssize_t decompress_borrow(void *state, const void **ret, struct sw_err *err)
{
    struct decompressor *d = state;
    int r = refill(d, err);
    if (r <= 0)
        return r;
    ssize_t n = (ssize_t)d->ready.n;
    *ret = d->ready.p;
    d->ready = SW_STR_NONE;
    return n;
}

static void decompress_free(void *state)
{
    struct decompressor *d = state;
    if (d->codec_state != NULL)
        d->codec->free(d->codec_state);
    sw_reader_free(d->inner);
    sw_mem_free(d->out);
    sw_mem_free(d);
}

int sw_reader_new_decompress(struct sw_reader *inner, size_t memory_limit_bytes,
    struct sw_reader **ret, enum sw_compression *ret_compression, struct sw_err *err)
{
    static const struct sw_reader_ops ops = {
        .read = decompress_read, .free = decompress_free, .borrow = decompress_borrow};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *owned = inner;
    struct sw_str head;
    int r = sw_reader_peek(inner, 16, &head, err);
    if (r < 0)
        return r;
    enum sw_compression compression = sw_compression_sniff(head);
    const struct sw_codec *codec = codecs[compression];
    if (codec == NULL) {
        *ret = SW_TAKE(owned);
        *ret_compression = compression;
        return 0;
    }
    if (memory_limit_bytes == 0 || memory_limit_bytes > MEMORY_MAX_BYTES)
        memory_limit_bytes = MEMORY_MAX_BYTES;
    struct decompressor *d = sw_mem_zalloc(1, sizeof(*d));
    if (d == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    d->codec = codec;
    d->inner = SW_TAKE(owned);
    d->in = SW_STR("");
    r = codec->open(memory_limit_bytes, &d->codec_state, err);
    if (r < 0) {
        decompress_free(d);
        return r;
    }
    struct sw_reader *reader = sw_reader_new(&ops, d);
    if (reader == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    *ret = reader;
    *ret_compression = compression;
    return 0;
}

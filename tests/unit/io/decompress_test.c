/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/decompress*.c: every codec whole, in pieces, in a row, cut short and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <cmocka.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include "base/mem.h"
#include "io/decompress.h"

#define PLAIN_BYTES ((size_t)300 * 1000)

static char plain[PLAIN_BYTES];

static int fill_plain(void **state)
{
    (void)state;
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof(plain); i++) {
        x = x * 1664525 + 1013904223;
        plain[i] = (char)("abcdefgh"[x >> 29] + (i / 1000) % 7);
    }
    return 0;
}

static size_t pack_gzip(char *out, size_t n_out)
{
    struct isal_zstream stream;
    isal_deflate_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (uint8_t *)plain;
    stream.avail_in = sizeof(plain);
    stream.next_out = (uint8_t *)out;
    stream.avail_out = (uint32_t)n_out;
    assert_int_equal(isal_deflate(&stream), 0);
    return stream.total_out;
}

/* The plain bytes in the given form; the length. */
static size_t pack(enum sw_compression compression, char *out, size_t n_out)
{
    switch (compression) {
    case SW_COMPRESSION_NONE:
    case _SW_COMPRESSION_MAX:
        memcpy(out, plain, sizeof(plain));
        return sizeof(plain);
    case SW_COMPRESSION_GZIP:
        return pack_gzip(out, n_out);
    case SW_COMPRESSION_ZSTD:
        return ZSTD_compress(out, n_out, plain, sizeof(plain), 1);
    case SW_COMPRESSION_BZIP2: {
        unsigned n = (unsigned)n_out;
        assert_int_equal(BZ2_bzBuffToBuffCompress(out, &n, plain, sizeof(plain), 1, 0, 0), BZ_OK);
        return n;
    }
    case SW_COMPRESSION_XZ: {
        size_t n = 0;
        assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (const uint8_t *)plain,
                             sizeof(plain), (uint8_t *)out, &n, n_out),
            LZMA_OK);
        return n;
    }
    }
    return 0;
}

/* A source that gives at most `step` bytes a call. */
struct pieces {
    struct sw_str left;
    size_t step;
};

static ssize_t pieces_read(void *state, void *p, size_t n, struct sw_err *err)
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

static int unpack(struct sw_str packed, size_t step, size_t read_bytes, struct sw_buf *ret,
    enum sw_compression *ret_compression, struct sw_err *err)
{
    static const struct sw_reader_ops ops = {.read = pieces_read};
    struct pieces pieces = {.left = packed, .step = step};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    int r =
        sw_reader_new_decompress(sw_reader_new(&ops, &pieces), 0, &reader, ret_compression, err);
    if (r < 0)
        return r;
    if (read_bytes == 0)
        return sw_reader_read_all(reader, ret, err);
    SW_CLEANUP(sw_mem_freep) char *block = sw_mem_alloc(read_bytes);
    ssize_t n = 0;
    while ((n = sw_reader_read(reader, block, read_bytes, err)) > 0)
        assert_int_equal(sw_buf_append(ret, block, (size_t)n), 0);
    return (int)n;
}

static void check_codec(enum sw_compression compression)
{
    static const size_t steps[] = {1 << 20, 4097, 61};
    static const size_t reads[] = {0, 1 << 20, 300};
    size_t n_out = 2 * sizeof(plain);
    SW_CLEANUP(sw_mem_freep) char *packed = sw_mem_alloc(n_out);
    size_t n = pack(compression, packed, n_out);
    for (size_t i = 0; i < SW_ARRAY_SIZE(steps); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, 3 * sizeof(plain));
        enum sw_compression seen = _SW_COMPRESSION_MAX;
        assert_int_equal(
            unpack((struct sw_str){packed, n}, steps[i], reads[i], &buf, &seen, NULL), 0);
        assert_int_equal(seen, compression);
        assert_int_equal(buf.n, sizeof(plain));
        assert_memory_equal(buf.p, plain, sizeof(plain));
    }
    if (compression == SW_COMPRESSION_NONE)
        return;

    /* Two in a row are one stream. */
    SW_CLEANUP(sw_buf_done) struct sw_buf two = {0};
    sw_buf_init(&two, 4 * sizeof(plain));
    assert_int_equal(sw_buf_append(&two, packed, n), 0);
    assert_int_equal(sw_buf_append(&two, packed, n), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 3 * sizeof(plain));
    enum sw_compression seen;
    assert_int_equal(unpack(sw_buf_str(&two), 1000, 0, &buf, &seen, NULL), 0);
    assert_int_equal(buf.n, 2 * sizeof(plain));
    assert_memory_equal(buf.p + sizeof(plain), plain, sizeof(plain));
}

static void unpacks_every_form(void **state)
{
    (void)state;
    for (int i = 0; i < _SW_COMPRESSION_MAX; i++)
        check_codec((enum sw_compression)i);
}

static void names_truncation(void **state)
{
    (void)state;
    size_t n_out = 2 * sizeof(plain);
    SW_CLEANUP(sw_mem_freep) char *packed = sw_mem_alloc(n_out);
    for (int i = SW_COMPRESSION_GZIP; i < _SW_COMPRESSION_MAX; i++) {
        size_t n = pack((enum sw_compression)i, packed, n_out);
        const size_t cuts[] = {12, n / 2, n - 1};
        for (size_t k = 0; k < SW_ARRAY_SIZE(cuts); k++) {
            SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
            sw_buf_init(&buf, 2 * sizeof(plain));
            enum sw_compression seen;
            struct sw_err err = {0};
            assert_int_equal(
                unpack((struct sw_str){packed, cuts[k]}, 1000, 0, &buf, &seen, &err), -EBADMSG);
            assert_non_null(strstr(err.message, sw_compression_name((enum sw_compression)i)));
        }
    }
}

static void checks_sums(void **state)
{
    (void)state;
    size_t n_out = 2 * sizeof(plain);
    SW_CLEANUP(sw_mem_freep) char *packed = sw_mem_alloc(n_out);
    size_t n = pack(SW_COMPRESSION_GZIP, packed, n_out);
    packed[n - 6] ^= 1;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 2 * sizeof(plain));
    enum sw_compression seen;
    struct sw_err err = {0};
    assert_int_equal(unpack((struct sw_str){packed, n}, 1 << 20, 0, &buf, &seen, &err), -EBADMSG);
    assert_string_equal(err.message, "gzip: checksum differs");
}

static void ignores_rubbish_after_gzip(void **state)
{
    (void)state;
    static const char *const tails[] = {"rubbish", "\x1f", "\x1f\x8b\x07 not deflate", "\0\0\0"};
    size_t n_out = 2 * sizeof(plain);
    SW_CLEANUP(sw_mem_freep) char *packed = sw_mem_alloc(n_out);
    size_t n = pack(SW_COMPRESSION_GZIP, packed, n_out);
    for (size_t i = 0; i < SW_ARRAY_SIZE(tails); i++) {
        size_t n_tail = i == 3 ? 3 : strlen(tails[i]);
        memcpy(packed + n, tails[i], n_tail);
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, 2 * sizeof(plain));
        enum sw_compression seen;
        int r = unpack((struct sw_str){packed, n + n_tail}, 1 << 20, 0, &buf, &seen, NULL);
        /* A lone first byte of the magic could be the start of a member cut short. */
        assert_int_equal(r, i == 1 ? -EBADMSG : 0);
        assert_int_equal(buf.n, sizeof(plain));
    }
}

static void passes_over_skippable_frames(void **state)
{
    (void)state;
    char packed[4096] = "\x5e\x2a\x4d\x18\x03\x00\x00\x00xyz";
    size_t n = 11 + ZSTD_compress(packed + 11, sizeof(packed) - 11, "hello", 5, 1);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    enum sw_compression seen;
    assert_int_equal(unpack((struct sw_str){packed, n}, 3, 0, &buf, &seen, NULL), 0);
    assert_string_equal(buf.p, "hello");
}

static void refuses_windows_beyond_the_cap(void **state)
{
    (void)state;
    /* Frame header: no single segment, window descriptor for 2 GiB; and one for 1 MiB. */
    static const char big[] = "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 100);
    enum sw_compression seen;
    struct sw_err err = {0};
    assert_int_equal(
        unpack((struct sw_str){big, sizeof(big) - 1}, 100, 0, &buf, &seen, &err), -EFBIG);
    assert_string_equal(err.message, "zstd: window beyond the memory limit");

    size_t n_out = 2 * sizeof(plain);
    SW_CLEANUP(sw_mem_freep) char *packed = sw_mem_alloc(n_out);
    size_t n = 0;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_NONE, NULL, (const uint8_t *)plain,
                         sizeof(plain), (uint8_t *)packed, &n, n_out),
        LZMA_OK);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    assert_int_equal(sw_reader_new_decompress(sw_reader_new_memory((struct sw_str){packed, n}),
                         1 << 20, &reader, &seen, NULL),
        0);
    assert_int_equal(sw_reader_read_all(reader, &buf, &err), -EFBIG);
}

static void is_not_fooled_by_short_or_plain_heads(void **state)
{
    (void)state;
    assert_int_equal(sw_compression_sniff(SW_STR("")), SW_COMPRESSION_NONE);
    assert_int_equal(sw_compression_sniff(SW_STR("\x1f")), SW_COMPRESSION_NONE);
    assert_int_equal(sw_compression_sniff(SW_STR("BZh9-notes.txt\0\0")), SW_COMPRESSION_NONE);
    assert_int_equal(sw_compression_sniff(SW_STR("\xfd"
                                                 "7zXZ")),
        SW_COMPRESSION_NONE);
    assert_string_equal(sw_compression_name(SW_COMPRESSION_XZ), "xz");
    assert_string_equal(sw_compression_name((enum sw_compression)77), "unknown");
}

static void survives_want_of_memory(void **state)
{
    (void)state;
    char packed[4096];
    size_t n = ZSTD_compress(packed, sizeof(packed), "hello", 5, 1);
    for (int64_t i = 0; i < 8; i++) {
        struct sw_reader *inner = sw_reader_new_memory((struct sw_str){packed, n});
        SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, 100);
        enum sw_compression seen;
        sw_mem_fail_after(i);
        int r = sw_reader_new_decompress(inner, 0, &reader, &seen, NULL);
        if (r == 0)
            r = sw_reader_read_all(reader, &buf, NULL);
        sw_mem_fail_after(-1);
        assert_true(r == -ENOMEM || (r == 0 && buf.n == 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_every_form),
        cmocka_unit_test(names_truncation),
        cmocka_unit_test(checks_sums),
        cmocka_unit_test(ignores_rubbish_after_gzip),
        cmocka_unit_test(passes_over_skippable_frames),
        cmocka_unit_test(refuses_windows_beyond_the_cap),
        cmocka_unit_test(is_not_fooled_by_short_or_plain_heads),
        cmocka_unit_test(survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, fill_plain, NULL);
}

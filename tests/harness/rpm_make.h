/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes rpm header blobs and write-ahead logs in memory, for unit tests.
 */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

#define TEST_RPM_MAX ((size_t)16 * 1024 * 1024)

static inline void test_put_be32(struct sw_buf *buf, uint32_t v)
{
    char bytes[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};
    if (sw_buf_append(buf, bytes, 4) < 0)
        __builtin_trap();
}

static inline void test_set_32(struct sw_buf *buf, size_t at, uint32_t v, bool is_big_endian)
{
    for (size_t i = 0; i < 4; i++)
        buf->p[at + i] = (char)(v >> (is_big_endian ? 24 - 8 * i : 8 * i));
}

/* One tag of a header: text where it is not NULL, else a number. */
struct test_tag {
    uint32_t tag;
    uint32_t type;
    const char *text;
    uint32_t number;
};

#define TEST_TAG_TEXT(tag, text)                                                                   \
    {                                                                                              \
        (tag), 6, (text), 0                                                                        \
    }

/* Appends the header blob of the tags, in their order. */
static inline void test_make_header(struct sw_buf *buf, const struct test_tag *tags, size_t n_tags)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf store = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf index = {0};
    sw_buf_init(&store, TEST_RPM_MAX);
    sw_buf_init(&index, TEST_RPM_MAX);
    for (size_t i = 0; i < n_tags; i++) {
        while (tags[i].text == NULL && store.n % 4 != 0)
            if (sw_buf_append_char(&store, '\0') < 0)
                __builtin_trap();
        test_put_be32(&index, tags[i].tag);
        test_put_be32(&index, tags[i].type);
        test_put_be32(&index, (uint32_t)store.n);
        test_put_be32(&index, 1);
        if (tags[i].text == NULL)
            test_put_be32(&store, tags[i].number);
        else if (sw_buf_append(&store, tags[i].text, strlen(tags[i].text) + 1) < 0)
            __builtin_trap();
    }
    test_put_be32(buf, (uint32_t)n_tags);
    test_put_be32(buf, (uint32_t)store.n);
    if (sw_buf_append_str(buf, sw_buf_str(&index)) < 0 ||
        sw_buf_append_str(buf, sw_buf_str(&store)) < 0)
        __builtin_trap();
}

/* Appends the blob of "NAME-1.2-3.x86_64" from "src-1.2-3.src.rpm". */
static inline void test_make_package(struct sw_buf *buf, const char *name)
{
    const struct test_tag tags[] = {
        TEST_TAG_TEXT(1000, name),
        TEST_TAG_TEXT(1001, "1.2"),
        TEST_TAG_TEXT(1002, "3"),
        TEST_TAG_TEXT(1022, "x86_64"),
        TEST_TAG_TEXT(1044, "src-1.2-3.src.rpm"),
    };
    test_make_header(buf, tags, SW_ARRAY_SIZE(tags));
}

/* A write-ahead log as it grows. */
struct test_log {
    struct sw_buf bytes;
    bool is_big_endian; /* of its checksums */
    uint32_t page_bytes;
    uint32_t sum[2];
};

static inline void test_log_sum(struct test_log *log, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i += 8) {
        const char *p = log->bytes.p + i;
        log->sum[0] += (log->is_big_endian ? sw_num_be32(p) : sw_num_le32(p)) + log->sum[1];
        log->sum[1] += (log->is_big_endian ? sw_num_be32(p + 4) : sw_num_le32(p + 4)) + log->sum[0];
    }
}

static inline void test_log_init(struct test_log *log, uint32_t page_bytes, bool is_big_endian)
{
    *log = (struct test_log){.page_bytes = page_bytes, .is_big_endian = is_big_endian};
    sw_buf_init(&log->bytes, TEST_RPM_MAX);
    const uint32_t words[] = {0x377f0682U | is_big_endian, 3007000, page_bytes, 0, 0x5a17, 0xf00d};
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
        test_put_be32(&log->bytes, words[i]);
    test_log_sum(log, 0, 24);
    test_put_be32(&log->bytes, log->sum[0]);
    test_put_be32(&log->bytes, log->sum[1]);
}

static inline void test_log_done(struct test_log *log)
{
    sw_buf_done(&log->bytes);
}

/* Adds a frame; n_pages is the size of the database after a commit, 0 for none. */
static inline void test_log_add(
    struct test_log *log, uint32_t page, uint32_t n_pages, const void *bytes)
{
    size_t at = log->bytes.n;
    const uint32_t words[] = {page, n_pages, 0x5a17, 0xf00d, 0, 0};
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
        test_put_be32(&log->bytes, words[i]);
    if (sw_buf_append(&log->bytes, bytes, log->page_bytes) < 0)
        __builtin_trap();
    test_log_sum(log, at, 8);
    test_log_sum(log, at + 24, log->page_bytes);
    test_set_32(&log->bytes, at + 16, log->sum[0], true);
    test_set_32(&log->bytes, at + 20, log->sum[1], true);
}

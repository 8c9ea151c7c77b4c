/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes archives of all forms in memory, with libarchive's writer, for tests.
 */
#pragma once

#include <stdarg.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"

#define TEST_ARCHIVE_MAX ((size_t)256 << 20)

struct test_member {
    const char *name;
    struct sw_str content;
};

static inline void test_must(int r)
{
    if (r != ARCHIVE_OK)
        __builtin_trap();
}

/* format: ARCHIVE_FORMAT_*; filter: ARCHIVE_FILTER_*; the buffer is the caller's. */
static inline void test_archive_make(struct sw_buf *buf, int format, int filter,
    const char *options, const struct test_member *members, size_t n_members)
{
    sw_buf_init(buf, TEST_ARCHIVE_MAX);
    if (sw_buf_reserve(buf, TEST_ARCHIVE_MAX / 2) < 0)
        __builtin_trap();
    struct archive *archive = archive_write_new();
    test_must(archive_write_set_format(archive, format));
    test_must(archive_write_add_filter(archive, filter));
    if (options != NULL)
        test_must(archive_write_set_options(archive, options));
    /* Without padding, as files are. */
    test_must(archive_write_set_bytes_in_last_block(archive, 1));
    size_t n = 0;
    test_must(archive_write_open_memory(archive, buf->p, TEST_ARCHIVE_MAX / 2, &n));
    for (size_t i = 0; i < n_members; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0755);
        archive_entry_set_size(entry, (la_int64_t)members[i].content.n);
        test_must(archive_write_header(archive, entry));
        if (archive_write_data(archive, members[i].content.p, members[i].content.n) !=
            (la_ssize_t)members[i].content.n)
            __builtin_trap();
        archive_entry_free(entry);
    }
    test_must(archive_write_close(archive));
    archive_write_free(archive);
    buf->n = n;
}

/* One file by itself, compressed. */
static inline void test_pack(struct sw_buf *buf, int filter, struct sw_str content)
{
    const struct test_member member = {"x", content};
    test_archive_make(buf, ARCHIVE_FORMAT_RAW, filter, NULL, &member, 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/archive.c with archives made by hand: types, names of any bytes, long names, sparse
 * files, cut and damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/archive.h"

/* One header block, and the content padded to a block. */
static void put(
    struct sw_buf *tar, char type, const char *name, const char *target, struct sw_str content)
{
    char header[512] = {0};
    memcpy(header, name, strnlen(name, 100));
    memcpy(header + 100,
        "0000644\0"
        "0000000\0"
        "0000000\0",
        24);
    snprintf(header + 124, 12, "%011zo", content.n);
    memcpy(header + 136, "00000000017", 12);
    memset(header + 148, ' ', 8);
    header[156] = type;
    if (target != NULL)
        memcpy(header + 157, target, strnlen(target, 100));
    memcpy(header + 257,
        "ustar\0"
        "00",
        8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(header); i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    assert_int_equal(sw_buf_append(tar, header, sizeof(header)), 0);
    assert_int_equal(sw_buf_append_str(tar, content), 0);
    while (tar->n % 512 != 0)
        assert_int_equal(sw_buf_append_char(tar, '\0'), 0);
}

static void put_end(struct sw_buf *tar)
{
    static const char zeroes[1024];
    assert_int_equal(sw_buf_append(tar, zeroes, sizeof(zeroes)), 0);
}

static struct sw_archive *open_tar(struct sw_str bytes)
{
    struct sw_archive *archive = NULL;
    assert_int_equal(
        sw_archive_open(sw_reader_new_memory(bytes), SW_ARCHIVE_TAR, &archive, NULL), 0);
    return archive;
}

static void expect_content(struct sw_archive *archive, const char *content)
{
    char block[64] = {0};
    size_t n = 0;
    ssize_t r = 0;
    while ((r = sw_archive_read(archive, block + n, 3, NULL)) > 0)
        n += (size_t)r;
    assert_int_equal(r, 0);
    assert_string_equal(block, content);
}

static void walks_members_of_each_type(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    put(&tar, '5', "etc/", NULL, SW_STR(""));
    put(&tar, '0', "etc/a", NULL, SW_STR("content"));
    put(&tar, '2', "etc/b", "../x", SW_STR(""));
    put(&tar, '1', "etc/c", "etc/a", SW_STR(""));
    put(&tar, '6', "etc/d", NULL, SW_STR(""));
    put(&tar, '0', "/../e", NULL, SW_STR("E"));
    put_end(&tar);
    put(&tar, '0', "after-the-end", NULL, SW_STR(""));
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    static const enum sw_member_type types[] = {SW_MEMBER_DIRECTORY, SW_MEMBER_FILE,
        SW_MEMBER_SYMLINK, SW_MEMBER_HARDLINK, SW_MEMBER_OTHER, SW_MEMBER_FILE};
    static const char *const names[] = {"etc/", "etc/a", "etc/b", "etc/c", "etc/d", "/../e"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(types); i++) {
        struct sw_member member;
        assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
        assert_int_equal(member.type, types[i]);
        assert_true(sw_str_equal_z(member.name, names[i]));
        assert_int_equal(member.mode, 0644);
        assert_int_equal(member.mtime_s, 15);
        if (i == 1) {
            assert_int_equal(member.offset_bytes, 1024);
            assert_int_equal(member.size_bytes, 7);
            expect_content(archive, "content");
        }
        if (i == 2)
            assert_true(sw_str_equal_z(member.target, "../x"));
        if (i == 3)
            assert_true(sw_str_equal_z(member.target, "etc/a"));
    }
    struct sw_member member;
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);
}

static void keeps_the_bytes_of_names(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    put(&tar, '0', "latin-\xe9", NULL, SW_STR(""));
    put(&tar, 'x', "pax", NULL, SW_STR("18 path=utf8-\xc3\xa9\xcc\x81\n"));
    put(&tar, '0', "short", NULL, SW_STR(""));
    put(&tar, 'x', "pax", NULL, SW_STR("14 path=bad-\xff\n23 linkpath=also-bad-\xfe\n"));
    put(&tar, '2', "short", "short", SW_STR(""));
    SW_CLEANUP(sw_buf_done) struct sw_buf longname = {0};
    sw_buf_init(&longname, 4096);
    for (int i = 0; i < 300; i++)
        assert_int_equal(sw_buf_append_char(&longname, (char)('a' + i % 26)), 0);
    assert_int_equal(sw_buf_append_char(&longname, '\xff'), 0);
    put(&tar, 'L', "././@LongLink", NULL, (struct sw_str){longname.p, longname.n + 1});
    put(&tar, '0', "short", NULL, SW_STR(""));
    put_end(&tar);
    const char *const names[] = {"latin-\xe9", "utf8-\xc3\xa9\xcc\x81", "bad-\xff", longname.p};
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++) {
        struct sw_member member;
        assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
        char name[512] = {0};
        memcpy(name, member.name.p, member.name.n < 511 ? member.name.n : 511);
        assert_string_equal(name, names[i]);
        if (i == 2)
            assert_true(sw_str_equal_z(member.target, "also-bad-\xfe"));
    }
}

static void expands_sparse_files(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf content = {0};
    sw_buf_init(&content, 4096);
    char map[512] = "1\n100000\n3\n";
    assert_int_equal(sw_buf_append(&content, map, sizeof(map)), 0);
    assert_int_equal(sw_buf_append(&content, "abc", 3), 0);
    put(&tar, 'x', "pax", NULL,
        SW_STR("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n29 GNU.sparse.name=real-name\n"
               "30 GNU.sparse.realsize=200000\n"));
    put(&tar, '0', "GNUSparseFile.0/real-name", NULL, sw_buf_str(&content));
    put(&tar, '0', "next", NULL, SW_STR(""));
    put_end(&tar);
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    struct sw_member member;
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_int_equal(member.size_bytes, 200000);
    SW_CLEANUP(sw_buf_done) struct sw_buf all = {0};
    sw_buf_init(&all, 1 << 20);
    char block[7777];
    ssize_t n = 0;
    while ((n = sw_archive_read(archive, block, sizeof(block), NULL)) > 0)
        assert_int_equal(sw_buf_append(&all, block, (size_t)n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(all.n, 200000);
    assert_int_equal(all.p[99999], 0);
    assert_memory_equal(all.p + 100000, "abc\0", 4);
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_true(sw_str_equal_z(member.name, "next"));
}

/* An error, or the end, after `n` members. */
static void expect_members(struct sw_buf *tar, size_t n, int end)
{
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(tar));
    struct sw_member member;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_int_equal(sw_archive_next(archive, &member, NULL), end);
}

static void walks_as_container_runtimes_do(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    /* A link's size means nothing: what follows is a header. */
    put(&tar, '1', "link", "a", SW_STR("content"));
    tar.n -= 512;
    put(&tar, 'g', "pax_global_header", NULL, SW_STR("13 path=glob\n"));
    put(&tar, '0', "b", NULL, SW_STR(""));
    put(&tar, '\0', "c/", NULL, SW_STR(""));
    put(&tar, '0', "d/", NULL, SW_STR(""));
    /* No block of zeroes at the end. */
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    static const enum sw_member_type types[] = {
        SW_MEMBER_HARDLINK, SW_MEMBER_FILE, SW_MEMBER_DIRECTORY, SW_MEMBER_FILE};
    static const char *const names[] = {"link", "b", "c/", "d/"};
    struct sw_member member;
    for (size_t i = 0; i < SW_ARRAY_SIZE(types); i++) {
        assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
        assert_int_equal(member.type, types[i]);
        assert_true(sw_str_equal_z(member.name, names[i]));
        assert_int_equal(member.size_bytes, 0);
    }
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);
}

static void names_broken_special_headers(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 4 << 20);
    put(&tar, 'x', "pax", NULL, SW_STR("99 path=a\n"));
    put(&tar, '0', "b", NULL, SW_STR(""));
    expect_members(&tar, 0, -EBADMSG);
    sw_buf_clear(&tar);
    SW_CLEANUP(sw_buf_done) struct sw_buf large = {0};
    sw_buf_init(&large, 2 << 20);
    while (large.n < (1 << 20) + 1)
        assert_int_equal(sw_buf_append(&large, "0123456789", 10), 0);
    put(&tar, 'L', "long", NULL, sw_buf_str(&large));
    expect_members(&tar, 0, -EBADMSG);
    sw_buf_clear(&tar);
    for (int i = 0; i < 100; i++)
        put(&tar, 'K', "long", NULL, SW_STR("x"));
    expect_members(&tar, 0, -EBADMSG);
    sw_buf_clear(&tar);
    put(&tar, '0', "a", NULL, SW_STR("content"));
    put(&tar, 'L', "long", NULL, SW_STR("name"));
    tar.n -= 510;
    expect_members(&tar, 1, -EBADMSG);
    tar.n = 100 + 1024;
    expect_members(&tar, 1, -EBADMSG);
    tar.n = 512 + 7; /* the padding of the last member may be missing */
    expect_members(&tar, 1, 0);
}

static void refuses_maps_that_lie(void **state)
{
    (void)state;
    static const char *const maps[] = {"1\n0\n7\n", "1\n199999\n3\n", "2\n5\n3\n0\n0\n",
        "99999999\n", "x\n", "1\n0\n9999999999999999999\n"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(maps); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
        sw_buf_init(&tar, 1 << 20);
        char content[515] = {0};
        memcpy(content, maps[i], strlen(maps[i]));
        put(&tar, 'x', "pax", NULL,
            SW_STR("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
                   "30 GNU.sparse.realsize=200000\n"));
        put(&tar, '0', "a", NULL, (struct sw_str){content, sizeof(content)});
        expect_members(&tar, 0, -EBADMSG);
    }
}

static void stops_handing_out_holes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    put(&tar, 'x', "pax", NULL,
        SW_STR("22 GNU.sparse.map=0,3\n39 GNU.sparse.size=4611686018427387904\n"));
    put(&tar, '0', "a", NULL, SW_STR("abc"));
    put(&tar, '0', "b", NULL, SW_STR(""));
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    struct sw_member member;
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_int_equal(member.size_bytes, (uint64_t)1 << 62);
    uint64_t total = 0;
    const void *p = NULL;
    ssize_t n = 0;
    while ((n = sw_archive_read_block(archive, &p, NULL)) > 0)
        total += (uint64_t)n;
    assert_int_equal(n, -EFBIG);
    assert_int_equal(total, SW_ARCHIVE_HOLES_MAX_BYTES + 3);
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);
}

static void names_damage(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    put(&tar, '0', "a", NULL, SW_STR("content"));
    put(&tar, '0', "b", NULL, SW_STR("content"));
    struct sw_member member;
    struct sw_err err = {0};
    {
        SW_CLEANUP(sw_archive_closep)
        struct sw_archive *archive = open_tar((struct sw_str){tar.p, 512 + 3});
        char block[64];
        assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
        ssize_t n = 0;
        while ((n = sw_archive_read(archive, block, sizeof(block), &err)) > 0)
            continue;
        assert_int_equal(n, -EBADMSG);
    }
    tar.p[1024 + 3] ^= 1;
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_int_equal(sw_archive_next(archive, &member, &err), -EBADMSG);
    assert_non_null(strstr(err.message, "tar: "));
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);

    struct sw_archive *rubbish = NULL;
    struct sw_reader *inner = sw_reader_new_memory(SW_STR("this is no archive at all"));
    assert_int_equal(sw_archive_open(inner, SW_ARCHIVE_TAR, &rubbish, &err), -EBADMSG);
    assert_null(rubbish);
}

static void takes_nothing_for_an_empty_archive(void **state)
{
    (void)state;
    static const char zeroes[10240];
    struct sw_member member;
    SW_CLEANUP(sw_archive_closep) struct sw_archive *none = open_tar(SW_STR(""));
    assert_int_equal(sw_archive_next(none, &member, NULL), 0);
    SW_CLEANUP(sw_archive_closep)
    struct sw_archive *padding = open_tar((struct sw_str){zeroes, sizeof(zeroes)});
    assert_int_equal(sw_archive_next(padding, &member, NULL), 0);
}

static void refuses_absurd_names(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf tar = {0};
    sw_buf_init(&tar, 1 << 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf name = {0};
    sw_buf_init(&name, 1 << 20);
    for (size_t i = 0; i < SW_ARCHIVE_NAME_MAX + 10; i++)
        assert_int_equal(sw_buf_append_char(&name, 'a'), 0);
    put(&tar, 'L', "././@LongLink", NULL, (struct sw_str){name.p, name.n + 1});
    put(&tar, '0', "short", NULL, SW_STR(""));
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = open_tar(sw_buf_str(&tar));
    struct sw_member member;
    assert_int_equal(sw_archive_next(archive, &member, NULL), -EBADMSG);
}

static void reads_a_streamed_zip(void **state)
{
    (void)state;
    static const char zip[] =
        "PK\3\4\24\0\0\0\0\0\0\0\0\0\x86\xa6\x10\x36\5\0\0\0\5\0\0\0\5\0\0\0a.txthello"
        "PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0\x86\xa6\x10\x36\5\0\0\0\5\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0a.txtPK\5\6\0\0\0\0\1\0\1\0\x33\0\0\0\x28\0\0\0\0\0";
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = NULL;
    struct sw_str bytes = {zip, sizeof(zip) - 1};
    assert_int_equal(
        sw_archive_open(sw_reader_new_memory(bytes), SW_ARCHIVE_ZIP, &archive, NULL), 0);
    struct sw_member member;
    assert_int_equal(sw_archive_next(archive, &member, NULL), 1);
    assert_true(sw_str_equal_z(member.name, "a.txt"));
    expect_content(archive, "hello");
    assert_int_equal(sw_archive_next(archive, &member, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_members_of_each_type),
        cmocka_unit_test(keeps_the_bytes_of_names),
        cmocka_unit_test(expands_sparse_files),
        cmocka_unit_test(walks_as_container_runtimes_do),
        cmocka_unit_test(names_broken_special_headers),
        cmocka_unit_test(refuses_maps_that_lie),
        cmocka_unit_test(stops_handing_out_holes),
        cmocka_unit_test(names_damage),
        cmocka_unit_test(takes_nothing_for_an_empty_archive),
        cmocka_unit_test(refuses_absurd_names),
        cmocka_unit_test(reads_a_streamed_zip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/model/file_list.c: what is packed comes back, and damage is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/file_list.h"

static const uint8_t digest[SW_FILE_DIGEST_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static const char *const paths[] = {
    "usr/bin/ls", "usr/bin/ln", "usr/lib/x86_64-linux-gnu/libc.so.6", "", "bin/ls", "bin/ls"};

static void begin(struct sw_file_writer *writer)
{
    assert_int_equal(sw_file_writer_init(writer, SW_FILE_SHA1, SW_STR("coreutils"), SW_STR("amd64"),
                         SW_STR("9.1-1")),
        0);
}

static void write_paths(struct sw_file_writer *writer)
{
    begin(writer);
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        struct sw_file_entry entry = {
            .path = sw_str_of(paths[i]), .flags = (unsigned)i, .digest = digest};
        assert_int_equal(sw_file_writer_add(writer, &entry), 0);
    }
}

static void lists_come_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_file_writer_done) struct sw_file_writer writer;
    write_paths(&writer);
    struct sw_file_list list;
    assert_int_equal(sw_file_list_open(&list, sw_buf_str(&writer.buf)), 0);
    assert_true(sw_str_equal_z(list.name, "coreutils") && sw_str_equal_z(list.arch, "amd64") &&
                sw_str_equal_z(list.version, "9.1-1"));
    assert_int_equal(list.digest, SW_FILE_SHA1);
    struct sw_file_entry entry;
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        assert_int_equal(sw_file_list_next(&list, &entry), 1);
        assert_true(sw_str_equal_z(entry.path, paths[i]));
        assert_int_equal(entry.flags, i);
        assert_int_equal(writer.buf.p[entry.flags_at], i);
        assert_memory_equal(entry.digest, digest, sizeof(digest));
    }
    assert_int_equal(sw_file_list_next(&list, &entry), 0);
}

static void a_list_that_is_cut_is_refused(void **state)
{
    (void)state;
    SW_CLEANUP(sw_file_writer_done) struct sw_file_writer writer;
    write_paths(&writer);
    for (size_t n = 0; n < writer.buf.n; n++) {
        struct sw_file_list list;
        struct sw_file_entry entry;
        if (sw_file_list_open(&list, sw_str_part(sw_buf_str(&writer.buf), 0, n)) < 0)
            continue;
        int r;
        size_t count = 0;
        while ((r = sw_file_list_next(&list, &entry)) > 0)
            count++;
        assert_true(count < SW_ARRAY_SIZE(paths));
    }
}

static void absurd_lengths_are_refused(void **state)
{
    (void)state;
    struct sw_file_list list;
    struct sw_file_entry entry;
    assert_int_equal(sw_file_list_open(&list, SW_STR("L\x09\0\0\0")), -74);
    assert_int_equal(sw_file_list_open(&list, SW_STR("L\0\xff\xff\x7f\0\0")), -74);
    assert_int_equal(sw_file_list_open(&list, SW_STR("L\0\xff\xff\xff\xff\x7f")), -74);
    assert_int_equal(sw_file_list_open(&list, SW_STR("H\0\0\0\0")), -74);
    /* shares more of the last path than there is */
    assert_int_equal(sw_file_list_open(&list, SW_STR("L\0\0\0\0\5\1a_1234567890")), 0);
    assert_int_equal(sw_file_list_next(&list, &entry), -74);
    SW_CLEANUP(sw_file_writer_done) struct sw_file_writer writer;
    begin(&writer);
    SW_CLEANUP(sw_mem_freep) char *bytes = sw_mem_zalloc(1, SW_FILE_PATH_MAX + 1);
    struct sw_file_entry too_long = {.path = {bytes, SW_FILE_PATH_MAX + 1}, .digest = digest};
    assert_int_equal(sw_file_writer_add(&writer, &too_long), -27);
}

static void a_full_table_stays_as_it_was(void **state)
{
    (void)state;
    SW_CLEANUP(sw_file_writer_done) struct sw_file_writer writer;
    begin(&writer);
    size_t n = 0;
    int r;
    do {
        char path[64];
        (void)snprintf(path, sizeof(path), "usr/bin/%08zu", n * 7919);
        struct sw_file_entry entry = {.path = sw_str_of(path), .digest = digest};
        r = sw_file_writer_add(&writer, &entry);
        n += r == 0;
    } while (r == 0);
    assert_int_equal(r, -27);
    struct sw_file_list list;
    struct sw_file_entry entry;
    assert_int_equal(sw_file_list_open(&list, sw_buf_str(&writer.buf)), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sw_file_list_next(&list, &entry), 1);
    assert_int_equal(sw_file_list_next(&list, &entry), 0);
}

static void held_files_come_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, SW_FILE_TABLE_MAX);
    for (unsigned mask = 0; mask < 8; mask++) {
        struct sw_file_held held = {.key = 1000 + mask, .flags = mask | SW_FILE_ELF};
        for (unsigned i = 0; i < _SW_FILE_DIGEST_MAX; i++)
            memset(held.digests[i], (int)(mask + i), SW_FILE_DIGEST_BYTES);
        assert_int_equal(sw_file_held_add(&buf, &held), 0);
    }
    struct sw_str rest = sw_buf_str(&buf);
    struct sw_file_held held;
    for (unsigned mask = 0; mask < 8; mask++) {
        assert_int_equal(sw_file_held_next(&rest, &held), 1);
        assert_int_equal(held.key, 1000 + mask);
        assert_int_equal(held.flags, mask | SW_FILE_ELF);
        for (unsigned i = 0; i < _SW_FILE_DIGEST_MAX; i++)
            assert_int_equal(held.digests[i][9], (mask >> i & 1) != 0 ? mask + i : 0);
    }
    assert_int_equal(sw_file_held_next(&rest, &held), 0);
    rest = SW_STR("12345678\7");
    assert_int_equal(sw_file_held_next(&rest, &held), -74);
    rest = SW_STR("1234");
    assert_int_equal(sw_file_held_next(&rest, &held), -74);
}

static void one_key_for_both_sides_of_a_merged_usr(void **state)
{
    (void)state;
    assert_int_equal(sw_file_key(SW_STR("usr/bin/ls")), sw_file_key(SW_STR("bin/ls")));
    assert_int_equal(sw_file_key(SW_STR("usr/lib64/ld.so")), sw_file_key(SW_STR("lib64/ld.so")));
    assert_int_not_equal(sw_file_key(SW_STR("usr/share/ls")), sw_file_key(SW_STR("share/ls")));
    assert_int_not_equal(sw_file_key(SW_STR("usr/bin/ls")), sw_file_key(SW_STR("usr/sbin/ls")));
    assert_true(sw_file_is_judged(SW_STR("usr/bin/ls")));
    assert_true(sw_file_is_judged(SW_STR("lib/libc.musl-x86_64.so.1")));
    assert_true(sw_file_is_judged(SW_STR("opt/google/chrome/chrome")));
    assert_false(sw_file_is_judged(SW_STR("usr/local/bin/ls")));
    assert_false(sw_file_is_judged(SW_STR("etc/passwd")));
    assert_false(sw_file_is_judged(SW_STR("usr/share/doc/bash/copyright")));
    assert_false(sw_file_is_judged(SW_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back),
        cmocka_unit_test(a_list_that_is_cut_is_refused),
        cmocka_unit_test(absurd_lengths_are_refused),
        cmocka_unit_test(a_full_table_stays_as_it_was),
        cmocka_unit_test(held_files_come_back),
        cmocka_unit_test(one_key_for_both_sides_of_a_merged_usr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash lists: the forms in which people have them, and one file compiled from several.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "scan/hash_list.h"
#include "scan/hash_list_build.h"

#define MD5 "900150983cd24fb0d6963f7d28e17f72"
#define SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

struct test {
    struct sw_hash_list_parser parser;
    struct sw_hash_list_entry entry;
    struct sw_err err;
    struct sw_region region;
    char folder[64];
};

static int set_up(void **state)
{
    struct test *t = calloc(1, sizeof(*t));
    sw_hash_list_parser_init(&t->parser);
    sw_region_init(&t->region, (size_t)8 << 20);
    snprintf(t->folder, sizeof(t->folder), "/tmp/seawall-hashes-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct test *t = *state;
    sw_file_remove_tree(AT_FDCWD, t->folder, NULL);
    sw_region_done(&t->region);
    free(t);
    return 0;
}

static int parse(struct test *t, const char *line)
{
    t->err = (struct sw_err){0};
    return sw_hash_list_parse_line(&t->parser, sw_str_of(line), &t->entry, &t->err);
}

static void reads_plain_digests_of_three_kinds(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, MD5), 1);
    assert_int_equal(t->entry.kind, SW_HASH_MD5);
    assert_int_equal(t->entry.hash[0], 0x90);
    assert_int_equal(parse(t, "  A9993E364706816ABA3E25717850C26C9CD0D89D\r"), 1);
    assert_int_equal(t->entry.kind, SW_HASH_SHA1);
    assert_int_equal(t->entry.hash[19], 0x9d);
    assert_int_equal(parse(t, SHA256), 1);
    assert_int_equal(t->entry.kind, SW_HASH_SHA256);
    assert_false(t->entry.has_severity);
}

static void passes_over_comments_and_empty_lines(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, ""), 0);
    assert_int_equal(parse(t, " \t"), 0);
    assert_int_equal(parse(t, "# " SHA256), 0);
    assert_int_equal(parse(t, "; text, with a comma"), 0);
    assert_int_equal(parse(t, "// text"), 0);
    assert_int_equal(parse(t, "\xef\xbb\xbf"), 0);
}

static void reads_name_severity_and_reference(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, SHA256 ",Some.Miner, HIGH ,https://example.test/1"), 1);
    assert_true(sw_str_equal_z(t->entry.name, "Some.Miner"));
    assert_true(t->entry.has_severity);
    assert_int_equal(t->entry.severity, SW_SEVERITY_HIGH);
    assert_true(sw_str_equal_z(t->entry.reference, "https://example.test/1"));
    assert_int_equal(parse(t, "\"" MD5 "\", \"a, \"\"b\"\"\""), 1);
    assert_true(sw_str_equal_z(t->entry.name, "a, \"b\""));
    assert_int_equal(parse(t, MD5 ";x;low"), 1);
    assert_int_equal(t->entry.severity, SW_SEVERITY_LOW);
    assert_int_equal(parse(t, MD5 "  ./a file"), 1);
    assert_true(sw_str_equal_z(t->entry.name, "./a file"));
    assert_int_equal(parse(t, MD5 " *binary"), 1);
    assert_true(sw_str_equal_z(t->entry.name, "binary"));
}

static void takes_the_strongest_of_named_columns(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, "# \"first_seen_utc\",\"sha256_hash\",\"md5_hash\",\"sha1_hash\","
                              "\"file_name\",\"signature\""),
        0);
    assert_int_equal(parse(t, "\"2026-01-01 00:00:00\", \"" SHA256 "\", \"" MD5 "\", \"" SHA1
                              "\", \"a.exe\", \"Mirai\""),
        1);
    assert_int_equal(t->entry.kind, SW_HASH_SHA256);
    assert_true(sw_str_equal_z(t->entry.name, "Mirai"));
    assert_int_equal(parse(t, "\"2026\",\"n/a\",\"" MD5 "\",\"\",\"a\",\"n/a\""), 1);
    assert_int_equal(t->entry.kind, SW_HASH_MD5);
    assert_int_equal(t->entry.name.n, 0);
    assert_int_equal(parse(t, "\"2026\",\"\",\"\",\"\",\"a\",\"b\""), -EINVAL);
}

static void reads_lines_of_clamav(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, MD5 ":3:Win.Test-1"), 1);
    assert_true(sw_str_equal_z(t->entry.name, "Win.Test-1"));
    assert_int_equal(parse(t, SHA256 ":*:Unix.Test-2:73"), 1);
    assert_int_equal(t->entry.kind, SW_HASH_SHA256);
    assert_true(sw_str_equal_z(t->entry.name, "Unix.Test-2"));
    assert_int_equal(parse(t, MD5 ":x:Win.Test-1"), -EINVAL);
    assert_int_equal(parse(t, MD5 ":3:"), -EINVAL);
    /* Of a section of a PE file, not of a file. */
    assert_int_equal(parse(t, "3:" MD5 ":Win.Test-1"), -EINVAL);
}

static void refuses_what_is_no_digest(void **state)
{
    struct test *t = *state;
    assert_int_equal(parse(t, "hello"), -EINVAL);
    assert_int_equal(parse(t, "900150983cd24fb0d6963f7d28e17f7"), -EINVAL);
    assert_int_equal(parse(t, MD5 "0"), -EINVAL);
    assert_int_equal(parse(t, SHA256 "00"), -EINVAL);
    assert_int_equal(parse(t, MD5 ",x,terrible"), -EINVAL);
    assert_int_equal(parse(t, MD5 ",x,averyveryverylongword"), -EINVAL);
    assert_int_equal(parse(t, "\""), -EINVAL);
    assert_int_equal(parse(t, ","), -EINVAL);
    char *line = malloc(SW_HASH_LINE_MAX + 1);
    memset(line, ',', SW_HASH_LINE_MAX);
    line[SW_HASH_LINE_MAX] = '\0';
    assert_int_equal(parse(t, line), -EINVAL);
    line[SW_HASH_LINE_MAX - 1] = '\0';
    assert_int_equal(parse(t, line), -EINVAL);
    free(line);
}

static char *write_file(struct test *t, const char *name, const char *text)
{
    char *path = sw_region_printf(&t->region, "%s/%s", t->folder, name);
    assert_int_equal(sw_file_save(AT_FDCWD, path, sw_str_of(text), 0600, NULL), 0);
    return path;
}

static void compiles_several_lists_into_one_file(void **state)
{
    struct test *t = *state;
    char *store = sw_region_printf(&t->region, "%s/store", t->folder);
    struct sw_hash_list_file files[] = {
        {.path = write_file(t, "block", MD5 ",a\n" SHA256 ",b,high\nno hash\n")},
        {.path = write_file(t, "more", SHA256 ",c,critical\n" SHA256 ",d,low\n")},
        {.path = write_file(t, "allow", MD5 "\n"), .is_allowed = true},
    };
    struct sw_hash_list_options options = {
        .files = files, .n_files = SW_ARRAY_SIZE(files), .directory = store, .scratch = "/tmp"};
    struct sw_hash_list_compiled first = {.fd = -1};
    struct sw_hash_list_compiled second = {.fd = -1};
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &first, &t->err), 0);
    assert_false(first.is_cached);
    assert_true(first.fd >= 0);
    assert_int_equal(first.counts[SW_HASH_MD5], 1);
    assert_int_equal(first.counts[SW_HASH_SHA1], 0);
    assert_int_equal(first.counts[SW_HASH_SHA256], 1);
    assert_true(sw_str_find(first.notes, SW_STR("block:3: the first field is no MD5")) >= 0);
    close(first.fd);

    assert_int_equal(sw_hash_list_compile(&options, &t->region, &second, &t->err), 0);
    assert_true(second.is_cached);
    assert_string_equal(first.digest, second.digest);
    assert_true(sw_str_equal(first.notes, second.notes));
    close(second.fd);

    /* The role of a list is part of its name. */
    files[2].is_allowed = false;
    options.directory = NULL;
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &second, &t->err), 0);
    assert_false(second.is_cached);
    assert_string_not_equal(first.digest, second.digest);
    close(second.fd);
}

static void a_damaged_file_is_made_again(void **state)
{
    struct test *t = *state;
    struct sw_hash_list_file file = {.path = write_file(t, "block", MD5 "\n")};
    struct sw_hash_list_options options = {
        .files = &file, .n_files = 1, .directory = t->folder, .scratch = "/tmp"};
    struct sw_hash_list_compiled compiled = {.fd = -1};
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &compiled, &t->err), 0);
    close(compiled.fd);
    char *path = sw_region_printf(
        &t->region, "%s/hashes-%s.mdb", t->folder, strchr(compiled.digest, ':') + 1);
    assert_int_equal(sw_file_save(AT_FDCWD, path, SW_STR("not LMDB"), 0600, NULL), 0);
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &compiled, &t->err), 0);
    assert_false(compiled.is_cached);
    assert_int_equal(compiled.counts[SW_HASH_MD5], 1);
    close(compiled.fd);
}

static void names_a_list_that_is_none(void **state)
{
    struct test *t = *state;
    struct sw_hash_list_file file = {.path = write_file(t, "prose", "this is\nno list\n")};
    struct sw_hash_list_options options = {.files = &file, .n_files = 1, .scratch = "/tmp"};
    struct sw_hash_list_compiled compiled;
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &compiled, &t->err), -EINVAL);
    assert_non_null(strstr(t->err.message, "prose' holds no MD5, SHA-1 or SHA-256"));
    file.path = "/nonexistent/list";
    assert_int_equal(sw_hash_list_compile(&options, &t->region, &compiled, &t->err), -ENOENT);
    assert_non_null(strstr(t->err.message, "/nonexistent/list"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_plain_digests_of_three_kinds),
        TEST(passes_over_comments_and_empty_lines),
        TEST(reads_name_severity_and_reference),
        TEST(takes_the_strongest_of_named_columns),
        TEST(reads_lines_of_clamav),
        TEST(refuses_what_is_no_digest),
        TEST(compiles_several_lists_into_one_file),
        TEST(a_damaged_file_is_made_again),
        TEST(names_a_list_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

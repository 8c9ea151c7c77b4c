/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/feeds.c: each file of the shared sources finds its own reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "harness/shared.h"

/* The feed that is found for a file, by its decompressed head; NULL for none. */
static const struct sw_feed *find(const char *relative)
{
    const char *path = test_shared(relative);
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    enum sw_compression compression;
    assert_int_equal(
        sw_reader_new_decompress(sw_reader_new_fd(fd), 0, &reader, &compression, NULL), 0);
    struct sw_feed_file file = {.path = sw_str_of(relative)};
    assert_int_equal(sw_reader_peek(reader, SW_READER_PEEK_MAX, &file.head, NULL), 0);
    return sw_feed_find(&file);
}

static void finds_the_reader_of_each_shared_source(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"osv/almalinux.jsonl.zst", "osv"},
        {"osv/bitnami.jsonl.zst", "osv"},
        {"osv/crates.jsonl.zst", "osv"},
        {"osv/drupal.jsonl.zst", "osv"},
        {"osv/ghsa-subset.jsonl.zst", "osv"},
        {"osv/go.jsonl.zst", "osv"},
        {"osv/haskell.jsonl.zst", "osv"},
        {"osv/kubernetes.jsonl.zst", "osv"},
        {"osv/oss-fuzz.jsonl.zst", "osv"},
        {"osv/pypi.jsonl.zst", "osv"},
        {"native/debian-fixed-versions.jsonl.zst", "debian-changelog"},
        {"native/debian-changelog-cves.jsonl.zst", "debian-changelog-entries"},
        {"kev/known_exploited_vulnerabilities.csv.zst", "kev"},
        {"kev/known_exploited_vulnerabilities.json.zst", "kev"},
        {"epss/epss_scores.csv.gz", "epss"},
        {"eol/endoflife-date.jsonl.zst", "eol"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        char relative[256];
        snprintf(relative, sizeof(relative), "vulndb-sources/%s", rows[i][0]);
        const struct sw_feed *feed = find(relative);
        assert_non_null(feed);
        assert_string_equal(feed->name, rows[i][1]);
    }
}

static void has_one_reader_of_each_name(void **state)
{
    (void)state;
    for (const struct sw_feed *const *a = sw_feeds; *a != NULL; a++) {
        assert_non_null((*a)->title);
        for (const struct sw_feed *const *b = a + 1; *b != NULL; b++)
            assert_string_not_equal((*a)->name, (*b)->name);
    }
}

static void leaves_other_files_alone(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "", "hello", "{}", "[]", "{\"name\":\"x\"}", "a,b,c\n1,2,3\n", "<html></html>", "\177ELF"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(heads); i++) {
        struct sw_feed_file file = {.path = SW_STR("x"), .head = sw_str_of(heads[i])};
        assert_null(sw_feed_find(&file));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_reader_of_each_shared_source),
        cmocka_unit_test(has_one_reader_of_each_name),
        cmocka_unit_test(leaves_other_files_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

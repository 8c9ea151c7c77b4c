/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building from a folder: the same input gives the same records, and a feed that breaks leaves the
 * previous records in force.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/vulndb.h"

#define ALSA(id, module, fixed)                                                                    \
    "{\"id\":\"ALSA-2024:" id "\",\"summary\":\"Important: " module " security update\","          \
    "\"affected\":[{\"package\":{\"ecosystem\":\"AlmaLinux:8\",\"name\":\"httpd\"},"               \
    "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},"                      \
    "{\"fixed\":\"" fixed "\"}]}]}],\"related\":[\"CVE-2024-" id "\"],"                            \
    "\"modified\":\"2024-01-01T00:00:00Z\",\"published\":\"2024-01-01T00:00:00Z\"}\n"

static int set_up(void **state)
{
    char path[160];
    struct test_vulndb *t = calloc(1, sizeof(*t));
    *state = t;
    if (t == NULL || test_vulndb_init(t) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/sources", t->folder);
    return mkdir(path, 0700);
}

static int tear_down(void **state)
{
    test_vulndb_done(*state);
    free(*state);
    return 0;
}

static void put_file(struct test_vulndb *t, const char *name, struct sw_str text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/sources/%s", t->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
    close(fd);
}

static struct sw_vulndb_build_result build(struct test_vulndb *t, const char *previous)
{
    char sources[160];
    struct sw_vulndb_build_result result = {0};
    snprintf(sources, sizeof(sources), "%s/sources", t->folder);
    struct sw_vulndb_build_options options = {
        .sources = sources, .output = t->path, .previous = previous, .now_s = 1000000000};
    if (sw_vulndb_build(&options, &result, &t->err) < 0)
        fail_msg("%s", t->err.message);
    sw_vulndb_close(t->db);
    t->db = NULL;
    if (sw_vulndb_open(t->path, &t->db, &t->err) < 0)
        fail_msg("%s", t->err.message);
    return result;
}

static struct sw_vulndb_info info_of(struct test_vulndb *t)
{
    struct sw_vulndb_info info;
    assert_int_equal(sw_vulndb_get_info(t->db, &t->region, &info, &t->err), 0);
    return info;
}

static void the_same_input_gives_the_same_file(void **state)
{
    struct test_vulndb *t = *state;
    put_file(t, "b.jsonl", SW_STR(ALSA("1", "httpd", "2.4-1.el8") ALSA("2", "httpd", "2.4-2.el8")));
    put_file(t, "a.jsonl", SW_STR(ALSA("3", "httpd", "2.4-3.el8") ALSA("1", "httpd", "9")));
    put_file(t, "README.md", SW_STR("not a feed"));
    put_file(t, "odd.bin", SW_STR("\x01\x02\x03"));
    struct sw_vulndb_build_result result = build(t, NULL);
    assert_int_equal(result.n_advisories, 3);
    assert_int_equal(result.n_duplicates, 1);
    assert_int_equal(result.n_unrecognised, 1);
    struct sw_vulndb_info one = info_of(t);
    assert_string_equal(one.created.p, "2001-09-09T01:46:40Z");
    build(t, NULL);
    assert_string_equal(info_of(t).digest.p, one.digest.p);
}

static void a_feed_that_breaks_leaves_the_old_records(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_advisory *found = NULL;
    size_t n = 0;
    put_file(t, "alma.jsonl", SW_STR(ALSA("1", "httpd", "2.4-1.el8")));
    build(t, NULL);
    assert_false(info_of(t).feeds[0].is_stale);
    put_file(t, "alma.jsonl", SW_STR("\x1f\x8b\x08\x00 not gzip at all"));
    struct sw_vulndb_build_result result = build(t, t->path);
    assert_int_equal(result.n_broken, 1);
    assert_int_equal(result.n_stale, 1);
    assert_int_equal(
        sw_vulndb_find_advisories(t->db, SW_STR("ALSA-2024:1"), &t->region, &found, &n, &t->err),
        0);
    assert_int_equal(n, 1);
    assert_int_equal(found[0].n_affected, 1);
    assert_true(info_of(t).feeds[0].is_stale);
}

static void streams_end_at_a_slash(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    put_file(t, "alma.jsonl",
        SW_STR(ALSA("1", "httpd:2.4/httpd", "2.4.37-65.module_el8.10.0+3860+a6e26e50")
                ALSA("2", "httpd:2.6", "2.6.1-1.module_el8.10.0+3860+a6e26e50")));
    build(t, NULL);
    sw_report_init(&report, &t->region);
    report.os = (struct sw_os){.id = SW_STR("almalinux"), .version_id = SW_STR("8.10")};
    test_report_add(&report, SW_PACKAGE_RPM, "httpd", "2.4.37-64.module_el8.9.0+1+x", NULL,
        "httpd:2.4:8080020230101:abcdef");
    assert_int_equal(sw_vulndb_match(t->db, &report, SW_STR("2026-11-25"), &t->err), 0);
    assert_int_equal(report.findings.n, 1);
    assert_string_equal(report.findings.v[0].id.p, "CVE-2024-1");
    sw_report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_input_gives_the_same_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_feed_that_breaks_leaves_the_old_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(streams_end_at_a_slash, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database as a whole: what goes in comes out, and files that may not be trusted are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/vulndb.h"

static int set_up(void **state)
{
    struct test_vulndb *t = calloc(1, sizeof(*t));
    *state = t;
    return t != NULL ? test_vulndb_init(t) : -1;
}

static int tear_down(void **state)
{
    test_vulndb_done(*state);
    free(*state);
    return 0;
}

static void must_open(struct test_vulndb *t)
{
    if (test_vulndb_open(t) < 0)
        fail_msg("%s", t->err.message);
}

static void add(struct test_vulndb *t, const char *record, const char *modified, const char *fixed)
{
    struct sw_range ranges[] = {
        {.introduced = SW_STR("1.0"), .fixed = sw_str_of(fixed)},
        {.introduced = SW_STR("0"), .last_affected = SW_STR("0.9")},
        {.type = SW_RANGE_GIT, .introduced = SW_STR("abc"), .fixed = SW_STR("def")},
    };
    struct sw_str versions[] = {SW_STR("7"), SW_STR("8")};
    struct sw_str aliases[] = {SW_STR("CVE-2024-7"), SW_STR("GHSA-x")};
    struct sw_str references[] = {SW_STR("https://a.example/b/c"), SW_STR("https://a.example/b/d"),
        SW_STR("nonsense"), SW_STR("/"), SW_STR_NONE};
    struct sw_affected affected[] = {
        {.product = SW_STR("debian:12"),
            .package = SW_STR("one"),
            .status = SW_FIX_FIXED,
            .severity = SW_SEVERITY_LOW,
            .vendor_status = SW_STR("resolved"),
            .arch = SW_STR("amd64 arm64"),
            .ranges = ranges,
            .n_ranges = 3,
            .versions = versions,
            .n_versions = 2},
        {.product = SW_STR("alma:9"),
            .package = SW_STR("one"),
            .name_kind = SW_AFFECTED_BINARY,
            .status = SW_FIX_AFFECTED,
            .module = SW_STR("m:1")},
    };
    struct sw_advisory a = {.feed = SW_STR("test"),
        .record = sw_str_of(record),
        .id = SW_STR("DSA-1"),
        .aliases = aliases,
        .n_aliases = 2,
        .title = SW_STR("title"),
        .details = SW_STR("details"),
        .severity = SW_SEVERITY_HIGH,
        .cvss = {.vector = SW_STR("CVSS:3.1/AV:N"), .score = 7.5},
        .published = SW_STR("2024-01-01T00:00:00Z"),
        .modified = sw_str_of(modified),
        .references = references,
        .n_references = 5,
        .affected = affected,
        .n_affected = 2};
    test_vulndb_add(t, &a);
}

static void gives_back_what_was_put_in(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_advisory *all = NULL;
    size_t n = 0;
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    must_open(t);
    int r = sw_vulndb_find_advisories(t->db, SW_STR("GHSA-x"), &t->region, &all, &n, &t->err);
    assert_int_equal(r, 0);
    assert_int_equal(n, 1);
    assert_true(sw_str_equal_z(all[0].id, "DSA-1"));
    assert_true(sw_str_equal_z(all[0].record, "r1"));
    assert_true(sw_str_equal_z(all[0].details, "details"));
    assert_true(all[0].cvss.score == 7.5);
    assert_int_equal(all[0].n_references, 5);
    assert_true(sw_str_equal_z(all[0].references[1], "https://a.example/b/d"));
    assert_true(sw_str_equal_z(all[0].references[3], "/"));
    assert_int_equal(all[0].n_affected, 2);
    const struct sw_affected *one = &all[0].affected[0];
    assert_true(sw_str_equal_z(one->product, "debian:12"));
    assert_int_equal(one->n_ranges, 3);
    assert_int_equal(one->ranges[2].type, SW_RANGE_GIT);
    assert_true(sw_str_equal_z(one->ranges[1].last_affected, "0.9"));
    assert_int_equal(one->n_versions, 2);
    assert_true(sw_str_equal_z(one->vendor_status, "resolved"));
    assert_true(sw_str_equal_z(one->arch, "amd64 arm64"));
    assert_int_equal(one->severity, SW_SEVERITY_LOW);
    assert_true(sw_str_equal_z(all[0].affected[1].module, "m:1"));
    assert_int_equal(sw_vulndb_search(t->db, SW_STR("one"), &t->region, &all, &n, &t->err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(all[0].n_affected, 2);
    assert_int_equal(sw_vulndb_search(t->db, SW_STR("on"), &t->region, &all, &n, &t->err), 0);
    assert_int_equal(n, 0);
}

static void the_newer_of_two_records_stays(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_advisory *all = NULL;
    struct sw_vulndb_info info;
    size_t n = 0;
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    add(t, "r1", "2024-01-03T00:00:00Z", "3.0");
    add(t, "r1", "2024-01-01T00:00:00Z", "4.0");
    must_open(t);
    assert_int_equal(
        sw_vulndb_find_advisories(t->db, SW_STR("CVE-2024-7"), &t->region, &all, &n, &t->err), 0);
    assert_int_equal(n, 1);
    assert_true(sw_str_equal_z(all[0].affected[0].ranges[0].fixed, "3.0"));
    assert_int_equal(sw_vulndb_get_info(t->db, &t->region, &info, &t->err), 0);
    assert_int_equal(info.n_advisories, 1);
    assert_int_equal(info.n_entries, 2);
    assert_int_equal(info.n_products, 2);
}

static void scores_keep_five_digits(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_cve_facts facts = {
        .cve = SW_STR("CVE-2024-123456"), .epss = 0.00043, .epss_percentile = 0.09999};
    struct sw_cve_facts found;
    assert_int_equal(sw_writer_add_facts(t->writer, &facts, &t->err), 0);
    facts.cve = SW_STR("CVE-2024-123457");
    facts.epss = 1;
    facts.epss_percentile = 0;
    assert_int_equal(sw_writer_add_facts(t->writer, &facts, &t->err), 0);
    facts.cve = SW_STR("CVE-24-1");
    assert_int_equal(sw_writer_add_facts(t->writer, &facts, &t->err), -EINVAL);
    must_open(t);
    int r = sw_vulndb_find_cve(t->db, SW_STR("CVE-2024-123456"), &t->region, &found, &t->err);
    assert_int_equal(r, 1);
    assert_true(found.epss == 0.00043 && found.epss_percentile == 0.09999 && !found.is_kev);
    r = sw_vulndb_find_cve(t->db, SW_STR("CVE-2024-123457"), &t->region, &found, &t->err);
    assert_int_equal(r, 1);
    assert_true(found.epss == 1 && found.epss_percentile == 0);
    r = sw_vulndb_find_cve(t->db, SW_STR("CVE-2024-123458"), &t->region, &found, &t->err);
    assert_int_equal(r, 0);
}

static void names_that_fit_no_key_are_refused(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_str nul = {"a\0b", 3};
    struct sw_affected affected = {.product = SW_STR("debian:12"), .package = nul};
    struct sw_advisory a = {.feed = SW_STR("test"),
        .record = SW_STR("r"),
        .id = SW_STR("r"),
        .affected = &affected,
        .n_affected = 1};
    assert_int_equal(test_vulndb_add(t, &a), SW_WRITER_REFUSED);
    affected.package = SW_STR("p");
    affected.product = SW_STR_NONE;
    assert_int_equal(test_vulndb_add(t, &a), SW_WRITER_REFUSED);
    affected.product = SW_STR("debian:12");
    assert_int_equal(test_vulndb_add(t, &a), SW_WRITER_ADDED);
}

static int try_open(struct test_vulndb *t)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = NULL;
    return sw_vulndb_open(t->path, &db, &t->err);
}

static void files_that_may_not_be_trusted_are_refused(void **state)
{
    struct test_vulndb *t = *state;
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    must_open(t);
    assert_int_equal(try_open(t), 0);
    assert_int_equal(chmod(t->path, 0664), 0);
    assert_int_equal(try_open(t), -EPERM);
    assert_int_equal(chmod(t->path, 0644), 0);
    assert_int_equal(try_open(t), 0);
    assert_int_equal(truncate(t->path, 8192), 0);
    assert_int_equal(try_open(t), -EBADMSG);
    assert_int_equal(truncate(t->path, 5), 0);
    assert_int_equal(try_open(t), -EBADMSG);
    assert_int_equal(unlink(t->path), 0);
    assert_int_equal(try_open(t), -ENOENT);
    assert_int_equal(mkfifo(t->path, 0600), 0);
    assert_int_equal(try_open(t), -EBADMSG);
    assert_int_equal(unlink(t->path), 0);
    assert_int_equal(mkdir(t->path, 0700), 0);
    assert_true(try_open(t) < 0);
}

static void another_format_version_is_named(void **state)
{
    struct test_vulndb *t = *state;
    struct stat st;
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    must_open(t);
    assert_int_equal(stat(t->path, &st), 0);
    int fd = open(t->path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\x63", 1, st.st_size - 4096 + 16), 1);
    close(fd);
    assert_int_equal(try_open(t), -EPROTO);
    assert_non_null(strstr(t->err.message, "format 99"));
}

static void a_reader_is_not_disturbed_by_a_new_file(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_advisory *all = NULL;
    struct sw_writer_counts counts;
    size_t n = 0;
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    must_open(t);
    assert_int_equal(sw_writer_new(t->path, &t->writer, &t->err), 0);
    assert_int_equal(sw_writer_finish(t->writer, "2026-11-26T00:00:00Z", &counts, &t->err), 0);
    assert_int_equal(
        sw_vulndb_find_advisories(t->db, SW_STR("CVE-2024-7"), &t->region, &all, &n, &t->err), 0);
    assert_int_equal(n, 1);
    sw_vulndb_close(t->db);
    assert_int_equal(sw_vulndb_open(t->path, &t->db, &t->err), 0);
    assert_int_equal(
        sw_vulndb_find_advisories(t->db, SW_STR("CVE-2024-7"), &t->region, &all, &n, &t->err), 0);
    assert_int_equal(n, 0);
}

static void the_check_is_recorded_beside_the_file(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_vulndb_info info;
    char record[160];
    add(t, "r1", "2024-01-02T00:00:00Z", "2.0");
    must_open(t);
    snprintf(record, sizeof(record), "%s.verified", t->path);
    assert_int_equal(access(record, R_OK), 0);
    assert_int_equal(sw_vulndb_get_info(t->db, &t->region, &info, &t->err), 0);
    assert_true(sw_str_starts_with(info.digest, SW_STR("sha256:")));
    assert_int_equal(sw_vulndb_verify(t->path, &t->err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_back_what_was_put_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newer_of_two_records_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scores_keep_five_digits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_fit_no_key_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            files_that_may_not_be_trusted_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_format_version_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_is_not_disturbed_by_a_new_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_check_is_recorded_beside_the_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

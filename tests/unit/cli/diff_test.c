/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/diff.c: what counts as the same finding, and versions of one name that come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diff.h"
#include "base/buf.h"
#include "base/mem.h"

/* "a=1 a=2 b=1": names and versions. */
static void fill(struct sw_report *report, const char *text)
{
    struct sw_str rest = sw_str_of(text);
    struct sw_str word;
    while (rest.n > 0 && sw_str_next_token(&rest, ' ', &word)) {
        struct sw_package package = {.type = SW_PACKAGE_DPKG};
        sw_str_next_token(&word, '=', &package.name);
        package.version = word;
        assert_int_equal(sw_vec_push(&report->packages, package, 100), 0);
    }
}

static void print_changes(const struct sw_diff *diff, struct sw_buf *buf)
{
    SW_VEC_EACH (pair, &diff->packages) {
        struct sw_str before = pair->before != NULL ? pair->before->version : SW_STR_NONE;
        struct sw_str after = pair->after != NULL ? pair->after->version : SW_STR_NONE;
        struct sw_str name = pair->after != NULL ? pair->after->name : pair->before->name;
        assert_int_equal(sw_buf_printf(buf, "%.*s %.*s>%.*s, ", SW_STR_ARG(name),
                             SW_STR_ARG(before), SW_STR_ARG(after)),
            0);
    }
    assert_int_equal(sw_buf_printf(buf, "%zu same", diff->n_same_packages), 0);
}

static void check(const char *before, const char *after, const char *expected)
{
    struct sw_region region;
    struct sw_report old_report;
    struct sw_report new_report;
    SW_CLEANUP(sw_diff_done) struct sw_diff diff = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_err err = {0};
    sw_region_init(&region, 65536);
    sw_report_init(&old_report, &region);
    sw_report_init(&new_report, &region);
    sw_buf_init(&text, 4096);
    fill(&old_report, before);
    fill(&new_report, after);
    assert_int_equal(sw_diff_init(&diff, &old_report, &new_report, &err), 0);
    print_changes(&diff, &text);
    assert_string_equal(text.p, expected);
    sw_report_done(&old_report);
    sw_report_done(&new_report);
    sw_region_done(&region);
}

static void pairs_versions_of_one_name(void **state)
{
    (void)state;
    check("", "", "0 same");
    check("a=1", "a=1", "1 same");
    check("a=1", "a=2", "a 1>2, 0 same");
    check("a=1 b=1", "b=1 c=1", "a 1>, c >1, 1 same");
    check("a=1 a=2", "a=2 a=3", "a 1>3, 1 same");
    check("a=1 a=2 a=3", "a=2", "a 1>, a 3>, 1 same");
    check("a=2", "a=1 a=2 a=3", "a >1, a >3, 1 same");
    check("a=1 a=1", "a=1", "1 same");
    check("a=1", "a=1 a=1", "2 same");
    check("b=1", "a=1 b=2", "a >1, b 1>2, 0 same");
}

static struct sw_finding finding(const char *id, const char *source, const char *version)
{
    return (struct sw_finding){
        .id = sw_str_of(id),
        .source_name = sw_str_of(source),
        .installed_version = sw_str_of(version),
    };
}

static void knows_a_finding_by_id_and_source(void **state)
{
    (void)state;
    struct sw_region region;
    struct sw_report before;
    struct sw_report after;
    struct sw_err err = {0};
    SW_CLEANUP(sw_diff_done) struct sw_diff diff = {0};
    sw_region_init(&region, 65536);
    sw_report_init(&before, &region);
    sw_report_init(&after, &region);
    assert_int_equal(sw_vec_push(&before.findings, finding("CVE-1", "a", "1"), 9), 0);
    assert_int_equal(sw_vec_push(&before.findings, finding("CVE-1", "b", "1"), 9), 0);
    assert_int_equal(sw_vec_push(&after.findings, finding("CVE-1", "a", "2"), 9), 0);
    assert_int_equal(sw_vec_push(&after.findings, finding("CVE-1", "c", "1"), 9), 0);
    assert_int_equal(sw_diff_init(&diff, &before, &after, &err), 0);
    assert_int_equal(diff.findings.n, 3);
    assert_int_equal(diff.findings.v[0].change, SW_DIFF_NEW);
    assert_ptr_equal(diff.findings.v[0].finding, &after.findings.v[1]);
    assert_int_equal(diff.findings.v[1].change, SW_DIFF_FIXED);
    assert_ptr_equal(diff.findings.v[1].finding, &before.findings.v[1]);
    assert_int_equal(diff.findings.v[2].change, SW_DIFF_UNCHANGED);
    assert_ptr_equal(diff.findings.v[2].finding, &after.findings.v[0]);
    assert_ptr_equal(diff.findings.v[2].report, &after);
    sw_report_done(&before);
    sw_report_done(&after);
    sw_region_done(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_versions_of_one_name),
        cmocka_unit_test(knows_a_finding_by_id_and_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

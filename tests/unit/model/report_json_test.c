/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/model/report_json.c: nothing is lost on the way through JSON, and damaged or hostile
 * reports are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/report_json.h"

#define REGION_BYTES ((size_t)1024 * 1024 * 1024)

static int collect(void *context, struct sw_str text)
{
    return sw_buf_append_str(context, text);
}

static void format(const struct sw_report *report, struct sw_buf *buf)
{
    sw_buf_init(buf, SW_REPORT_JSON_MAX);
    struct sw_err err = {0};
    if (sw_report_json_format(report, "0.1.0", collect, buf, &err) < 0)
        fail_msg("%s", err.message);
}

static void fill_image(struct sw_report *report)
{
    static struct sw_layer layers[] = {
        {.digest = SW_STR_INIT("sha256:aa"),
            .diff_id = SW_STR_INIT("sha256:bb"),
            .media_type = SW_STR_INIT("t"),
            .instruction = SW_STR_INIT("RUN \"x\"\n"),
            .size_bytes = 10,
            .n_files = 2,
            .n_bytes = 99,
            .is_cached = true},
        {.digest = SW_STR_INIT("sha256:cc")},
    };
    report->image = (struct sw_image){.name = SW_STR("a:b"),
        .digest = SW_STR("sha256:dd"),
        .config_digest = SW_STR("sha256:ee"),
        .os = SW_STR("linux"),
        .architecture = SW_STR("arm64"),
        .variant = SW_STR("v8"),
        .created = SW_STR("2026"),
        .layers = layers,
        .n_layers = 2};
    report->os = (struct sw_os){.id = SW_STR("debian"),
        .version_id = SW_STR("12"),
        .codename = SW_STR("c"),
        .name = SW_STR("n"),
        .id_like = SW_STR("l"),
        .cpe = SW_STR("e"),
        .variant = SW_STR("v"),
        .path = SW_STR("etc/os-release")};
}

static void fill_packages(struct sw_report *report)
{
    struct sw_package a = {.type = SW_PACKAGE_DPKG,
        .name = SW_STR("a"),
        .version = SW_STR("1"),
        .arch = SW_STR("amd64"),
        .source_name = SW_STR("s"),
        .source_version = SW_STR("1"),
        .module = SW_STR("m"),
        .vendor = SW_STR("v"),
        .maintainer = SW_STR("w"),
        .licence = SW_STR("MIT"),
        .database = SW_STR("var/lib/dpkg/status"),
        .layer = 1};
    struct sw_package b = {
        .type = SW_PACKAGE_DPKG, .name = SW_STR("b\0\xfe"), .layer = SW_PACKAGE_NO_LAYER};
    assert_int_equal(sw_vec_push(&report->packages, a, 10), 0);
    assert_int_equal(sw_vec_push(&report->packages, b, 10), 0);
}

static void fill_findings(struct sw_report *report)
{
    static struct sw_str aliases[] = {SW_STR_INIT("GHSA-1"), SW_STR_INIT("DSA-1")};
    static size_t indices[] = {1, 0};
    struct sw_finding finding = {.kind = SW_FINDING_VULNERABILITY,
        .id = SW_STR("CVE-1"),
        .advisory_id = SW_STR("DSA-2"),
        .aliases = aliases,
        .n_aliases = 2,
        .title = SW_STR("t"),
        .severity = SW_SEVERITY_HIGH,
        .severity_source = SW_STR("f"),
        .cvss = {.vector = SW_STR("CVSS:3.1/AV:N"), .score = 7.5},
        .status = SW_FIX_FIXED,
        .vendor_status = SW_STR("no-dsa"),
        .fixed_version = SW_STR("2"),
        .published = SW_STR("p"),
        .modified = SW_STR("m"),
        .references = aliases,
        .n_references = 1,
        .is_kev = true,
        .kev_date = SW_STR("d"),
        .kev_due = SW_STR("e"),
        .epss = 0.97312,
        .epss_percentile = -1,
        .packages = indices,
        .n_packages = 2,
        .source_name = SW_STR("s"),
        .installed_version = SW_STR("1"),
        .feed = SW_STR("debian"),
        .record = SW_STR("r"),
        .range = SW_STR("< 2"),
        .matched = SW_STR("debian:12 source s")};
    assert_int_equal(sw_vec_push(&report->findings, finding, 10), 0);
    struct sw_ignored ignored = {.finding = finding,
        .origin = SW_STR(".seawallignore:4"),
        .status = SW_STR("ignored"),
        .reason = SW_STR("not \xff reachable"),
        .until = SW_STR("2026-12-31")};
    assert_int_equal(sw_vec_push(&report->ignored, ignored, 10), 0);
    report->n_ignore_expired = 2;
}

static void fill(struct sw_report *report)
{
    report->target = SW_STR("dir\xff/\"x\"");
    report->target_kind = SW_TARGET_OCI_ARCHIVE;
    report->scanned_at = SW_STR("2026-11-25T00:00:00Z");
    report->support = SW_SUPPORT_END_OF_LIFE;
    report->support_text = SW_STR("gone");
    report->eol_date = SW_STR("2026-06-30");
    fill_image(report);
    fill_packages(report);
    fill_findings(report);
    assert_int_equal(sw_report_note(report, SW_NOTE_LIMIT, SW_STR("p\xff"), "cut %d", 5), 0);
    report->notes.v[0].layer = 1;
    report->notes.v[0].analyzer = SW_STR("dpkg");
    report->n_notes_dropped = 3;
    struct sw_unexamined jar = {.kind = SW_STR(".jar"), .n = 212, .example = SW_STR("a/b.jar")};
    assert_int_equal(sw_vec_push(&report->unexamined, jar, 10), 0);
    report->database = (struct sw_database_info){.is_present = true,
        .path = SW_STR("/db"),
        .created = SW_STR("c"),
        .age_s = 77,
        .digest = SW_STR("sha256:ff")};
}

/* For tests/check/report_schema_test.py: a report in which every member is set. */
static int print_full(void)
{
    struct sw_region region;
    struct sw_report report;
    struct sw_buf buf;
    sw_region_init(&region, REGION_BYTES);
    sw_report_init(&report, &region);
    fill(&report);
    format(&report, &buf);
    (void)fputs(buf.p, stdout);
    sw_buf_done(&buf);
    sw_report_done(&report);
    sw_region_done(&region);
    return 0;
}

static void nothing_is_lost(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    SW_CLEANUP(sw_report_done) struct sw_report back;
    sw_report_init(&report, &region);
    sw_report_init(&back, &region);
    fill(&report);
    SW_CLEANUP(sw_buf_done) struct sw_buf first;
    format(&report, &first);
    struct sw_err err = {0};
    if (sw_report_json_parse(sw_buf_str(&first), &back, &err) < 0)
        fail_msg("%s in %s", err.message, first.p);
    SW_CLEANUP(sw_buf_done) struct sw_buf second;
    format(&back, &second);
    assert_string_equal(first.p, second.p);
    assert_true(sw_str_equal(back.target, report.target));
    assert_int_equal(back.target_kind, SW_TARGET_OCI_ARCHIVE);
    assert_true(sw_str_equal(back.packages.v[1].name, report.packages.v[1].name));
    assert_int_equal(back.packages.v[0].layer, 1);
    const struct sw_finding *finding = &back.findings.v[0];
    assert_true(finding->cvss.score == 7.5 && finding->epss == 0.97312);
    assert_true(finding->epss_percentile < 0 && finding->is_kev);
    assert_int_equal(finding->packages[0], 1);
    assert_true(sw_str_equal_z(finding->matched, "debian:12 source s"));
    assert_true(sw_str_equal_z(finding->aliases[1], "DSA-1"));
    assert_int_equal(back.ignored.n, 1);
    assert_true(sw_str_equal(back.ignored.v[0].reason, report.ignored.v[0].reason));
    assert_true(sw_str_equal_z(back.ignored.v[0].finding.id, "CVE-1"));
    assert_int_equal(back.n_ignore_expired, 2);
    assert_int_equal(back.notes.v[0].layer, 1);
    assert_int_equal(back.n_notes_dropped, 3);
    assert_int_equal(back.unexamined.v[0].n, 212);
    assert_int_equal(back.database.age_s, 77);
    assert_int_equal(back.support, SW_SUPPORT_END_OF_LIFE);
    assert_true(sw_str_equal_z(back.image.layers[0].instruction, "RUN \"x\"\n"));
    assert_true(back.image.layers[0].is_cached);
    assert_non_null(strstr(first.p, "\"is_incomplete\":true"));
    assert_non_null(strstr(first.p, "\"purl\":\"pkg:deb/debian/a@1?arch=amd64"));
}

static void an_empty_report_survives(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_report_init(&report, &region);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    format(&report, &buf);
    assert_int_equal(sw_report_json_parse(sw_buf_str(&buf), &report, NULL), 0);
    assert_int_equal(report.packages.n, 0);
    assert_int_equal(report.image.n_layers, 0);
}

/* Pieces keep the writer's memory small however long the report is. */
static int count_pieces(void *context, struct sw_str text)
{
    size_t *largest = context;
    *largest = text.n > *largest ? text.n : *largest;
    return 0;
}

static void long_reports_are_written_in_pieces(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    SW_CLEANUP(sw_report_done) struct sw_report back;
    sw_report_init(&report, &region);
    sw_report_init(&back, &region);
    for (size_t i = 0; i < 20000; i++) {
        struct sw_package package = {.name = sw_str_of(sw_region_printf(&region, "package-%zu", i)),
            .version = SW_STR("1.0-1"),
            .layer = SW_PACKAGE_NO_LAYER};
        assert_int_equal(sw_vec_push(&report.packages, package, SW_REPORT_PACKAGES_MAX), 0);
    }
    size_t largest = 0;
    assert_int_equal(sw_report_json_format(&report, "0", count_pieces, &largest, NULL), 0);
    assert_true(largest > 0 && largest < 80000);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    format(&report, &buf);
    assert_int_equal(sw_report_json_parse(sw_buf_str(&buf), &back, NULL), 0);
    assert_int_equal(back.packages.n, 20000);
    assert_true(sw_str_equal_z(back.packages.v[19999].name, "package-19999"));
}

static int refuse_pieces(void *context, struct sw_str text)
{
    (void)context;
    (void)text;
    return -ENOSPC;
}

static void a_failing_writer_ends_it(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_report_init(&report, &region);
    struct sw_err err = {0};
    assert_int_equal(sw_report_json_format(&report, "0", refuse_pieces, NULL, &err), -ENOSPC);
    assert_true(err.message[0] != '\0');
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    SW_CLEANUP(sw_report_done) struct sw_report back;
    sw_report_init(&report, &region);
    sw_report_init(&back, &region);
    fill(&report);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    format(&report, &buf);
    for (size_t n = 0; n + 1 < buf.n; n++) {
        struct sw_err err = {0};
        assert_true(sw_report_json_parse((struct sw_str){buf.p, n}, &back, &err) < 0);
        assert_true(err.message[0] != '\0');
        assert_int_equal(back.packages.n, 0);
    }
}

#define HEAD                                                                                       \
    "{\"schema_version\":1,\"target\":{\"name\":\"a\",\"kind\":\"rootfs\"},"                       \
    "\"support\":{\"verdict\":\"supported\"}"

static void refuse(const char *text, int code)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_report_init(&report, &region);
    int r = sw_report_json_parse(sw_str_of(text), &report, NULL);
    if (r != code)
        fail_msg("%d for %s", r, text);
}

static void checks_what_it_reads(void **state)
{
    (void)state;
    refuse(HEAD "}", 0);
    refuse(HEAD ",\"unknown\":{\"a\":[1,\"]}\"]},\"packages\":[ ] } \n", 0);
    refuse("", -EINVAL);
    refuse("[]", -EINVAL);
    refuse(HEAD "} x", -EINVAL);
    refuse(HEAD "]", -EINVAL);
    refuse("{\"schema_version\":2}", -EPROTONOSUPPORT);
    refuse("{}", -EPROTONOSUPPORT);
    refuse("{\"schema_version\":1}", -EINVAL);
    refuse(HEAD ",\"packages\":7}", -EINVAL);
    refuse(HEAD ",\"packages\":[7]}", -EINVAL);
    refuse(HEAD ",\"packages\":[{},]}", -EINVAL);
    refuse(HEAD ",\"packages\":[{\"type\":\"deb\",\"name\":\"a\",\"layer\":0}]}", -EINVAL);
    refuse(HEAD ",\"packages\":[{\"type\":\"deb\",\"name\":\"a\",\"layer\":-2}]}", -ERANGE);
    refuse(HEAD ",\"findings\":[{\"kind\":\"vulnerability\",\"packages\":[0]}]}", -EINVAL);
    refuse(HEAD ",\"findings\":[{\"kind\":\"vulnerability\",\"packages\":[-1]}]}", -EINVAL);
    refuse(HEAD ",\"findings\":[{\"kind\":\"nothing\"}]}", -EINVAL);
    refuse(HEAD ",\"notes\":[{\"kind\":\"nothing\"}]}", -EINVAL);
    refuse(HEAD ",\"image\":{\"layers\":[1]}}", -EINVAL);
    refuse(HEAD ",\"n_notes_dropped\":-1}", -ERANGE);
}

static void absurd_nesting_is_refused(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 1u << 20);
    sw_buf_printf(&buf, HEAD ",\"packages\":[");
    for (size_t i = 0; i < 100000; i++)
        sw_buf_append_char(&buf, '[');
    for (size_t i = 0; i < 100000; i++)
        sw_buf_append_char(&buf, ']');
    sw_buf_printf(&buf, "]}");
    refuse(buf.p, -EINVAL);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0)
        return print_full();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(an_empty_report_survives),
        cmocka_unit_test(long_reports_are_written_in_pieces),
        cmocka_unit_test(a_failing_writer_ends_it),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(checks_what_it_reads),
        cmocka_unit_test(absurd_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching on hand-made records: each rule that decides whether an entry is a finding.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
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

static void start_report(
    struct test_vulndb *t, struct sw_report *report, const char *id, const char *version)
{
    sw_report_init(report, &t->region);
    report->os = (struct sw_os){.id = sw_str_of(id), .version_id = sw_str_of(version)};
}

static void match(struct test_vulndb *t, struct sw_report *report)
{
    if (t->db == NULL && test_vulndb_open(t) < 0)
        fail_msg("%s", t->err.message);
    if (sw_vulndb_match(t->db, report, SW_STR("2026-11-25"), &t->err) < 0)
        fail_msg("%s", t->err.message);
}

/* "id source installed fixed packages; ..." of all findings. */
static const char *show(struct test_vulndb *t, const struct sw_report *report)
{
    struct sw_buf buf;
    sw_buf_init(&buf, 65536);
    SW_VEC_EACH (f, &report->findings)
        sw_buf_printf(&buf, "%.*s %.*s %.*s %.*s %zu; ", SW_STR_ARG(f->id),
            SW_STR_ARG(f->source_name), SW_STR_ARG(f->installed_version),
            SW_STR_ARG(f->fixed_version), f->n_packages);
    char *text = sw_region_strdup(&t->region, sw_buf_str(&buf));
    sw_buf_done(&buf);
    return text;
}

static void add_debian(struct test_vulndb *t, const char *record, const char *package,
    enum sw_fix_status status, const char *fixed)
{
    test_vulndb_add_entry(t, &(struct test_entry){.feed = "debian-tracker",
                                 .record = record,
                                 .product = "debian:12",
                                 .package = package,
                                 .status = status,
                                 .fixed = fixed});
}

static void add_alma(struct test_vulndb *t, const char *record, const char *aliases,
    const char *package, const char *fixed, const char *title)
{
    test_vulndb_add_entry(t, &(struct test_entry){.feed = "osv-almalinux",
                                 .record = record,
                                 .aliases = aliases,
                                 .product = "alma:9",
                                 .package = package,
                                 .kind = SW_AFFECTED_BINARY,
                                 .status = SW_FIX_FIXED,
                                 .fixed = fixed,
                                 .title = title});
}

static void fixed_versions_end_the_range(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    add_debian(t, "CVE-2024-1", "openssl", SW_FIX_FIXED, "3.0.11-1~deb12u2");
    start_report(t, &report, "debian", "12");
    test_report_add(&report, SW_PACKAGE_DPKG, "libssl3", "3.0.11-1~deb12u1", "openssl", NULL);
    test_report_add(&report, SW_PACKAGE_DPKG, "openssl", "3.0.11-1~deb12u1", "openssl", NULL);
    match(t, &report);
    assert_string_equal(
        show(t, &report), "CVE-2024-1 openssl 3.0.11-1~deb12u1 3.0.11-1~deb12u2 2; ");
    assert_int_equal(report.support, SW_SUPPORT_YES);
    assert_false(sw_report_is_incomplete(&report));
    assert_string_equal(report.findings.v[0].range.p, "< 3.0.11-1~deb12u2");
    assert_string_equal(report.findings.v[0].matched.p, "debian:12 source openssl");
    sw_report_done(&report);

    start_report(t, &report, "debian", "12");
    test_report_add(&report, SW_PACKAGE_DPKG, "libssl3", "3.0.11-1~deb12u2", "openssl", NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 0);
    sw_report_done(&report);
}

static void statuses_decide_without_versions(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    static const struct {
        const char *record;
        enum sw_fix_status status;
    } all[] = {
        {"CVE-2024-1", SW_FIX_UNKNOWN},
        {"CVE-2024-2", SW_FIX_AFFECTED},
        {"CVE-2024-3", SW_FIX_FIXED},
        {"CVE-2024-4", SW_FIX_WILL_NOT_FIX},
        {"CVE-2024-5", SW_FIX_DEFERRED},
        {"CVE-2024-6", SW_FIX_NOT_AFFECTED},
        {"CVE-2024-7", SW_FIX_UNDER_INVESTIGATION},
        {"CVE-2024-8", SW_FIX_END_OF_LIFE},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(all); i++)
        add_debian(t, all[i].record, "curl", all[i].status, NULL);
    test_vulndb_add_entry(t, &(struct test_entry){.feed = "debian-tracker",
                                 .record = "CVE-2024-9",
                                 .product = "debian:12",
                                 .package = "curl",
                                 .status = SW_FIX_AFFECTED,
                                 .is_withdrawn = true});
    start_report(t, &report, "debian", "12");
    test_report_add(&report, SW_PACKAGE_DPKG, "curl", "7.88.1-10", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 6);
    SW_VEC_EACH (f, &report.findings) {
        assert_false(sw_str_equal_z(f->id, "CVE-2024-3"));
        assert_false(sw_str_equal_z(f->id, "CVE-2024-6"));
        assert_false(sw_str_equal_z(f->id, "CVE-2024-9"));
        assert_string_equal(f->range.p, "all versions");
    }
    sw_report_done(&report);
}

static void fixed_in_zero_is_not_affected(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    static const char *const fixed[] = {"0", "1.36.1-r30"};
    for (size_t i = 0; i < 2; i++)
        test_vulndb_add_entry(t, &(struct test_entry){.feed = "secdb-alpine",
                                     .record = i == 0 ? "CVE-2024-1" : "CVE-2024-2",
                                     .product = "alpine:3.20",
                                     .package = "busybox",
                                     .status = SW_FIX_FIXED,
                                     .fixed = fixed[i]});
    start_report(t, &report, "alpine", "3.20.3");
    test_report_add(&report, SW_PACKAGE_APK, "ssl_client", "1.36.1-r29", "busybox", NULL);
    match(t, &report);
    assert_string_equal(show(t, &report), "CVE-2024-2 busybox 1.36.1-r29 1.36.1-r30 1; ");
    sw_report_done(&report);
}

static void errata_are_one_finding_each(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    add_alma(t, "ALSA-2024:1", "CVE-2024-1 CVE-2024-2", "curl", "7.76.1-30.el9", NULL);
    add_alma(t, "ALSA-2024:2", "CVE-2024-3", "curl", "7.76.1-31.el9", NULL);
    start_report(t, &report, "almalinux", "9.4");
    test_report_add(&report, SW_PACKAGE_RPM, "curl", "7.76.1-29.el9", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 2);
    const struct sw_finding *one = &report.findings.v[0];
    const struct sw_finding *two = &report.findings.v[1];
    if (!sw_str_equal_z(one->id, "CVE-2024-3")) {
        two = one;
        one = &report.findings.v[1];
    }
    assert_string_equal(one->id.p, "CVE-2024-3");
    assert_string_equal(one->advisory_id.p, "ALSA-2024:2");
    assert_string_equal(two->id.p, "ALSA-2024:1");
    assert_int_equal(two->n_aliases, 2);
    sw_report_done(&report);
}

static void modules_match_their_own_stream(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    add_alma(t, "ALSA-2024:18", "CVE-2024-18", "nodejs", "1:18.20.4-1.module_el9.4.0+120+x",
        "Important: nodejs:18 security update");
    add_alma(t, "ALSA-2024:20", "CVE-2024-20", "nodejs", "1:20.16.0-1.module_el9.4.0+121+x",
        "Important: nodejs:20 security update");
    add_alma(t, "ALSA-2024:16", "CVE-2024-16", "nodejs", "1:16.20.2-8.el9_4",
        "Important: nodejs security update");
    add_alma(t, "ALSA-2022:1", "CVE-2024-99", "nodejs", "1:19.0.0-1.module_el9.4.0+1+x",
        "ALSA-2022:1: nodejs security update (Important)");
    start_report(t, &report, "almalinux", "9.4");
    test_report_add(&report, SW_PACKAGE_RPM, "nodejs", "1:18.20.2-1.module_el9.4.0+100+x", NULL,
        "nodejs:18:9040020240101:rhel9");
    match(t, &report);
    assert_int_equal(report.findings.n, 2); /* 18, and the one whose stream is not known */
    SW_VEC_EACH (f, &report.findings)
        assert_true(sw_str_equal_z(f->id, "CVE-2024-18") || sw_str_equal_z(f->id, "CVE-2024-99"));
    sw_report_done(&report);

    start_report(t, &report, "almalinux", "9.4");
    test_report_add(&report, SW_PACKAGE_RPM, "nodejs", "1:16.20.2-4.el9", NULL, NULL);
    match(t, &report);
    assert_string_equal(
        show(t, &report), "CVE-2024-16 nodejs 1:16.20.2-4.el9 1:16.20.2-8.el9_4 1; ");
    sw_report_done(&report);
}

/* Two builds of a package in one erratum: whoever has the lower one has the fix. */
static void any_build_of_an_erratum_has_the_fix(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    struct sw_range ranges[] = {{.fixed = SW_STR("1.14-3.el8_2")}, {.fixed = SW_STR("1.14-3.el8")}};
    struct sw_affected affected[2];
    for (size_t i = 0; i < 2; i++)
        affected[i] = (struct sw_affected){.product = SW_STR("alma:8"),
            .package = SW_STR("skopeo"),
            .name_kind = SW_AFFECTED_BINARY,
            .status = SW_FIX_FIXED,
            .ranges = &ranges[i],
            .n_ranges = 1};
    struct sw_advisory advisory = {.feed = SW_STR("osv-almalinux"),
        .record = SW_STR("ALSA-2024:1"),
        .id = SW_STR("ALSA-2024:1"),
        .cvss = {.score = -1},
        .affected = affected,
        .n_affected = 2};
    test_vulndb_add(t, &advisory);
    start_report(t, &report, "almalinux", "8.10");
    test_report_add(&report, SW_PACKAGE_RPM, "skopeo", "1.14-3.el8", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 0);
    sw_report_done(&report);

    start_report(t, &report, "almalinux", "8.10");
    test_report_add(&report, SW_PACKAGE_RPM, "skopeo", "1.14-2.el8", NULL, NULL);
    match(t, &report);
    assert_string_equal(show(t, &report), "ALSA-2024:1 skopeo 1.14-2.el8 1.14-3.el8 1; ");
    sw_report_done(&report);
}

static void the_tracker_outranks_changelogs(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    static const char *const cves[] = {"CVE-2024-1", "CVE-2024-2"};
    add_debian(t, "CVE-2024-1", "curl", SW_FIX_NOT_AFFECTED, NULL);
    for (size_t i = 0; i < 2; i++)
        test_vulndb_add_entry(t, &(struct test_entry){.feed = "debian-changelog",
                                     .record = cves[i],
                                     .product = "debian:12",
                                     .package = "curl",
                                     .status = SW_FIX_FIXED,
                                     .fixed = "8.0"});
    start_report(t, &report, "debian", "12");
    test_report_add(&report, SW_PACKAGE_DPKG, "curl", "7.88.1-10", NULL, NULL);
    match(t, &report);
    assert_string_equal(show(t, &report), "CVE-2024-2 curl 7.88.1-10 8.0 1; ");
    sw_report_done(&report);
}

static void add_redhat(struct test_vulndb *t, const char *record, const char *product,
    enum sw_fix_status status, const char *fixed)
{
    test_vulndb_add_entry(t, &(struct test_entry){.feed = "csaf-redhat",
                                 .record = record,
                                 .aliases = "CVE-2024-1",
                                 .product = product,
                                 .package = "openssl",
                                 .kind = SW_AFFECTED_BINARY,
                                 .status = status,
                                 .fixed = fixed});
}

/* Ubuntu's UBUNTU-CVE and USN records, Red Hat's VEX and advisories, SUSE's OVAL of vulnerabilities
 * and of patches state the same flaws twice. */
static void a_flaw_and_its_erratum_are_one_finding(void **state)
{
    struct test_vulndb *t = *state;
    static const struct {
        const char *os, *version, *feed, *product, *erratum;
        enum sw_package_type type;
    } vendors[] = {
        {"ubuntu", "22.04", "osv-ubuntu", "ubuntu:22.04", "USN-1-1", SW_PACKAGE_DPKG},
        {"rhel", "9.4", "csaf-redhat", "redhat:9", "RHSA-2024:1", SW_PACKAGE_RPM},
        {"sles", "15.5", "oval-suse", "sles:15.5", "SUSE-SU-2024:1-1", SW_PACKAGE_RPM},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(vendors); i++) {
        struct test_entry entry = {.feed = vendors[i].feed,
            .product = vendors[i].product,
            .package = "curl",
            .kind = vendors[i].type == SW_PACKAGE_RPM ? SW_AFFECTED_BINARY : SW_AFFECTED_SOURCE,
            .status = SW_FIX_FIXED,
            .fixed = "2-1"};
        entry.record = vendors[i].erratum;
        entry.aliases = "CVE-2024-1 CVE-2024-2";
        test_vulndb_add_entry(t, &entry);
        entry.aliases = NULL;
        entry.record = "CVE-2024-1";
        test_vulndb_add_entry(t, &entry);
        entry.record = "CVE-2024-2";
        entry.fixed = "1-0";
        test_vulndb_add_entry(t, &entry);
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(vendors); i++) {
        struct sw_report report;
        start_report(t, &report, vendors[i].os, vendors[i].version);
        test_report_add(&report, vendors[i].type, "curl", "1-1", NULL, NULL);
        match(t, &report);
        assert_string_equal(show(t, &report), "CVE-2024-1 curl 1-1 2-1 1; ");
        sw_report_done(&report);
    }
}

static void an_erratum_stands_for_what_no_other_record_names(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    struct test_entry entry = {.feed = "osv-ubuntu",
        .record = "USN-1-1",
        .aliases = "CVE-2024-1 CVE-2024-2",
        .product = "ubuntu:22.04",
        .package = "curl",
        .status = SW_FIX_FIXED,
        .fixed = "2-1"};
    test_vulndb_add_entry(t, &entry);
    entry.record = "CVE-2024-1";
    entry.aliases = NULL;
    test_vulndb_add_entry(t, &entry);
    start_report(t, &report, "ubuntu", "22.04");
    test_report_add(&report, SW_PACKAGE_DPKG, "curl", "1-1", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 2);
    sw_report_done(&report);
}

static void an_extended_stream_can_fix(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    add_redhat(t, "RHSA-1", "redhat:9", SW_FIX_FIXED, "1:3.0.7-27.el9");
    add_redhat(t, "RHSA-2", "redhat:9.2-eus", SW_FIX_FIXED, "1:3.0.7-16.el9_2.1");
    start_report(t, &report, "rhel", "9.2");
    test_report_add(&report, SW_PACKAGE_RPM, "openssl", "1:3.0.7-16.el9_2.1", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 0);
    sw_report_done(&report);

    start_report(t, &report, "rhel", "9.2");
    test_report_add(&report, SW_PACKAGE_RPM, "openssl", "1:3.0.7-15.el9_2", NULL, NULL);
    match(t, &report);
    assert_string_equal(show(t, &report), "CVE-2024-1 openssl 1:3.0.7-15.el9_2 1:3.0.7-27.el9 1; ");
    sw_report_done(&report);
}

static void what_cannot_be_judged_is_said(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    struct sw_eol eol = {.product = SW_STR("debian:12"), .date = SW_STR("2026-06-10")};
    add_debian(t, "CVE-2024-1", "curl", SW_FIX_AFFECTED, NULL);
    assert_int_equal(sw_writer_add_eol(t->writer, &eol, &t->err), 0);

    start_report(t, &report, "", "");
    match(t, &report);
    assert_int_equal(report.support, SW_SUPPORT_UNKNOWN);
    assert_true(sw_report_is_incomplete(&report));
    sw_report_done(&report);

    start_report(t, &report, "debian", "11");
    match(t, &report);
    assert_int_equal(report.support, SW_SUPPORT_NO_FEED);
    assert_true(sw_report_is_incomplete(&report));
    sw_report_done(&report);

    start_report(t, &report, "debian", "12");
    test_report_add(&report, SW_PACKAGE_DPKG, "curl", "1", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.support, SW_SUPPORT_END_OF_LIFE);
    assert_string_equal(report.eol_date.p, "2026-06-10");
    assert_int_equal(report.findings.n, 1);
    assert_true(sw_report_is_incomplete(&report));
    sw_report_done(&report);

    start_report(t, &report, "debian", "12");
    assert_int_equal(sw_vulndb_match(NULL, &report, SW_STR("2026-11-25"), &t->err), 0);
    assert_int_equal(report.support, SW_SUPPORT_NO_DATABASE);
    assert_false(sw_report_is_incomplete(&report));
    sw_report_done(&report);
}

static void facts_of_the_worst_cve_are_joined(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    struct sw_cve_facts facts[] = {
        {.cve = SW_STR("CVE-2024-1"), .epss = 0.25, .epss_percentile = 0.9},
        {.cve = SW_STR("CVE-2024-2"), .epss = 0.12345, .epss_percentile = 0.8},
        {.cve = SW_STR("CVE-2024-2"),
            .is_kev = true,
            .kev_date = SW_STR("2024-02-03"),
            .kev_due = SW_STR("2024-02-24"),
            .epss = -1,
            .epss_percentile = -1},
    };
    add_alma(t, "ALSA-2024:1", "CVE-2024-1 CVE-2024-2", "curl", "7.76.1-30.el9", NULL);
    for (size_t i = 0; i < SW_ARRAY_SIZE(facts); i++)
        assert_int_equal(sw_writer_add_facts(t->writer, &facts[i], &t->err), 0);
    start_report(t, &report, "almalinux", "9.4");
    test_report_add(&report, SW_PACKAGE_RPM, "curl", "7.76.1-29.el9", NULL, NULL);
    match(t, &report);
    assert_int_equal(report.findings.n, 1);
    assert_true(report.findings.v[0].is_kev);
    assert_string_equal(report.findings.v[0].kev_date.p, "2024-02-03");
    assert_true(report.findings.v[0].epss == 0.25);
    sw_report_done(&report);
}

static void foreign_packages_and_headers_are_left_out(void **state)
{
    struct test_vulndb *t = *state;
    struct sw_report report;
    add_alma(t, "ALSA-2024:1", "CVE-2024-1", "curl", "7.76.1-30.el9", NULL);
    add_alma(t, "ALSA-2024:2", "CVE-2024-2", "kernel-headers", "5.14.0-500.el9", NULL);
    start_report(t, &report, "almalinux", "9.4");
    test_report_add(&report, SW_PACKAGE_RPM, "curl", "7.76.1-29.el9", NULL, NULL);
    report.packages.v[0].vendor = SW_STR("Somebody Else");
    test_report_add(&report, SW_PACKAGE_RPM, "kernel-headers", "5.14.0-1.el9", "kernel", NULL);
    report.packages.v[1].vendor = SW_STR("AlmaLinux");
    match(t, &report);
    assert_int_equal(report.findings.n, 0);
    assert_int_equal(report.notes.n, 2);
    assert_false(sw_report_is_incomplete(&report));
    sw_report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fixed_versions_end_the_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(statuses_decide_without_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fixed_in_zero_is_not_affected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errata_are_one_finding_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(modules_match_their_own_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_build_of_an_erratum_has_the_fix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_tracker_outranks_changelogs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flaw_and_its_erratum_are_one_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_erratum_stands_for_what_no_other_record_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_extended_stream_can_fix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_judged_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts_of_the_worst_cve_are_joined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            foreign_packages_and_headers_are_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

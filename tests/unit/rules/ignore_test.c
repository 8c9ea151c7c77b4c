/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/ignore*.c: what each form of file says, what of it is ignored and what comes
 * back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/ignore.h"

#define TODAY SW_STR("2026-11-25")

struct fixture {
    struct sw_region region;
    struct sw_ignore_rules rules;
    struct sw_ignore_use use;
    struct sw_report report;
    struct sw_err err;
};

static void fill(struct sw_report *report)
{
    static struct sw_layer layers[] = {
        {.digest = SW_STR_INIT("sha256:aaaabbbbcccc"), .diff_id = SW_STR_INIT("sha256:1111222233")},
        {.digest = SW_STR_INIT("sha256:ddddeeeeffff")},
    };
    static size_t both[] = {0, 1};
    static size_t bash[] = {2};
    static struct sw_str many[] = {SW_STR_INIT("CVE-2026-10"), SW_STR_INIT("CVE-2026-11")};
    static struct sw_str ghsa[] = {SW_STR_INIT("GHSA-aaaa-bbbb-cccc")};
    struct sw_package packages[] = {
        {.name = SW_STR("libssl3"), .source_name = SW_STR("openssl"), .arch = SW_STR("amd64")},
        {.name = SW_STR("openssl"), .source_name = SW_STR("openssl"), .arch = SW_STR("amd64")},
        {.name = SW_STR("bash"), .source_name = SW_STR("bash"), .arch = SW_STR("amd64")},
    };
    for (size_t i = 0; i < 3; i++) {
        packages[i].version = SW_STR("1:3.0.11-1~deb12u2");
        packages[i].database = SW_STR("var/lib/dpkg/status");
        packages[i].layer = i == 2 ? 0 : 1;
        assert_int_equal(sw_vec_push(&report->packages, packages[i], 10), 0);
    }
    struct sw_finding findings[] = {
        {.id = SW_STR("CVE-2026-1"),
            .advisory_id = SW_STR("DSA-1-1"),
            .aliases = ghsa,
            .n_aliases = 1,
            .status = SW_FIX_FIXED,
            .packages = both,
            .n_packages = 2,
            .matched = SW_STR("debian:12 source openssl")},
        {.id = SW_STR("RHSA-2026:2"),
            .aliases = many,
            .n_aliases = 2,
            .packages = bash,
            .n_packages = 1,
            .status = SW_FIX_WILL_NOT_FIX,
            .matched = SW_STR("x source bash")},
        {.id = SW_STR("CVE-2026-3"), .status = SW_FIX_AFFECTED},
    };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sw_vec_push(&report->findings, findings[i], 10), 0);
    report->os = (struct sw_os){.id = SW_STR("debian"), .version_id = SW_STR("12")};
    report->image.layers = layers;
    report->image.n_layers = 2;
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    sw_region_init(&f->region, (size_t)1 << 30);
    sw_ignore_init(&f->rules, &f->region);
    sw_report_init(&f->report, &f->region);
    fill(&f->report);
}

static void end(struct fixture *f)
{
    sw_report_done(&f->report);
    sw_region_done(&f->region);
}

static int load(struct fixture *f, enum sw_ignore_format format, struct sw_str text)
{
    return sw_ignore_load(
        &f->rules, format, sw_str_of(sw_ignore_format_name(format)), text, &f->err);
}

/* Loads, applies; what is left and what is ignored as "left|ignored", ids with their packages. */
static void check(enum sw_ignore_format format, const char *text, const char *expected)
{
    struct fixture f;
    SW_CLEANUP(sw_buf_done) struct sw_buf seen = {0};
    sw_buf_init(&seen, 4096);
    begin(&f);
    if (load(&f, format, sw_str_of(text)) < 0)
        fail_msg("%s", f.err.message);
    assert_int_equal(sw_ignore_finish(&f.rules), 0);
    assert_int_equal(sw_ignore_use_init(&f.use, &f.rules, &f.region), 0);
    assert_int_equal(sw_ignore_apply(&f.rules, &f.use, &f.report, TODAY, &f.err), 0);
    SW_VEC_EACH (finding, &f.report.findings) {
        sw_buf_printf(&seen, " %.*s", SW_STR_ARG(finding->id));
        for (size_t i = 0; i < finding->n_packages; i++)
            sw_buf_printf(&seen, ",%zu", finding->packages[i]);
    }
    sw_buf_append_char(&seen, '|');
    SW_VEC_EACH (ignored, &f.report.ignored) {
        sw_buf_printf(&seen, " %.*s", SW_STR_ARG(ignored->finding.id));
        for (size_t i = 0; i < ignored->finding.n_packages; i++)
            sw_buf_printf(&seen, ",%zu", ignored->finding.packages[i]);
    }
    if (strcmp(seen.p, expected) != 0)
        fail_msg("'%s': '%s', wanted '%s'", text, seen.p, expected);
    end(&f);
}

#define ALL " CVE-2026-1,0,1 RHSA-2026:2,2 CVE-2026-3|"
#define WITHOUT_1 " RHSA-2026:2,2 CVE-2026-3| CVE-2026-1,0,1"
#define WITHOUT_2 " CVE-2026-1,0,1 CVE-2026-3| RHSA-2026:2,2"
#define WITHOUT_3 " CVE-2026-1,0,1 RHSA-2026:2,2| CVE-2026-3"
#define WITHOUT_LIBSSL " CVE-2026-1,1 RHSA-2026:2,2 CVE-2026-3| CVE-2026-1,0"

static void ids_and_aliases_count(void **state)
{
    (void)state;
    check(SW_IGNORE_SEAWALL, "", ALL);
    check(SW_IGNORE_SEAWALL, "# CVE-2026-1\n\n   \n", ALL);
    check(SW_IGNORE_SEAWALL, "CVE-2026-1\n", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "cve-2026-1 # why\r\n", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "GHSA-aaaa-bbbb-cccc", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "DSA-1-1", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "CVE-2026-3", WITHOUT_3);
    check(SW_IGNORE_SEAWALL, "CVE-2026-99", ALL);
    check(SW_IGNORE_SEAWALL,
        "\xef\xbb\xbf"
        "CVE-2026-3",
        WITHOUT_3);
}

/* An erratum goes when each of its CVEs does, or when it is named itself. */
static void one_cve_of_several_hides_no_other(void **state)
{
    (void)state;
    check(SW_IGNORE_SEAWALL, "CVE-2026-10\n", ALL);
    check(SW_IGNORE_SEAWALL, "CVE-2026-10\nCVE-2026-11\n", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "CVE-2026-10\nCVE-2026-11 until:2026-01-01\n", ALL);
    check(SW_IGNORE_SEAWALL, "RHSA-2026:2\n", WITHOUT_2);
    check(SW_IGNORE_TRIVY, "CVE-2026-10\n", ALL);
    check(SW_IGNORE_TRIVY, "CVE-2026-11\nCVE-2026-10\n", WITHOUT_2);
}

static void all_words_of_a_line_have_to_hold(void **state)
{
    (void)state;
    check(SW_IGNORE_SEAWALL, "CVE-2026-1 pkg:deb/debian/libssl3", WITHOUT_LIBSSL);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/libssl3", WITHOUT_LIBSSL);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/openssl", WITHOUT_1); /* the source, too */
    check(SW_IGNORE_SEAWALL, "CVE-2026-3 pkg:deb/debian/openssl", ALL);
    check(SW_IGNORE_SEAWALL, "CVE-2026-1 path:var/lib/dpkg/* layer:1", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "CVE-2026-1 path:/var/lib/dpkg/** layer:0", ALL);
    check(SW_IGNORE_SEAWALL, "layer:0", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "layer:ddddeeee", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "layer:sha256:11112222", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "layer:7", ALL);
    check(SW_IGNORE_SEAWALL, "path:**", " CVE-2026-3| CVE-2026-1,0,1 RHSA-2026:2,2");
}

static void purls_may_be_prefixes(void **state)
{
    (void)state;
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/lib*", WITHOUT_LIBSSL);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/", " CVE-2026-3| CVE-2026-1,0,1 RHSA-2026:2,2");
    check(SW_IGNORE_SEAWALL, "pkg:deb", " CVE-2026-3| CVE-2026-1,0,1 RHSA-2026:2,2");
    check(SW_IGNORE_SEAWALL, "pkg:rpm", ALL);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/bash@1:3.0.11-1~deb12u2", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/bash@1%3A3.0.*", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/bash@2*", ALL);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/bash?arch=amd64", WITHOUT_2);
    check(SW_IGNORE_SEAWALL, "pkg:deb/debian/bash?arch=arm64", ALL);
    check(SW_IGNORE_SEAWALL, "pkg:DEB/Debian/Bash?distro=debian-12", WITHOUT_2);
}

static void dates_end_rules(void **state)
{
    (void)state;
    check(SW_IGNORE_SEAWALL, "CVE-2026-1 until:2026-11-25", WITHOUT_1);
    check(SW_IGNORE_SEAWALL, "CVE-2026-1 until:2026-11-24", ALL);
    check(SW_IGNORE_TRIVY, "CVE-2026-1 exp:2026-11-25", ALL);
    check(SW_IGNORE_TRIVY, "CVE-2026-1 exp:2026-11-26", WITHOUT_1);
    struct fixture f;
    begin(&f);
    assert_int_equal(load(&f, SW_IGNORE_SEAWALL,
                         SW_STR("\n\nCVE-2026-1 until:2026-01-01\npkg:deb until:2026-02-01\n")),
        0);
    assert_int_equal(sw_ignore_finish(&f.rules), 0);
    assert_int_equal(sw_ignore_use_init(&f.use, &f.rules, &f.region), 0);
    assert_int_equal(sw_ignore_apply(&f.rules, &f.use, &f.report, TODAY, &f.err), 0);
    assert_int_equal(f.report.findings.n, 3);
    assert_int_equal(f.report.n_ignore_expired, 2);
    assert_int_equal(f.report.notes.n, 2);
    assert_true(sw_str_equal_z(f.report.notes.v[0].message,
        "CVE-2026-1 ignored until 2026-01-01 in .seawallignore:3: the date has passed"));
    assert_true(sw_str_equal_z(f.report.notes.v[1].message,
        "RHSA-2026:2 ignored until 2026-02-01 in .seawallignore:4: the date has passed"));
    assert_false(sw_report_is_incomplete(&f.report));
    assert_int_equal(f.use.is_used[0] + f.use.is_used[1], 2);
    end(&f);
}

static void reports_say_who_ignored_and_why(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    assert_int_equal(load(&f, SW_IGNORE_SEAWALL,
                         SW_STR("CVE-2026-1 until:2026-12-31 reason: see #12, \"not\" reachable \n"
                                "CVE-2026-77\n")),
        0);
    assert_int_equal(sw_ignore_finish(&f.rules), 0);
    assert_int_equal(sw_ignore_use_init(&f.use, &f.rules, &f.region), 0);
    assert_int_equal(sw_ignore_apply(&f.rules, &f.use, &f.report, TODAY, &f.err), 0);
    assert_int_equal(f.report.ignored.n, 1);
    const struct sw_ignored *ignored = &f.report.ignored.v[0];
    assert_true(sw_str_equal_z(ignored->origin, ".seawallignore:1"));
    assert_true(sw_str_equal_z(ignored->reason, "see #12, \"not\" reachable"));
    assert_true(sw_str_equal_z(ignored->until, "2026-12-31"));
    assert_true(sw_str_equal_z(ignored->status, "ignored"));
    assert_true(f.use.is_used[0] && !f.use.is_used[1]);
    end(&f);
}

static void refuse(enum sw_ignore_format format, struct sw_str text, const char *message)
{
    struct fixture f;
    begin(&f);
    assert_true(load(&f, format, text) < 0);
    assert_string_equal(f.err.message, message);
    end(&f);
}

static void nothing_unknown_is_passed_over(void **state)
{
    (void)state;
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-1\nCVE-2026-2  unitl:2026-01-01\n"),
        ".seawallignore:2:13: unknown key 'unitl:'; did you mean 'until:'?");
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-1 exp:2026-01-01\n"),
        ".seawallignore:1:12: unknown key 'exp:'; did you mean 'until:'?");
    refuse(SW_IGNORE_SEAWALL, SW_STR("zzzzzzzzzz:1\n"),
        ".seawallignore:1:1: unknown key 'zzzzzzzzzz:'; known: pkg: path: layer: until: reason:");
    refuse(SW_IGNORE_SEAWALL, SW_STR("openssl\n"),
        ".seawallignore:1:1: 'openssl' is neither an id such as CVE-2026-1 nor a key (pkg: path: "
        "layer: until: reason:)");
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-*\n"),
        ".seawallignore:1:1: 'CVE-2026-*' is neither an id such as CVE-2026-1 nor a key (pkg: "
        "path: layer: until: reason:)");
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-1 CVE-2026-2\n"),
        ".seawallignore:1:12: a second id; write a rule a line");
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-1 until:2026-02-30\n"),
        ".seawallignore:1:12: '2026-02-30' is no date such as 2026-12-31");
    refuse(SW_IGNORE_SEAWALL, SW_STR("until:2026-02-20 reason:x\n"),
        ".seawallignore:1:1: a rule that would ignore everything; say which id or pkg:");
    refuse(SW_IGNORE_SEAWALL, SW_STR("pkg:openssl@1\n"),
        ".seawallignore:1:1: 'pkg:openssl@1' is no package URL such as pkg:deb/debian/openssl");
    refuse(SW_IGNORE_SEAWALL, SW_STR("path:a[b\n"), ".seawallignore:1:6: a '[' without its ']'");
    refuse(SW_IGNORE_SEAWALL, SW_STR("layer:12345\n"),
        ".seawallignore:1:1: '12345' is no layer: its number from 0, or the first 8 or more "
        "digits of its digest");
    refuse(SW_IGNORE_SEAWALL, SW_STR("CVE-2026-1\0\n"),
        ".seawallignore:1:1: a NUL byte: this is no text");
    refuse(SW_IGNORE_TRIVY, SW_STR("CVE-2026-1 exp:soon\n"),
        ".trivyignore:1:12: 'exp:soon' is no date such as exp:2026-12-31");
    refuse(SW_IGNORE_TRIVY_YAML, SW_STR("vulnerabilities:\n  - id: CVE-1\n    path: [a]\n"),
        ".trivyignore.yaml:3:5: unknown key 'path'; did you mean 'paths'?");
    refuse(SW_IGNORE_TRIVY_YAML, SW_STR("vulnerabilities:\n  - paths: [a]\n"),
        ".trivyignore.yaml:2:5: a rule without 'id'");
    refuse(SW_IGNORE_TRIVY_YAML, SW_STR("vulnerabilities:\n  - id: &a A-1\n  - id: *a\n"),
        ".trivyignore.yaml:3:9: aliases (*NAME) are not read; write it out");
    refuse(SW_IGNORE_TRIVY_YAML, SW_STR("- CVE-2026-1\n"),
        ".trivyignore.yaml:1:1: the file has to be a map");
    refuse(SW_IGNORE_GRYPE, SW_STR("ignore:\n  - vulnerability: A-1\n    vex-status: fixed\n"),
        ".grype.yaml:3:5: 'vex-status' cannot be honoured: rules here know nothing of VEX "
        "documents");
    refuse(SW_IGNORE_GRYPE, SW_STR("ignore:\n  - package: {nmae: a}\n"),
        ".grype.yaml:2:15: unknown key 'nmae'; did you mean 'name'?");
    refuse(SW_IGNORE_GRYPE, SW_STR("ignore:\n  - package: {name: c++}\n"),
        ".grype.yaml:2:21: nothing to repeat before '+'; write '\\+' for itself");
    refuse(SW_IGNORE_GRYPE, SW_STR("ignore:\n  - reason: x\n"),
        ".grype.yaml:2:5: a rule that would ignore everything");
    refuse(SW_IGNORE_GRYPE, SW_STR("ignore:\n  - namespace: plan9:distro:plan9:4\n"),
        ".grype.yaml:2:16: namespace 'plan9:distro:plan9:4' is of no system that is known here");
}

static void trivys_files_hold_as_there(void **state)
{
    (void)state;
    check(SW_IGNORE_TRIVY, "# c\nCVE-2026-1 # accepted\n  CVE-2026-3 exp:2027-01-01 for now\n",
        " RHSA-2026:2,2| CVE-2026-1,0,1 CVE-2026-3");
    check(SW_IGNORE_TRIVY, "CVE-2026-1\r\n", WITHOUT_1);
    check(SW_IGNORE_TRIVY_YAML, "vulnerabilities:\n  - id: CVE-2026-1\n", WITHOUT_1);
    check(SW_IGNORE_TRIVY_YAML,
        "vulnerabilities:\n  - id: CVE-2026-1\n    statement: s\n    purls:\n"
        "      - pkg:deb/debian/libssl3\n      - pkg:deb/debian/none@1\n",
        WITHOUT_LIBSSL);
    /* A package URL there names the package, not its source, and a star is a star. */
    check(SW_IGNORE_TRIVY_YAML,
        "vulnerabilities:\n  - id: CVE-2026-1\n    purls: ['pkg:deb/debian/openssl']\n",
        " CVE-2026-1,0 RHSA-2026:2,2 CVE-2026-3| CVE-2026-1,1");
    check(SW_IGNORE_TRIVY_YAML,
        "vulnerabilities:\n  - id: CVE-2026-1\n    purls: ['pkg:deb/debian/*']\n", ALL);
    check(SW_IGNORE_TRIVY_YAML,
        "vulnerabilities:\n  - id: CVE-2026-1\n    paths: ['x', '**/status']\n", WITHOUT_1);
    check(SW_IGNORE_TRIVY_YAML,
        "vulnerabilities:\n  - id: CVE-2026-1\n    expired_at: 2026-11-25T00:00:00Z\n", ALL);
    check(SW_IGNORE_TRIVY_YAML,
        "secrets:\n  - id: CVE-2026-1\nlicenses:\n  - id: CVE-2026-1\nvulnerabilities:\n", ALL);
    struct fixture f;
    begin(&f);
    assert_int_equal(
        load(&f, SW_IGNORE_TRIVY_YAML, SW_STR("secrets: [{id: a}]\nlicenses: [{id: b}]\n")), 0);
    assert_int_equal(sw_ignore_finish(&f.rules), 0);
    assert_int_equal(f.rules.n_waiting, 2);
    assert_int_equal(f.rules.n_warnings, 1);
    end(&f);
}

static void grypes_rules_hold_as_there(void **state)
{
    (void)state;
    check(SW_IGNORE_GRYPE, "ignore:\n  - vulnerability: CVE-2026-1\n", WITHOUT_1);
    check(SW_IGNORE_GRYPE, "ignore:\n  - vulnerability: GHSA-aaaa-bbbb-cccc\n", ALL);
    check(SW_IGNORE_GRYPE,
        "ignore:\n  - vulnerability: GHSA-aaaa-bbbb-cccc\n    include-aliases: true\n", WITHOUT_1);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {name: 'lib.*', type: deb}\n", WITHOUT_LIBSSL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {name: bash, type: rpm}\n", ALL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {upstream-name: openssl}\n", WITHOUT_1);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {name: bash, version: '1'}\n", ALL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {location: '/var/lib/**'}\n",
        " CVE-2026-3| CVE-2026-1,0,1 RHSA-2026:2,2");
    check(SW_IGNORE_GRYPE, "ignore:\n  - fix-state: wont-fix\n", WITHOUT_2);
    check(SW_IGNORE_GRYPE, "ignore:\n  - fix-state: not-fixed\n", WITHOUT_3);
    check(SW_IGNORE_GRYPE, "ignore:\n  - fix-state: fixed\n    vulnerability: CVE-2026-3\n", ALL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - match-type: exact-indirect-match\n", WITHOUT_LIBSSL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - match-type: cpe-match\n", ALL);
    check(SW_IGNORE_GRYPE,
        "ignore:\n  - namespace: debian:distro:debian:12\n    vulnerability: CVE-2026-1\n",
        WITHOUT_1);
    check(SW_IGNORE_GRYPE,
        "ignore:\n  - namespace: debian:distro:debian:11\n    vulnerability: CVE-2026-1\n", ALL);
    check(SW_IGNORE_GRYPE,
        "ignore:\n  - namespace: github:language:go\n    vulnerability: CVE-2026-1\n", ALL);
    check(SW_IGNORE_GRYPE, "ignore:\n  - package: {language: go, name: bash}\n", ALL);
    struct fixture f;
    begin(&f);
    assert_int_equal(load(&f, SW_IGNORE_GRYPE, SW_STR("fail-on-severity: high\nignore: []\n")), 0);
    assert_int_equal(f.rules.n_warnings, 1);
    assert_string_equal(f.rules.warnings[0],
        ".grype.yaml: only 'ignore' is taken from it; 'fail-on-severity' is not (the rest is for "
        "options)");
    end(&f);
}

static void files_are_told_by_name_or_content(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *text;
        enum sw_ignore_format format;
    } cases[] = {
        {"x/.seawallignore", "ignore:\n", SW_IGNORE_SEAWALL},
        {".trivyignore", "", SW_IGNORE_TRIVY},
        {"team.trivyignore.yml", "", SW_IGNORE_TRIVY_YAML},
        {"/etc/grype.yaml", "", SW_IGNORE_GRYPE},
        {"rules.yaml", "a: 1\nignore:\n", SW_IGNORE_GRYPE},
        {"rules.yaml", "secrets:\n", SW_IGNORE_TRIVY_YAML},
        {"rules", "CVE-1 exp:2026-01-01\n", SW_IGNORE_TRIVY},
        {"rules", "CVE-1\n", SW_IGNORE_SEAWALL},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++)
        assert_int_equal(sw_ignore_format_guess(sw_str_of(cases[i].path), sw_str_of(cases[i].text)),
            cases[i].format);
}

static void absurd_files_are_refused(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct fixture f;
    sw_buf_init(&buf, (size_t)8 << 20);
    begin(&f);
    for (size_t i = 0; i <= SW_IGNORE_RULES_MAX; i++)
        assert_int_equal(sw_buf_printf(&buf, "CVE-1-%zu\n", i), 0);
    assert_int_equal(load(&f, SW_IGNORE_TRIVY, sw_buf_str(&buf)), -EFBIG);
    assert_string_equal(f.err.message, ".trivyignore:100001: more than 100000 rules");
    end(&f);
    begin(&f);
    sw_buf_clear(&buf);
    for (size_t i = 0; i <= 8192; i++)
        assert_int_equal(sw_buf_append_char(&buf, 'a'), 0);
    assert_int_equal(load(&f, SW_IGNORE_SEAWALL, sw_buf_str(&buf)), -EINVAL);
    assert_int_equal(load(&f, SW_IGNORE_TRIVY, sw_buf_str(&buf)), -EINVAL);
    while (buf.n <= SW_IGNORE_FILE_MAX)
        assert_int_equal(sw_buf_append(&buf, "CVE-2026-1\n", 11), 0);
    assert_int_equal(load(&f, SW_IGNORE_SEAWALL, sw_buf_str(&buf)), -EFBIG);
    end(&f);
}

/* 100,000 rules and as many findings: what counts is found by its id, not by trying all. */
static void many_rules_take_no_time(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct fixture f;
    sw_buf_init(&buf, (size_t)8 << 20);
    begin(&f);
    for (size_t i = 0; i < SW_IGNORE_RULES_MAX; i++)
        assert_int_equal(sw_buf_printf(&buf, "CVE-7-%zu\n", i), 0);
    assert_int_equal(load(&f, SW_IGNORE_SEAWALL, sw_buf_str(&buf)), 0);
    assert_int_equal(sw_ignore_finish(&f.rules), 0);
    assert_int_equal(sw_ignore_use_init(&f.use, &f.rules, &f.region), 0);
    for (size_t i = 0; i < 100000; i++) {
        struct sw_finding finding = {
            .id = sw_str_of(sw_region_printf(&f.region, "CVE-7-%zu", 2 * i))};
        assert_int_equal(sw_vec_push(&f.report.findings, finding, 200000), 0);
    }
    assert_int_equal(sw_ignore_apply(&f.rules, &f.use, &f.report, TODAY, &f.err), 0);
    assert_int_equal(f.report.ignored.n, 50000);
    assert_int_equal(f.report.findings.n, 50003);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_aliases_count),
        cmocka_unit_test(one_cve_of_several_hides_no_other),
        cmocka_unit_test(all_words_of_a_line_have_to_hold),
        cmocka_unit_test(purls_may_be_prefixes),
        cmocka_unit_test(dates_end_rules),
        cmocka_unit_test(reports_say_who_ignored_and_why),
        cmocka_unit_test(nothing_unknown_is_passed_over),
        cmocka_unit_test(trivys_files_hold_as_there),
        cmocka_unit_test(grypes_rules_hold_as_there),
        cmocka_unit_test(files_are_told_by_name_or_content),
        cmocka_unit_test(absurd_files_are_refused),
        cmocka_unit_test(many_rules_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

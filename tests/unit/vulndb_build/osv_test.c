/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/osv*.c: ecosystems, ranges, severities, module streams, whole feeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "harness/shared.h"
#include "vulndb/build/osv.h"

static void check(const char *path, const char *json, const char *want)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    int r = feed_dump_text(&dump, &sw_osv_feed, path, sw_str_of(json));
    if (r != 0)
        print_error("%s\n", dump.err.message);
    assert_int_equal(r, 0);
    if (dump.n_skipped > 0)
        print_error("skipped %s\n", dump.last_skip);
    assert_int_equal(dump.n_skipped, 0);
    assert_string_equal(dump.text.p, want);
}

static void check_product(const char *ecosystem, const char *want)
{
    char json[512];
    char line[512];
    snprintf(json, sizeof(json),
        "{\"id\":\"X-1\",\"affected\":[{\"package\":{\"ecosystem\":\"%s\",\"name\":\"p\"},"
        "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"}]}]}]}",
        ecosystem);
    snprintf(line, sizeof(line), "osv-x X-1 X-1\n  %s p affected [0,)\n", want);
    check("x.json", json, line);
}

static void turns_ecosystems_into_products(void **state)
{
    (void)state;
    check_product("Debian:12", "debian:12 source");
    check_product("Debian", "debian source");
    check_product("Ubuntu:22.04:LTS", "ubuntu:22.04 source");
    check_product("Ubuntu:25.10", "ubuntu:25.10 source");
    check_product("Ubuntu:Pro:16.04:LTS", "ubuntu:16.04-pro source");
    check_product("Ubuntu:Pro:FIPS-updates:18.04:LTS", "ubuntu:18.04-pro-fips-updates source");
    check_product("Alpine:v3.20", "alpine:3.20 source");
    check_product("AlmaLinux:9", "alma:9 binary");
    check_product("Rocky Linux:8", "rocky:8 source");
    check_product("Red Hat:enterprise_linux:9::baseos", "redhat:9 binary");
    check_product("Red Hat:rhel_eus:9.2::appstream", "redhat:9.2-eus binary");
    check_product("Red Hat:openshift:4.15::el9", "redhat-openshift:4.15 binary");
    check_product("SUSE:Linux Enterprise Server 15 SP5", "sles:15.5 source");
    check_product("SUSE:Linux Enterprise Server 15 SP4-LTSS", "sles:15.4-ltss source");
    check_product("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "sles:15.5 source");
    check_product("SUSE:Linux Micro 6.0", "suse-linux-micro:6.0 source");
    check_product("openSUSE:Leap 15.5", "opensuse-leap:15.5 source");
    check_product("openSUSE:Tumbleweed", "opensuse-tumbleweed source");
    check_product("Wolfi", "wolfi source");
    check_product("Chainguard", "chainguard source");
    check_product("Azure Linux:3", "azurelinux:3 source");
    check_product("Photon OS:5.0", "photon:5 binary");
    check_product("Mageia:9", "mageia:9 source");
    check_product("openEuler:22.03-LTS-SP3", "openeuler:22.03-lts-sp3 source");
    check_product("PyPI", "pypi source");
    check_product("crates.io", "crates source");
    check_product("Packagist:https://packages.drupal.org/8", "packagist source");
    check_product("GitHub Actions", "github-actions source");
    check_product("SwiftURL", "swift source");
}

#define AFFECTED(package, ranges)                                                                  \
    "{\"id\":\"GHSA-1\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"" package     \
    "\"},\"ranges\":[" ranges "]}]}"

static void reads_every_kind_of_event(void **state)
{
    (void)state;
    check("a.json",
        AFFECTED("p", "{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1\"},{\"fixed\":\"2\"},{"
                      "\"introduced\":\"3\"},{\"fixed\":\"4\",\"extra\":1},{\"introduced\":\"5\"}"
                      "]}"),
        "osv-ghsa GHSA-1 GHSA-1\n  npm source p fixed [1,2) [3,4) [5,)\n");
    check("a.json",
        AFFECTED("p", "{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"last_"
                      "affected\":\"2\"},{\"last_affected\":\"3\"}]}"),
        "osv-ghsa GHSA-1 GHSA-1\n  npm source p affected [0,2] [0,3]\n");
    check("a.json",
        AFFECTED("p", "{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2\"}"
                      ",{\"fixed\":\"3\"}]},{\"events\":[{\"fixed\":\"1\"}]}"),
        "osv-ghsa GHSA-1 GHSA-1\n  npm source p fixed [0,2) [,1)\n");
    check("a.json",
        AFFECTED("p", "{\"type\":\"GIT\",\"repo\":\"r\",\"events\":[{\"introduced\":\"a\"},{"
                      "\"fixed\":\"b\"},{\"fixed\":\"c\"},{\"limit\":\"*\"}]}"),
        "osv-ghsa GHSA-1 GHSA-1\n  npm source p affected git[a,b) git[a,c)\n");
}

static void keeps_repositories_without_a_package(void **state)
{
    (void)state;
    check("a.json",
        "{\"id\":\"CVE-2024-1\",\"affected\":[{\"ranges\":[{\"type\":\"GIT\",\"repo\":\"https://"
        "example.org/r\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"f\"}]}],\"versions\":["
        "\"v1\",\"v2\"]}]}",
        "osv-cve CVE-2024-1 CVE-2024-1\n  git source https://example.org/r affected git[0,f) "
        "versions=v1,v2\n");
}

static void finds_severity_where_vendors_put_it(void **state)
{
    (void)state;
    check("a.json", "{\"id\":\"ALSA-1\",\"summary\":\"Important: firefox security update\"}",
        "osv-almalinux ALSA-1 ALSA-1 severity=high\n");
    check("a.json", "{\"id\":\"ALSA-1\",\"summary\":\"ALSA-1: php:8.0 update (Moderate)\"}",
        "osv-almalinux ALSA-1 ALSA-1 severity=medium\n");
    check("a.json",
        "{\"id\":\"UBUNTU-CVE-2024-1\",\"upstream\":[\"CVE-2024-1\"],\"severity\":[{\"type\":"
        "\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N\"},{\"type\":\"Ubuntu\",\"score\":\"negligible\"}]}",
        "osv-ubuntu UBUNTU-CVE-2024-1 CVE-2024-1 severity=negligible cvss=CVSS:3.1/AV:N\n");
    check("a.json",
        "{\"id\":\"GHSA-1\",\"database_specific\":{\"severity\":\"MODERATE\"},\"severity\":[{"
        "\"type\":\"CVSS_V4\",\"score\":\"CVSS:4.0/AV:N\"},{\"type\":\"CVSS_V3\",\"score\":"
        "\"CVSS:3.0/AV:L\"}]}",
        "osv-ghsa GHSA-1 GHSA-1 severity=medium cvss=CVSS:3.0/AV:L\n");
    check("a.json",
        "{\"id\":\"CVE-1\",\"affected\":[{\"package\":{\"ecosystem\":\"kubernetes\",\"name\":\"k\"}"
        ",\"versions\":[\"1\"],\"severity\":[{\"type\":\"CVSS:3.0/AV:N\",\"score\":\"9.8\"}]}]}",
        "osv-kubernetes CVE-1 CVE-1 cvss=CVSS:3.0/AV:N\n  kubernetes source k affected "
        "versions=1\n");
}

static void names_the_cves_of_an_erratum(void **state)
{
    (void)state;
    check("a.json",
        "{\"id\":\"USN-5614-1\",\"aliases\":null,\"upstream\":[\"UBUNTU-CVE-2021-3782\"],"
        "\"related\":[\"GHSA-x\",\"CVE-2021-3783\",\"CVE-2021-3782\"],\"published\":\"2022\","
        "\"withdrawn\":\"2023\"}",
        "osv-ubuntu USN-5614-1 USN-5614-1 withdrawn published=2022 aliases=CVE-2021-3782,"
        "CVE-2021-3783,GHSA-x\n");
    check("a.json", "{\"id\":\"GO-1\",\"aliases\":[\"GHSA-x\",\"CVE-1\"],\"related\":[\"CVE-2\"]}",
        "osv-go GO-1 GO-1 aliases=CVE-1,GHSA-x\n");
}

static void keeps_bug_fixes_away_from_packages(void **state)
{
    (void)state;
    static const char affected[] =
        "\"affected\":[{\"package\":{\"ecosystem\":\"AlmaLinux:8\",\"name\":\"p\"},\"ranges\":[{"
        "\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2\"}]}]}]";
    char json[1024];
    snprintf(json, sizeof(json), "{\"id\":\"ALBA-1\",%s}", affected);
    check("a.json", json, "osv-almalinux ALBA-1 ALBA-1\n");
    snprintf(json, sizeof(json), "{\"id\":\"ALBA-1\",\"related\":[\"CVE-1\"],%s}", affected);
    check("a.json", json,
        "osv-almalinux ALBA-1 ALBA-1 aliases=CVE-1\n  alma:8 binary p fixed [0,2)\n");
    snprintf(json, sizeof(json), "{\"id\":\"ALSA-1\",%s}", affected);
    check("a.json", json, "osv-almalinux ALSA-1 ALSA-1\n  alma:8 binary p fixed [0,2)\n");
}

static void names_feeds_by_who_wrote_the_record(void **state)
{
    (void)state;
    check("a.json", "{\"id\":\"JLSEC-2025-1\"}", "osv-jlsec JLSEC-2025-1 JLSEC-2025-1\n");
    check("a.json", "{\"id\":\"-\"}", "osv - -\n");
    check("a.json",
        "{\"id\":\"CVE-1\",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"p\"}"
        ",\"versions\":[\"1\"]}]}",
        "osv-debian CVE-1 CVE-1\n  debian:12 source p affected versions=1\n");
}

static void names_module_streams(void **state)
{
    (void)state;
    static const char format[] =
        "{\"id\":\"ALSA-1\",\"summary\":\"%s\",\"affected\":[{\"package\":{\"ecosystem\":"
        "\"AlmaLinux:8\",\"name\":\"p\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{"
        "\"introduced\":\"0\"},{\"fixed\":\"%s\"}]}]}]}";
    static const char *const rows[][3] = {
        {"nodejs:18 update", "1-2.module_el8.9.0+1",
            "  alma:8 binary p fixed module=nodejs:18 [0,1-2.module_el8.9.0+1)\n"},
        {"Low: python38:3.8 and python38-devel:3.8 update", "1-2.module_el8",
            "  alma:8 binary p fixed module=python38:3.8 [0,1-2.module_el8)\n"
            "  alma:8 binary p fixed module=python38-devel:3.8 [0,1-2.module_el8)\n"},
        {"httpd:2.4/mod_http2 update", "1-2.module_el8",
            "  alma:8 binary p fixed module=httpd:2.4 [0,1-2.module_el8)\n"},
        {"ruby update", "1-2.module_el8", "  alma:8 binary p fixed module=* [0,1-2.module_el8)\n"},
        {"python3:3.6.8 update", "3.6.8-1.el8", "  alma:8 binary p fixed [0,3.6.8-1.el8)\n"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        char json[1024];
        char want[1024];
        snprintf(json, sizeof(json), format, rows[i][0], rows[i][1]);
        snprintf(want, sizeof(want), "osv-almalinux ALSA-1 ALSA-1%s\n%s",
            strncmp(rows[i][0], "Low", 3) == 0 ? " severity=low" : "", rows[i][2]);
        check("a.json", json, want);
    }
}

static void names_the_binaries_of_suse(void **state)
{
    (void)state;
    check("a.json",
        "{\"id\":\"SUSE-SU-2024:1-1\",\"related\":[\"CVE-2024-1\"],\"affected\":[{\"package\":{"
        "\"ecosystem\":\"SUSE:Linux Enterprise Server 15 SP5\",\"name\":\"curl\"},"
        "\"ecosystem_specific\":{\"binaries\":[{\"curl\":\"8.0-1.1\",\"libcurl4\":\"8.0-1.1\"}]},"
        "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":"
        "\"8.0-1.1\"}]}]}]}",
        "osv-suse SUSE-SU-2024:1-1 SUSE-SU-2024:1-1 aliases=CVE-2024-1\n"
        "  sles:15.5 binary curl fixed [,8.0-1.1)\n  sles:15.5 binary libcurl4 fixed [,8.0-1.1)\n");
}

static void leaves_version_lists_of_distributions_to_their_ranges(void **state)
{
    (void)state;
    check("a.json",
        "{\"id\":\"DSA-1\",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"x\","
        "\"purl\":\"pkg:deb/debian/x?arch=source\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":"
        "[{\"introduced\":\"0\"}]}],\"versions\":[\"1\",\"2\"],\"ecosystem_specific\":{\"urgency\":"
        "\"unimportant\"}}]}",
        "osv-debian DSA-1 DSA-1\n  debian:12 source x affected severity=negligible "
        "vendor=unimportant [0,)\n");
}

static void skips_broken_records_and_goes_on(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str lines = SW_STR("{\"id\":\"GO-1\"\n[]\n{}\n7\n\xff\n{\"id\":\"GO-2\"}\n"
                                 "{\"id\":\"GO-3\",\"affected\":[{}]}\n{\"id\":7}\n");
    assert_int_equal(feed_dump_text(&dump, &sw_osv_feed, "go.jsonl", lines), 0);
    assert_string_equal(dump.text.p, "osv-go GO-2 GO-2\n");
    assert_int_equal(dump.n_skipped, 7);
}

static void reads_arrays_and_tells_damage(void **state)
{
    (void)state;
    check("all.json", " [{\"id\":\"GO-1\"},{\"id\":\"GO-2\"}]",
        "osv-go GO-1 GO-1\nosv-go GO-2 GO-2\n");
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str cut = SW_STR("[{\"id\":\"GO-1\"},{\"id\":\"GO-");
    assert_int_equal(feed_dump_text(&dump, &sw_osv_feed, "all.json", cut), -EBADMSG);
    assert_int_equal(dump.n_advisories, 1);
}

/* "The version is not affected" is what OSV's evaluation comes to for such an entry. */
static void takes_an_entry_without_versions_for_none(void **state)
{
    (void)state;
    check("a.json",
        "{\"id\":\"DSA-1\",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"a\"}}"
        ","
        "{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"b\"},\"ranges\":[],\"versions\":[],"
        "\"ecosystem_specific\":{\"urgency\":\"end-of-life\"}},{\"package\":{\"ecosystem\":"
        "\"Debian:12\",\"name\":\"c\"},\"ranges\":[{\"events\":[{\"introduced\":\"0\"}]}]}]}",
        "osv-debian DSA-1 DSA-1\n  debian:12 source c affected [0,)\n");
}

static void counts_a_record_whose_lists_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *member, *before, *after;
        size_t max;
    } rows[] = {{"aliases", "\"A-", "\"", 2048}, {"references", "{\"url\":\"u", "\"}", 1024}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        for (size_t more = 0; more < 2; more++) {
            SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
            sw_buf_init(&json, (size_t)1 << 20);
            sw_buf_printf(&json, "{\"id\":\"GO-1\",\"%s\":[", rows[i].member);
            for (size_t k = 0; k < rows[i].max + more; k++)
                sw_buf_printf(
                    &json, "%s%s%zu%s", k > 0 ? "," : "", rows[i].before, k, rows[i].after);
            sw_buf_append_str(&json, SW_STR("]}"));
            SW_CLEANUP(feed_dump_done) struct feed_dump dump;
            feed_dump_init(&dump);
            assert_int_equal(feed_dump_text(&dump, &sw_osv_feed, "a.json", sw_buf_str(&json)), 0);
            assert_int_equal(dump.n_advisories, 1);
            assert_int_equal(dump.n_skipped, more);
        }
    }
}

static void skips_a_record_of_absurd_size(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
    sw_buf_init(&json, (size_t)64 << 20);
    sw_buf_append_str(&json, SW_STR("{\"id\":\"GO-1\",\"affected\":["));
    for (size_t i = 0; i <= SW_ADVISORY_AFFECTED_MAX; i++)
        sw_buf_printf(&json,
            "%s{\"package\":{\"ecosystem\":\"Go\",\"name\":\"n\"},\"versions\":[\"1\"]}",
            i > 0 ? "," : "");
    sw_buf_append_str(&json, SW_STR("]}"));
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_text(&dump, &sw_osv_feed, "a.json", sw_buf_str(&json)), 0);
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 1);
}

static void returns_want_of_memory(void **state)
{
    (void)state;
    struct sw_str line =
        SW_STR("{\"id\":\"ALSA-1\",\"related\":[\"CVE-1\"],\"references\":[{\"url\":"
               "\"u\"}],\"affected\":[{\"package\":{\"ecosystem\":\"AlmaLinux:8\","
               "\"name\":\"p\"},\"ranges\":[{\"events\":[{\"fixed\":\"1\"}]}]}]}");
    int r = -ENOMEM;
    for (int64_t n = 0; r != 0; n++) {
        assert_true(n < 100);
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(line);
        assert_non_null(in);
        sw_mem_fail_after(n);
        r = feed_dump_reader(&dump, &sw_osv_feed, "a.jsonl", in);
        sw_mem_fail_after(-1);
        assert_true(r == 0 || r == -ENOMEM);
        assert_int_equal(dump.n_skipped, 0);
    }
}

static void is_sure_of_its_own_files_only(void **state)
{
    (void)state;
    assert_true(feed_dump_recognise(&sw_osv_feed, "osv/go.jsonl",
                    SW_STR("{\"id\":\"GO-1\",\"modified\":\"x\",\"affected\":[{\"package\":{"
                           "\"ecosystem\"")) > 80);
    assert_true(feed_dump_recognise(&sw_osv_feed, "osv/x.jsonl",
                    SW_STR("{\"id\":\"X\",\"modified\":\"x\",\"details\":\"very long")) > 0);
    assert_int_equal(feed_dump_recognise(&sw_osv_feed, "kev.json", SW_STR("{\"title\":1}")), 0);
    assert_int_equal(feed_dump_recognise(&sw_osv_feed, "x", SW_STR("id,modified")), 0);
    assert_int_equal(feed_dump_recognise(&sw_osv_feed, "all.json",
                         SW_STR("[{\"id\":\"CGA-1\",\"modified\":\"x\"}]")),
        0);
    assert_int_equal(feed_dump_recognise(&sw_osv_feed, "", SW_STR_NONE), 0);
}

static void reads_whole_feeds_without_loss(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint64_t n_records;
    } feeds[] = {
        {"almalinux", 5680},
        {"bitnami", 7444},
        {"crates", 1206},
        {"drupal", 591},
        {"ghsa-subset", 376},
        {"go", 4291},
        {"haskell", 35},
        {"kubernetes", 48},
        {"oss-fuzz", 4026},
        {"pypi", 7080},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(feeds); i++) {
        char relative[128];
        snprintf(relative, sizeof(relative), "vulndb-sources/osv/%s.jsonl.zst", feeds[i].file);
        const char *path = test_shared(relative);
        if (access(path, R_OK) != 0) {
            print_message("no shared data: %s\n", relative);
            skip();
        }
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        assert_int_equal(feed_dump_file(&dump, &sw_osv_feed, path), 0);
        if (dump.n_skipped > 0)
            print_error("%s: %s\n", feeds[i].file, dump.last_skip);
        assert_int_equal(dump.n_skipped, 0);
        assert_int_equal(dump.n_advisories, feeds[i].n_records);
    }
}

static void reads_samples_of_distributions(void **state)
{
    (void)state;
    static const char *const samples[][2] = {
        {"rocky/test-fixtures/osv/RLSA-2024_3671.json",
            "  rocky:9 source ruby fixed module=ruby:3.3 "
            "[0,0:3.3.1-2.module+el9.4.0+20787+4c237fd3)\n"},
        {"alma/test-fixtures/osv-database/advisories/almalinux8/ALSA-2023:5259.json",
            "  alma:8 binary mariadb fixed module=mariadb:10.3 "
            "[0,3:10.3.39-1.module_el8.8.0+3609+204d4ab0)\n"},
        {"ubuntu/test-fixtures/osv-esm-cases/cve/2014/UBUNTU-CVE-2014-9913.json",
            "  ubuntu:14.04-pro source unzip fixed vendor=Available with Ubuntu Pro (Infra-only): "
            "https://ubuntu.com/pro [0,6.0-9ubuntu1.6)\n"
            "  ubuntu:16.04 source unzip fixed [0,6.0-20ubuntu1.1)\n"},
        {"ubuntu/test-fixtures/osv/cve/2026/UBUNTU-CVE-2026-1403.json",
            "osv-ubuntu UBUNTU-CVE-2026-1403 CVE-2026-1403 severity=medium "
            "published=2026-04-09T00:00:00Z\n  ubuntu:16.04 source gitlab affected [0,)\n"},
        {"chainguard/test-fixtures/input/osv/CGA-224q-ccj5-2p53.json",
            "  chainguard source haproxy-2.2 fixed arch=x86_64 [0,2.2.34-r0)\n"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++) {
        char relative[256];
        snprintf(relative, sizeof(relative), "corpora/vex/vunnel-rhel-ubuntu/%s", samples[i][0]);
        const char *path = test_shared(relative);
        if (access(path, R_OK) != 0) {
            print_message("no shared data: %s\n", relative);
            skip();
        }
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(feed_dump_file(&dump, &sw_osv_feed, path), 0);
        assert_int_equal(dump.n_skipped, 0);
        if (strstr(dump.text.p, samples[i][1]) == NULL)
            print_error("%s", dump.text.p);
        assert_non_null(strstr(dump.text.p, samples[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_ecosystems_into_products),
        cmocka_unit_test(reads_every_kind_of_event),
        cmocka_unit_test(keeps_repositories_without_a_package),
        cmocka_unit_test(finds_severity_where_vendors_put_it),
        cmocka_unit_test(names_the_cves_of_an_erratum),
        cmocka_unit_test(keeps_bug_fixes_away_from_packages),
        cmocka_unit_test(names_feeds_by_who_wrote_the_record),
        cmocka_unit_test(names_module_streams),
        cmocka_unit_test(names_the_binaries_of_suse),
        cmocka_unit_test(leaves_version_lists_of_distributions_to_their_ranges),
        cmocka_unit_test(skips_broken_records_and_goes_on),
        cmocka_unit_test(reads_arrays_and_tells_damage),
        cmocka_unit_test(takes_an_entry_without_versions_for_none),
        cmocka_unit_test(counts_a_record_whose_lists_are_cut),
        cmocka_unit_test(skips_a_record_of_absurd_size),
        cmocka_unit_test(returns_want_of_memory),
        cmocka_unit_test(is_sure_of_its_own_files_only),
        cmocka_unit_test(reads_whole_feeds_without_loss),
        cmocka_unit_test(reads_samples_of_distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

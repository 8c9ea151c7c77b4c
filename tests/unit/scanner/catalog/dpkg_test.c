/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/dpkg.c: what is installed, what is broken, and the shared samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/dpkg.h"
#include "harness/analyze.h"
#include "harness/shared.h"

#define STATUS "var/lib/dpkg/status"
#define OK "Status: install ok installed\n"

static const struct sw_fact *read_status(
    struct test_analysis *analysis, const char *path, struct sw_str bytes)
{
    test_analysis_init(analysis);
    assert_int_equal(test_analyze(analysis, &sw_dpkg_analyzer, path, bytes), 0);
    return test_find_fact(analysis, SW_FACT_PACKAGES);
}

static void assert_str(struct sw_str s, const char *z)
{
    if (!sw_str_equal_z(s, z))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(s), z);
}

static void reads_all_fields(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_status(&analysis, STATUS,
        SW_STR("Package: libssl3\r\nStatus: install ok installed\r\nArchitecture: amd64\r\n"
               "Source: openssl (3.0.11-1~deb12u2)\r\nVersion: 1:3.0.11-1~deb12u2+b1\r\n"
               "Maintainer: Someone <a@b.example>\r\nOrigin: Debian\r\n"
               "Description: words\r\n Version: 9\r\n .\r\n more\r\n\r\n\r\n\r\n"
               "Package: bash\r\n" OK "Version: 5"));
    assert_non_null(fact);
    assert_int_equal(fact->n_packages, 2);
    const struct sw_package *p = fact->packages;
    assert_str(p[0].name, "libssl3");
    assert_str(p[0].version, "1:3.0.11-1~deb12u2+b1");
    assert_str(p[0].arch, "amd64");
    assert_str(p[0].source_name, "openssl");
    assert_str(p[0].source_version, "3.0.11-1~deb12u2");
    assert_str(p[0].maintainer, "Someone <a@b.example>");
    assert_str(p[0].vendor, "Debian");
    assert_int_equal(p[0].layer, SW_PACKAGE_NO_LAYER);
    assert_str(p[1].source_name, "bash");
    assert_str(p[1].source_version, "5");
    assert_str(p[1].arch, "");
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 0);
}

static void counts_only_what_is_installed(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_status(&analysis, STATUS,
        SW_STR("Package: a\nStatus: hold ok installed\nVersion: 1\n\n"
               "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n"
               "Package: c\nStatus: purge ok not-installed\n\n"
               "Package: d\nStatus: install ok unpacked\nVersion: 1\n\n"
               "Package: e\nStatus: install reinstreq half-installed\nVersion: 1\n\n"
               "Package: f\nStatus: install ok triggers-pending\nVersion: 1\n"));
    assert_int_equal(fact->n_packages, 3);
    assert_str(fact->packages[0].name, "a");
    assert_str(fact->packages[1].name, "d");
    assert_str(fact->packages[2].name, "f");
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 0);
}

static void skips_broken_stanzas_with_a_note(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_status(&analysis, STATUS,
        SW_STR("Package: a\n" OK "Version: 1\n\nasdf\n\n"
               "Package: bad\n" OK "\nPackage: worse\n" OK "Version: 1 2\n\n"
               "Package: z\n" OK "Version: 2\n"));
    assert_int_equal(fact->n_packages, 2);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 3);
    const struct sw_fact *note = test_find_fact(&analysis, SW_FACT_NOTE);
    assert_int_equal(note->note.kind, SW_NOTE_UNREADABLE);
    assert_str(note->note.message, "skipped the stanza '' at line 5: no package name");
    assert_str(note[1].note.message, "skipped the stanza 'bad' at line 7: no version");
    assert_str(note->path, STATUS);
}

static void a_lost_blank_line_loses_no_package(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_status(&analysis, STATUS,
        SW_STR("Package: a\n" OK "Version: 1\nVersion: 7\nPackage: b\n" OK "Version: 2\n"));
    assert_int_equal(fact->n_packages, 2);
    assert_str(fact->packages[0].version, "1");
    assert_str(fact->packages[1].version, "2");
}

static void notes_of_broken_stanzas_are_bounded(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 1u << 20);
    for (int i = 0; i < 1000; i++)
        sw_buf_printf(&buf, "broken\n\n");
    const struct sw_fact *fact = read_status(&analysis, STATUS, sw_buf_str(&buf));
    assert_int_equal(fact->n_packages, 0);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 21);
}

static void huge_fields_are_cut_or_refused(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 1u << 20);
    sw_buf_printf(&buf, "Package: a\n" OK "Version: 1\nMaintainer: %0100000d\n\n", 1);
    sw_buf_printf(&buf, "Package: b\n" OK "Version: %0100000d\n\n", 1);
    const struct sw_fact *fact = read_status(&analysis, STATUS, sw_buf_str(&buf));
    assert_int_equal(fact->n_packages, 1);
    assert_int_equal(fact->packages[0].maintainer.n, SW_PACKAGE_TEXT_MAX);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 1);
}

static void too_many_packages_are_a_limit(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 64u << 20);
    for (size_t i = 0; i <= SW_PACKAGES_MAX; i++)
        sw_buf_printf(&buf, "Package: p%zu\n" OK "Version: 1\n\n", i);
    const struct sw_fact *fact = read_status(&analysis, STATUS, sw_buf_str(&buf));
    assert_int_equal(fact->n_packages, SW_PACKAGES_MAX);
    assert_int_equal(test_find_fact(&analysis, SW_FACT_NOTE)->note.kind, SW_NOTE_LIMIT);
}

static void a_full_region_is_out_of_memory(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    analysis.region.max_bytes = 64;
    assert_int_equal(test_analyze(&analysis, &sw_dpkg_analyzer, STATUS,
                         SW_STR("Package: aaaaaaaaaaaaaaaaaaaa\n" OK "Version: 1\n")),
        -ENOMEM);
}

static void opkg_is_named_as_unsupported(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact =
        read_status(&analysis, "usr/lib/opkg/status", SW_STR("Package: a\n" OK "Version: 1\n"));
    assert_null(fact);
    const struct sw_fact *note = test_find_fact(&analysis, SW_FACT_NOTE);
    assert_int_equal(note->note.kind, SW_NOTE_UNSUPPORTED);
    assert_str(note->note.message, "opkg is not supported: 1 packages are not examined");
}

static void companions_of_control_files_are_passed_over(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    assert_null(read_status(&analysis, "var/lib/dpkg/status.d/a.md5sums", SW_STR("x y\n")));
    assert_int_equal(analysis.facts.facts.n, 0);
}

/* What each shared sample plainly holds: packages, notes, and one of the packages. */
static const struct {
    const char *file;
    const char *path;
    size_t n_packages;
    size_t n_notes;
    const char *name;
    const char *version;
    const char *source;
} samples[] = {
    {"claircore-dpkg/debian-only.status", STATUS, 1, 0, "debian-archive-keyring", "2019.1",
        "debian-archive-keyring"},
    {"claircore-dpkg/postgresql.status", STATUS, 3, 0, NULL, NULL, NULL},
    {"claircore-dpkg/texlive.status", STATUS, 357, 0, NULL, NULL, NULL},
    /* vcpkg lists features as stanzas of a package without a version */
    {"claircore-dpkg/vcpkg.status", STATUS, 15, 9, "curl", "7.68.0-1", "curl"},
    {"osv-scalibr-dpkg/dpkg/empty", STATUS, 0, 0, NULL, NULL, NULL},
    {"osv-scalibr-dpkg/dpkg/invalid", STATUS, 0, 2, NULL, NULL, NULL},
    {"osv-scalibr-dpkg/dpkg/nopackage", STATUS, 2, 1, "bar", "2.0", "bar"},
    {"osv-scalibr-dpkg/dpkg/noversion", STATUS, 2, 1, "bar", "2.0", "bar"},
    {"osv-scalibr-dpkg/dpkg/single", STATUS, 1, 0, "acl", "2.3.1-3", "acl"},
    {"osv-scalibr-dpkg/dpkg/status.d/foo", "var/lib/dpkg/status.d/foo", 1, 0, "foo", "1.2.3",
        "foo"},
    /* a purged, deinstalled or unpacked package has its files; one without a status is noted */
    {"osv-scalibr-dpkg/dpkg/statusfield", STATUS, 4, 1, "wantinstall_unpacked", "1.0",
        "wantinstall_unpacked"},
    {"osv-scalibr-dpkg/dpkg/trailingnewlines", STATUS, 1, 0, "acl", "2.3.1-3", "acl"},
    {"osv-scalibr-dpkg/dpkg/transitional", STATUS, 1, 0, "iceweasel", "78.13.0esr-1~deb10u1",
        "firefox-esr"},
    {"osv-scalibr-dpkg/dpkg/transitional_dummy", STATUS, 1, 0, "git-core", "1:2.14.2-1", "git"},
    {"osv-scalibr-dpkg/dpkg/transitional_empty", STATUS, 1, 0, "runit-systemd", "2.1.2-54+usrmerge",
        "runit"},
    {"osv-scalibr-dpkg/dpkg/valid", STATUS, 7, 0, "acl", "2.3.1-3", "acl"},
    {"syft-debian/glob-paths/usr/lib/dpkg/status", "usr/lib/dpkg/status", 1, 1, "libpam-runtime",
        "1.1.8-3.6", "pam"},
    {"syft-debian/glob-paths/var/lib/dpkg/status", STATUS, 0, 1, NULL, NULL, NULL},
    {"syft-debian/glob-paths/var/lib/dpkg/status.d/pkg-1.0", "var/lib/dpkg/status.d/pkg-1.0", 0, 1,
        NULL, NULL, NULL},
    {"syft-debian/image-distroless-deb/var/lib/dpkg/status.d/libsqlite3-0",
        "var/lib/dpkg/status.d/libsqlite3-0", 1, 0, "libsqlite3-0", "3.34.1-3", "sqlite3"},
    {"syft-debian/image-dpkg/var/lib/dpkg/status", STATUS, 1, 1, "libpam-runtime", "1.1.8-3.6",
        "pam"},
    {"syft-debian/var/lib/dpkg/status.d/coreutils-relationships", STATUS, 9, 0, NULL, NULL, NULL},
    {"syft-debian/var/lib/dpkg/status.d/corrupt", STATUS, 0, 1, NULL, NULL, NULL},
    {"syft-debian/var/lib/dpkg/status.d/deinstall", STATUS, 1, 0, "linux-image-6.14.0-1012-aws",
        "6.14.0-1012.12~24.04.1", "linux-signed-aws-6.14"},
    {"syft-debian/var/lib/dpkg/status.d/doc-examples", "var/lib/dpkg/status.d/doc-examples", 5, 11,
        "made-up-package-1", "1.0.0", "glibc"},
    {"syft-debian/var/lib/dpkg/status.d/empty", STATUS, 0, 1, NULL, NULL, NULL},
    {"syft-debian/var/lib/dpkg/status.d/installed-size-4KB", STATUS, 1, 0, "apt", "1.8.2",
        "apt-dev"},
    {"syft-debian/var/lib/dpkg/status.d/libpam-runtime", STATUS, 1, 5, "libpam-runtime",
        "1.5.2-6+deb12u1", "pam"},
    {"syft-debian/var/lib/dpkg/status.d/multiple", STATUS, 2, 2, "tzdata", "2020a-0+deb10u1",
        "tzdata-dev"},
    {"syft-debian/var/lib/dpkg/status.d/single", STATUS, 1, 0, "apt", "1.8.2", "apt-dev"},
    {"trivy-dpkg/corrupsed.txtar", STATUS, 4, 3, "libgcc1", "1:5.1.1-12ubuntu1", "gcc-5"},
    {"trivy-dpkg/digest.txtar", STATUS, 2, 3, "sed", "4.4-2", "sed"},
    {"trivy-dpkg/valid.txtar", STATUS, 90, 1, "fdisk", "2.31.1-0.4ubuntu3.1", "util-linux"},
    {"trivy-dpkg/only-apt.txtar", STATUS, 1, 1, "apt", "1.6.3ubuntu0.1", "apt"},
    {"trivy-dpkg/third-party.txtar", STATUS, 2, 1, "docker-ce", "5:20.10.7~3-0~debian-buster",
        "docker-ce"},
};

static void check_sample(size_t i)
{
    char relative[512];
    (void)snprintf(relative, sizeof(relative), "corpora/pkgdb/%s", samples[i].file);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    if (test_read_file(test_shared(relative), &buf) < 0)
        skip();
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_status(&analysis, samples[i].path, sw_buf_str(&buf));
    assert_non_null(fact);
    size_t n_notes = test_count_facts(&analysis, SW_FACT_NOTE);
    if (fact->n_packages != samples[i].n_packages || n_notes != samples[i].n_notes)
        fail_msg("%s: %zu packages, %zu notes", samples[i].file, fact->n_packages, n_notes);
    bool is_found = samples[i].name == NULL;
    for (size_t k = 0; k < fact->n_packages && !is_found; k++)
        is_found = sw_str_equal_z(fact->packages[k].name, samples[i].name) &&
                   sw_str_equal_z(fact->packages[k].version, samples[i].version) &&
                   sw_str_equal_z(fact->packages[k].source_name, samples[i].source);
    if (!is_found)
        fail_msg("%s: no %s", samples[i].file, samples[i].name);
}

static void reads_the_shared_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++)
        check_sample(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_fields),
        cmocka_unit_test(counts_only_what_is_installed),
        cmocka_unit_test(skips_broken_stanzas_with_a_note),
        cmocka_unit_test(a_lost_blank_line_loses_no_package),
        cmocka_unit_test(notes_of_broken_stanzas_are_bounded),
        cmocka_unit_test(huge_fields_are_cut_or_refused),
        cmocka_unit_test(too_many_packages_are_a_limit),
        cmocka_unit_test(a_full_region_is_out_of_memory),
        cmocka_unit_test(opkg_is_named_as_unsupported),
        cmocka_unit_test(companions_of_control_files_are_passed_over),
        cmocka_unit_test(reads_the_shared_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/apk.c against hand-made entries, the shared samples and whole systems.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/apk.h"
#include "harness/analyze.h"
#include "harness/shared.h"

#define INSTALLED "lib/apk/db/installed"

static const struct sw_fact *read_installed(struct test_analysis *analysis, struct sw_str bytes)
{
    test_analysis_init(analysis);
    assert_int_equal(test_analyze(analysis, &sw_apk_analyzer, INSTALLED, bytes), 0);
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
    const struct sw_fact *fact = read_installed(
        &analysis, SW_STR("C:Q1\nP:musl-utils\nV:1.1.24-r2\nA:x86_64\nL:MIT BSD\no:musl\n"
                          "m:Timo <t@example>\nF:sbin\nR:P\na:0:0:755\n\nP:own\r\nV:1-r0"));
    assert_int_equal(fact->n_packages, 2);
    const struct sw_package *p = fact->packages;
    assert_int_equal(p[0].type, SW_PACKAGE_APK);
    assert_str(p[0].name, "musl-utils");
    assert_str(p[0].version, "1.1.24-r2");
    assert_str(p[0].arch, "x86_64");
    assert_str(p[0].licence, "MIT BSD");
    assert_str(p[0].source_name, "musl");
    assert_str(p[0].source_version, "1.1.24-r2");
    assert_str(p[0].maintainer, "Timo <t@example>");
    assert_str(p[1].name, "own");
    assert_str(p[1].source_name, "own");
}

static void skips_broken_entries_with_a_note(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact =
        read_installed(&analysis, SW_STR("junk\n\n\nP:a\n\nV:2\n\nP:b\nV:3\n"));
    assert_int_equal(fact->n_packages, 1);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 3);
    const struct sw_fact *note = test_find_fact(&analysis, SW_FACT_NOTE);
    assert_str(note->note.message, "skipped the entry '' at line 1: no package name");
    assert_str(note[1].note.message, "skipped the entry 'a' at line 4: no version");
}

static void absurd_sizes_are_bounded(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    sw_buf_init(&buf, 64u << 20);
    sw_buf_printf(&buf, "P:%0100000d\nV:1\n\nP:m\nV:1\nm:%0100000d\n\n", 1, 1);
    for (size_t i = 0; i < SW_PACKAGES_MAX; i++)
        sw_buf_printf(&buf, "P:p%zu\nV:1\n\n", i);
    const struct sw_fact *fact = read_installed(&analysis, sw_buf_str(&buf));
    assert_int_equal(fact->n_packages, SW_PACKAGES_MAX);
    assert_int_equal(fact->packages[0].maintainer.n, SW_PACKAGE_TEXT_MAX);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 2);
}

static void a_full_region_is_out_of_memory(void **state)
{
    (void)state;
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    test_analysis_init(&analysis);
    analysis.region.max_bytes = 32;
    assert_int_equal(test_analyze(&analysis, &sw_apk_analyzer, INSTALLED,
                         SW_STR("P:aaaaaaaaaaaaaaaaaaaa\nV:1\n")),
        -ENOMEM);
}

static const struct {
    const char *file;
    size_t n_packages;
    size_t n_notes;
    const char *name;
    const char *version;
    const char *source;
} samples[] = {
    {"osv-scalibr-apk/different-arch", 1, 0, "alpine-baselayout-data", "3.4.3-r1",
        "alpine-baselayout"},
    {"osv-scalibr-apk/empty", 0, 0, NULL, NULL, NULL},
    {"osv-scalibr-apk/installed", 15, 0, "alpine-baselayout", "3.4.3-r1", "alpine-baselayout"},
    {"osv-scalibr-apk/invalid", 0, 2, NULL, NULL, NULL},
    {"osv-scalibr-apk/no-origin", 1, 0, "pkgname", "1.2.3", "pkgname"},
    {"osv-scalibr-apk/single", 1, 0, "alpine-baselayout-data", "3.4.3-r1", "alpine-baselayout"},
    {"syft-alpine/base", 1, 0, "alpine-baselayout", "3.2.0-r6", "alpine-baselayout"},
    {"syft-alpine/corrupt/lib/apk/db/installed", 1, 1, "alpine-baselayout-data", "3.2.0-r22",
        "alpine-baselayout"},
    {"syft-alpine/empty-deps-and-provides", 1, 0, "alpine-baselayout-data", "3.4.0-r0",
        "alpine-baselayout"},
    {"syft-alpine/extra-file-attributes", 1, 0, NULL, NULL, NULL},
    {"syft-alpine/glob-paths/lib/apk/db/installed", 0, 1, NULL, NULL, NULL},
    {"syft-alpine/multiple-1/lib/apk/db/installed", 4, 0, NULL, NULL, NULL},
    {"syft-alpine/multiple-2/lib/apk/db/installed", 14, 0, NULL, NULL, NULL},
    {"syft-alpine/single", 1, 0, "musl-utils", "1.1.24-r2", "musl"},
    {"trivy-apk/apk", 15, 1, "libcrypto1.0", "1.0.2h-r1", "openssl"},
};

static bool holds(
    const struct sw_fact *fact, struct sw_str name, struct sw_str version, struct sw_str source)
{
    for (size_t i = 0; i < fact->n_packages; i++)
        if (sw_str_equal(fact->packages[i].name, name) &&
            sw_str_equal(fact->packages[i].version, version) &&
            sw_str_equal(fact->packages[i].source_name, source))
            return true;
    return false;
}

static void reads_the_shared_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++) {
        char relative[512];
        (void)snprintf(relative, sizeof(relative), "corpora/pkgdb/%s", samples[i].file);
        SW_CLEANUP(sw_buf_done) struct sw_buf buf;
        if (test_read_file(test_shared(relative), &buf) < 0)
            skip();
        SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
        const struct sw_fact *fact = read_installed(&analysis, sw_buf_str(&buf));
        size_t n_notes = test_count_facts(&analysis, SW_FACT_NOTE);
        if (fact->n_packages != samples[i].n_packages || n_notes != samples[i].n_notes)
            fail_msg("%s: %zu packages, %zu notes", samples[i].file, fact->n_packages, n_notes);
        if (samples[i].name != NULL &&
            !holds(fact, sw_str_of(samples[i].name), sw_str_of(samples[i].version),
                sw_str_of(samples[i].source)))
            fail_msg("%s: no %s", samples[i].file, samples[i].name);
    }
}

/* The list beside each shared root file system: name, version, origin, a line each. */
static void check_system(const char *release)
{
    char relative[512];
    (void)snprintf(relative, sizeof(relative),
        "corpora/rootfs/alpine/alpine-minirootfs-%s-x86_64.tar.gz", release);
    char command[8192];
    (void)snprintf(command, sizeof(command), "tar -xzOf '%s' ./" INSTALLED " 2>/dev/null",
        test_shared(relative));
    SW_CLEANUP(sw_buf_done) struct sw_buf bytes;
    FILE *tar = popen(command, "re");
    int r = test_read_stream(tar, &bytes);
    if (tar != NULL)
        pclose(tar);
    strcat(relative, ".packages.tsv");
    SW_CLEANUP(sw_buf_done) struct sw_buf list;
    if (test_read_file(test_shared(relative), &list) < 0)
        skip();
    assert_int_equal(r, 0);
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    const struct sw_fact *fact = read_installed(&analysis, sw_buf_str(&bytes));
    struct sw_str rest = sw_buf_str(&list);
    struct sw_str line = SW_STR_NONE;
    size_t n = 0;
    while (sw_str_next_line(&rest, &line)) {
        struct sw_str cell[3] = {{0}};
        for (size_t i = 0; i < 3; i++)
            assert_true(sw_str_next_token(&line, '\t', &cell[i]));
        n++;
        if (!holds(fact, cell[0], cell[1], cell[2]))
            fail_msg("%s: no %.*s", release, SW_STR_ARG(cell[0]));
    }
    assert_int_equal(fact->n_packages, n);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 0);
}

static void reads_whole_systems(void **state)
{
    (void)state;
    check_system("3.8.5");
    check_system("3.12.12");
    check_system("3.17.10");
    check_system("3.20.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_fields),
        cmocka_unit_test(skips_broken_entries_with_a_note),
        cmocka_unit_test(absurd_sizes_are_bounded),
        cmocka_unit_test(a_full_region_is_out_of_memory),
        cmocka_unit_test(reads_the_shared_samples),
        cmocka_unit_test(reads_whole_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

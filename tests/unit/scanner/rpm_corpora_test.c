/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm.c on real databases of all three forms (shared test data; skipped where
 * it is absent). Complete lists are compared with what `rpm -qa` said on the system they come from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer.h"
#include "base/buf.h"
#include "base/mem.h"
#include "catalog/rpm.h"
#include "harness/shared.h"

struct scan {
    struct sw_buf bytes;
    struct sw_region region;
    struct sw_facts facts;
};

static void done(struct scan *scan)
{
    sw_facts_done(&scan->facts);
    sw_region_done(&scan->region);
    sw_buf_done(&scan->bytes);
}

static void read_whole(const char *relative, struct sw_buf *buf)
{
    sw_buf_init(buf, (size_t)64 * 1024 * 1024);
    FILE *file = fopen(test_shared(relative), "rbe");
    if (file == NULL)
        skip();
    char block[65536];
    size_t n = 0;
    while ((n = fread(block, 1, sizeof(block), file)) > 0)
        assert_int_equal(sw_buf_append(buf, block, n), 0);
    assert_int_equal(fclose(file), 0);
}

/* The packages of one database; it must be read without a note. */
static const struct sw_fact *read_packages(struct scan *scan, const char *file, const char *path)
{
    *scan = (struct scan){0};
    read_whole(file, &scan->bytes);
    sw_region_init(&scan->region, (size_t)64 * 1024 * 1024);
    sw_facts_init(&scan->facts, &scan->region);
    struct sw_analyzer_context context = {
        .analyzer = &sw_rpm_analyzer, .region = &scan->region, .facts = &scan->facts};
    struct sw_analyzer_file offered = {
        .path = sw_str_of(path), .bytes = sw_buf_str(&scan->bytes), .size_bytes = scan->bytes.n};
    struct sw_err err = {0};
    assert_int_equal(sw_rpm_analyzer.analyze(&context, &offered, 1, &err), 0);
    assert_int_equal(scan->facts.facts.n, 1);
    assert_int_equal(scan->facts.facts.v[0].kind, SW_FACT_PACKAGES);
    assert_true(sw_str_equal_z(scan->facts.facts.v[0].path, path));
    return &scan->facts.facts.v[0];
}

static const struct sw_package *find_package(const struct sw_fact *fact, struct sw_str name)
{
    for (size_t i = 0; i < fact->n_packages; i++)
        if (sw_str_equal(fact->packages[i].name, name))
            return &fact->packages[i];
    return NULL;
}

static void check_text(struct sw_str s, const char *expected)
{
    if (!sw_str_equal_z(s, expected))
        fail_msg("'%.*s' instead of '%s'", SW_STR_ARG(s), expected);
}

/* A line of an expected list: name, epoch, version, release, arch, source rpm, size. */
static void check_line(const struct sw_fact *fact, struct sw_str line)
{
    struct sw_str fields[7] = {0};
    struct sw_str rest = line;
    for (size_t i = 0; i < 7; i++)
        assert_true(sw_str_next_token(&rest, '\t', &fields[i]));
    const struct sw_package *package = find_package(fact, fields[0]);
    if (package == NULL)
        fail_msg("'%.*s' is missing", SW_STR_ARG(fields[0]));
    char text[1024];
    (void)snprintf(text, sizeof(text), "%.*s%s%.*s-%.*s", SW_STR_ARG(fields[1]),
        fields[1].n > 0 ? ":" : "", SW_STR_ARG(fields[2]), SW_STR_ARG(fields[3]));
    check_text(package->version, text);
    (void)snprintf(text, sizeof(text), "%.*s", SW_STR_ARG(fields[4]));
    check_text(package->arch, text);
    (void)snprintf(text, sizeof(text), "%.*s-", SW_STR_ARG(package->source_name));
    assert_true(sw_str_starts_with(fields[5], sw_str_of(text)));
}

static void reads_ndb_as_rpm_lists_it(void **state)
{
    (void)state;
    struct scan scan;
    const struct sw_fact *fact = read_packages(
        &scan, "corpora/rpmdb/ndb/sle15-bci/Packages.db", "usr/lib/sysimage/rpm/Packages.db");
    SW_CLEANUP(sw_buf_done) struct sw_buf expected = {0};
    read_whole("corpora/rpmdb/expected/SLE15WithNDB.tsv", &expected);
    struct sw_str rest = sw_buf_str(&expected);
    struct sw_str line;
    size_t n = 0;
    while (sw_str_next_line(&rest, &line)) {
        if (line.n == 0 || line.p[0] == '#' || sw_str_starts_with(line, SW_STR("gpg-pubkey\t")))
            continue;
        check_line(fact, line);
        n++;
    }
    assert_int_equal(fact->n_packages, n);
    const struct sw_package *glibc = find_package(fact, SW_STR("glibc"));
    assert_non_null(glibc);
    check_text(glibc->vendor, "SUSE LLC <https://www.suse.com/>");
    check_text(glibc->database, "usr/lib/sysimage/rpm/Packages.db");
    done(&scan);
}

static void reads_sqlite(void **state)
{
    (void)state;
    struct scan scan;
    const struct sw_fact *fact = read_packages(
        &scan, "corpora/rpmdb/sqlite/cbl-mariner-2.0/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite");
    assert_int_equal(fact->n_packages, 129);
    const struct sw_package *curl = find_package(fact, SW_STR("curl"));
    assert_non_null(curl);
    check_text(curl->version, "7.76.0-6.cm2");
    check_text(curl->arch, "x86_64");
    check_text(curl->source_name, "curl");
    check_text(curl->source_version, "7.76.0-6.cm2");
    check_text(curl->vendor, "Microsoft Corporation");
    check_text(curl->licence, "MIT");
    done(&scan);
}

static void reads_berkeley_db(void **state)
{
    (void)state;
    static const struct {
        const char *file, *name, *version, *arch, *source, *source_version, *vendor;
    } cases[] = {
        {"libuuid", "libuuid", "2.32.1-42.el8_8", "x86_64", "util-linux", "2.32.1-42.el8_8",
            "Red Hat, Inc."},
        {"osv-scalibr-epoch", "hello", "1:0.0.1-rls", "x86_64", "hello", "1:0.0.1-rls", ""},
        {"syft", "dive", "0.9.2-1", "x86_64", "dive", "0.9.2-1", ""},
        {"grype-sles", "dive", "0.9.2-1", "x86_64", "dive", "0.9.2-1", ""},
        {"grype-centos", "dive", "0.9.2-1", "x86_64", "dive", "0.9.2-1", ""},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        char file[256];
        (void)snprintf(file, sizeof(file), "corpora/rpmdb/bdb/%s/Packages", cases[i].file);
        struct scan scan;
        const struct sw_fact *fact = read_packages(&scan, file, "var/lib/rpm/Packages");
        assert_int_equal(fact->n_packages, 1);
        check_text(fact->packages[0].name, cases[i].name);
        check_text(fact->packages[0].version, cases[i].version);
        check_text(fact->packages[0].arch, cases[i].arch);
        check_text(fact->packages[0].source_name, cases[i].source);
        check_text(fact->packages[0].source_version, cases[i].source_version);
        check_text(fact->packages[0].vendor, cases[i].vendor);
        done(&scan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ndb_as_rpm_lists_it),
        cmocka_unit_test(reads_sqlite),
        cmocka_unit_test(reads_berkeley_db),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

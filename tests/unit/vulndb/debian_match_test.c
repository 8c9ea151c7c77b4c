/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real Debian systems against facts of real changelogs. Every row of expected-fixable.tsv must be
 * found. That list is kept short of every fourth row, so "nothing extra" is held by the number of
 * rows that the same join gives with dpkg's own comparison (tests/oracle/match_oracle.py compares
 * the rows themselves).
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "harness/shared.h"
#include "harness/vulndb.h"
#include "io/archive.h"
#include "io/decompress.h"

#define FEED "vulndb-sources/native/debian-fixed-versions.jsonl.zst"

/* A folder of sources that holds just this feed. */
static int build(struct test_vulndb *t)
{
    char sources[96];
    char link[160];
    struct sw_vulndb_build_result result;
    const char *feed = test_shared(FEED);
    if (access(feed, R_OK) != 0)
        return -ENOENT;
    snprintf(sources, sizeof(sources), "%s/sources", t->folder);
    snprintf(link, sizeof(link), "%s/feed.jsonl.zst", sources);
    if (mkdir(sources, 0700) < 0 || symlink(feed, link) < 0)
        return -errno;
    struct sw_vulndb_build_options options = {.sources = sources, .output = t->path};
    int r = sw_vulndb_build(&options, &result, &t->err);
    return r < 0 ? r : sw_vulndb_open(t->path, &t->db, &t->err);
}

static struct sw_str read_status(struct test_vulndb *t, const char *path)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = NULL;
    SW_CLEANUP(sw_archive_closep) struct sw_archive *archive = NULL;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    enum sw_compression compression;
    struct sw_member member;
    struct sw_str copy = SW_STR_NONE;
    char block[65536];
    sw_buf_init(&text, (size_t)64 << 20);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(
        sw_reader_new_decompress(sw_reader_new_fd(fd), 0, &in, &compression, &t->err), 0);
    assert_int_equal(sw_archive_open(SW_TAKE(in), SW_ARCHIVE_TAR, &archive, &t->err), 0);
    while (sw_archive_next(archive, &member, &t->err) == 1) {
        ssize_t n = 0;
        if (!sw_str_ends_with(member.name, SW_STR("var/lib/dpkg/status")))
            continue;
        while ((n = sw_archive_read(archive, block, sizeof(block), &t->err)) > 0)
            assert_int_equal(sw_buf_append(&text, block, (size_t)n), 0);
    }
    assert_true(text.n > 0);
    assert_int_equal(sw_region_copy(&t->region, sw_buf_str(&text), &copy), 0);
    return copy;
}

static bool take_field(struct sw_str line, const char *name, struct sw_str *ret)
{
    if (!sw_str_starts_with(line, sw_str_of(name)))
        return false;
    *ret = sw_str_trim(sw_str_skip(line, strlen(name)));
    return true;
}

/* "glibc (2.36-9)" or "glibc". */
static void split_source(struct sw_package *package)
{
    ptrdiff_t open = sw_str_find_char(package->source_name, '(');
    if (package->source_name.n == 0)
        package->source_name = package->name;
    package->source_version = package->version;
    if (open < 0)
        return;
    struct sw_str rest = sw_str_skip(package->source_name, (size_t)open + 1);
    package->source_version = sw_str_part(rest, 0, rest.n - 1);
    package->source_name = sw_str_trim(sw_str_part(package->source_name, 0, (size_t)open));
}

static void add_packages(struct sw_report *report, struct sw_str status)
{
    struct sw_package package = {.type = SW_PACKAGE_DPKG, .layer = SW_PACKAGE_NO_LAYER};
    struct sw_str line;
    while (sw_str_next_line(&status, &line)) {
        if (line.n > 0) {
            (void)(take_field(line, "Package:", &package.name) ||
                   take_field(line, "Version:", &package.version) ||
                   take_field(line, "Architecture:", &package.arch) ||
                   take_field(line, "Source:", &package.source_name));
            continue;
        }
        split_source(&package);
        if (package.name.n > 0)
            assert_int_equal(sw_vec_push(&report->packages, package, SW_PACKAGES_MAX), 0);
        package = (struct sw_package){.type = SW_PACKAGE_DPKG, .layer = SW_PACKAGE_NO_LAYER};
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted lines "source CVE fixed". */
static char *join_sorted(struct test_vulndb *t, char **lines, size_t n)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, (size_t)16 << 20);
    qsort(lines, n, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(sw_buf_printf(&text, "%s\n", lines[i]), 0);
    return sw_region_strdup(&t->region, sw_buf_str(&text));
}

static char *read_expected(struct test_vulndb *t, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[4096];
    char *lines[4096];
    size_t n = 0;
    assert_non_null(file);
    while (n < 4096 && fgets(line, sizeof(line), file) != NULL) {
        struct sw_str rest = sw_str_of(line);
        struct sw_str field[5] = {0};
        if (line[0] == '#')
            continue;
        for (size_t i = 0; i < 5; i++)
            assert_true(sw_str_next_token(&rest, '\t', &field[i]));
        lines[n++] = sw_region_printf(&t->region, "%.*s %.*s %.*s", SW_STR_ARG(field[0]),
            SW_STR_ARG(field[3]), SW_STR_ARG(field[4]));
    }
    fclose(file);
    return join_sorted(t, lines, n);
}

/* Both sorted. */
static void check_contains(const char *found, const char *expected)
{
    struct sw_str have = sw_str_of(found);
    struct sw_str want = sw_str_of(expected);
    struct sw_str line;
    struct sw_str other = SW_STR_NONE;
    while (sw_str_next_line(&want, &line)) {
        while (!sw_str_equal(line, other) && sw_str_next_line(&have, &other))
            ;
        if (!sw_str_equal(line, other))
            fail_msg("missing: %.*s", SW_STR_ARG(line));
    }
}

static void check_system(const char *release, const char *version, size_t n_wanted)
{
    struct test_vulndb t;
    struct sw_report report;
    char path[256];
    char *lines[4096];
    size_t n = 0;
    assert_int_equal(test_vulndb_init(&t), 0);
    int r = build(&t);
    snprintf(path, sizeof(path), "corpora/rootfs/debian-%s/rootfs-dpkg-only.tar.gz", release);
    if (r == -ENOENT || access(test_shared(path), R_OK) != 0) {
        test_vulndb_done(&t);
        print_message("skipped: no shared data at '%s'\n", test_shared(path));
        skip();
    }
    if (r < 0)
        fail_msg("%s", t.err.message);
    sw_report_init(&report, &t.region);
    report.os = (struct sw_os){.id = SW_STR("debian"), .version_id = sw_str_of(version)};
    add_packages(&report, read_status(&t, test_shared(path)));
    assert_true(report.packages.n > 50);
    assert_int_equal(sw_vulndb_match(t.db, &report, SW_STR("2026-11-25"), &t.err), 0);
    SW_VEC_EACH (f, &report.findings) {
        if (f->status != SW_FIX_FIXED)
            continue;
        assert_true(n < 4096);
        lines[n++] = sw_region_printf(&t.region, "%.*s %.*s %.*s", SW_STR_ARG(f->source_name),
            SW_STR_ARG(f->id), SW_STR_ARG(f->fixed_version));
    }
    snprintf(path, sizeof(path), "corpora/rootfs/debian-%s/expected-fixable.tsv", release);
    char *expected = read_expected(&t, test_shared(path));
    char *found = join_sorted(&t, lines, n);
    check_contains(found, expected);
    assert_int_equal(n, n_wanted);
    sw_report_done(&report);
    test_vulndb_done(&t);
}

static void finds_exactly_what_bullseye_lacks(void **state)
{
    (void)state;
    check_system("bullseye", "11", 111);
}

static void finds_exactly_what_bookworm_lacks(void **state)
{
    (void)state;
    check_system("bookworm", "12", 62);
}

static void finds_exactly_what_trixie_lacks(void **state)
{
    (void)state;
    check_system("trixie", "13", 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_exactly_what_bullseye_lacks),
        cmocka_unit_test(finds_exactly_what_bookworm_lacks),
        cmocka_unit_test(finds_exactly_what_trixie_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thousand damaged databases: each is refused in words or answers as the sound one does, and none
 * takes the caller with it. Half of them carry a checksum made after the damage, so that LMDB
 * itself meets it, in the child; a text changed so is another database, and may answer otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "harness/vulndb.h"
#include "io/digest.h"
#include "vulndb/format.h"

#define DAMAGES 1000
#define ADVISORIES 3000
#define VERIFY_EVERY 11 /* asks the same child again */

/* A generator of our own, so that a failure can be made again from its number. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void fill(struct test_vulndb *t)
{
    for (unsigned i = 0; i < ADVISORIES; i++) {
        char record[32];
        char package[32];
        char fixed[32];
        snprintf(record, sizeof(record), "CVE-2024-%u", 1000 + i);
        snprintf(package, sizeof(package), "package-%u", i / 7);
        snprintf(fixed, sizeof(fixed), "1.%u-1", i);
        test_vulndb_add_entry(t, &(struct test_entry){.feed = "debian-tracker",
                                     .record = record,
                                     .product = "debian:12",
                                     .package = package,
                                     .status = SW_FIX_FIXED,
                                     .fixed = fixed,
                                     .title = "a flaw in a package of some length"});
        struct sw_cve_facts facts = {.cve = sw_str_of(record), .epss = 0.5, .epss_percentile = 0.5};
        assert_int_equal(sw_writer_add_facts(t->writer, &facts, &t->err), 0);
    }
}

/* Everything that a user would ask; the answer as one string, or NULL and a sentence. */
static char *ask(const char *path, struct sw_region *region, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = NULL;
    SW_CLEANUP(sw_buf_done) struct sw_buf answer = {0};
    struct sw_report report;
    struct sw_advisory *found = NULL;
    struct sw_cve_facts facts = {.epss = -1};
    struct sw_vulndb_info info;
    size_t n = 0;
    sw_buf_init(&answer, (size_t)16 << 20);
    sw_report_init(&report, region);
    report.os = (struct sw_os){.id = SW_STR("debian"), .version_id = SW_STR("12")};
    for (unsigned i = 0; i < 60; i++) {
        char *name = sw_region_printf(region, "package-%u", i * 7);
        test_report_add(&report, SW_PACKAGE_DPKG, name, "1.5-1", NULL, NULL);
    }
    int r = sw_vulndb_open(path, &db, err);
    if (r >= 0)
        r = sw_vulndb_get_info(db, region, &info, err);
    if (r >= 0)
        r = sw_vulndb_match(db, &report, SW_STR("2026-11-25"), err);
    if (r >= 0)
        r = sw_vulndb_find_advisories(db, SW_STR("CVE-2024-2345"), region, &found, &n, err);
    if (r >= 0)
        sw_buf_printf(&answer, "%zu %" PRIu64 " ", n, info.n_entries);
    if (r >= 0)
        r = sw_vulndb_search(db, SW_STR("package-100"), region, &found, &n, err);
    if (r >= 0)
        r = sw_vulndb_find_cve(db, SW_STR("CVE-2024-1234"), region, &facts, err);
    SW_VEC_EACH (f, &report.findings)
        sw_buf_printf(
            &answer, "%.*s %.*s %.5f\n", SW_STR_ARG(f->id), SW_STR_ARG(f->fixed_version), f->epss);
    sw_buf_printf(&answer, "%zu %.5f", n, facts.epss);
    sw_report_done(&report);
    return r < 0 ? NULL : sw_region_strdup(region, sw_buf_str(&answer));
}

static size_t read_file(const char *path, char **ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    *ret = malloc((size_t)st.st_size);
    assert_non_null(*ret);
    assert_int_equal(read(fd, *ret, (size_t)st.st_size), st.st_size);
    close(fd);
    return (size_t)st.st_size;
}

static void write_file(const char *path, const char *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

static void flip_bits(char *p, size_t n, uint64_t *random)
{
    for (unsigned i = 0; i <= next_random(random) % 8; i++)
        p[next_random(random) % n] ^= (char)(1u << next_random(random) % 8);
}

/* One damage; the new length. */
static size_t damage(char *p, size_t n, uint64_t *random)
{
    size_t n_pages = n / SW_PAGE_BYTES;
    char *one = p + next_random(random) % n_pages * SW_PAGE_BYTES;
    char *two = p + next_random(random) % n_pages * SW_PAGE_BYTES;
    char page[SW_PAGE_BYTES];
    switch (next_random(random) % 6) {
    case 0:
        flip_bits(p, n, random);
        return n;
    case 1: /* in a page's header and its array of offsets, where LMDB believes most */
        flip_bits(one, 64, random);
        return n;
    case 2:
        memset(one, (int)(next_random(random) % 2 * 0xff), SW_PAGE_BYTES);
        return n;
    case 3:
        memcpy(page, one, SW_PAGE_BYTES);
        memcpy(one, two, SW_PAGE_BYTES);
        memcpy(two, page, SW_PAGE_BYTES);
        return n;
    case 4: /* truncated, at a page and elsewhere */
        n = next_random(random) % n;
        return next_random(random) % 2 == 0 ? n : n / SW_PAGE_BYTES * SW_PAGE_BYTES;
    default:
        for (size_t i = 0; i < SW_PAGE_BYTES; i++)
            one[i] = (char)next_random(random);
        return n;
    }
}

/* What somebody who means harm would do. */
static void make_checksum(char *p, size_t n)
{
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    struct sw_trailer trailer = {.format = SW_VULNDB_FORMAT_VERSION, .page_bytes = SW_PAGE_BYTES};
    if (n % SW_PAGE_BYTES != 0 || n < 2 * (size_t)SW_PAGE_BYTES)
        return;
    trailer.n_bytes = n - SW_PAGE_BYTES;
    struct sw_str content = {p, (size_t)trailer.n_bytes};
    assert_int_equal(sw_digest_of(SW_DIGEST_SHA256, content, digest), 0);
    memcpy(trailer.digest, digest, sizeof(trailer.digest));
    sw_trailer_put((uint8_t *)p + trailer.n_bytes, &trailer);
}

static void a_thousand_damaged_files_harm_nobody(void **state)
{
    struct test_vulndb t;
    struct sw_region region;
    char path[160];
    char *sound = NULL;
    unsigned n_refused = 0;
    (void)state;
    assert_int_equal(test_vulndb_init(&t), 0);
    fill(&t);
    assert_int_equal(test_vulndb_open(&t), 0);
    size_t n = read_file(t.path, &sound);
    char *wanted = ask(t.path, &t.region, &t.err);
    assert_non_null(wanted);
    char *copy = malloc(n);
    assert_non_null(copy);
    for (unsigned i = 0; i < DAMAGES; i++) {
        uint64_t random = i;
        struct sw_err err = {0};
        memcpy(copy, sound, n);
        size_t length = damage(copy, n, &random);
        if (i % 2 == 1)
            make_checksum(copy, length);
        snprintf(path, sizeof(path), "%s/damaged-%u", t.folder, i);
        write_file(path, copy, length);
        sw_region_init(&region, (size_t)256 << 20);
        char *answer = ask(path, &region, &err);
        if (answer == NULL) {
            n_refused++;
            assert_true(strstr(err.message, "damaged") != NULL);
        } else if (i % 2 == 0) {
            assert_string_equal(answer, wanted);
        }
        if (i % VERIFY_EVERY == 0)
            assert_true((sw_vulndb_verify(path, &err) < 0) == (answer == NULL));
        sw_region_done(&region);
        unlink(path);
    }
    print_message("%u of %u refused, the rest answered as the sound one\n", n_refused, DAMAGES);
    assert_true(n_refused > DAMAGES / 2);
    free(copy);
    free(sound);
    test_vulndb_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_damaged_files_harm_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/photon.c on real samples and on damaged input.
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
#include "vulndb/build/photon.h"

static void reads_the_real_format(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    const char *path = test_shared("corpora/vex/vunnel-rhel-ubuntu/photon/test-fixtures/input/"
                                   "cve_data_photon4.0.json");
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    assert_int_equal(feed_dump_file(&dump, &sw_photon_feed, path), 0);
    assert_int_equal(dump.n_advisories, 6);
    assert_int_equal(dump.n_skipped, 1);
    assert_string_equal(dump.last_skip, "CVE-2023-50447: names no version");
    assert_non_null(
        strstr(dump.text.p, "photon photon:4/CVE-2023-38546/curl-libs/7.88.1-4.ph4 CVE-2023-38546\n"
                            "  photon:4 binary curl-libs fixed vendor=Fixed [,7.88.1-4.ph4)\n"));
    assert_non_null(
        strstr(dump.text.p, "  photon:4 binary httpd not_affected vendor=Not Affected\n"));
}

static void check(const char *path, const char *text, int expected, uint64_t n, uint64_t n_skipped)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    int r = feed_dump_text(&dump, &sw_photon_feed, path, sw_str_of(text));
    assert_int_equal(r, expected);
    assert_int_equal(dump.n_advisories, n);
    assert_int_equal(dump.n_skipped, n_skipped);
}

#define GOOD "{\"cve_id\":\"CVE-1\",\"pkg\":\"a\",\"res_ver\":\"1-1.ph5\"}"

static void loses_only_broken_records(void **state)
{
    (void)state;
    const char *path = "photon/cve_data_photon5.0.json";
    check(path, "[" GOOD ",{},7,null,{\"cve_id\":\"CVE-2\"}," GOOD "]", 0, 2, 4);
    check(path, "[" GOOD ",", -EBADMSG, 1, 0);
    check(path, "", 0, 0, 0);
    check(path, "[]", 0, 0, 0);
    check("photon/other.json", "[]", -EINVAL, 0, 0);
}

static void recognises_by_name(void **state)
{
    (void)state;
    assert_true(
        feed_dump_recognise(&sw_photon_feed, "a/cve_data_photon5.0.json", SW_STR("[")) > 50);
    assert_int_equal(
        feed_dump_recognise(&sw_photon_feed, "a/cve_data_photon.json", SW_STR("[")), 0);
}

/* Each allocation fails once: an error comes back, or nothing is missing. */
static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 20000; n++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(sw_str_of("[" GOOD "]"));
        sw_mem_fail_after(n);
        int r = feed_dump_reader(&dump, &sw_photon_feed, "cve_data_photon5.0.json", in);
        sw_mem_fail_after(-1);
        if (r == 0) {
            assert_int_equal(dump.n_advisories, 1);
            return;
        }
        assert_int_equal(r, -ENOMEM);
    }
    fail_msg("it never succeeds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_real_format),
        cmocka_unit_test(loses_only_broken_records),
        cmocka_unit_test(recognises_by_name),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/ubuntu_vex.c on Ubuntu's own documents and on damaged input.
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
#include "vulndb/build/ubuntu_vex.h"

#define SAMPLES "corpora/vex/vunnel-rhel-ubuntu/ubuntu/test-fixtures/vex/cve/"

static void read_sample(struct feed_dump *dump, const char *relative)
{
    const char *path = test_shared(relative);
    feed_dump_init(dump);
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    assert_int_equal(feed_dump_file(dump, &sw_ubuntu_vex_feed, path), 0);
}

static void has_text(const struct feed_dump *dump, const char *text)
{
    if (dump->text.p == NULL || strstr(dump->text.p, text) == NULL)
        fail_msg("no '%s' in:\n%s", text, dump->text.p);
}

static void reads_statuses_by_release(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "2023/CVE-2023-38545.json");
    assert_int_equal(dump.n_advisories, 1);
    /* The two fixed ones (jammy, noble) are left to the OSV feed. */
    assert_int_equal(dump.n_affected, 5);
    has_text(&dump, "ubuntu-vex CVE-2023-38545 CVE-2023-38545 published=2023-10-11T06:00:00Z\n");
    has_text(&dump, "  ubuntu:16.04 source curl end_of_life vendor=This package (for the given "
                    "release) is no longer supported. Please upgrade your system.\n");
    has_text(&dump, "  ubuntu:20.04-pro source curl not_affected vendor=");
    assert_null(strstr(dump.text.p, "ubuntu:22.04 "));
}

static void reads_will_not_fix(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, SAMPLES "2016/CVE-2016-20013.json");
    assert_int_equal(dump.n_affected, 36);
    has_text(&dump, "  ubuntu:22.04 source glibc will_not_fix vendor=");
    has_text(&dump, "  ubuntu:16.04-pro source glibc will_not_fix vendor=");
    has_text(&dump, "  ubuntu:24.04 source zabbix not_affected vendor=");
}

static void check(const char *text, int expected, uint64_t n, uint64_t n_skipped)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    int r = feed_dump_text(&dump, &sw_ubuntu_vex_feed, "vex/x.json", sw_str_of(text));
    assert_int_equal(r, expected);
    assert_int_equal(dump.n_affected, n);
    assert_int_equal(dump.n_skipped, n_skipped);
}

#define STATEMENT(status, purl)                                                                    \
    "{\"statements\":[{\"vulnerability\":{\"name\":\"CVE-1\"},\"status\":\"" status                \
    "\",\"products\":[{\"@id\":\"" purl "\"}]}]}"

static void passes_over_what_is_not_ubuntu(void **state)
{
    (void)state;
    check(STATEMENT("affected", "pkg:deb/ubuntu/a@1?arch=source&distro=jammy"), 0, 1, 0);
    check(STATEMENT("affected", "pkg:deb/ubuntu/a@1?arch=amd64&distro=jammy"), 0, 0, 0);
    check(STATEMENT("affected", "pkg:deb/debian/a@1?arch=source&distro=jammy"), 0, 0, 0);
    check(STATEMENT("affected", "pkg:deb/ubuntu/a@1?arch=source&distro=unheard"), 0, 0, 0);
    check(STATEMENT("affected", "pkg:deb/ubuntu/a@1?arch=source&distro=fips/jammy"), 0, 0, 0);
    check(STATEMENT("bogus", "pkg:deb/ubuntu/a@1?arch=source&distro=jammy"), 0, 0, 1);
    check(STATEMENT("fixed", "arch=source"), 0, 0, 0);
}

static void survives_damage(void **state)
{
    (void)state;
    check("", 0, 0, 1);
    check("{}", 0, 0, 1);
    check("[]", 0, 0, 1);
    check("{\"statements\":[1,null,{\"products\":[1,{}]}]}", 0, 0, 4);
    check("{\"statements\":[{\"vulnerability\"", -EBADMSG, 0, 0);
}

static void recognises_by_content(void **state)
{
    (void)state;
    const struct sw_feed *feed = &sw_ubuntu_vex_feed;
    struct sw_str own =
        SW_STR("{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"Canonical Ltd.\"}");
    struct sw_str other =
        SW_STR("{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"x\"}");
    assert_true(feed_dump_recognise(feed, "a.json", own) > 50);
    assert_int_equal(feed_dump_recognise(feed, "a.json", other), 0);
}

/* Each allocation fails once: an error comes back, or nothing is missing. */
static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 20000; n++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(
            sw_str_of(STATEMENT("affected", "pkg:deb/ubuntu/a@1?arch=source&distro=jammy")));
        sw_mem_fail_after(n);
        int r = feed_dump_reader(&dump, &sw_ubuntu_vex_feed, "x.json", in);
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
        cmocka_unit_test(reads_statuses_by_release),
        cmocka_unit_test(reads_will_not_fix),
        cmocka_unit_test(passes_over_what_is_not_ubuntu),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(recognises_by_content),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/updateinfo*.c. The samples are made by hand from the format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "vulndb/build/updateinfo.h"
#include "vulndb/build/updateinfo_product.h"

#define AMAZON                                                                                     \
    "<updates><update type='security' status='final'><id>ALAS2-2030-1</id><title>t</title>"        \
    "<issued date='2030-01-01 18:45'/><updated date='2030-01-02T00:00:00Z'/>"                      \
    "<severity>important</severity><description>d</description><references>"                       \
    "<reference href='https://x/1' id='CVE-2030-1' type='cve'/>"                                   \
    "<reference href='https://x/2' id='CVE-2030-2' type='cve'/></references><pkglist>"             \
    "<collection short='amazon-linux-2---core'><name>Amazon Linux 2</name>"                        \
    "<package arch='x86_64' epoch='1' name='a' release='2.amzn2' version='1.0'/>"                  \
    "<package arch='aarch64' epoch='1' name='a' release='2.amzn2' version='1.0'/>"                 \
    "<package arch='src' epoch='1' name='a' release='2.amzn2' version='1.0'/>"                     \
    "<package arch='noarch' name='b' release='2' version='1.0'/>"                                  \
    "</collection></pkglist></update>"

static void check(const char *path, const char *text, int expected_r, const char *expected)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    int r = feed_dump_text(&dump, &sw_updateinfo_feed, path, sw_str_of(text));
    assert_int_equal(r, expected_r);
    assert_string_equal(dump.text.p != NULL ? dump.text.p : "", expected);
}

#define AMAZON_TEXT                                                                                \
    "updateinfo-amazon amazon-linux-2---core/ALAS2-2030-1 ALAS2-2030-1 severity=high "             \
    "published=2030-01-01 aliases=CVE-2030-1,CVE-2030-2\n"                                         \
    "  amazon:2 binary a fixed arch=x86_64 aarch64 [,1:1.0-2.amzn2)\n"                             \
    "  amazon:2 binary b fixed arch=noarch [,0:1.0-2)\n"

static void reads_amazon_errata(void **state)
{
    (void)state;
    check("amazon/2/updateinfo.xml", AMAZON "</updates>", 0, AMAZON_TEXT);
}

static void keeps_what_came_before_the_damage(void **state)
{
    (void)state;
    check("x", AMAZON "<update type='security'><id>ALAS", -EBADMSG, AMAZON_TEXT);
}

static void reads_module_streams(void **state)
{
    (void)state;
    check("x",
        "<updates><update type='security'><id>RLSA-2030:1</id><severity>Moderate</severity>"
        "<pkglist><collection short='rocky-linux-9-appstream'>"
        "<module name='nodejs' stream='18' version='1' context='c' arch='x86_64'/>"
        "<package name='nodejs' version='18.1' release='1.module+el9' epoch='1' arch='x86_64'/>"
        "</collection><collection short='base'>"
        "<package name='c' version='1' release='1.el9_2' epoch='0' arch='x86_64'/>"
        "</collection></pkglist></update></updates>",
        0,
        "updateinfo-rocky base/RLSA-2030:1 RLSA-2030:1 severity=medium\n"
        "  rocky:9 binary nodejs fixed module=nodejs:18 arch=x86_64 [,1:18.1-1.module+el9)\n"
        "  rocky:9 binary c fixed arch=x86_64 [,0:1-1.el9_2)\n");
}

static void leaves_bug_fixes_out(void **state)
{
    (void)state;
    check("x", "<updates><update type='bugfix'><id>ALAS-1</id></update></updates>", 0, "");
}

static void skips_what_it_cannot_place(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    const char *text =
        "<updates><update type='security'><id>XYZ-1</id><pkglist><collection>"
        "<package name='a' version='1' release='1' arch='x86_64'/></collection></pkglist></update>"
        "<update type='security'></update>"
        "<update type='security'><id>ALAS-2</id></update></updates>";
    assert_int_equal(feed_dump_text(&dump, &sw_updateinfo_feed, "x", sw_str_of(text)), 0);
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 3);
}

static void check_product(
    const char *id, const char *evr, const char *collection, const char *path, const char *expected)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4096);
    struct sw_updateinfo_origin origin = {
        sw_str_of(id), sw_str_of(evr), sw_str_of(collection), sw_str_of(path)};
    struct sw_str key = SW_STR_NONE;
    assert_int_equal(sw_updateinfo_product_find(&region, &origin, &key), expected != NULL);
    if (expected != NULL)
        assert_true(sw_str_equal_z(key, expected));
}

static void finds_the_product(void **state)
{
    (void)state;
    check_product("ALAS2023-2023-1", "0:1-1.amzn2023.0.2", "", "", "amazon:2023");
    check_product("ALAS-2018-1", "0:1-1.12.amzn1", "", "", "amazon:2018.03");
    check_product("ALAS-2018-1", "0:1-1", "amazon-linux-2---core", "", "amazon:2");
    check_product("ALAS-2018-1", "0:1-1", "", "amazon/2023/updateinfo.xml", "amazon:2023");
    check_product("FEDORA-2024-ab", "0:1-1.fc40", "", "", "fedora:40");
    check_product("ALSA-2024:1", "0:1-1.el9_4.alma.1", "", "", "alma:9");
    check_product("openSUSE-2023-1", "0:1-1.1", "", "opensuse/leap/15.5/updateinfo.xml",
        "opensuse-leap:15.5");
    check_product("openSUSE-SLE-15.5-2023-1", "0:1-1.1", "", "", "opensuse-leap:15.5");
    check_product("ALAS-2018-1", "0:1-1", "", "", NULL);
    check_product("", "", "", "", NULL);
}

static void refuses_garbage(void **state)
{
    (void)state;
    check("x", "", -EBADMSG, "");
    check("x", "<!DOCTYPE updates><updates/>", -EBADMSG, "");
    check("x", "\x01\x02", -EBADMSG, "");
    check("x", "<updates/>", 0, "");
}

/* Each allocation fails once: an error comes back, or nothing is missing. */
static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 20000; n++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(sw_str_of(AMAZON "</updates>"));
        sw_mem_fail_after(n);
        int r = feed_dump_reader(&dump, &sw_updateinfo_feed, "x.xml", in);
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
        cmocka_unit_test(reads_amazon_errata),
        cmocka_unit_test(keeps_what_came_before_the_damage),
        cmocka_unit_test(reads_module_streams),
        cmocka_unit_test(leaves_bug_fixes_out),
        cmocka_unit_test(skips_what_it_cannot_place),
        cmocka_unit_test(finds_the_product),
        cmocka_unit_test(refuses_garbage),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/debian*.c: states of the tracker, facts of changelogs, damage.
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
#include "vulndb/build/debian.h"

static void check_state(const char *state, const char *want)
{
    char json[1024];
    char text[1024];
    snprintf(
        json, sizeof(json), "{\"p\":{\"CVE-2024-1\":{\"releases\":{\"bookworm\":{%s}}}}}", state);
    snprintf(text, sizeof(text),
        "debian-tracker p/CVE-2024-1 CVE-2024-1\n  debian:12 source p %s\n", want);
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(
        feed_dump_text(&dump, &sw_debian_tracker_feed, "debian.json", sw_str_of(json)), 0);
    assert_string_equal(dump.text.p, text);
    assert_int_equal(dump.n_skipped, 0);
}

static void reads_every_state_of_the_tracker(void **state)
{
    (void)state;
    check_state("\"status\":\"resolved\",\"fixed_version\":\"1.2-3\",\"urgency\":\"high**\"",
        "fixed severity=high vendor=resolved [,1.2-3)");
    check_state("\"status\":\"resolved\",\"fixed_version\":\"0\",\"urgency\":\"unimportant\"",
        "not_affected severity=negligible vendor=resolved");
    check_state(
        "\"status\":\"open\",\"urgency\":\"not yet assigned\"", "affected vendor=not yet assigned");
    check_state("\"status\":\"open\",\"urgency\":\"low\",\"nodsa\":\"Minor issue\","
                "\"nodsa_reason\":\"\"",
        "affected severity=low vendor=no-dsa: Minor issue");
    check_state("\"status\":\"open\",\"nodsa\":\"Too intrusive\",\"nodsa_reason\":\"ignored\"",
        "will_not_fix vendor=ignored: Too intrusive");
    check_state("\"status\":\"open\",\"nodsa\":\"Later\",\"nodsa_reason\":\"postponed\"",
        "deferred vendor=postponed: Later");
    check_state(
        "\"status\":\"open\",\"urgency\":\"end-of-life\"", "end_of_life vendor=end-of-life");
    check_state("\"status\":\"undetermined\"", "under_investigation vendor=undetermined");
    check_state("", "unknown");
}

static void names_releases_by_number(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str json = SW_STR(
        "{\"p\":{\"TEMP-1\":{\"releases\":{\"sid\":{\"status\":\"open\"},\"bullseye\":{\"status\":"
        "\"open\"},\"forky\":{\"status\":\"open\"},\"newname\":{\"status\":\"open\"}}}}}");
    assert_int_equal(feed_dump_text(&dump, &sw_debian_tracker_feed, "x", json), 0);
    assert_string_equal(dump.text.p,
        "debian-tracker p/TEMP-1 TEMP-1\n  debian:sid source p affected\n  debian:11 source p "
        "affected\n  debian:14 source p affected\n  debian:newname source p affected\n");
}

static void skips_broken_entries_and_tells_damage(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str json = SW_STR("{\"p\":{\"CVE-1\":7,\"CVE-2\":{},\"CVE-3\":{\"releases\":[1]},"
                                "\"CVE-4\":{\"releases\":{}},\"\":{\"releases\":{}},"
                                "\"CVE-5\":tru},\"q\":1,\"r\":{\"CVE-6\":{\"rel");
    assert_int_equal(feed_dump_text(&dump, &sw_debian_tracker_feed, "x", json), -EBADMSG);
    assert_int_equal(dump.n_skipped, 4);
    assert_string_equal(
        dump.text.p, "debian-tracker p/CVE-2 CVE-2\ndebian-tracker p/CVE-4 CVE-4\n");
}

static void skips_entries_of_absurd_size(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
    sw_buf_init(&json, (size_t)16 << 20);
    sw_buf_append_str(&json, SW_STR("{\"p\":{\"CVE-1\":{\"releases\":{"));
    for (int i = 0; i < 100; i++)
        sw_buf_printf(&json, "%s\"r%d\":{}", i > 0 ? "," : "", i);
    sw_buf_append_str(&json, SW_STR("}},\"CVE-2\":\""));
    for (int i = 0; i < 300000; i++)
        sw_buf_append_str(&json, SW_STR("12345678"));
    sw_buf_append_str(&json, SW_STR("\",\"CVE-3\":{\"releases\":{}}}}"));
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_text(&dump, &sw_debian_tracker_feed, "x", sw_buf_str(&json)), 0);
    assert_int_equal(dump.n_skipped, 2);
    assert_string_equal(dump.text.p, "debian-tracker p/CVE-3 CVE-3\n");
}

static void reads_the_tracker_sample(void **state)
{
    (void)state;
    const char *path =
        test_shared("corpora/vex/vunnel-rhel-ubuntu/debian/test-fixtures/input/debian.json");
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_file(&dump, &sw_debian_tracker_feed, path), 0);
    assert_int_equal(dump.n_skipped, 0);
    assert_non_null(strstr(dump.text.p, "  debian:11 source sope fixed vendor=resolved "
                                        "[,5.0.1-2+deb11u1)\n"));
    assert_non_null(strstr(dump.text.p, "  debian:10 source chromium end_of_life"));
    assert_non_null(strstr(dump.text.p, "  debian:sid source txt2man fixed severity=low"));
}

static void reads_facts_of_changelogs(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str lines = SW_STR("{\"release\":\"11\",\"suite\":\"bullseye\",\"source\":\"acl\","
                                 "\"cve\":\"CVE-2009-4411\",\"fixed\":\"2.2.49-2\"}\n"
                                 "{\"release\":\"11\",\"source\":\"acl\",\"cve\":\"CVE-1\"}\n{");
    assert_int_equal(feed_dump_text(&dump, &sw_debian_changelog_feed, "facts.jsonl", lines), 0);
    assert_string_equal(dump.text.p, "debian-changelog 11/acl/CVE-2009-4411 CVE-2009-4411\n"
                                     "  debian:11 source acl fixed [,2.2.49-2)\n");
    assert_int_equal(dump.n_skipped, 2);
}

static void reads_the_shared_facts_without_loss(void **state)
{
    (void)state;
    const char *path = test_shared("vulndb-sources/native/debian-fixed-versions.jsonl.zst");
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_file(&dump, &sw_debian_changelog_feed, path), 0);
    assert_int_equal(dump.n_skipped, 0);
    assert_int_equal(dump.n_advisories, 9299);
}

static void says_why_changelog_entries_are_not_used(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str line = SW_STR("{\"release\":\"11\",\"suite\":\"bullseye\",\"source\":\"acl\","
                                "\"version\":\"1\",\"distribution\":\"unstable\",\"cves\":[]}\n");
    assert_true(feed_dump_recognise(&sw_debian_entries_feed, "e.jsonl", line) > 0);
    assert_int_equal(feed_dump_recognise(&sw_debian_changelog_feed, "e.jsonl", line), 0);
    assert_int_equal(feed_dump_text(&dump, &sw_debian_entries_feed, "e.jsonl", line), 0);
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 1);
    assert_non_null(strstr(dump.last_skip, "fixed-versions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_state_of_the_tracker),
        cmocka_unit_test(names_releases_by_number),
        cmocka_unit_test(skips_broken_entries_and_tells_damage),
        cmocka_unit_test(skips_entries_of_absurd_size),
        cmocka_unit_test(reads_the_tracker_sample),
        cmocka_unit_test(reads_facts_of_changelogs),
        cmocka_unit_test(reads_the_shared_facts_without_loss),
        cmocka_unit_test(says_why_changelog_entries_are_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

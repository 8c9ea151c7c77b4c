/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/kev.c: JSON and CSV say the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/feed_dump.h"
#include "harness/shared.h"
#include "vulndb/build/kev.h"

static void reads_both_forms(void **state)
{
    (void)state;
    static const char want[] =
        "CVE-2025-1 kev added=2025-08-25 due=2025-09-15 name=Git, \"Link\" (used by ransomware) "
        "epss=-1.00000/-1.00000\n"
        "CVE-2025-2 kev added=2025-08-26 due= name=Other epss=-1.00000/-1.00000\n";
    static const char json[] =
        "{\"title\":\"t\",\"count\":2,\"vulnerabilities\":[{\"cveID\":\"CVE-2025-1\","
        "\"vulnerabilityName\":\"Git, \\\"Link\\\"\",\"dateAdded\":\"2025-08-25\",\"dueDate\":"
        "\"2025-09-15\",\"knownRansomwareCampaignUse\":\"Known\"},{\"cveID\":\"CVE-2025-2\","
        "\"vulnerabilityName\":\"Other\",\"dateAdded\":\"2025-08-26\","
        "\"knownRansomwareCampaignUse\":\"Unknown\"}]}";
    static const char csv[] =
        "\xef\xbb\xbf"
        "cveID,product,vulnerabilityName,dateAdded,notes,dueDate,knownRansomwareCampaignUse\r\n"
        "CVE-2025-1,Git,\"Git, \"\"Link\"\"\",2025-08-25,\"two\r\nlines\",2025-09-15,Known\r\n"
        "\r\n"
        "CVE-2025-2,X,Other,2025-08-26,,,Unknown";
    const char *const forms[] = {json, csv};
    for (size_t i = 0; i < SW_ARRAY_SIZE(forms); i++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(feed_dump_text(&dump, &sw_kev_feed, "kev", sw_str_of(forms[i])), 0);
        assert_string_equal(dump.text.p, want);
        assert_int_equal(dump.n_skipped, 0);
        assert_true(feed_dump_recognise(&sw_kev_feed, "kev", sw_str_of(forms[i])) > 0);
    }
}

static void skips_broken_entries_and_tells_damage(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int r;
        uint64_t n_skipped;
    } rows[] = {
        {"{\"vulnerabilities\":[{\"cveID\":7},{},{\"cveID\":\"x\"},tru", -EBADMSG, 4},
        {"{\"vulnerabilities\":[\"\xff\",{\"cveID\":\"CVE-1\"}]}", 0, 1},
        {"{}", 0, 0},
        {"", -EBADMSG, 0},
        {"a,b\n1,2\n", -EBADMSG, 0},
        {"cveID,dateAdded\nx,y\n\"CVE-1,open", 0, 1},
        {"cveID\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", 0, 1},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(
            feed_dump_text(&dump, &sw_kev_feed, "kev", sw_str_of(rows[i].text)), rows[i].r);
        assert_int_equal(dump.n_skipped, rows[i].n_skipped);
    }
}

static void reads_the_shared_catalogue_in_both_forms(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint64_t n;
    } files[] = {{"json", 1404}, {"csv", 1404}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(files); i++) {
        char relative[128];
        snprintf(relative, sizeof(relative),
            "vulndb-sources/kev/known_exploited_vulnerabilities.%s.zst", files[i].file);
        const char *path = test_shared(relative);
        if (access(path, R_OK) != 0) {
            print_message("no shared data: %s\n", relative);
            skip();
        }
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(feed_dump_file(&dump, &sw_kev_feed, path), 0);
        assert_int_equal(dump.n_skipped, 0);
        assert_int_equal(dump.n_cve_facts, files[i].n);
        assert_non_null(strstr(dump.text.p,
            "CVE-2025-48384 kev added=2025-08-25 due=2025-09-15 name=Git Link Following"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_forms),
        cmocka_unit_test(skips_broken_entries_and_tells_damage),
        cmocka_unit_test(reads_the_shared_catalogue_in_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

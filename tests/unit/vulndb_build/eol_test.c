/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/eol.c: three forms of the same dates.
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
#include "vulndb/build/eol.h"

static void check(const char *path, const char *text, const char *want, uint64_t n_skipped)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_text(&dump, &sw_eol_feed, path, sw_str_of(text)), 0);
    assert_string_equal(dump.text.p != NULL ? dump.text.p : "", want);
    assert_int_equal(dump.n_skipped, n_skipped);
}

static void reads_three_forms(void **state)
{
    (void)state;
    static const char want[] = "debian:12 eol=2026-07-11 extended=2028-06-30\n";
    check("e.jsonl",
        "{\"_product\":\"debian\",\"releases\":[{\"releaseCycle\":\"12\",\"eol\":\"2026-07-11\","
        "\"eoes\":\"2028-06-30\"}]}\n{\"_product\":\"adonisjs\",\"releases\":[{}]}\n",
        want, 0);
    check("full.json",
        "{\"schema_version\":\"1.2\",\"result\":[{\"name\":\"debian\",\"releases\":[{\"name\":"
        "\"12\",\"isEol\":true,\"eolFrom\":\"2026-07-11\",\"eoesFrom\":\"2028-06-30\"}]}]}",
        want, 0);
    check("eol/debian.json",
        "[{\"cycle\":\"12\",\"eol\":\"2026-07-11\",\"extendedSupport\":\"2028-06-30\"}]", want, 0);
    check("eol/adonisjs.json", "[{\"cycle\":\"12\",\"eol\":\"2026-07-11\"}]", "", 0);
}

static void takes_booleans_and_strings_for_them(void **state)
{
    (void)state;
    check("e.jsonl",
        "{\"_product\":\"centos\",\"releases\":[{\"releaseCycle\":\"5\",\"eol\":true},"
        "{\"releaseCycle\":\"6\",\"eol\":\"true\"},{\"releaseCycle\":\"7\",\"eol\":false},"
        "{\"releaseCycle\":\"8\",\"eol\":\"soon\",\"eoes\":false},{\"eol\":true}]}\n",
        "centos:5 eol= ended extended=\ncentos:6 eol= ended extended=\ncentos:7 eol= extended=\n"
        "centos:8 eol= extended=\n",
        1);
}

static void names_products_by_their_keys(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"ubuntu", "22.04", "ubuntu:22.04"},
        {"alpine-linux", "3.20", "alpine:3.20"},
        {"almalinux", "9", "alma:9"},
        {"rocky-linux", "9", "rocky:9"},
        {"rhel", "9", "redhat:9"},
        {"centos-stream", "9", "centos-stream:9"},
        {"oracle-linux", "8", "oracle:8"},
        {"amazon-linux", "2018.03", "amazon:2018.03"},
        {"fedora", "42", "fedora:42"},
        {"sles", "15.5", "sles:15.5"},
        {"opensuse", "15.6", "opensuse-leap:15.6"},
        {"suse-linux-micro", "5.5", "suse-linux-enterprise-micro:5.5"},
        {"suse-linux-micro", "6.0", "suse-linux-micro:6.0"},
        {"vmware-photon", "5.0", "photon:5"},
        {"azure-linux", "3.0", "azurelinux:3"},
        {"cbl-mariner", "2.0", "mariner:2.0"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        char json[256];
        char want[256];
        snprintf(json, sizeof(json),
            "{\"_product\":\"%s\",\"releases\":[{\"releaseCycle\":\"%s\",\"eol\":\"2026-01-02\"}]}",
            rows[i][0], rows[i][1]);
        snprintf(want, sizeof(want), "%s eol=2026-01-02 extended=\n", rows[i][2]);
        check("e.jsonl", json, want, 0);
    }
}

static void skips_broken_products_and_tells_damage(void **state)
{
    (void)state;
    check("e.jsonl",
        "{\"_product\":7}\n{\"_product\":\"debian\"}\nx\n{\"_product\":\"debian\","
        "\"releases\":[7,{\"releaseCycle\":\"1\"}]}\n",
        "debian:1 eol= extended=\n", 4);
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str cut = SW_STR("{\"result\":[{\"name\":\"debian\",\"rel");
    assert_int_equal(feed_dump_text(&dump, &sw_eol_feed, "full.json", cut), -EBADMSG);
}

static void reads_the_shared_dates(void **state)
{
    (void)state;
    const char *path = test_shared("vulndb-sources/eol/endoflife-date.jsonl.zst");
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_file(&dump, &sw_eol_feed, path), 0);
    assert_int_equal(dump.n_skipped, 0);
    static const char *const lines[] = {"debian:11 eol=2024-08-14 extended=2026-08-31\n",
        "ubuntu:22.04 eol=2027-04-01 extended=2032-04-09\n",
        "alpine:3.20 eol=2026-04-01 extended=\n", "redhat:7 eol=2024-06-30 extended=2029-05-31\n",
        "photon:5 eol= extended=\n", "centos:8 eol=2021-12-31 extended=\n"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lines); i++)
        assert_non_null(strstr(dump.text.p, lines[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_three_forms),
        cmocka_unit_test(takes_booleans_and_strings_for_them),
        cmocka_unit_test(names_products_by_their_keys),
        cmocka_unit_test(skips_broken_products_and_tells_damage),
        cmocka_unit_test(reads_the_shared_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

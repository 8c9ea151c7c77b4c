/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/secdb*.c: Alpine, Wolfi and Chainguard, as JSON and as YAML.
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
#include "vulndb/build/secdb.h"

#define ALPINE "\"distroversion\":\"v3.20\",\"reponame\":\"main\",\"urlprefix\":\"https://x\""

static void check(const char *path, const char *text, const char *want, uint64_t n_skipped)
{
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    int r = feed_dump_text(&dump, &sw_secdb_feed, path, sw_str_of(text));
    if (r != 0)
        print_error("%s\n", dump.err.message);
    assert_int_equal(r, 0);
    assert_string_equal(dump.text.p != NULL ? dump.text.p : "", want);
    assert_int_equal(dump.n_skipped, n_skipped);
}

static void reads_fixes_of_alpine(void **state)
{
    (void)state;
    static const char want[] =
        "secdb-alpine v3.20/main/xz/CVE-2022-1 CVE-2022-1\n  alpine:3.20 source xz fixed "
        "[,5.2-r1)\n"
        "secdb-alpine v3.20/main/xz/CVE-2022-2 CVE-2022-2\n  alpine:3.20 source xz not_affected\n";
    static const char packages[] = "\"packages\":[{\"pkg\":{\"name\":\"xz\",\"secfixes\":{\"0\":["
                                   "\"CVE-2022-2\"],\"5.2-r1\":[\"CVE-2022-1\"]}}}]";
    char json[1024];
    snprintf(json, sizeof(json), "{" ALPINE ",%s}", packages);
    check("main.json", json, want, 0);
    snprintf(json, sizeof(json), "{%s," ALPINE "}", packages); /* the name comes last */
    check("main.json", json, want, 0);
    check("main.yaml",
        "distroversion: v3.20\nreponame: main\nurlprefix: https://x\npackages:\n- pkg:\n    name: "
        "xz\n    secfixes:\n      '0':\n      - CVE-2022-2\n      5.2-r1:\n      - CVE-2022-1\n",
        want, 0);
}

static void tells_ids_from_remarks(void **state)
{
    (void)state;
    check("main.json",
        "{" ALPINE ",\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{\"1-r0\":[\"XSA-1 "
        "CVE-2019-1\",\"GHSA-f7r5-w49x-gxm3\",\"CVE-2017-2 (+ regression fix)\",\"none\"],"
        "\"2-r0 (again)\":[\"CVE-2019-1 GHSA-x-1\"]}}}]}",
        "secdb-alpine v3.20/main/a/CVE-2017-2 CVE-2017-2\n  alpine:3.20 source a fixed [,1-r0)\n"
        "secdb-alpine v3.20/main/a/CVE-2019-1 CVE-2019-1 aliases=XSA-1,GHSA-x-1\n"
        "  alpine:3.20 source a fixed [,1-r0) [,2-r0)\n"
        "secdb-alpine v3.20/main/a/GHSA-f7r5-w49x-gxm3 GHSA-f7r5-w49x-gxm3\n"
        "  alpine:3.20 source a fixed [,1-r0)\n",
        0);
}

static void counts_ids_that_are_cut(void **state)
{
    (void)state;
    check("main.json",
        "{" ALPINE
        ",\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{\"1-r0\":[\"CVE-1 X-1 X-2 X-3 "
        "X-4 X-5 X-6 X-7 X-8\"]}}}]}",
        "secdb-alpine v3.20/main/a/CVE-1 CVE-1 aliases=X-1,X-2,X-3,X-4,X-5,X-6,X-7\n"
        "  alpine:3.20 source a fixed [,1-r0)\n",
        1);
}

static void knows_the_publisher(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"security.json", "https://packages.wolfi.dev", "os", "wolfi"},
        {"security.json", "https://packages.cgr.dev", "chainguard", "chainguard"},
        {"security.json", "https://libraries.cgr.dev", "chainguard", "chainguard"},
        {"security.json", "https://packages.mini.dev", "os", "minimos"},
        {"wolfi/security.json", "https://mirror.example.org", "os", "wolfi"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        char json[512];
        char want[512];
        snprintf(json, sizeof(json),
            "{\"apkurl\":\"x\",\"urlprefix\":\"%s\",\"reponame\":\"%s\",\"packages\":[{\"pkg\":{"
            "\"name\":\"a\",\"secfixes\":{\"1\":[\"CVE-1\"]}}}]}",
            rows[i][1], rows[i][2]);
        snprintf(want, sizeof(want), "secdb-%s %s/a/CVE-1 CVE-1\n  %s source a fixed [,1)\n",
            rows[i][3], rows[i][3], rows[i][3]);
        check(rows[i][0], json, want, 0);
    }
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    struct sw_str nameless = SW_STR("{\"packages\":[{\"pkg\":{\"name\":\"a\"}}]}");
    assert_int_equal(feed_dump_text(&dump, &sw_secdb_feed, "x.json", nameless), -EBADMSG);
    assert_string_equal(dump.err.message, "no known distribution is named");
    struct sw_str other =
        SW_STR("{\"distroversion\":\"v1\",\"urlprefix\":\"https://apk.example.org\","
               "\"packages\":[{\"pkg\":{\"name\":\"a\"}}]}");
    assert_int_equal(feed_dump_text(&dump, &sw_secdb_feed, "x.json", other), -EBADMSG);
}

static void skips_broken_packages(void **state)
{
    (void)state;
    check("main.json",
        "{" ALPINE ",\"packages\":[7,{},{\"pkg\":{\"secfixes\":{}}},{\"pkg\":{\"name\":\"a\","
        "\"secfixes\":\"x\"}},{\"pkg\":{\"name\":\"b\",\"secfixes\":[]}},{\"pkg\":{\"name\":\"c\","
        "\"secfixes\":{\"1\":[7,null,\"CVE-1\"],\"2\":\"x\"}}},{\"pkg\":\"\xff\"}]}",
        "secdb-alpine v3.20/main/c/CVE-1 CVE-1\n  alpine:3.20 source c fixed [,1)\n", 5);
}

static void tells_damage(void **state)
{
    (void)state;
    static const char *const damaged[][2] = {
        {"main.json", "{" ALPINE ",\"packages\":[{\"pkg\":{\"name\""},
        {"main.yaml", "distroversion: [v3.20\nsecfixes:"},
        {"main.yaml", "distroversion: v3.20\n\tx: y"},
        {"main.yaml", "a: &a [x]\nb: *a\n"},
        {"main.yaml", "? [a]\n: b\n"},
        {"main.yaml", ""},
        {"main.yaml", "a: \xff"},
        {"main.yaml", "[[[[[[[[[[[[[[[[[[[[[[[["},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(damaged); i++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        int r = feed_dump_text(&dump, &sw_secdb_feed, damaged[i][0], sw_str_of(damaged[i][1]));
        assert_true(r == -EBADMSG || r == -EFBIG);
        assert_true(strlen(dump.err.message) > 0);
    }
}

static void skips_a_package_of_absurd_size(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
    sw_buf_init(&json, (size_t)16 << 20);
    sw_buf_append_str(&json, SW_STR("{" ALPINE ",\"packages\":[{\"pkg\":{\"name\":\"a\","
                                    "\"secfixes\":{\"1\":[0"));
    for (int i = 0; i < 100001; i++)
        sw_buf_printf(&json, ",\"CVE-%d\"", i);
    sw_buf_append_str(&json, SW_STR("]}}}]}"));
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    feed_dump_init(&dump);
    assert_int_equal(feed_dump_text(&dump, &sw_secdb_feed, "x.json", sw_buf_str(&json)), 0);
    assert_int_equal(dump.n_skipped, 1);
    assert_int_equal(dump.n_advisories, 0);
}

static void recognises_its_own_files_only(void **state)
{
    (void)state;
    assert_true(
        feed_dump_recognise(&sw_secdb_feed, "x",
            SW_STR("{\"apkurl\":1,\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\"")) > 0);
    assert_true(feed_dump_recognise(&sw_secdb_feed, "x",
                    SW_STR("distroversion: v3\npackages:\n  secfixes:\n")) > 0);
    assert_int_equal(feed_dump_recognise(&sw_secdb_feed, "x", SW_STR("{\"packages\":1}")), 0);
    assert_int_equal(feed_dump_recognise(&sw_secdb_feed, "x", SW_STR_NONE), 0);
}

static void reads_samples_without_loss(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *line;
        uint64_t n;
    } samples[] = {
        {"alpine/test-fixtures/input/secdb/v3.15/main.yaml",
            "  alpine:3.15 source zlib fixed [,1.2.12-r0)\n", 13},
        {"alpine/test-fixtures/input/secdb/v3.15/community.yaml", "  alpine:3.15 source ", 0},
        {"wolfi/test-fixtures/input/secdb/security.json", "  wolfi source coreutils not_affected\n",
            0},
        {"chainguard/test-fixtures/input/secdb/security.json",
            "secdb-chainguard chainguard/bind/CVE-2022-2795 CVE-2022-2795\n", 0},
        {"minimos/test-fixtures/input/secdb/security.json", "  minimos source ", 0},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(samples); i++) {
        char relative[256];
        snprintf(relative, sizeof(relative), "corpora/vex/vunnel-rhel-ubuntu/%s", samples[i].path);
        const char *path = test_shared(relative);
        if (access(path, R_OK) != 0) {
            print_message("no shared data: %s\n", relative);
            skip();
        }
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        assert_int_equal(feed_dump_file(&dump, &sw_secdb_feed, path), 0);
        assert_int_equal(dump.n_skipped, 0);
        assert_non_null(strstr(dump.text.p, samples[i].line));
        assert_true(samples[i].n == 0 || dump.n_advisories == samples[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fixes_of_alpine),
        cmocka_unit_test(tells_ids_from_remarks),
        cmocka_unit_test(counts_ids_that_are_cut),
        cmocka_unit_test(knows_the_publisher),
        cmocka_unit_test(skips_broken_packages),
        cmocka_unit_test(tells_damage),
        cmocka_unit_test(skips_a_package_of_absurd_size),
        cmocka_unit_test(recognises_its_own_files_only),
        cmocka_unit_test(reads_samples_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/csaf*.c: Red Hat's own documents, hand-made ones where none is at hand
 * (VEX with fixes and modules, SUSE), damage and absurd sizes.
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
#include "vulndb/build/csaf.h"

#define VUNNEL "corpora/vex/vunnel-rhel-ubuntu/rhel/test-fixtures/csaf/advisories/"
#define CLAIRCORE "corpora/vex/claircore-csaf/"

static void read_sample(struct feed_dump *dump, const char *relative)
{
    const char *path = test_shared(relative);
    feed_dump_init(dump);
    if (access(path, R_OK) != 0) {
        print_message("no shared data: %s\n", path);
        skip();
    }
    assert_int_equal(feed_dump_file(dump, &sw_csaf_feed, path), 0);
}

static void has_line(const struct feed_dump *dump, const char *line)
{
    if (dump->text.p == NULL || strstr(dump->text.p, line) == NULL)
        fail_msg("no line '%s' in:\n%s", line, dump->text.p);
}

static void reads_red_hat_vex(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, CLAIRCORE "cve-2021-0084.json");
    assert_int_equal(dump.n_advisories, 1);
    assert_int_equal(dump.n_affected, 8);
    has_line(&dump, "csaf-redhat CVE-2021-0084 CVE-2021-0084 severity=high "
                    "published=2021-08-11T00:00:00+00:00\n"
                    "  redhat:5 source kernel not_affected\n");
    has_line(&dump, "  redhat:7 source kernel-alt not_affected\n");
}

static void leaves_other_products_out(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, CLAIRCORE "cve-2024-22047.json"); /* Satellite */
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 0);
}

static void skips_deleted_documents(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, CLAIRCORE "cve-1999-0001-deleted.json");
    assert_int_equal(dump.n_advisories, 0);
    assert_int_equal(dump.n_skipped, 1);
    assert_string_equal(dump.last_skip, "CVE-2023-0118: was deleted by the vendor");
}

static void reads_an_erratum_without_package_urls(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, CLAIRCORE "rhsa-2022-0011.json");
    assert_int_equal(dump.n_affected, 9);
    has_line(&dump, "csaf-redhat RHSA-2022:0011 RHSA-2022:0011 severity=high");
    has_line(&dump, "aliases=CVE-2020-10188\n");
    has_line(&dump, "  redhat:7.6-aus binary telnet fixed arch=x86_64 [,1:0.17-65.el7_6)\n");
    has_line(&dump,
        "  redhat:7.6-e4s binary telnet-server fixed arch=ppc64le x86_64 [,1:0.17-65.el7_6)\n");
}

static void reads_module_streams(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, VUNNEL "rhsa-2023_3821.json");
    assert_int_equal(dump.n_affected, 45);
    has_line(&dump, "  redhat:8 binary ruby fixed module=ruby:2.7 arch=aarch64 i686 ppc64le s390x "
                    "x86_64 [,2.7.8-139.module+el8.8.0+18745+f1bef313)\n");
    has_line(&dump, "  redhat:8 binary ruby-doc fixed module=ruby:2.7 arch=noarch "
                    "[,2.7.8-139.module+el8.8.0+18745+f1bef313)\n");
}

static void keeps_extended_streams_apart(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, VUNNEL "rhsa-2024_0811.json");
    assert_int_equal(dump.n_affected, 24);
    has_line(&dump, "severity=medium cvss=CVSS:3.1/");
    has_line(&dump, "aliases=CVE-2023-28486,CVE-2023-28487,CVE-2023-42465\n");
    has_line(&dump,
        "  redhat:8 binary sudo fixed arch=aarch64 ppc64le s390x x86_64 [,1.9.5p2-1.el8_9)\n");
    has_line(&dump, "  redhat:8.6-eus binary sudo fixed arch=aarch64 ppc64le s390x x86_64 "
                    "[,1.9.5p2-1.el8_6)\n");
    has_line(&dump, "  redhat:9.0-eus binary sudo fixed arch=aarch64 ppc64le s390x x86_64 "
                    "[,1.9.5p2-7.el9_0.4)\n");
    feed_dump_done(&dump);
    read_sample(&dump, VUNNEL "2025/rhsa-2025_23414.json");
    has_line(&dump, "  redhat:6-els binary bind fixed arch=i686 s390x x86_64 "
                    "[,32:9.8.2-0.68.rc1.el6_10.17)\n");
}

static void takes_source_packages_where_no_binary_is_named(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_sample(&dump, VUNNEL "2024/rhsa-2024_6163.json");
    assert_int_equal(dump.n_affected, 1);
    has_line(&dump, "  redhat:9 source python3.9 fixed [,3.9.18-3.el9_4.5)\n");
}

#define PLATFORM(id, cpe)                                                                          \
    "{\"category\":\"product_name\",\"name\":\"" id "\",\"product\":{\"name\":\"" id               \
    "\",\"product_id\":\"" id "\",\"product_identification_helper\":{\"cpe\":\"" cpe "\"}}}"
#define PACKAGE(id, purl)                                                                          \
    "{\"category\":\"product_version\",\"name\":\"" id "\",\"product\":{\"name\":\"" id            \
    "\",\"product_id\":\"" id "\",\"product_identification_helper\":{\"purl\":\"" purl "\"}}}"
#define PLAIN(id)                                                                                  \
    "{\"category\":\"product_version\",\"name\":\"" id "\",\"product\":{\"name\":\"" id            \
    "\",\"product_id\":\"" id "\"}}"
#define IN(platform, component)                                                                    \
    "{\"category\":\"default_component_of\",\"full_product_name\":{\"name\":\"x\","                \
    "\"product_id\":\"" platform ":" component "\"},\"product_reference\":\"" component            \
    "\",\"relates_to_product_reference\":\"" platform "\"}"
#define DOCUMENT(space, category, id)                                                              \
    "{\"document\":{\"category\":\"" category "\",\"csaf_version\":\"2.0\",\"publisher\":{"        \
    "\"namespace\":\"" space "\"},\"tracking\":{\"id\":\"" id                                      \
    "\",\"status\":\"final\",\"current_release_date\":\"2030-01-02T00:00:00Z\"}},"

/* Red Hat's VEX as its documentation describes it: a fix, a module in a product, a component that
 * will not be fixed, one out of support. */
static const char
    redhat_vex[] =
        DOCUMENT("https://www.redhat.com", "csaf_vex",
            "CVE-2030-1") "\"product_tree\":{\"branches\":[{\"category\":\"vendor\",\"name\":\"Red "
                          "Hat\",\"branches\":["
                          "{\"category\":\"product_family\",\"name\":\"f\",\"branches\":[" PLATFORM(
                              "AppStream-8",
                              "cpe:/a:redhat:enterprise_linux:8::appstream") "," PLATFORM("AppStrea"
                                                                                          "m-9.2",
                              "cpe:/a:redhat:enterprise_linux:9::appstream") "," PLATFORM("AppStrea"
                                                                                          "m-9.3",
                              "cpe:/a:redhat:enterprise_linux:9::appstream") "]}," PLATFORM("rhel7",
                              "cpe:/o:redhat:enterprise_linux:7") "," PLATFORM("rhel6",
                              "cpe:/o:redhat:enterprise_linux:6") "," PLATFORM("ocp",
                              "cpe:/a:redhat:openshift:4") "," PACKAGE("nodejs:18:1:c",
                              "pkg:rpmmod/redhat/nodejs@18:1:c") "," PACKAGE("nodejs-1:18.1-1.x86_"
                                                                             "64",
                              "pkg:rpm/redhat/nodejs@18.1-1?arch=x86_64&epoch=1") "," PACKAGE("node"
                                                                                              "js-"
                                                                                              "1:"
                                                                                              "18."
                                                                                              "1-1."
                                                                                              "src",
                              "pkg:rpm/redhat/nodejs@18.1-1?arch=src&epoch=1") "," PACKAGE("a-1-2."
                                                                                           "x86_64",
                              "pkg:rpm/redhat/a@1-2?arch=x86_64") "," PACKAGE("a-1-3.x86_64",
                              "pkg:rpm/redhat/a@1-3?arch=x86_64") "," PACKAGE("a-src",
                              "pkg:rpm/redhat/a?arch=src") "," PLAIN("kernel") "," PLAIN("nodejs:"
                                                                                         "16/"
                                                                                         "nodejs") "]}],\"relationships\":[" IN("AppStream-8",
                              "nodejs:18:1:c") "," IN("AppStream-8:nodejs:18:1:c",
                              "nodejs-1:18.1-1.x86_64") "," IN("AppStream-8:nodejs:18:1:c",
                              "nodejs-1:18.1-1.src") "," IN("AppStream-9.2",
                              "a-1-2.x86_64") "," IN("AppStream-9.3",
                              "a-1-3.x86_64") "," IN("rhel7", "kernel") "," IN("rhel6",
                              "kernel") "," IN("ocp", "kernel") "," IN("rhel7",
                              "a-src") "," IN("rhel7",
                              "nodejs:16/nodejs") "]},"
                                                  "\"vulnerabilities\":[{\"cve\":\"CVE-2030-1\","
                                                  "\"title\":\"a: bad\",\"product_status\":{"
                                                  "\"fixed\":[\"AppStream-8:nodejs:18:1:c:nodejs-1:"
                                                  "18.1-1.x86_64\","
                                                  "\"AppStream-8:nodejs:18:1:c:nodejs-1:18.1-1."
                                                  "src\",\"AppStream-9.3:a-1-3.x86_64\","
                                                  "\"AppStream-9.2:a-1-2.x86_64\"],"
                                                  "\"known_affected\":[\"rhel7:kernel\",\"rhel6:"
                                                  "kernel\",\"ocp:kernel\","
                                                  "\"rhel7:nodejs:16/"
                                                  "nodejs\",\"unknown:id\"],\"under_"
                                                  "investigation\":[\"rhel7:a-src\"]},"
                                                  "\"remediations\":[{\"category\":\"no_fix_"
                                                  "planned\",\"details\":\"Will not fix\","
                                                  "\"product_ids\":[\"rhel7:kernel\"]},{"
                                                  "\"category\":\"no_fix_planned\","
                                                  "\"details\":\"Out of support "
                                                  "scope\",\"product_ids\":[\"rhel6:kernel\"]},"
                                                  "{\"category\":\"none_available\",\"details\":"
                                                  "\"Fix deferred\","
                                                  "\"product_ids\":[\"rhel7:nodejs:16/nodejs\"]}],"
                                                  "\"scores\":[{\"cvss_v3\":{\"baseScore\":7.5,"
                                                  "\"vectorString\":\"CVSS:3.1/AV:N\"},"
                                                  "\"products\":[]}],\"threats\":[{\"category\":"
                                                  "\"impact\",\"details\":\"Important\","
                                                  "\"product_ids\":[\"rhel7:kernel\"]}]}]}";

static void read_text(struct feed_dump *dump, struct sw_str text, int expected)
{
    feed_dump_init(dump);
    int r = feed_dump_text(dump, &sw_csaf_feed, "csaf/x.json", text);
    if (r != expected)
        print_error("%s\n", dump->err.message);
    assert_int_equal(r, expected);
}

static void reads_every_status_of_a_vex(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump, sw_str_of(redhat_vex), 0);
    assert_string_equal(dump.text.p,
        "csaf-redhat CVE-2030-1 CVE-2030-1 severity=high cvss=CVSS:3.1/AV:N\n"
        "  redhat:6 source kernel end_of_life vendor=Out of support scope\n"
        "  redhat:7 source a under_investigation\n"
        "  redhat:7 source kernel will_not_fix severity=high vendor=Will not fix\n"
        "  redhat:7 source nodejs deferred vendor=Fix deferred module=nodejs:16\n"
        "  redhat:8 binary nodejs fixed module=nodejs:18 arch=x86_64 [,1:18.1-1)\n"
        "  redhat:9 binary a fixed arch=x86_64 [,1-2)\n");
}

/* JSON gives members no order. */
static void reads_members_in_any_order(void **state)
{
    (void)state;
    struct sw_str whole = sw_str_of(redhat_vex);
    size_t tree = (size_t)sw_str_find(whole, SW_STR("\"product_tree\""));
    size_t list = (size_t)sw_str_find(whole, SW_STR("\"vulnerabilities\""));
    struct sw_str parts[] = {
        sw_str_part(whole, 1, tree - 2),
        sw_str_part(whole, tree, list - tree - 1),
        sw_str_part(whole, list, whole.n - list - 1),
    };
    static const int orders[][3] = {{0, 2, 1}, {2, 1, 0}, {2, 0, 1}, {1, 2, 0}, {1, 0, 2}};
    SW_CLEANUP(feed_dump_done) struct feed_dump expected;
    read_text(&expected, whole, 0);
    for (size_t i = 0; i < SW_ARRAY_SIZE(orders); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
        sw_buf_init(&json, 65536);
        for (size_t k = 0; k < 3; k++) {
            sw_buf_append_str(&json, k == 0 ? SW_STR("{") : SW_STR(",\n"));
            sw_buf_append_str(&json, parts[orders[i][k]]);
        }
        sw_buf_append_char(&json, '}');
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        read_text(&dump, sw_buf_str(&json), 0);
        assert_string_equal(dump.text.p, expected.text.p);
    }
}

/* SUSE's documents name packages by id alone and call the fixed ones "recommended". */
static void reads_suse(void **state)
{
    (void)state;
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    static const char text[] =
        DOCUMENT("https://www.suse.com/", "csaf_vex",
            "CVE-2030-2") "\"product_tree\":{\"branches\":[{\"category\":\"vendor\",\"name\":"
                          "\"SUSE\",\"branches\":["
                          "{\"category\":\"product_family\",\"name\":\"f\",\"branches\":[" PLATFORM(
                              "SUSE Linux Enterprise Server 15 SP5",
                              "cpe:/o:suse:sles:15:sp5") "," PLATFORM("openSUSE Leap 15.5",
                              "cpe:/o:opensuse:leap:15.5") "]}," PLAIN("libcurl4-8.0.1-150400.5.1."
                                                                       "x86_64") "," PLAIN("curl") "]}],\"relationships\":[" IN("SUSE Linux Enterprise Server 15 SP5",
                              "libcurl4-8.0.1-150400.5.1.x86_64") "," IN("openSUSE Leap 15.5",
                              "curl") "]},\"vulnerabilities\":[{\"cve\":\"CVE-2030-2\","
                                      "\"product_status\":{\"recommended\":["
                                      "\"SUSE Linux Enterprise Server 15 "
                                      "SP5:libcurl4-8.0.1-150400.5.1.x86_64\"],"
                                      "\"known_affected\":[\"openSUSE Leap 15.5:curl\"]},"
                                      "\"threats\":[{\"category\":\"impact\",\"details\":"
                                      "\"moderate\"}]}]}";
    read_text(&dump, SW_STR(text), 0);
    assert_string_equal(dump.text.p,
        "csaf-suse CVE-2030-2 CVE-2030-2 severity=medium\n"
        "  opensuse-leap:15.5 source curl affected\n"
        "  sles:15.5 binary libcurl4 fixed arch=x86_64 [,8.0.1-150400.5.1)\n");
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t n = 1; n + 1 < sizeof(redhat_vex); n += 7) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        struct sw_str text = {redhat_vex, n};
        assert_true(feed_dump_text(&dump, &sw_csaf_feed, "x.json", text) < 0);
        assert_int_equal(dump.n_advisories, 0);
    }
}

static void survives_odd_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"document\":{}}",
        "{\"document\":[]}",
        "{\"product_tree\":{\"branches\":[{\"branches\":[{\"product\":{}}]}]}}",
        "{\"vulnerabilities\":[{\"product_status\":{\"fixed\":[1,null,{}]}}]}",
        "{\"product_tree\":{\"branches\":[{\"branches\":[{\"product\":7}]}],\"relationships\":[0]}"
        "}",
        "{\"document\":{\"tracking\":{\"id\":\"x\"}},\"product_tree\":{\"relationships\":["
        "{\"full_product_name\":{\"product_id\":\"a\"},\"product_reference\":\"a\","
        "\"relates_to_product_reference\":\"a\"}]},\"vulnerabilities\":[{\"product_status\":{"
        "\"fixed\":[\"a\"]}}]}",
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        read_text(&dump, sw_str_of(texts[i]), 0);
        assert_int_equal(dump.n_advisories, 0);
    }
}

/* 60,000 relationships: linear, or this test does not end. */
static void reads_large_documents_in_linear_time(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, (size_t)64 << 20);
    sw_buf_append_str(
        &text, SW_STR(DOCUMENT("https://www.redhat.com", "csaf_vex",
                   "CVE-2030-3") "\"product_tree\":{\"branches\":[{\"branches\":[" PLATFORM("p",
                   "cpe:/o:redhat:enterprise_linux:9")));
    for (int i = 0; i < 60000; i++)
        sw_buf_printf(&text, ",{\"product\":{\"product_id\":\"b%d-1-1.x86_64\"}}", i);
    sw_buf_append_str(&text, SW_STR("]}],\"relationships\":[{}"));
    for (int i = 0; i < 60000; i++)
        sw_buf_printf(&text,
            ",{\"full_product_name\":{\"product_id\":\"p:b%d\"},\"product_reference\":"
            "\"b%d-1-1.x86_64\",\"relates_to_product_reference\":\"p\"}",
            i, i);
    sw_buf_append_str(&text, SW_STR("]},\"vulnerabilities\":[{\"product_status\":{\"fixed\":[0"));
    for (int i = 0; i < 60000; i++)
        sw_buf_printf(&text, ",\"p:b%d\"", i);
    sw_buf_append_str(&text, SW_STR("]}}]}"));
    SW_CLEANUP(feed_dump_done) struct feed_dump dump;
    read_text(&dump, sw_buf_str(&text), 0);
    assert_int_equal(dump.n_affected, 60000);
}

/* Each allocation fails once: an error comes back, or nothing is missing. */
static void survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 20000; n++) {
        SW_CLEANUP(feed_dump_done) struct feed_dump dump;
        feed_dump_init(&dump);
        dump.is_counting = true;
        struct sw_reader *in = sw_reader_new_memory(sw_str_of(redhat_vex));
        sw_mem_fail_after(n);
        int r = feed_dump_reader(&dump, &sw_csaf_feed, "x.json", in);
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
        cmocka_unit_test(reads_red_hat_vex),
        cmocka_unit_test(leaves_other_products_out),
        cmocka_unit_test(skips_deleted_documents),
        cmocka_unit_test(reads_an_erratum_without_package_urls),
        cmocka_unit_test(reads_module_streams),
        cmocka_unit_test(keeps_extended_streams_apart),
        cmocka_unit_test(takes_source_packages_where_no_binary_is_named),
        cmocka_unit_test(reads_every_status_of_a_vex),
        cmocka_unit_test(reads_members_in_any_order),
        cmocka_unit_test(reads_suse),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(survives_odd_documents),
        cmocka_unit_test(reads_large_documents_in_linear_time),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

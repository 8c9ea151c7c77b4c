/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/model/purl.c: our packages, and what the shared suite of the purl specification wants
 * built for the types that we have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "harness/shared.h"
#include "model/purl.h"

static void assert_package(
    const struct sw_package *package, const char *id, const char *version, const char *purl)
{
    struct sw_os os = {.id = sw_str_of(id), .version_id = sw_str_of(version)};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4096);
    assert_int_equal(sw_purl_format_package(package, &os, &buf), 0);
    assert_string_equal(buf.p, purl);
}

static void packages_of_each_type(void **state)
{
    (void)state;
    struct sw_package deb = {.type = SW_PACKAGE_DPKG,
        .name = SW_STR("libssl3"),
        .version = SW_STR("1:3.0.11-1~deb12u2+b1"),
        .arch = SW_STR("amd64"),
        .source_name = SW_STR("openssl"),
        .source_version = SW_STR("3.0.11-1~deb12u2")};
    assert_package(&deb, "debian", "12",
        "pkg:deb/debian/libssl3@1:3.0.11-1~deb12u2%2Bb1?arch=amd64&distro=debian-12"
        "&upstream=openssl%403.0.11-1~deb12u2");
    struct sw_package apk = {.type = SW_PACKAGE_APK,
        .name = SW_STR("musl"),
        .version = SW_STR("1.2.5-r0"),
        .arch = SW_STR("x86_64"),
        .source_name = SW_STR("musl"),
        .source_version = SW_STR("1.2.5-r0")};
    assert_package(&apk, "wolfi", "", "pkg:apk/wolfi/musl@1.2.5-r0?arch=x86_64&distro=wolfi");
    struct sw_package rpm = {.type = SW_PACKAGE_RPM,
        .name = SW_STR("NetworkManager"),
        .version = SW_STR("1:1.46.0-1.el9"),
        .arch = SW_STR("x86_64"),
        .module = SW_STR("nodejs:18:1:a")};
    assert_package(&rpm, "rhel", "9.4",
        "pkg:rpm/redhat/NetworkManager@1.46.0-1.el9?arch=x86_64&distro=rhel-9.4&epoch=1"
        "&modularitylabel=nodejs:18:1:a");
    assert_package(&rpm, "opensuse-leap", "15.5",
        "pkg:rpm/opensuse/NetworkManager@1.46.0-1.el9?arch=x86_64&distro=opensuse-leap-15.5"
        "&epoch=1&modularitylabel=nodejs:18:1:a");
}

static void any_bytes_give_ascii(void **state)
{
    (void)state;
    struct sw_package odd = {.type = SW_PACKAGE_DPKG, .name = SW_STR("a/b@c?d\xff\0 %")};
    assert_package(&odd, "", "", "pkg:deb/a%2Fb%40c%3Fd%FF%00%20%25");
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct sw_package package = {.name = SW_STR("name")};
    struct sw_os os = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 10);
    assert_int_equal(sw_purl_format_package(&package, &os, &buf), -EFBIG);
}

static struct sw_str member(const json_t *object, const char *key)
{
    return sw_str_of(json_string_value(json_object_get(object, key)));
}

/* The suite's keys come in any order; ours are sorted by the caller. */
static size_t take_qualifiers(const json_t *object, struct sw_purl_qualifier *qualifiers)
{
    static const char *const keys[] = {"arch", "distro", "epoch"};
    size_t n = 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(keys); i++)
        if (json_object_get(object, keys[i]) != NULL)
            qualifiers[n++] = (struct sw_purl_qualifier){keys[i], member(object, keys[i])};
    assert_int_equal(n, json_object_size(object));
    return n;
}

static void check_suite(const char *type)
{
    char relative[256];
    (void)snprintf(relative, sizeof(relative), "corpora/purl/types/%s-test.json", type);
    json_t *suite = json_load_file(test_shared(relative), 0, NULL);
    if (suite == NULL)
        skip();
    size_t n_checked = 0;
    size_t i = 0;
    const json_t *test = NULL;
    json_array_foreach(json_object_get(suite, "tests"), i, test)
    {
        if (!sw_str_equal_z(member(test, "test_type"), "build"))
            continue;
        const json_t *input = json_object_get(test, "input");
        struct sw_purl_qualifier qualifiers[8];
        struct sw_purl purl = {.type = type,
            .name_space = member(input, "namespace"),
            .name = member(input, "name"),
            .version = member(input, "version"),
            .qualifiers = qualifiers};
        purl.n_qualifiers = take_qualifiers(json_object_get(input, "qualifiers"), qualifiers);
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, 4096);
        assert_int_equal(sw_purl_format(&purl, &buf), 0);
        assert_true(sw_str_equal(sw_buf_str(&buf), member(test, "expected_output")));
        n_checked++;
    }
    json_decref(suite);
    assert_true(n_checked > 0);
}

static void builds_what_the_specification_wants(void **state)
{
    (void)state;
    check_suite("deb");
    check_suite("apk");
    check_suite("rpm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_of_each_type),
        cmocka_unit_test(any_bytes_give_ascii),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(builds_what_the_specification_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

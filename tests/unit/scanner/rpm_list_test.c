/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_list.c: packages made of headers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/rpm_list.h"
#include "harness/rpm_make.h"

#define REGION_MAX ((size_t)16 * 1024 * 1024)

struct fixture {
    struct sw_region region;
    struct sw_rpm_list list;
};

static void init(struct fixture *f, size_t region_max)
{
    sw_region_init(&f->region, region_max);
    sw_rpm_list_init(&f->list, &f->region, SW_STR("var/lib/rpm/Packages"));
}

static void done(struct fixture *f)
{
    sw_rpm_list_done(&f->list);
    sw_region_done(&f->region);
}

static int add(struct fixture *f, const struct test_tag *tags, size_t n_tags)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = {0};
    sw_buf_init(&blob, TEST_RPM_MAX);
    test_make_header(&blob, tags, n_tags);
    return sw_rpm_list_add(&f->list, 1, sw_buf_str(&blob));
}

static void check_text(struct sw_str s, const char *expected)
{
    if (!sw_str_equal_z(s, expected))
        fail_msg("'%.*s' instead of '%s'", SW_STR_ARG(s), expected);
}

static void writes_epochs_only_where_they_count(void **state)
{
    (void)state;
    static const struct {
        uint32_t epoch;
        const char *version, *source_version;
    } cases[] = {
        {0, "1.2-3", "1.0-3"},
        {1, "1:1.2-3", "1:1.0-3"},
        {4294967295, "4294967295:1.2-3", "4294967295:1.0-3"},
    };
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        const struct test_tag tags[] = {TEST_TAG_TEXT(1000, "perl-libs"),
            TEST_TAG_TEXT(1001, "1.2"), TEST_TAG_TEXT(1002, "3"), {1003, 4, NULL, cases[i].epoch},
            TEST_TAG_TEXT(1044, "perl-1.0-3.src.rpm")};
        assert_int_equal(add(&f, tags, SW_ARRAY_SIZE(tags)), 0);
        check_text(f.list.packages.v[i].version, cases[i].version);
        check_text(f.list.packages.v[i].source_version, cases[i].source_version);
        check_text(f.list.packages.v[i].source_name, "perl");
    }
}

static void stands_for_itself_without_a_source(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    const struct test_tag tags[] = {
        TEST_TAG_TEXT(1000, "a"), TEST_TAG_TEXT(1001, "1"), TEST_TAG_TEXT(1002, "2")};
    assert_int_equal(add(&f, tags, SW_ARRAY_SIZE(tags)), 0);
    const struct sw_package *package = &f.list.packages.v[0];
    check_text(package->source_name, "a");
    check_text(package->source_version, "1-2");
    check_text(package->database, "var/lib/rpm/Packages");
    assert_int_equal(package->layer, SW_PACKAGE_NO_LAYER);
    assert_int_equal(package->type, SW_PACKAGE_RPM);
}

static void keys_are_no_packages(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    const struct test_tag tags[] = {TEST_TAG_TEXT(1000, "gpg-pubkey"),
        TEST_TAG_TEXT(1001, "fd431d51"), TEST_TAG_TEXT(1002, "4ae0493b")};
    assert_int_equal(add(&f, tags, SW_ARRAY_SIZE(tags)), 0);
    assert_int_equal(f.list.packages.n, 0);
    assert_int_equal(f.list.n_damaged, 0);
}

static void leaves_out_what_is_too_long(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    static char huge[SW_PACKAGE_TEXT_MAX + 2];
    memset(huge, 'x', sizeof(huge) - 1);
    const struct test_tag licence[] = {TEST_TAG_TEXT(1000, "a"), TEST_TAG_TEXT(1001, "1"),
        TEST_TAG_TEXT(1002, "2"), TEST_TAG_TEXT(1014, huge)};
    assert_int_equal(add(&f, licence, SW_ARRAY_SIZE(licence)), 0);
    assert_int_equal(f.list.packages.n, 1);
    assert_true(sw_str_is_empty(f.list.packages.v[0].licence));
    assert_int_equal(f.list.n_damaged, 1);
    const struct test_tag name[] = {
        TEST_TAG_TEXT(1000, huge), TEST_TAG_TEXT(1001, "1"), TEST_TAG_TEXT(1002, "2")};
    assert_int_equal(add(&f, name, SW_ARRAY_SIZE(name)), 0);
    assert_int_equal(f.list.packages.n, 1);
    assert_int_equal(f.list.n_damaged, 2);
}

static void keeps_the_first_sentence_of_damage(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    assert_int_equal(sw_rpm_list_add(&f.list, 5, SW_STR("abc")), 0);
    assert_int_equal(sw_rpm_list_add(&f.list, 6, SW_STR("")), 0);
    assert_int_equal(f.list.n_damaged, 2);
    assert_string_equal(f.list.damage.message, "record 5: header of 3 bytes is too short");
}

static void says_when_memory_ends(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, 16);
    const struct test_tag tags[] = {
        TEST_TAG_TEXT(1000, "a"), TEST_TAG_TEXT(1001, "1"), TEST_TAG_TEXT(1002, "2")};
    assert_int_equal(add(&f, tags, SW_ARRAY_SIZE(tags)), -ENOMEM);
    assert_int_equal(f.list.packages.n, 0);
}

static void stops_at_the_cap(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, REGION_MAX);
    f.list.n_records = SW_PACKAGES_MAX;
    assert_int_equal(sw_rpm_list_add(&f.list, 1, SW_STR("abc")), -EFBIG);
    assert_true(f.list.is_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_epochs_only_where_they_count),
        cmocka_unit_test(stands_for_itself_without_a_source),
        cmocka_unit_test(keys_are_no_packages),
        cmocka_unit_test(leaves_out_what_is_too_long),
        cmocka_unit_test(keeps_the_first_sentence_of_damage),
        cmocka_unit_test(says_when_memory_ends),
        cmocka_unit_test(stops_at_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

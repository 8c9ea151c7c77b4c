/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_header.c: header blobs, sound and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/rpm_header.h"
#include "harness/rpm_make.h"

/* Places inside a blob of test_make_package. */
#define AT_ENTRY(i) (8 + 16 * (size_t)(i))

static void check_text(struct sw_str s, const char *expected)
{
    if (!sw_str_equal_z(s, expected))
        fail_msg("'%.*s' instead of '%s'", SW_STR_ARG(s), expected);
}

static struct sw_buf make_buf(void)
{
    struct sw_buf buf;
    sw_buf_init(&buf, TEST_RPM_MAX);
    return buf;
}

static int parse(const struct sw_buf *blob, struct sw_rpm_header *header)
{
    struct sw_err err = {0};
    int r = sw_rpm_header_parse(sw_buf_str(blob), header, &err);
    assert_true((r < 0) == (err.message[0] != '\0'));
    return r;
}

static void reads_every_wanted_tag(void **state)
{
    (void)state;
    const struct test_tag tags[] = {
        TEST_TAG_TEXT(1000, "nodejs"),
        TEST_TAG_TEXT(1001, "18.1"),
        TEST_TAG_TEXT(1002, "1.el9"),
        {1003, 4, NULL, 7},
        {1004, 9, "summary", 0},
        TEST_TAG_TEXT(1011, "AlmaLinux"),
        TEST_TAG_TEXT(1014, "MIT"),
        TEST_TAG_TEXT(1015, "packager <a@b>"),
        TEST_TAG_TEXT(1022, "s390x"),
        TEST_TAG_TEXT(1044, "nodejs-18.1-1.el9.src.rpm"),
        TEST_TAG_TEXT(5096, "nodejs:18:1:rhel9"),
    };
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
    test_make_header(&blob, tags, SW_ARRAY_SIZE(tags));
    struct sw_rpm_header header;
    assert_int_equal(parse(&blob, &header), 0);
    assert_int_equal(header.n_damaged, 0);
    assert_int_equal(header.epoch, 7);
    check_text(header.name, "nodejs");
    check_text(header.version, "18.1");
    check_text(header.release, "1.el9");
    check_text(header.vendor, "AlmaLinux");
    check_text(header.licence, "MIT");
    check_text(header.packager, "packager <a@b>");
    check_text(header.arch, "s390x");
    check_text(header.source_rpm, "nodejs-18.1-1.el9.src.rpm");
    check_text(header.module, "nodejs:18:1:rhel9");
}

static void later_entries_replace_those_of_the_signed_region(void **state)
{
    (void)state;
    const struct test_tag tags[] = {
        {63, 7, "region trailer", 0},
        TEST_TAG_TEXT(1000, "a"),
        TEST_TAG_TEXT(1001, "1"),
        TEST_TAG_TEXT(1002, "1"),
        TEST_TAG_TEXT(1011, "signed"),
        TEST_TAG_TEXT(1011, "added at installation"),
    };
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
    test_make_header(&blob, tags, SW_ARRAY_SIZE(tags));
    struct sw_rpm_header header;
    assert_int_equal(parse(&blob, &header), 0);
    check_text(header.vendor, "added at installation");
}

static void refuses_headers_without_identity(void **state)
{
    (void)state;
    const struct test_tag tags[] = {TEST_TAG_TEXT(1000, "a"), TEST_TAG_TEXT(1001, "1")};
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
    test_make_header(&blob, tags, SW_ARRAY_SIZE(tags));
    struct sw_rpm_header header;
    assert_int_equal(parse(&blob, &header), -EBADMSG);
}

static void survives_every_truncation(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf whole = make_buf();
    test_make_package(&whole, "bash");
    for (size_t n = 0; n < whole.n; n++) {
        /* A copy of just that size, so that the sanitizer sees a read beyond it. */
        SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
        assert_int_equal(sw_buf_append(&blob, whole.p, n), 0);
        struct sw_rpm_header header;
        if (parse(&blob, &header) < 0)
            continue;
        assert_true(header.n_damaged > 0);
        check_text(header.name, "bash");
    }
}

static void refuses_absurd_counts(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 65536, 0x10000000, 0xffffffff};
    for (size_t i = 0; i < SW_ARRAY_SIZE(counts); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
        test_make_package(&blob, "bash");
        test_set_32(&blob, 0, counts[i], true);
        struct sw_rpm_header header;
        assert_int_equal(parse(&blob, &header), -EBADMSG);
    }
}

static void a_damaged_value_costs_only_itself(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
    } cases[] = {
        {AT_ENTRY(3) + 4, 4},                                 /* a number instead of text */
        {AT_ENTRY(3) + 4, 0xffffffff},                        /* no type at all */
        {AT_ENTRY(3) + 8, 0xffffffff},                        /* beyond the store */
        {AT_ENTRY(3) + 8, 0x7fffffff}, {AT_ENTRY(3) + 12, 0}, /* none of it */
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
        test_make_package(&blob, "bash");
        test_set_32(&blob, cases[i].at, cases[i].value, true);
        struct sw_rpm_header header;
        assert_int_equal(parse(&blob, &header), 0);
        assert_int_equal(header.n_damaged, 1);
        assert_true(sw_str_is_empty(header.arch));
        check_text(header.source_rpm, "src-1.2-3.src.rpm");
    }
}

static void text_ends_inside_the_store(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = make_buf();
    test_make_package(&blob, "bash");
    blob.p[blob.n - 1] = 'x'; /* the last text has no end now */
    struct sw_rpm_header header;
    assert_int_equal(parse(&blob, &header), 0);
    assert_int_equal(header.n_damaged, 1);
    assert_true(sw_str_is_empty(header.source_rpm));
}

static void splits_source_names(void **state)
{
    (void)state;
    static const struct {
        const char *source, *name, *version;
    } cases[] = {
        {"bash-5.1.8-9.el9.src.rpm", "bash", "5.1.8-9.el9"},
        {"java-1.8.0-openjdk-1.8.0.1-2.nosrc.rpm", "java-1.8.0-openjdk", "1.8.0.1-2"},
        {"a-1-2.src.rpm", "a", "1-2"},
        {"a-1.src.rpm", NULL, NULL},
        {"-1-2.src.rpm", NULL, NULL},
        {"a--2.src.rpm", NULL, NULL},
        {"a-1-.src.rpm", NULL, NULL},
        {"a-1-2.rpm", NULL, NULL},
        {"(none)", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_str name;
        struct sw_str version;
        bool is_split = sw_rpm_header_split_source(sw_str_of(cases[i].source), &name, &version);
        assert_int_equal(is_split, cases[i].name != NULL);
        if (!is_split)
            continue;
        check_text(name, cases[i].name);
        check_text(version, cases[i].version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_wanted_tag),
        cmocka_unit_test(later_entries_replace_those_of_the_signed_region),
        cmocka_unit_test(refuses_headers_without_identity),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses_absurd_counts),
        cmocka_unit_test(a_damaged_value_costs_only_itself),
        cmocka_unit_test(text_ends_inside_the_store),
        cmocka_unit_test(splits_source_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/tar_header.c: numbers, checksums, pax records and sparse maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/tar_header.h"

static int number(const char *field, size_t n, int64_t *ret)
{
    return sw_tar_number((const uint8_t *)field, n, ret);
}

static void reads_octal_and_base_256(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        size_t n;
        int64_t value;
    } rows[] = {
        {"0000644\0", 8, 0644},
        {"   644 \0", 8, 0644},
        {"644\0junk", 8, 0644},
        {"\0\0\0\0\0\0\0\0", 8, 0},
        {"77777777777\0", 12, 8589934591},
        {"777777777777", 12, 68719476735},
        {"\x80\0\0\0\0\0\0\0\0\0\1\0", 12, 256},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfb", 12, -5},
        {"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, INT64_MAX},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        int64_t value = 0;
        assert_int_equal(number(rows[i].field, rows[i].n, &value), 0);
        assert_int_equal(value, rows[i].value);
    }
}

static void refuses_broken_numbers(void **state)
{
    (void)state;
    int64_t value = 77;
    assert_int_equal(number("0000648\0", 8, &value), -EBADMSG);
    assert_int_equal(number("-000644\0", 8, &value), -EBADMSG);
    assert_int_equal(number("12 34\0\0\0", 8, &value), -EBADMSG);
    assert_int_equal(number("7777777777777777777777777", 25, &value), -EBADMSG);
    assert_int_equal(number("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, &value), -EBADMSG);
    assert_int_equal(number("\x80\1\0\0\0\0\0\0\0\0\0\0", 12, &value), -EBADMSG);
    assert_int_equal(value, 77);
}

static void accepts_both_checksums(void **state)
{
    (void)state;
    uint8_t block[SW_TAR_BLOCK] = {'a', 0xff, 0xfe};
    memcpy(block + 148, "0001536\0", 8); /* 8 spaces, 'a', and 255 + 254 */
    assert_true(sw_tar_is_sum_right(block));
    memcpy(block + 148, "0000536\0", 8); /* the same with -1 and -2 */
    assert_true(sw_tar_is_sum_right(block));
    memcpy(block + 148, "0000537\0", 8);
    assert_false(sw_tar_is_sum_right(block));
    memcpy(block + 148, "xxxxxxxx", 8);
    assert_false(sw_tar_is_sum_right(block));
}

static int pax(const char *records, size_t n, struct sw_tar_pax *ret)
{
    struct sw_tar_runs runs = {0};
    int r = sw_tar_parse_pax((struct sw_str){records, n}, ret, &runs);
    sw_vec_done(&runs.list);
    return r;
}
#define PAX(literal, ret) pax(literal, sizeof(literal) - 1, ret)

static void reads_pax_records(void **state)
{
    (void)state;
    struct sw_tar_pax records = {0};
    assert_int_equal(PAX("", &records), 0);
    assert_int_equal(PAX("12 path=a=b\n11 size=99\n15 mtime=-3.25\n13 other=x\0\n\n", &records), 0);
    assert_true(sw_str_equal_z(records.path, "a=b"));
    assert_true(records.has_size);
    assert_int_equal(records.size_bytes, 99);
    assert_int_equal(records.mtime_s, -3);
    assert_null(records.linkpath.p);
    /* The last one counts, and an empty one takes it back. */
    assert_int_equal(PAX("10 path=a\n10 path=b\n", &records), 0);
    assert_true(sw_str_equal_z(records.path, "b"));
    assert_int_equal(PAX("10 path=a\n9 path=\n", &records), -EBADMSG);
    assert_int_equal(PAX("10 path=a\n8 path=\n", &records), 0);
    assert_null(records.path.p);
}

static void refuses_broken_pax_records(void **state)
{
    (void)state;
    struct sw_tar_pax records = {.size_bytes = 77};
    assert_int_equal(PAX("x", &records), -EBADMSG);
    assert_int_equal(PAX("10 path=a", &records), -EBADMSG);
    assert_int_equal(PAX("99 path=a\n", &records), -EBADMSG);
    assert_int_equal(PAX("8 path=a\n", &records), -EBADMSG);
    assert_int_equal(PAX("1 \n", &records), -EBADMSG);
    assert_int_equal(PAX("5 =a\n\n", &records), -EBADMSG);
    assert_int_equal(PAX("18446744073709551615 path=a\n", &records), -EBADMSG);
    assert_int_equal(PAX("99999999999999999999999 path=a\n", &records), -EBADMSG);
    assert_int_equal(PAX("11 path=a\0\n", &records), -EBADMSG);
    assert_int_equal(PAX("11 size=-1\n", &records), -EBADMSG);
    assert_int_equal(PAX("28 size=9223372036854775808\n", &records), -EBADMSG);
    assert_int_equal(PAX("25 GNU.sparse.numbytes=1\n", &records), -EBADMSG);
    assert_int_equal(records.size_bytes, 77);
}

static void checks_sparse_maps(void **state)
{
    (void)state;
    struct sw_tar_runs runs = {0};
    assert_int_equal(sw_tar_parse_map(SW_STR("0,5,10,3"), &runs), 0);
    assert_int_equal(runs.list.n, 2);
    assert_true(sw_tar_is_map_right(&runs, 13, 8));
    assert_true(sw_tar_is_map_right(&runs, 99, 8));
    assert_false(sw_tar_is_map_right(&runs, 12, 8));
    assert_false(sw_tar_is_map_right(&runs, 13, 9));
    runs.list.n = 0;
    assert_int_equal(sw_tar_parse_map(SW_STR("0,5,4,3"), &runs), 0);
    assert_false(sw_tar_is_map_right(&runs, 99, 8));
    runs.list.n = 0;
    assert_int_equal(sw_tar_parse_map(SW_STR("9223372036854775807,9223372036854775807"), &runs), 0);
    assert_false(sw_tar_is_map_right(&runs, INT64_MAX, INT64_MAX));
    assert_int_equal(sw_tar_parse_map(SW_STR("1"), &runs), -EBADMSG);
    assert_int_equal(sw_tar_parse_map(SW_STR("1,"), &runs), -EBADMSG);
    assert_int_equal(sw_tar_parse_map(SW_STR("1,x"), &runs), -EBADMSG);
    sw_vec_done(&runs.list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_octal_and_base_256),
        cmocka_unit_test(refuses_broken_numbers),
        cmocka_unit_test(accepts_both_checksums),
        cmocka_unit_test(reads_pax_records),
        cmocka_unit_test(refuses_broken_pax_records),
        cmocka_unit_test(checks_sparse_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

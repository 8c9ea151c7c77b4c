/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and strings of database values: there and back, and never beyond the end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "vulndb/pack.h"

static void reads_back_what_it_wrote(void **state)
{
    static const uint64_t numbers[] = {
        0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_unpack in;
    (void)state;
    sw_buf_init(&buf, 4096);
    struct sw_pack pack = {.buf = &buf};
    for (size_t i = 0; i < SW_ARRAY_SIZE(numbers); i++)
        sw_pack_number(&pack, numbers[i]);
    sw_pack_str(&pack, SW_STR("text"));
    sw_pack_str(&pack, SW_STR_NONE);
    sw_pack_u8(&pack, 0xff);
    assert_int_equal(pack.error, 0);
    sw_unpack_init(&in, sw_buf_str(&buf));
    for (size_t i = 0; i < SW_ARRAY_SIZE(numbers); i++)
        assert_true(sw_unpack_number(&in) == numbers[i]);
    assert_true(sw_str_equal_z(sw_unpack_str(&in), "text"));
    assert_int_equal(sw_unpack_str(&in).n, 0);
    assert_int_equal(sw_unpack_u8(&in), 0xff);
    assert_true(sw_unpack_is_done(&in));
}

static void stays_bad_after_the_end(void **state)
{
    struct sw_unpack in;
    (void)state;
    sw_unpack_init(&in, SW_STR("\x05"
                               "abc"));
    assert_int_equal(sw_unpack_str(&in).n, 0);
    assert_true(in.is_bad);
    assert_int_equal(sw_unpack_u8(&in), 0);
    assert_int_equal(sw_unpack_str(&in).n, 0);
    assert_false(sw_unpack_is_done(&in));
    sw_unpack_init(&in, SW_STR_NONE);
    assert_true(sw_unpack_is_done(&in));
    sw_unpack_number(&in);
    assert_true(in.is_bad);
}

static void rejects_numbers_beyond_64_bits(void **state)
{
    struct sw_unpack in;
    (void)state;
    sw_unpack_init(&in, SW_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
    sw_unpack_number(&in);
    assert_true(in.is_bad);
    sw_unpack_init(&in, SW_STR("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));
    sw_unpack_number(&in);
    assert_true(in.is_bad);
}

static void rejects_counts_that_cannot_be(void **state)
{
    struct sw_unpack in;
    (void)state;
    sw_unpack_init(&in, SW_STR("\xff\xff\x03"
                               "abc"));
    assert_int_equal(sw_unpack_count(&in, 1000000), 0);
    assert_true(in.is_bad);
    sw_unpack_init(&in, SW_STR("\x03"
                               "abc"));
    assert_int_equal(sw_unpack_count(&in, 2), 0);
    assert_true(in.is_bad);
}

static void keeps_the_first_error(void **state)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    (void)state;
    sw_buf_init(&buf, 4);
    struct sw_pack pack = {.buf = &buf};
    sw_pack_str(&pack, SW_STR("too long"));
    sw_pack_u8(&pack, 1);
    assert_int_equal(pack.error, -EFBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(stays_bad_after_the_end),
        cmocka_unit_test(rejects_numbers_beyond_64_bits),
        cmocka_unit_test(rejects_counts_that_cannot_be),
        cmocka_unit_test(keeps_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

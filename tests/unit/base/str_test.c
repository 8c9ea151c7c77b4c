/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/base/str.c: borrowed bytes, also empty and absent ones.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void compares_bytes_not_text(void **state)
{
    (void)state;
    assert_true(sw_str_equal(SW_STR("a\0b"), SW_STR("a\0b")));
    assert_false(sw_str_equal(SW_STR("a\0b"), SW_STR("a\0c")));
    assert_true(sw_str_equal(SW_STR_NONE, SW_STR("")));
    assert_true(sw_str_compare(SW_STR("a"), SW_STR("ab")) < 0);
    assert_true(sw_str_compare(SW_STR("\xff"), SW_STR("a")) > 0);
    assert_int_equal(sw_str_compare(SW_STR_NONE, SW_STR_NONE), 0);
    assert_true(sw_str_equal_ignore_case(SW_STR("DeBian"), SW_STR("debiaN")));
    assert_true(sw_str_equal(sw_str_of(NULL), SW_STR_NONE));
}

static void finds_and_cuts(void **state)
{
    (void)state;
    struct sw_str s = SW_STR("usr/lib/os-release");
    assert_true(sw_str_starts_with(s, SW_STR("usr/")));
    assert_true(sw_str_ends_with(s, SW_STR("release")));
    assert_false(sw_str_starts_with(SW_STR("us"), SW_STR("usr")));
    assert_true(sw_str_starts_with(s, SW_STR_NONE));
    assert_int_equal(sw_str_find_char(s, '/'), 3);
    assert_int_equal(sw_str_find_last_char(s, '/'), 7);
    assert_int_equal(sw_str_find_char(SW_STR_NONE, '/'), -1);
    assert_int_equal(sw_str_find(s, SW_STR("lib")), 4);
    assert_int_equal(sw_str_find(s, SW_STR("")), 0);
    assert_int_equal(sw_str_find(SW_STR_NONE, SW_STR("x")), -1);
    assert_true(sw_str_equal(sw_str_skip(s, 8), SW_STR("os-release")));
    assert_int_equal(sw_str_skip(s, 1000).n, 0);
    assert_true(sw_str_equal(sw_str_part(s, 4, 3), SW_STR("lib")));
    assert_int_equal(sw_str_part(s, 1000, SIZE_MAX).n, 0);
    assert_true(sw_str_equal(sw_str_trim(SW_STR(" \t x y\r\n")), SW_STR("x y")));
    assert_int_equal(sw_str_trim(SW_STR(" \n ")).n, 0);
}

static void yields_tokens_and_lines(void **state)
{
    (void)state;
    struct sw_str rest = SW_STR("a::b");
    struct sw_str token;
    assert_true(sw_str_next_token(&rest, ':', &token));
    assert_true(sw_str_equal(token, SW_STR("a")));
    assert_true(sw_str_next_token(&rest, ':', &token));
    assert_int_equal(token.n, 0);
    assert_true(sw_str_next_token(&rest, ':', &token));
    assert_true(sw_str_equal(token, SW_STR("b")));
    assert_false(sw_str_next_token(&rest, ':', &token));

    rest = SW_STR("one\r\n\ntwo");
    assert_true(sw_str_next_line(&rest, &token));
    assert_true(sw_str_equal(token, SW_STR("one")));
    assert_true(sw_str_next_line(&rest, &token));
    assert_int_equal(token.n, 0);
    assert_true(sw_str_next_line(&rest, &token));
    assert_true(sw_str_equal(token, SW_STR("two")));
    assert_false(sw_str_next_line(&rest, &token));
    rest = SW_STR("last\n");
    assert_true(sw_str_next_line(&rest, &token));
    assert_false(sw_str_next_line(&rest, &token));
}

static void refuses_numbers_that_are_none(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(sw_str_parse_u64(SW_STR("18446744073709551615"), 10, &value), 0);
    assert_true(value == UINT64_MAX);
    value = 7;
    assert_int_equal(sw_str_parse_u64(SW_STR("18446744073709551616"), 10, &value), -ERANGE);
    assert_int_equal(sw_str_parse_u64(SW_STR(""), 10, &value), -EINVAL);
    assert_int_equal(sw_str_parse_u64(SW_STR("-1"), 10, &value), -EINVAL);
    assert_int_equal(sw_str_parse_u64(SW_STR("8"), 8, &value), -EINVAL);
    assert_int_equal(sw_str_parse_u64(SW_STR("1 "), 10, &value), -EINVAL);
    assert_int_equal(value, 7);
    assert_int_equal(sw_str_parse_u64(SW_STR("fF"), 16, &value), 0);
    assert_int_equal(value, 255);
}

static void seeded_hashes_differ_by_seed_and_by_text(void **state)
{
    (void)state;
    uint64_t hash = sw_str_hash_seeded(1, SW_STR("var/lib/dpkg"));
    assert_true(hash == sw_str_hash_seeded(1, SW_STR("var/lib/dpkg")));
    assert_true(hash != sw_str_hash_seeded(2, SW_STR("var/lib/dpkg")));
    assert_true(hash != sw_str_hash_seeded(1, SW_STR("var/lib/dpkh")));
    assert_true(sw_str_hash_seeded(1, SW_STR_NONE) != sw_str_hash_seeded(2, SW_STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_not_text),
        cmocka_unit_test(finds_and_cuts),
        cmocka_unit_test(yields_tokens_and_lines),
        cmocka_unit_test(refuses_numbers_that_are_none),
        cmocka_unit_test(seeded_hashes_differ_by_seed_and_by_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

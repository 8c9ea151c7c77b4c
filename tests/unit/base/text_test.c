/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/base/text.c: bytes to text and back without loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"

static void check(struct sw_str bytes, const char *text)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4096);
    assert_int_equal(sw_text_escape(&buf, bytes), 0);
    assert_string_equal(buf.p, text);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_str back;
    assert_int_equal(sw_text_unescape(&region, sw_buf_str(&buf), &back), 0);
    assert_true(sw_str_equal(back, bytes));
}

static void escapes_without_loss(void **state)
{
    (void)state;
    check(SW_STR("etc/os-release"), "etc/os-release");
    check(SW_STR("a\0b"), "a\\x00b");
    check(SW_STR("a\\b"), "a\\\\b");
    check(SW_STR("\xff\xfe"), "\\xff\\xfe");
    check(SW_STR("caf\xc3\xa9"), "caf\xc3\xa9");
    check(SW_STR("\xc0\xaf"), "\\xc0\\xaf");
    check(SW_STR("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    check(SW_STR("\xe2\x82"), "\\xe2\\x82");
}

static void terminal_text_holds_no_controls(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 4096);
    assert_int_equal(sw_text_terminal(&buf, SW_STR("a\x1b[2Jb\n\xe2\x80\xae\xc2\x9b")), 0);
    assert_string_equal(buf.p, "a\\x1b[2Jb\\x0a\\u202e\\x9b");
}

static void refuses_broken_escapes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 65536);
    struct sw_str back;
    assert_int_equal(sw_text_unescape(&region, SW_STR("\\"), &back), -EINVAL);
    assert_int_equal(sw_text_unescape(&region, SW_STR("\\x1"), &back), -EINVAL);
    assert_int_equal(sw_text_unescape(&region, SW_STR("\\q"), &back), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_without_loss),
        cmocka_unit_test(terminal_text_holds_no_controls),
        cmocka_unit_test(refuses_broken_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

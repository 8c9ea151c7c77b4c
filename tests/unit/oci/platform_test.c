/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/platform.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "oci/platform.h"

static struct sw_platform parse(const char *text)
{
    struct sw_platform platform;
    assert_int_equal(sw_platform_parse(sw_str_of(text), &platform, NULL), 0);
    return platform;
}

static void reads_all_forms(void **state)
{
    (void)state;
    struct sw_platform p = parse("linux/arm64/v8");
    assert_true(sw_str_equal_z(p.architecture, "arm64") && sw_str_equal_z(p.variant, "v8"));
    p = parse("linux/x86_64");
    assert_true(sw_str_equal_z(p.architecture, "amd64"));
    p = parse("aarch64");
    assert_true(sw_str_equal_z(p.os, "linux") && sw_str_equal_z(p.architecture, "arm64"));
    assert_int_equal(sw_platform_parse(SW_STR("a/b/c/d"), &p, NULL), -EINVAL);
    assert_int_equal(sw_platform_parse(SW_STR("linux/"), &p, NULL), -EINVAL);
    assert_int_equal(sw_platform_parse(SW_STR(""), &p, NULL), -EINVAL);
}

static void an_empty_variant_is_any(void **state)
{
    (void)state;
    struct sw_platform v7 = parse("linux/arm/v7");
    struct sw_platform v6 = parse("linux/arm/v6");
    struct sw_platform any = parse("linux/arm");
    assert_true(sw_platform_serves(&v7, &any));
    assert_true(sw_platform_serves(&any, &v7));
    assert_false(sw_platform_serves(&v7, &v6));
    struct sw_platform other = parse("linux/amd64");
    assert_false(sw_platform_serves(&other, &any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_forms),
        cmocka_unit_test(an_empty_variant_is_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

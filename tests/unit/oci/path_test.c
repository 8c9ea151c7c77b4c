/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/path.c: names as paths below a root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/path.h"

static void check(const char *raw, const char *clean, bool climbs)
{
    char out[256];
    bool got = !climbs;
    size_t n = sw_path_clean(sw_str_of(raw), out, &got);
    assert_true(sw_str_equal_z((struct sw_str){out, n}, clean));
    assert_int_equal(got, climbs);
}

static void cleans_as_a_runtime_does(void **state)
{
    (void)state;
    check("etc/passwd", "etc/passwd", false);
    check("./etc//passwd/", "etc/passwd", false);
    check("/etc/./passwd", "etc/passwd", false);
    check("a/b/../c", "a/c", false);
    check("a/../../etc/x", "etc/x", true);
    check("../../x", "x", true);
    check("..", "", true);
    check("", "", false);
    check("/", "", false);
    check("...", "...", false);
    check("a/..b/c..", "a/..b/c..", false);
}

static void splits_at_the_last_slash(void **state)
{
    (void)state;
    assert_true(sw_str_equal_z(sw_path_folder(SW_STR("a/b/c")), "a/b"));
    assert_true(sw_str_equal_z(sw_path_base(SW_STR("a/b/c")), "c"));
    assert_int_equal(sw_path_folder(SW_STR("c")).n, 0);
    assert_true(sw_str_equal_z(sw_path_base(SW_STR("c")), "c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans_as_a_runtime_does),
        cmocka_unit_test(splits_at_the_last_slash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

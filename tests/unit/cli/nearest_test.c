/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/nearest.c: near names, far ones, and words longer than any name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nearest.h"

static const char *find(const char *word)
{
    static const char *const names[] = {"scan", "rescan", "db update", "severity", NULL};
    struct sw_nearest nearest;
    sw_nearest_init(&nearest, word);
    for (const char *const *name = names; *name != NULL; name++)
        sw_nearest_offer(&nearest, *name);
    return nearest.name;
}

static void finds_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(find("scna"), "scan");
    assert_string_equal(find("rescn"), "rescan");
    assert_string_equal(find("db udpate"), "db update");
    assert_string_equal(find("sevrity"), "severity");
    assert_string_equal(find("scn"), "scan");
}

static void finds_nothing_in_what_is_far(void **state)
{
    (void)state;
    assert_null(find("alpine"));
    assert_null(find("sa"));
    assert_null(find(""));
    assert_null(find("severity-severity-severity-severity-severity"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(finds_nothing_in_what_is_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the order of tags of cli/batch_plan.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "batch_priv.h"

static void later_versions_are_later(void **state)
{
    (void)state;
    static const char *const order[] = {"", "edge", "sha-0a", "stable", "1", "1.2", "1.2.1", "1.9",
        "1.10", "1.10-slim", "2", "007", "12", "20261125", "99999999999999999999999", "v1.2",
        "v1.10", "latest"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(order); i++)
        for (size_t k = 0; k < SW_ARRAY_SIZE(order); k++) {
            int got = sw_batch_compare_tags(sw_str_of(order[i]), sw_str_of(order[k]));
            int wanted = (i > k) - (i < k);
            if ((got > 0) - (got < 0) != wanted)
                fail_msg("'%s' and '%s': %d", order[i], order[k], got);
        }
}

static void only_registries_have_many(void **state)
{
    (void)state;
    assert_true(sw_batch_is_registry("registry:a"));
    assert_false(sw_batch_is_registry("oci:a"));
    assert_false(sw_batch_is_registry("registr"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_versions_are_later),
        cmocka_unit_test(only_registries_have_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/finding_order.c: the order by example, and that it is total.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/finding_order.h"

/* Each stands before all that follow. */
static const struct sw_finding ordered[] = {
    {.is_kev = true, .status = SW_FIX_FIXED, .severity = SW_SEVERITY_LOW, .epss = -1},
    {.is_kev = true, .status = SW_FIX_AFFECTED, .severity = SW_SEVERITY_CRITICAL, .epss = 0.9},
    {.status = SW_FIX_FIXED, .severity = SW_SEVERITY_CRITICAL, .epss = -1},
    {.status = SW_FIX_FIXED, .severity = SW_SEVERITY_HIGH, .epss = 0.5},
    {.status = SW_FIX_FIXED, .severity = SW_SEVERITY_HIGH, .epss = 0.0},
    {.status = SW_FIX_FIXED,
        .severity = SW_SEVERITY_HIGH,
        .epss = -1,
        .source_name = SW_STR_INIT("a"),
        .id = SW_STR_INIT("CVE-2")},
    {.status = SW_FIX_FIXED,
        .severity = SW_SEVERITY_HIGH,
        .epss = NAN,
        .source_name = SW_STR_INIT("b"),
        .id = SW_STR_INIT("CVE-1")},
    {.status = SW_FIX_FIXED,
        .severity = SW_SEVERITY_HIGH,
        .epss = -1,
        .source_name = SW_STR_INIT("b"),
        .id = SW_STR_INIT("CVE-2")},
    {.status = SW_FIX_FIXED,
        .severity = SW_SEVERITY_HIGH,
        .epss = -1,
        .source_name = SW_STR_INIT("b"),
        .id = SW_STR_INIT("CVE-2"),
        .feed = SW_STR_INIT("osv")},
    {.status = SW_FIX_FIXED,
        .severity = SW_SEVERITY_HIGH,
        .epss = -1,
        .source_name = SW_STR_INIT("b"),
        .id = SW_STR_INIT("CVE-2"),
        .feed = SW_STR_INIT("osv"),
        .record = SW_STR_INIT("1")},
    {.status = SW_FIX_FIXED, .severity = SW_SEVERITY_UNKNOWN, .epss = -1},
    {.status = SW_FIX_WILL_NOT_FIX, .severity = SW_SEVERITY_CRITICAL, .epss = 1},
    {.status = SW_FIX_AFFECTED, .severity = SW_SEVERITY_NEGLIGIBLE, .epss = 1},
};

static void puts_what_to_fix_first_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ARRAY_SIZE(ordered); i++) {
        for (size_t j = 0; j < SW_ARRAY_SIZE(ordered); j++) {
            int r = sw_finding_compare(&ordered[i], &ordered[j]);
            if ((i < j && r >= 0) || (i == j && r != 0) || (i > j && r <= 0))
                fail_msg("%zu and %zu: %d", i, j, r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_what_to_fix_first_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

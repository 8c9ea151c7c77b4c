/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/gate.c: levels and the exit table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/gate.h"

static void counts_findings_from_the_level_on(void **state)
{
    (void)state;
    for (int severity = 0; severity < _SW_SEVERITY_MAX; severity++) {
        for (int level = 0; level < _SW_SEVERITY_MAX; level++) {
            struct sw_finding finding = {.severity = severity, .status = SW_FIX_AFFECTED};
            assert_int_equal(sw_gate_is_at_or_above(&finding, level), severity >= level);
            finding.status = SW_FIX_NOT_AFFECTED;
            assert_false(sw_gate_is_at_or_above(&finding, level));
        }
    }
}

static void maps_verdicts_to_exit_status(void **state)
{
    (void)state;
    assert_int_equal(sw_gate_exit(false, false), 0);
    assert_int_equal(sw_gate_exit(true, false), 1);
    assert_int_equal(sw_gate_exit(false, true), 4);
    assert_int_equal(sw_gate_exit(true, true), 4);
    assert_int_equal(SW_EXIT_USAGE, 2);
    assert_int_equal(SW_EXIT_FAILED, 3);
}

static void explains_each_status(void **state)
{
    (void)state;
    for (int status = 0; status < _SW_EXIT_MAX; status++)
        assert_non_null(sw_exit_explain(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_findings_from_the_level_on),
        cmocka_unit_test(maps_verdicts_to_exit_status),
        cmocka_unit_test(explains_each_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

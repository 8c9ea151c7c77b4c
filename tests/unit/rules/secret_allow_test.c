/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allow lists with a severity, and paths of examples: keys of our own beside gitleaks'.
 */
#include "rules/secret_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

struct fixture {
    struct sw_region region;
    struct sw_secret_rules rules;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    sw_region_init(&fixture.region, SW_SECRET_REGION_MAX);
    sw_secret_rules_init(&fixture.rules, &fixture.region);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    sw_secret_rules_done(&fixture->rules);
    sw_region_done(&fixture->region);
    return 0;
}

static void load(struct fixture *fixture, const char *text)
{
    struct sw_err err = {0};
    int r = sw_secret_rules_load(&fixture->rules, SW_STR("t"), sw_str_of(text), NULL, &err);
    if (r < 0)
        fail_msg("%s", err.message);
}

static void reads_severity_of_allow_lists(void **state)
{
    struct fixture *fixture = *state;
    load(fixture, "[[allowlists]]\nseverity = \"low\"\npaths = [\"a\"]\n"
                  "[[rules]]\nid = \"r\"\nregex = \"a\"\nseverity = \"critical\"\n"
                  "[[rules.allowlists]]\nregexes = [\"b\"]\n"
                  "[[rules.allowlists]]\nseverity = \"medium\"\nregexes = [\"c\"]\n");
    assert_int_equal(fixture->rules.refusals.n, 0);
    assert_int_equal(fixture->rules.allows.v[0].severity, SW_SEVERITY_LOW);
    const struct sw_secret_rule *rule = &fixture->rules.rules.v[0];
    assert_int_equal(rule->severity, SW_SEVERITY_CRITICAL);
    assert_int_equal(rule->allows.v[0].severity, SW_SEVERITY_UNKNOWN);
    assert_int_equal(rule->allows.v[1].severity, SW_SEVERITY_MEDIUM);
}

static void refuses_rule_with_unknown_severity_in_allow_list(void **state)
{
    struct fixture *fixture = *state;
    load(fixture, "[[rules]]\nid = \"r\"\nregex = \"a\"\n"
                  "[[rules.allowlists]]\nseverity = \"lowish\"\nregexes = [\"c\"]\n");
    assert_int_equal(fixture->rules.refusals.n, 1);
    assert_true(fixture->rules.refusals.v[0].is_whole);
    assert_non_null(strstr(fixture->rules.refusals.v[0].reason, "lowish"));
}

static void reads_path_of_examples(void **state)
{
    struct fixture *fixture = *state;
    load(fixture, "[[rules]]\nid = \"r\"\nregex = \"a\"\nexamplePath = \".env\"\n"
                  "[[rules]]\nid = \"s\"\nregex = \"a\"\nexamplePath = 7\n");
    assert_true(sw_str_equal_z(fixture->rules.rules.v[0].example_path, ".env"));
    assert_int_equal(fixture->rules.refusals.n, 1);
    assert_true(fixture->rules.refusals.v[0].is_whole);
    assert_true(sw_str_equal_z(fixture->rules.refusals.v[0].rule, "s"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_severity_of_allow_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_rule_with_unknown_severity_in_allow_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_path_of_examples, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

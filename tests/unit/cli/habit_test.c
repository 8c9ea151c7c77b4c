/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/habit.c: which rows a word finds, and what is made of the value beside it. That each
 * row is answered and documented is tests/check/migrate_test.py's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "habit.h"

static const struct sw_option scan_table[] = {
    {"format", 'f', SW_OPTION_LIST, 0, "FORMAT", "", NULL},
    {"fail-on", 0, SW_OPTION_STRING, 0, "LEVEL", "", NULL},
    {"explain", 0, SW_OPTION_OPTIONAL, 0, "ID", "", NULL},
    {0},
};
static const struct sw_option empty_table[] = {{0}};

static void says(int r, const struct sw_err *err, const char *wanted)
{
    assert_int_equal(r, -ENOTSUP);
    assert_int_equal(err->code, -ENOTSUP);
    assert_non_null(strstr(err->message, wanted));
}

static void knows_commands_of_one_and_two_words(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_command("image", &err), &err,
        "'image' is Trivy's; here: seawall scan NAME");
    says(sw_habit_explain_command("db check", &err), &err, "seawall db update");
    assert_int_equal(sw_habit_explain_command("scan", &err), 0);
    assert_int_equal(sw_habit_explain_command("", &err), 0);
}

static void tells_a_format_from_a_file(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_option("-o", "json", scan_table, &err), &err, "Grype and Syft's");
    assert_null(strstr(err.message, "Trivy"));
    says(sw_habit_explain_option("-o", "spdx-json=a.json", scan_table, &err), &err, "Syft's");
    says(sw_habit_explain_option("--output", "a.json", scan_table, &err), &err, "Trivy's");
    assert_null(strstr(err.message, "Grype"));
    says(sw_habit_explain_option("-o", NULL, scan_table, &err), &err, "; '-o' is Grype");
}

static void says_where_an_option_is(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_option("--exit-code", "1", empty_table, &err), &err,
        "--fail-on LEVEL of seawall scan");
    says(sw_habit_explain_option("--exit-code", "1", scan_table, &err), &err, "--fail-on LEVEL (");
    says(sw_habit_explain_option("--id", "CVE-1", scan_table, &err), &err, "--explain=ID");
    assert_null(strstr(err.message, "of seawall scan"));
    says(sw_habit_explain_option("--reset", NULL, empty_table, &err), &err, "seawall cache clear");
    assert_null(strstr(err.message, "of seawall scan"));
    assert_int_equal(sw_habit_explain_option("--nope", NULL, scan_table, &err), 0);
}

static void makes_one_level_of_a_list(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_value("severity", "CRITICAL,HIGH", &err), &err, "--severity high (");
    says(sw_habit_explain_value("severity", "UNKNOWN,LOW", &err), &err, "--severity unknown");
    says(sw_habit_explain_value("severity", "high,critical", &err), &err, "--severity high (");
    says(sw_habit_explain_value("fail-on", "High", &err), &err, "Grype's; here: --fail-on high");
    says(sw_habit_explain_value("severity", "all-layers", &err), &err, "--explain");
    static const char long_list[] =
        "low,low,low,low,low,low,low,low,low,low,low,low,low,low,low,low,low";
    const char *const ours[] = {
        "high", "unknown", "sever", "", ",", "high,nope", "HIGHHIGHHIGHHIGHHIGHHIGH", long_list};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        assert_int_equal(sw_habit_explain_value("severity", ours[i], &err), 0);
}

static void explains_formats_of_others(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_value("format", "cyclonedx-json=a.json", &err), &err, "-f cyclonedx");
    says(sw_habit_explain_value("format", "high", &err), &err, "--fail-on high");
    assert_int_equal(sw_habit_explain_value("format", "json=template", &err), 0);
    assert_int_equal(sw_habit_explain_value("platform", "template", &err), 0);
}

static void explains_sources_that_are_no_files(void **state)
{
    (void)state;
    struct sw_err err = {0};
    says(sw_habit_explain_source("sbom:./a.json", &err), &err, "'sbom:' is Grype's");
    assert_int_equal(sw_habit_explain_source("sbom", &err), 0);
    assert_int_equal(sw_habit_explain_source("registry:sbom:1", &err), 0);
    assert_int_equal(sw_habit_explain_source("", &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_commands_of_one_and_two_words),
        cmocka_unit_test(tells_a_format_from_a_file),
        cmocka_unit_test(says_where_an_option_is),
        cmocka_unit_test(makes_one_level_of_a_list),
        cmocka_unit_test(explains_formats_of_others),
        cmocka_unit_test(explains_sources_that_are_no_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

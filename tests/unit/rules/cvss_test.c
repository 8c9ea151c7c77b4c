/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/cvss*.c: the shared corpora of vectors, examples of the specifications, and
 * what is no vector.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "harness/shared.h"
#include "rules/cvss.h"

static FILE *open_list(const char *name)
{
    char relative[256];
    (void)snprintf(relative, sizeof(relative), "corpora/cvss/%s", name);
    const char *path = test_shared(relative);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        print_message("no %s: set SEAWALL_SHARED\n", path);
        skip();
    }
    return file;
}

/* Tenths, so that 8.6 is 8.6; -1 when refused. */
static int tenths_of(const char *vector)
{
    struct sw_err err = {0};
    double score = -7;
    enum sw_severity severity = _SW_SEVERITY_MAX;
    int r = sw_cvss_score(sw_str_of(vector), &score, &severity, &err);
    if (r == 0)
        return (int)(score * 10 + 0.5);
    assert_int_equal(r, -EINVAL);
    assert_int_equal(err.code, -EINVAL);
    assert_true(err.message[0] != '\0');
    /* Untouched on failure. */
    assert_true(score == -7);
    assert_int_equal(severity, _SW_SEVERITY_MAX);
    return -1;
}

static void scores_every_vector_of_the_lists(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "v2_score.list", "v30_score.list", "v31_score.list", "v4_score.list"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lists); i++) {
        FILE *file = open_list(lists[i]);
        char line[1024];
        size_t n = 0;
        while (fgets(line, sizeof(line), file) != NULL) {
            char vector[512];
            double score;
            if (line[0] == '#' || sscanf(line, "%511s %lf", vector, &score) != 2)
                continue;
            n++;
            if (tenths_of(vector) != (int)(score * 10 + 0.5))
                fail_msg("%s: %s is %.1f, not %d/10", lists[i], vector, score, tenths_of(vector));
        }
        (void)fclose(file);
        assert_true(n >= 9);
    }
}

static void refuses_every_vector_of_the_error_lists(void **state)
{
    (void)state;
    /* Each list is of one version; a good vector of another is in it too, and read as that. */
    static const char *const lists[] = {"v2_error.list", "v3_error.list", "v4_error.list"};
    static const char *const prefixes[] = {"AV:", "CVSS:3.", "CVSS:4.0"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lists); i++) {
        FILE *file = open_list(lists[i]);
        char line[1024];
        while (fgets(line, sizeof(line), file) != NULL) {
            bool is_ok = strstr(line, "#OK") != NULL;
            line[strcspn(line, " \n")] = '\0';
            if (line[0] == '\0' || line[0] == '#')
                continue;
            bool is_of_version = strncmp(line, prefixes[i], strlen(prefixes[i])) == 0;
            if ((tenths_of(line) >= 0 && is_of_version) != is_ok)
                fail_msg("%s: '%s' should be %s", lists[i], line, is_ok ? "taken" : "refused");
        }
        (void)fclose(file);
    }
}

static void takes_every_vector_of_the_roundtrip_lists(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "v2_roundtrip.list", "v3_roundtrip.list", "v4_roundtrip.list"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lists); i++) {
        FILE *file = open_list(lists[i]);
        char line[1024];
        while (fgets(line, sizeof(line), file) != NULL) {
            line[strcspn(line, " \n")] = '\0';
            if (line[0] != '\0' && line[0] != '#' && tenths_of(line) < 0)
                fail_msg("%s: '%s'", lists[i], line);
        }
        (void)fclose(file);
    }
}

static void scores_examples(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        int tenths;
    } cases[] = {
        {"AV:N/AC:L/Au:N/C:N/I:N/A:N", 0},
        {"AV:N/AC:L/Au:N/C:N/I:N/A:C", 78},
        {"AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C", 49},
        {"AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L", 90},
        {"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100},
        {"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:N/E:F/RL:X", 37},
        {"CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 98},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MC:N/MI:N/MA:N", 0},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 100},
        {"CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", 10},
        {" CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n", 98},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        if (tenths_of(cases[i].vector) != cases[i].tenths)
            fail_msg(
                "%s: %d, not %d", cases[i].vector, tenths_of(cases[i].vector), cases[i].tenths);
    }
}

static void refuses_what_is_no_vector(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "7.5", "CVSS:3.1", "CVSS:3.1/", "CVSS:3.2/AV:N",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:-/SI:N/SA:N",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:S/SI:N/SA:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", "AV:N/AC:L/Au:N/C:C/I:C/A:C/",
        "CVSS:3.1/AV:N AC:L", "AV:", ":/:/:", "CVSS:3.1//////"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        if (tenths_of(cases[i]) >= 0)
            fail_msg("'%s' taken", cases[i]);
    }
    char *huge = malloc(1000000);
    assert_non_null(huge);
    memset(huge, '/', 1000000);
    memcpy(huge, "CVSS:3.1/", 9);
    assert_int_equal(sw_cvss_score((struct sw_str){huge, 1000000}, NULL, NULL, NULL), -EINVAL);
    free(huge);
    assert_int_equal(sw_cvss_score(SW_STR_NONE, NULL, NULL, NULL), -EINVAL);
}

static void names_severity_by_version(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        enum sw_severity severity;
    } cases[] = {
        {"AV:N/AC:L/Au:N/C:C/I:C/A:C", SW_SEVERITY_HIGH},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", SW_SEVERITY_CRITICAL},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", SW_SEVERITY_HIGH},
        {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", SW_SEVERITY_MEDIUM},
        {"CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", SW_SEVERITY_LOW},
        {"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", SW_SEVERITY_NEGLIGIBLE},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        enum sw_severity severity = _SW_SEVERITY_MAX;
        assert_int_equal(sw_cvss_score(sw_str_of(cases[i].vector), NULL, &severity, NULL), 0);
        assert_int_equal(severity, cases[i].severity);
    }
    assert_int_equal(sw_cvss_severity(-1), SW_SEVERITY_UNKNOWN);
    assert_int_equal(sw_cvss_severity(6.9), SW_SEVERITY_MEDIUM);
    assert_int_equal(sw_cvss_severity(7.0), SW_SEVERITY_HIGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_every_vector_of_the_lists),
        cmocka_unit_test(refuses_every_vector_of_the_error_lists),
        cmocka_unit_test(takes_every_vector_of_the_roundtrip_lists),
        cmocka_unit_test(scores_examples),
        cmocka_unit_test(refuses_what_is_no_vector),
        cmocka_unit_test(names_severity_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/version*.c: each line of the shared version corpora, and by hand what they leave
 * out. Pairs by the million against the distributions' own tools: e2e/version_oracle_test.py.
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

#include "harness/shared.h"
#include "rules/version.h"

static char sign_of(int r)
{
    return r < 0 ? '<' : r > 0 ? '>' : '=';
}

/* Each line "A < B", "A = B" or "A > B"; '#' opens a comment. Returns the number of wrong ones. */
static size_t check_lines(enum sw_version_scheme scheme, const char *relative, size_t *ret_n)
{
    const char *path = test_shared(relative);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        print_message("no %s: set SEAWALL_SHARED\n", path);
        skip();
    }
    char line[1024];
    size_t n = 0;
    size_t n_wrong = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        char *save = NULL;
        char *a = line[0] == '#' ? NULL : strtok_r(line, " \r\n", &save);
        if (a == NULL)
            continue;
        char *op = strtok_r(NULL, " \r\n", &save);
        char *b = strtok_r(NULL, " \r\n", &save);
        assert_non_null(op);
        assert_non_null(b);
        n++;
        char forth = sign_of(sw_version_compare(scheme, sw_str_of(a), sw_str_of(b)));
        char back = sign_of(sw_version_compare(scheme, sw_str_of(b), sw_str_of(a)));
        char turned = op[0] == '<' ? '>' : op[0] == '>' ? '<' : '=';
        if (forth != op[0] || back != turned) {
            print_error("%s: '%s' %s '%s', got %c and back %c\n", relative, a, op, b, forth, back);
            n_wrong++;
        }
    }
    (void)fclose(file);
    *ret_n = n;
    return n_wrong;
}

static void holds_every_line_of(enum sw_version_scheme scheme, const char *relative, size_t n_least)
{
    size_t n = 0;
    assert_int_equal(check_lines(scheme, relative, &n), 0);
    assert_true(n >= n_least);
}

static void holds_debian_corpus(void **state)
{
    (void)state;
    holds_every_line_of(SW_VERSION_DPKG, "corpora/versions/osv-scalibr/debian-versions.txt", 20);
    holds_every_line_of(
        SW_VERSION_DPKG, "corpora/versions/osv-scalibr/debian-versions-generated.txt", 10000);
}

static void holds_alpine_corpus(void **state)
{
    (void)state;
    holds_every_line_of(SW_VERSION_APK, "corpora/versions/osv-scalibr/alpine-versions.txt", 500);
    holds_every_line_of(
        SW_VERSION_APK, "corpora/versions/osv-scalibr/alpine-versions-generated.txt", 10000);
}

static void holds_redhat_corpus(void **state)
{
    (void)state;
    holds_every_line_of(SW_VERSION_RPM, "corpora/versions/osv-scalibr/redhat-versions.txt", 100);
}

struct pair {
    const char *a;
    char op;
    const char *b;
};

static void check_pairs(enum sw_version_scheme scheme, const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sw_str a = sw_str_of(pairs[i].a);
        struct sw_str b = sw_str_of(pairs[i].b);
        char op = pairs[i].op;
        char turned = op == '<' ? '>' : op == '>' ? '<' : '=';
        if (sign_of(sw_version_compare(scheme, a, b)) != op ||
            sign_of(sw_version_compare(scheme, b, a)) != turned)
            fail_msg(
                "%s: not '%s' %c '%s'", sw_version_scheme_name(scheme), pairs[i].a, op, pairs[i].b);
    }
}
#define CHECK_PAIRS(scheme, pairs) check_pairs(scheme, pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void orders_dpkg_edges(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"", '=', ""},
        {"", '=', "0"},
        {"0", '=', "0-0"},
        {"1~", '<', "1"},
        {"1~~", '<', "1~"},
        {"1~~a", '<', "1~"},
        {"1a", '<', "1+"},
        {"1Z", '<', "1a"},
        {"1.0", '<', "1.0a"},
        {"1.0-1", '<', "1.0-1a"},
        {"1-1-1", '>', "1-1"},
        {"1:0", '>', "9"},
        {"00:1", '=', "1"},
        {"1.01", '=', "1.1"},
        {"1.18446744073709551616", '>', "1.18446744073709551615"},
        {"99999999999999999999:1", '>', "9999999999999999999:1"},
        {"1.0-\xff", '>', "1.0-+"},
        {" 1.0 ", '=', "1.0"},
    };
    CHECK_PAIRS(SW_VERSION_DPKG, pairs);
}

static void orders_apk_edges(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"", '=', ""},
        {"", '<', "0"},
        {"1", '<', "1-r0"},
        {"1-r9", '<', "1-r10"},
        {"1.2", '<', "1.2.0"},
        {"1.2a", '>', "1.2"},
        {"1.2a", '<', "1.2.0"},
        {"1.2_alpha", '<', "1.2_beta"},
        {"1.2_beta", '<', "1.2_pre"},
        {"1.2_pre", '<', "1.2_rc"},
        {"1.2_rc9", '<', "1.2"},
        {"1.2", '<', "1.2_cvs"},
        {"1.2_cvs", '<', "1.2_svn"},
        {"1.2_svn", '<', "1.2_git"},
        {"1.2_git", '<', "1.2_hg"},
        {"1.2_hg", '<', "1.2_p"},
        {"1.2_p", '<', "1.2_p1"},
        {"1.2_rc", '<', "1.2_rc1"},
        {"1.2_rc1_git1", '>', "1.2_rc1"},
        {"1.2_p1_pre2", '<', "1.2_p1"},
        /* Fractions: as text when one begins with a zero. */
        {"1.05", '<', "1.1"},
        {"1.010", '<', "1.02"},
        {"1.0", '<', "1.00"},
        {"1.10", '>', "1.9"},
        {"01", '=', "1"},
        /* Commits. */
        {"1.0~1234", '<', "1.0~2345"},
        {"1.0~1234-r1", '>', "1.0~1234-r0"},
        {"1.0~ab", '>', "1.0-r5"},
        /* No number is too long. */
        {"1.18446744073709551616", '>', "1.18446744073709551615"},
        {"20240101120000123456789", '>', "2024010112000012345678"},
        /* Flawed on one side: older; on both: read on where apk-tools 2 does. */
        {"1.2.3", '>', "1.2.3!"},
        {"1.2!3", '=', "1.2!4"},
        {"5.7.1p1-r0", '<', "5.7.1p2-r0"},
        {"5.7.1p1-r0", '<', "5.7.1p1-r1"},
    };
    CHECK_PAIRS(SW_VERSION_APK, pairs);
}

static void orders_rpm_edges(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"", '=', ""},
        {"", '<', "1"},
        {"1.0-1", '=', "0:1.0-1"},
        {":1.0-1", '=', "1.0-1"},
        {"1:1.0-1", '>', "2.0-1"},
        {"1.0-1.el9", '<', "1.0-1.el9_2"},
        {"1.0-1.el9_2", '<', "1.0-1.el9_10"},
        {"1.0.a", '<', "1.0.1"},
        {"1.0~", '<', "1.0"},
        {"1.0^", '>', "1.0"},
        {"1.0^", '<', "1.0.1"},
        {"1.0^~", '<', "1.0^"},
        {"1.0~^", '>', "1.0~"},
        {"1_0", '=', "1.0"},
        {"1.0.", '=', "1.0"},
        {"1.", '=', "1..."},
        {"18446744073709551616", '>', "18446744073709551615"},
        {"99999999999999999999:1", '>', "9999999999999999999:1"},
        {"\xff", '=', "\xfe"},
    };
    CHECK_PAIRS(SW_VERSION_RPM, pairs);
}

struct validity {
    enum sw_version_scheme scheme;
    const char *version;
    bool is_valid;
};

static void knows_valid_versions(void **state)
{
    (void)state;
    static const struct validity cases[] = {
        {SW_VERSION_DPKG, "1:2.36-9+deb12u4", true},
        {SW_VERSION_DPKG, "1:2:3", true},
        {SW_VERSION_DPKG, "", false},
        {SW_VERSION_DPKG, "1-", false},
        {SW_VERSION_DPKG, ":1", false},
        {SW_VERSION_DPKG, "1:", false},
        {SW_VERSION_DPKG, "a:1", false},
        {SW_VERSION_DPKG, "1a:2", false},
        {SW_VERSION_DPKG, "a1", false},
        {SW_VERSION_DPKG, "1_2", false},
        {SW_VERSION_DPKG, "1 2", false},
        {SW_VERSION_DPKG, "2147483647:1", true},
        {SW_VERSION_DPKG, "2147483648:1", false},
        {SW_VERSION_APK, "1.2.3a_rc1_git20240101~abcdef-r0", true},
        {SW_VERSION_APK, "5.7.1p1-r0", true},
        {SW_VERSION_APK, "0.1_p1_pre2", true},
        {SW_VERSION_APK, "", false},
        {SW_VERSION_APK, "0.1bc", false},
        {SW_VERSION_APK, "0.1a.1", false},
        {SW_VERSION_APK, "0.1_pre2~", false},
        {SW_VERSION_APK, "0.1_pre2~1234xbcd", false},
        {SW_VERSION_APK, "0.1_pre2~1234abcd_pre1", false},
        {SW_VERSION_APK, "0.1_foobar", false},
        {SW_VERSION_APK, "0.1-r", false},
        {SW_VERSION_APK, "0.1-r2_pre1", false},
        {SW_VERSION_APK, "0.1-r2-r3", false},
        {SW_VERSION_APK, ".1", false},
        {SW_VERSION_APK, "1.", false},
        {SW_VERSION_APK, "a", false},
        {SW_VERSION_APK, "0.1__alpha", false},
        {SW_VERSION_RPM, "1:1.0~rc1^git2-1.el9_2", true},
        {SW_VERSION_RPM, "1.0", true},
        {SW_VERSION_RPM, "", false},
        {SW_VERSION_RPM, "1:", false},
        {SW_VERSION_RPM, "1-", false},
        {SW_VERSION_RPM, "1-1-1", false},
        {SW_VERSION_RPM, "4294967296:1", false},
        {SW_VERSION_RPM, "1 0", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sw_str version = sw_str_of(cases[i].version);
        if (sw_version_is_valid(cases[i].scheme, version) != cases[i].is_valid)
            fail_msg("%s: '%s' should be %s", sw_version_scheme_name(cases[i].scheme),
                cases[i].version, cases[i].is_valid ? "valid" : "invalid");
    }
}

static void takes_any_bytes_and_lengths(void **state)
{
    (void)state;
    size_t n = 1000000;
    char *p = malloc(n);
    assert_non_null(p);
    static const char fills[] = {'0', '9', 'a', '.', '~', '^', '-', ':', '_', '\0', '\xff'};
    for (size_t i = 0; i < sizeof(fills); i++) {
        memset(p, fills[i], n);
        for (int scheme = 0; scheme < _SW_VERSION_SCHEME_MAX; scheme++) {
            struct sw_str whole = {p, n};
            struct sw_str less = {p, n - 1};
            assert_int_equal(sw_version_compare(scheme, whole, whole), 0);
            int r = sw_version_compare(scheme, whole, less);
            assert_int_equal(
                sign_of(sw_version_compare(scheme, less, whole)), sign_of(r) == '<'   ? '>'
                                                                  : sign_of(r) == '>' ? '<'
                                                                                      : '=');
            (void)sw_version_is_valid(scheme, whole);
        }
    }
    free(p);
    for (int scheme = 0; scheme < _SW_VERSION_SCHEME_MAX; scheme++)
        assert_int_equal(sw_version_compare(scheme, SW_STR_NONE, SW_STR("")), 0);
}

static void finds_schemes_by_name(void **state)
{
    (void)state;
    enum sw_version_scheme scheme = SW_VERSION_DPKG;
    assert_int_equal(sw_version_scheme_find(SW_STR("rpm"), &scheme), 0);
    assert_int_equal(scheme, SW_VERSION_RPM);
    assert_int_equal(sw_version_scheme_find(SW_STR("npm"), &scheme), -ENOENT);
    assert_int_equal(scheme, SW_VERSION_RPM);
    assert_string_equal(sw_version_scheme_name(SW_VERSION_APK), "apk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_debian_corpus),
        cmocka_unit_test(holds_alpine_corpus),
        cmocka_unit_test(holds_redhat_corpus),
        cmocka_unit_test(orders_dpkg_edges),
        cmocka_unit_test(orders_apk_edges),
        cmocka_unit_test(orders_rpm_edges),
        cmocka_unit_test(knows_valid_versions),
        cmocka_unit_test(takes_any_bytes_and_lengths),
        cmocka_unit_test(finds_schemes_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/pattern.c and pattern_compile.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/pattern.h"

static bool match(enum sw_pattern_kind kind, const char *pattern, struct sw_str text)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    const struct sw_pattern *compiled = NULL;
    struct sw_err err = {0};
    sw_region_init(&region, 1 << 20);
    if (sw_pattern_compile(kind, sw_str_of(pattern), &region, &compiled, &err) < 0)
        fail_msg("'%s': %s", pattern, err.message);
    return sw_pattern_match(compiled, text);
}

#define YES(kind, pattern, text) assert_true(match(kind, pattern, SW_STR(text)))
#define NO(kind, pattern, text) assert_false(match(kind, pattern, SW_STR(text)))

static void refuse(enum sw_pattern_kind kind, struct sw_str pattern, const char *part)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    const struct sw_pattern *compiled = NULL;
    struct sw_err err = {0};
    sw_region_init(&region, 1 << 20);
    assert_true(sw_pattern_compile(kind, pattern, &region, &compiled, &err) < 0);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, part);
    assert_null(compiled);
}

static void globs_know_parts_of_paths(void **state)
{
    (void)state;
    YES(SW_PATTERN_GLOB, "usr/*/a", "usr/lib/a");
    NO(SW_PATTERN_GLOB, "usr/*/a", "usr/lib/b/a");
    NO(SW_PATTERN_GLOB, "usr/*", "usr/lib/a");
    YES(SW_PATTERN_GLOB, "usr/**", "usr/lib/a");
    YES(SW_PATTERN_GLOB, "usr/**", "usr");
    NO(SW_PATTERN_GLOB, "usr/**", "usrlib");
    YES(SW_PATTERN_GLOB, "**/status", "status");
    YES(SW_PATTERN_GLOB, "**/status", "var/lib/dpkg/status");
    NO(SW_PATTERN_GLOB, "**/status", "var/lib/xstatus");
    YES(SW_PATTERN_GLOB, "a/**/b", "a/b");
    YES(SW_PATTERN_GLOB, "a/**/b", "a/x/y/b");
    YES(SW_PATTERN_GLOB, "?.txt", "a.txt");
    NO(SW_PATTERN_GLOB, "?.txt", "/.txt");
    YES(SW_PATTERN_GLOB, "[a-c]x[!0-9]", "bxz");
    NO(SW_PATTERN_GLOB, "[a-c]x[!0-9]", "bx7");
    NO(SW_PATTERN_GLOB, "a[!b]c", "a/c");
    YES(SW_PATTERN_GLOB, "x.{jar,war,e{a,z}r}", "x.ezr");
    YES(SW_PATTERN_GLOB, "x.{jar,war}", "x.war");
    NO(SW_PATTERN_GLOB, "x.{jar,war}", "x.ear");
    YES(SW_PATTERN_GLOB, "a\\*b", "a*b");
    NO(SW_PATTERN_GLOB, "a\\*b", "axb");
    YES(SW_PATTERN_GLOB, "a,b}", "a,b}");
    YES(SW_PATTERN_GLOB, "", "");
    NO(SW_PATTERN_GLOB, "", "a");
}

static void stars_leave_the_rest_alone(void **state)
{
    (void)state;
    YES(SW_PATTERN_STARS, "deb*", "debian");
    NO(SW_PATTERN_STARS, "deb*", "deb/ian");
    YES(SW_PATTERN_STARS, "[a]?{b}*", "[a]?{b}c");
    NO(SW_PATTERN_STARS, "[a]", "a");
    YES(SW_PATTERN_LITERAL, "a*", "a*");
    NO(SW_PATTERN_LITERAL, "a*", "ab");
}

static void expressions_match_the_whole_text(void **state)
{
    (void)state;
    YES(SW_PATTERN_REGEXP, "linux-.*", "linux-headers");
    NO(SW_PATTERN_REGEXP, "linux-.*", "xlinux-headers");
    YES(SW_PATTERN_REGEXP, "^lib(ssl|crypto)[0-9]+$", "libcrypto3");
    NO(SW_PATTERN_REGEXP, "lib(ssl|crypto)[0-9]+", "libssl");
    YES(SW_PATTERN_REGEXP, "(?:a|b|cd)?x", "cdx");
    YES(SW_PATTERN_REGEXP, "(?:a|b|cd)?x", "x");
    NO(SW_PATTERN_REGEXP, "(?:a|b|cd)?x", "cx");
    YES(SW_PATTERN_REGEXP, "libstdc\\+\\+\\d\\w", "libstdc++6x");
    YES(SW_PATTERN_REGEXP, "[^a-z]+?", "123");
    YES(SW_PATTERN_REGEXP, "[]a]\\]", "]]");
    YES(SW_PATTERN_REGEXP, "a|b|c", "b");
    NO(SW_PATTERN_REGEXP, "a|b|c", "ab");
    YES(SW_PATTERN_REGEXP, "(a*)*b", "aaab");
    YES(SW_PATTERN_REGEXP, "(a|)*", "");
    assert_true(match(SW_PATTERN_REGEXP, "a.b", SW_STR("a\0b")));
    assert_true(match(SW_PATTERN_REGEXP, "[\\s]", SW_STR("\t")));
}

static void broken_ones_are_refused(void **state)
{
    (void)state;
    refuse(SW_PATTERN_REGEXP, SW_STR("libstdc++"), "nothing to repeat before '+'");
    refuse(SW_PATTERN_REGEXP, SW_STR("a{2}"), "'{' is not supported");
    refuse(SW_PATTERN_REGEXP, SW_STR("a\\1"), "'\\1' is not supported");
    refuse(SW_PATTERN_REGEXP, SW_STR("(a"), "without its");
    refuse(SW_PATTERN_REGEXP, SW_STR("a)"), "too many");
    refuse(SW_PATTERN_REGEXP, SW_STR("[a"), "without its ']'");
    refuse(SW_PATTERN_REGEXP, SW_STR("[z-a]"), "backwards");
    refuse(SW_PATTERN_REGEXP, SW_STR("(?i)a"), "'(?' is not supported");
    refuse(SW_PATTERN_REGEXP, SW_STR("a^b"), "in the middle");
    refuse(SW_PATTERN_REGEXP, SW_STR("[[:alpha:]]"), "'[:' is not supported");
    refuse(SW_PATTERN_GLOB, SW_STR("a{b"), "without its '}'");
    refuse(SW_PATTERN_GLOB, SW_STR("a[b"), "without its ']'");
    refuse(SW_PATTERN_GLOB, SW_STR("a\\"), "backslash");
    refuse(SW_PATTERN_REGEXP, SW_STR("((((((((((((((((((a))))))))))))))))))"), "within groups");
}

/* What sends others back and forth for ever is no work here; what is too large is refused. */
static void hostile_ones_take_no_time(void **state)
{
    (void)state;
    char text[8192];
    char pattern[SW_PATTERN_TEXT_MAX + 2];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < 1000; i += 4)
        memcpy(pattern + i, "(a*)", 4);
    pattern[1000] = 'b';
    pattern[1001] = '\0';
    assert_false(match(SW_PATTERN_REGEXP, pattern, (struct sw_str){text, 2000}));
    assert_false(match(SW_PATTERN_REGEXP, "(((a*)*)*)*b", (struct sw_str){text, 8000}));
    assert_true(match(SW_PATTERN_REGEXP, "((a|a)*)*", (struct sw_str){text, 8192}));
    memset(pattern, '*', sizeof(pattern));
    refuse(SW_PATTERN_GLOB, (struct sw_str){pattern, sizeof(pattern)}, "longer than");
    for (size_t i = 0; i < 1024; i += 2)
        memcpy(pattern + i, "?*", 2);
    refuse(SW_PATTERN_GLOB, (struct sw_str){pattern, 1024}, "classes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_know_parts_of_paths),
        cmocka_unit_test(stars_leave_the_rest_alone),
        cmocka_unit_test(expressions_match_the_whole_text),
        cmocka_unit_test(broken_ones_are_refused),
        cmocka_unit_test(hostile_ones_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/expression.c and expression_translate.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/expression.h"

static struct sw_expression *make(const char *text)
{
    struct sw_expression *expression = NULL;
    struct sw_err err = {0};
    if (sw_expression_new(sw_str_of(text), &expression, &err) < 0)
        fail_msg("'%s': %s", text, err.message);
    return expression;
}

static int match(const char *text, struct sw_str subject)
{
    SW_CLEANUP(sw_expression_freep) struct sw_expression *expression = make(text);
    return sw_expression_match(expression, subject);
}

static void refuse(struct sw_str text, const char *part)
{
    struct sw_expression *expression = NULL;
    struct sw_err err = {0};
    int r = sw_expression_new(text, &expression, &err);
    if (r >= 0)
        fail_msg("'%.*s' is taken", SW_STR_ARG(text));
    assert_int_equal(r, -EINVAL);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, part);
}

static void matches_what_go_matches(void **state)
{
    (void)state;
    assert_int_equal(match("(?i)ab(?-i:C)", SW_STR("ABC")), 1);
    assert_int_equal(match("(?i)ab(?-i:C)", SW_STR("ABc")), 0);
    assert_int_equal(match("^\\$(?:\\d+|{\\d+})$", SW_STR("${12}")), 1);
    assert_int_equal(match("a$", SW_STR("a\n")), 0);
    assert_int_equal(match("a\\z", SW_STR("xa")), 1);
    assert_int_equal(match("(?P<name>x)(?<other>y)", SW_STR("xy")), 1);
    assert_int_equal(match("[[:alnum:]]{2}[\\s\\S-]", SW_STR("a1\n")), 1);
    assert_int_equal(match("\\x60\\x{41}", SW_STR("`A")), 1);
    assert_int_equal(match("\\Qa.b\\E+", SW_STR("a.bb")), 1);
    assert_int_equal(match("a.c", SW_STR("a\nc")), 0);
    assert_int_equal(match("(?s)a.c", SW_STR("a\nc")), 1);
    assert_int_equal(match("\\v", SW_STR("\n")), 0);
    assert_int_equal(match("a{,3}", SW_STR("a{,3}")), 1);
    assert_int_equal(match("x\\_\\-\\/", SW_STR("x_-/")), 1);
    assert_int_equal(match("[]a]", SW_STR("]")), 1);
    assert_int_equal(match("[a[b]", SW_STR("[")), 1);
    assert_int_equal(match("\\101", SW_STR("A")), 1);
}

static void knows_characters_beyond_ascii(void **state)
{
    (void)state;
    assert_int_equal(match("^\xc3\xa9+$", SW_STR("\xc3\xa9\xc3\xa9")), 1);
    assert_int_equal(match("\\p{Greek}", SW_STR("\xce\xb1")), 1);
    assert_int_equal(match("\\pL", SW_STR("\xff\xff")), 0);
}

static void refuses_what_go_refuses(void **state)
{
    (void)state;
    refuse(SW_STR("(?=a)"), "look-around");
    refuse(SW_STR("(?<!a)b"), "look-around");
    refuse(SW_STR("(?>a)"), "look-around");
    refuse(SW_STR("(a)\\1"), "back references");
    refuse(SW_STR("a++"), "repeat of a repeat");
    refuse(SW_STR("a{2}{3}"), "repeat of a repeat");
    refuse(SW_STR("*a"), "repeat of nothing");
    refuse(SW_STR("(*FAIL)"), "repeat of nothing");
    refuse(SW_STR("a{1001}"), "beyond 1000");
    refuse(SW_STR("a{3,2}"), "out of order");
    refuse(SW_STR("((a{100}){100}){100}"), "nested counts");
    refuse(SW_STR("(a{500}b){0,3}"), "nested counts");
    refuse(SW_STR("\\K"), "escape");
    refuse(SW_STR("\\C"), "escape");
    refuse(SW_STR("a\\"), "backslash");
    refuse(SW_STR("[a"), "without ]");
    refuse(SW_STR("(a"), "( without )");
    refuse(SW_STR("a)"), ") without (");
    refuse(SW_STR("\\x{110000}"), "no such character");
    refuse(SW_STR("\xff"), "not UTF-8");
    refuse(SW_STR("a\0b"), "NUL");
}

static void refuses_sizes_that_make_no_sense(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    for (size_t i = 0; i <= SW_EXPRESSION_TEXT_MAX; i++)
        sw_buf_append_char(&buf, 'a');
    refuse(sw_buf_str(&buf), "more than");
    sw_buf_clear(&buf);
    for (int i = 0; i < 4000; i++)
        sw_buf_append_char(&buf, '(');
    refuse(sw_buf_str(&buf), "nested too deeply");
}

static void says_what_groups_hold(void **state)
{
    (void)state;
    SW_CLEANUP(sw_expression_freep) struct sw_expression *expression = make("k=(a)?(b+)");
    struct sw_expression_span spans[3];
    struct sw_expression_search search = {.text = SW_STR("xx k=bbb"), .last = SIZE_MAX};
    assert_int_equal(sw_expression_n_groups(expression), 2);
    assert_int_equal(sw_expression_find(expression, &search, spans, 3), 1);
    assert_int_equal(spans[0].from, 3);
    assert_int_equal(spans[0].to, 8);
    assert_true(spans[1].from > spans[1].to);
    assert_int_equal(spans[2].from, 5);
    search.last = 2;
    assert_int_equal(sw_expression_find(expression, &search, spans, 3), 0);
    search.last = SIZE_MAX;
    search.from = 4;
    assert_int_equal(sw_expression_find(expression, &search, spans, 3), 0);
}

static void ends_when_an_expression_explodes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_expression_freep)
    struct sw_expression *expression = make("^(([a-z])+.)+[A-Z]([a-z])+$");
    char text[200];
    memset(text, 'a', sizeof(text));
    assert_int_equal(sw_expression_match(expression, (struct sw_str){text, sizeof(text)}), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_what_go_matches),
        cmocka_unit_test(knows_characters_beyond_ascii),
        cmocka_unit_test(refuses_what_go_refuses),
        cmocka_unit_test(refuses_sizes_that_make_no_sense),
        cmocka_unit_test(says_what_groups_hold),
        cmocka_unit_test(ends_when_an_expression_explodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

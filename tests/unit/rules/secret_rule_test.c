/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/secret_rule.c, secret_rule_toml.c and secret_plan.c: what is taken, what is
 * refused, and what files that extend one another become.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/secret_compile.h"
#include "rules/secret_rule.h"

struct set {
    struct sw_region region;
    struct sw_secret_rules rules;
    struct sw_err err;
};

static void set_init(struct set *set)
{
    *set = (struct set){0};
    sw_region_init(&set->region, SW_SECRET_REGION_MAX);
    sw_secret_rules_init(&set->rules, &set->region);
}

static void set_done(struct set *set)
{
    sw_secret_rules_done(&set->rules);
    sw_region_done(&set->region);
}

static int load(struct set *set, const char *text)
{
    return sw_secret_rules_load(&set->rules, SW_STR("t.toml"), sw_str_of(text), NULL, &set->err);
}

static int compile(struct set *set)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf image = {0};
    sw_buf_init(&image, (size_t)64 << 20);
    return sw_secret_rules_compile(&set->rules, SW_STR("x"), &image, &set->err);
}

/* The rule 'good' stays, the rule of the text is refused with that reason. */
static void refuse_rule(const char *rule, const char *part)
{
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    char text[8192];
    snprintf(text, sizeof(text), "[[rules]]\nid='good'\nregex='good'\n%s", rule);
    if (load(&set, text) < 0)
        fail_msg("%s", set.err.message);
    assert_int_equal(compile(&set), 0);
    if (set.rules.refusals.n == 0)
        fail_msg("'%s' is taken", rule);
    const struct sw_secret_refusal *refusal = &set.rules.refusals.v[0];
    assert_true(refusal->is_whole);
    if (strstr(refusal->reason, part) == NULL)
        fail_msg("'%s' does not say '%s'", refusal->reason, part);
    assert_non_null(sw_secret_rules_find(&set.rules, SW_STR("good")));
}

static void refuse_file(const char *text, const char *part)
{
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    int r = load(&set, text);
    if (r == 0)
        r = compile(&set);
    assert_true(r < 0);
    if (strstr(set.err.message, part) == NULL)
        fail_msg("'%s' does not say '%s'", set.err.message, part);
}

static void refuses_rules_by_name_and_reason(void **state)
{
    (void)state;
    refuse_rule("[[rules]]\nregex='x'\n", "no id");
    refuse_rule("[[rules]]\nid='r'\n", "neither a regex nor a path");
    refuse_rule("[[rules]]\nid='r'\nregex=5\n", "not a text");
    refuse_rule("[[rules]]\nid='r'\nregex='(?=x)y'\n", "look-around");
    refuse_rule("[[rules]]\nid='r'\nregex='x(y)'\nsecretGroup=2\n", "has 1 groups");
    refuse_rule("[[rules]]\nid='r'\nregex='x*'\n", "empty text");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\nentropy=-1\n", "between");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\nseverity='dire'\n", "severity");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\nchecksum='md5'\n", "checksum");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\npath='('\n", "path");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[[rules.required]]\nid='good'\n", "composite");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[rules.allowlist]\n", "allows nothing");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[rules.allowlist]\nregexes=['[']\n", "allow list");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[rules.allowlist]\npaths=['a']\n"
                "[[rules.allowlists]]\npaths=['a']\n",
        "both 'allowlist' and 'allowlists'");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[[rules.allowlists]]\npaths=['a']\n"
                "regexTarget='mtach'\n",
        "regexTarget");
    refuse_rule("[[rules]]\nid='r'\nregex='x'\n[[rules.allowlists]]\npaths=['a']\n"
                "condition='XOR'\n",
        "condition");
    refuse_rule("[[rules]]\nid='good'\nregex='other'\n", "another rule has this id (line 1)");
    refuse_rule("[[rules]]\nid='r'\nregex='\\p{Greek}+'\n", "no keywords");
    refuse_rule("[[rules]]\nid='r'\nregex='(?:[a-z]{1000}){1000}'\n", "nested counts");
}

static void refuses_files_that_make_no_sense(void **state)
{
    (void)state;
    refuse_file("rules = 5\n", "'rules'");
    refuse_file("[[rules]\n", "t.toml: 1:");
    refuse_file("[allowlist]\nregexTarget='x'\nregexes=['a']\n", "regexTarget");
    refuse_file("[allowlist]\nregexes=['(']\n[[rules]]\nid='a'\nregex='a'\n", "for all rules");
    refuse_file("[extend]\npath='x'\nuseDefault=true\n", "both");
    refuse_file("[extend]\npath='x'\n", "not possible");
    refuse_file("", "no secret rule");
}

static void takes_unicode_where_keywords_stand(void **state)
{
    (void)state;
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    assert_int_equal(
        load(&set, "[[rules]]\nid='u'\nregex='key=\\p{Greek}+'\nkeywords=['key']\n"), 0);
    assert_int_equal(compile(&set), 0);
    assert_int_equal(set.rules.refusals.n, 0);
}

static void notes_what_it_reads_over(void **state)
{
    (void)state;
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    assert_int_equal(load(&set, "[[rules]]\nid='a'\nregex='a'\nfuture=1\n"
                                "[[rules.allowlists]]\ncommits=['c']\n"),
        0);
    assert_int_equal(set.rules.refusals.n, 2);
    assert_false(set.rules.refusals.v[0].is_whole);
    assert_non_null(strstr(set.rules.refusals.v[0].reason, "future"));
    assert_non_null(strstr(set.rules.refusals.v[1].reason, "commits"));
}

static int load_base(const struct sw_secret_loader *loader, struct sw_str path,
    struct sw_secret_rules *base, struct sw_err *err)
{
    if (sw_str_equal_z(path, "self"))
        return sw_secret_rules_load(base, path, SW_STR("[extend]\npath='self'\n"), loader, err);
    return sw_secret_rules_load(base, SW_STR("base"),
        SW_STR("[[rules]]\nid='a'\ndescription='base'\nregex='aa'\nkeywords=['k1']\nentropy=3\n"
               "tags=['t1']\n[rules.allowlist]\nstopwords=['s']\n"
               "[[rules]]\nid='b'\nregex='bb'\n[[rules]]\nid='c'\nregex='cc'\n"
               "[allowlist]\npaths=['p']\n"),
        loader, err);
}

static void merges_a_file_with_what_it_extends(void **state)
{
    (void)state;
    const struct sw_secret_loader loader = {.load = load_base};
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    struct sw_str text = SW_STR("[extend]\nuseDefault=true\ndisabledRules=['b']\n"
                                "[[rules]]\nid='a'\nkeywords=['K2']\nregex='xx'\n"
                                "[[rules.allowlists]]\nregexes=['r']\n"
                                "[[rules]]\nid='d'\nregex='dd'\n");
    if (sw_secret_rules_load(&set.rules, SW_STR("t"), text, &loader, &set.err) < 0)
        fail_msg("%s", set.err.message);
    assert_int_equal(set.rules.rules.n, 3);
    assert_null(sw_secret_rules_find(&set.rules, SW_STR("b")));
    const struct sw_secret_rule *a = sw_secret_rules_find(&set.rules, SW_STR("a"));
    assert_string_equal(a->regex.p, "xx");
    assert_string_equal(a->description.p, "base");
    assert_int_equal(a->keywords.n, 2);
    assert_string_equal(a->keywords.v[0].p, "k2");
    assert_int_equal(a->allows.n, 2);
    assert_int_equal(a->tags.n, 1);
    assert_true(a->entropy > 2.9);
    assert_int_equal(set.rules.allows.n, 1);
}

static void ends_when_a_file_extends_itself(void **state)
{
    (void)state;
    const struct sw_secret_loader loader = {.load = load_base};
    SW_CLEANUP(set_done) struct set set;
    set_init(&set);
    int r = sw_secret_rules_load(
        &set.rules, SW_STR("t"), SW_STR("[extend]\npath='self'\n"), &loader, &set.err);
    assert_int_equal(r, -EINVAL);
    assert_non_null(strstr(set.err.message, "deep"));
}

static void refuses_more_rules_than_the_cap(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    SW_CLEANUP(set_done) struct set set;
    sw_buf_init(&buf, (size_t)8 << 20);
    for (size_t i = 0; i <= SW_SECRET_RULES_MAX; i++)
        sw_buf_printf(&buf, "[[rules]]\nid='r%zu'\nregex='x'\n", i);
    set_init(&set);
    assert_int_equal(load(&set, buf.p), -EFBIG);
    assert_non_null(strstr(set.err.message, "more than 5000 rules"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_rules_by_name_and_reason),
        cmocka_unit_test(refuses_files_that_make_no_sense),
        cmocka_unit_test(takes_unicode_where_keywords_stand),
        cmocka_unit_test(notes_what_it_reads_over),
        cmocka_unit_test(merges_a_file_with_what_it_extends),
        cmocka_unit_test(ends_when_a_file_extends_itself),
        cmocka_unit_test(refuses_more_rules_than_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

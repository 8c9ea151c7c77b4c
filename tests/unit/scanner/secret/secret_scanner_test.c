/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/secret and the rules that it works with (lib/rules/secret_rule.c, secret_plan.c,
 * secret_compile.c, secret_image.c): TOML in, secrets out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/secret.h"

#define RULE "[[rules]]\nid='token'\nregex='''tok_([a-z0-9]{10,40})\\b'''\nkeywords=['tok_']\n"

static void scan(struct test_secret *test, const char *path, struct sw_str text, size_t block)
{
    test_secret_scan(test, path, text, block);
}

static void expect(const char *rules, const char *path, struct sw_str text, size_t n)
{
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, rules);
    scan(&test, path, text, 7);
    if (test.n != n)
        fail_msg("%zu found in '%.*s', not %zu", test.n, SW_STR_ARG(text), n);
}

static void finds_a_secret_with_its_place(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    scan(&test, "a.txt", SW_STR("one\ntwo\n  x = tok_abcdef123456;\n"), 5);
    assert_int_equal(test.n, 1);
    assert_string_equal(test.found[0].rule, "token");
    assert_string_equal(test.found[0].secret, "abcdef123456");
    assert_int_equal(test.found[0].line, 3);
    assert_int_equal(test.found[0].column, 11);
    assert_int_equal(test.found[0].severity, SW_SEVERITY_HIGH);
    assert_string_equal(test.found[0].masked, "********");
}

static void finds_across_every_block_boundary(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    static char text[400000];
    /* Around the edges of the window, wherever they are. */
    for (size_t at = 131072 - 40; at < 131072 + 40; at += 3) {
        memset(text, '\n', sizeof(text));
        memcpy(text + at, " tok_abcdef123456 ", 18);
        memcpy(text + at + 36864, " tok_bbcdef123456 ", 18);
        scan(&test, "a.txt", (struct sw_str){text, sizeof(text)}, 65536);
        if (test.n != 2)
            fail_msg("%zu found at %zu", test.n, at);
        assert_string_equal(test.found[0].secret, "abcdef123456");
        assert_int_equal(test.found[0].line, at + 1);
        assert_int_equal(test.found[1].line, at + 36864 + 1 - 18); /* the first took their place */
        test.n = 0;
    }
}

static void looks_into_base64_and_utf16(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    /* "user and password: tok_abcdef123456 and more" and the same once more around it */
    scan(&test, "a",
        SW_STR("data:\n  x: dXNlciBhbmQgcGFzc3dvcmQ6IHRva19hYmNkZWYxMjM0NTYgYW5kIG1vcmU=\n"), 9);
    assert_int_equal(test.n, 1);
    assert_string_equal(test.found[0].encoding, "base64");
    assert_int_equal(test.found[0].line, 2);
    char wide[128] = {(char)0xff, (char)0xfe};
    const char *text = "some text tok_abcdef123456 text";
    for (size_t i = 0; i < strlen(text); i++)
        wide[2 + 2 * i] = text[i];
    scan(&test, "a", (struct sw_str){wide, 2 + 2 * strlen(text)}, 9);
    assert_int_equal(test.n, 2);
    assert_string_equal(test.found[1].encoding, "utf-16");
    assert_string_equal(test.found[1].secret, "abcdef123456");
}

static void finds_text_in_binaries(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    scan(&test, "a", SW_STR("\0\0\1\2tok_abcdef123456\0\0\377"), 3);
    assert_int_equal(test.n, 1);
    assert_int_equal(test.found[0].line, 0);
    assert_int_equal(test.found[0].offset, 4);
}

static void honours_entropy_and_keywords(void **state)
{
    (void)state;
    const char *entropy = "[[rules]]\nid='e'\nregex='''key=(\\w{8,})'''\nentropy=2.5\n";
    expect(entropy, "a", SW_STR("key=aaaabbbb"), 0);
    expect(entropy, "a", SW_STR("key=abcdefgh"), 1);
    const char *near = "[[rules]]\nid='k'\nregex='''\\b[0-9a-f]{16}\\b'''\nkeywords=['Cloud']\n";
    expect(near, "a", SW_STR("0123456789abcdef"), 0);
    expect(near, "a", SW_STR("0123456789abcdef of the CLOUD"), 1);
}

static void honours_paths(void **state)
{
    (void)state;
    const char *both = "[[rules]]\nid='p'\nregex='''pw=\\w+'''\npath='''\\.tf$'''\n";
    expect(both, "a.tf", SW_STR("pw=x"), 1);
    expect(both, "a.c", SW_STR("pw=x"), 0);
    const char *alone = "[[rules]]\nid='p'\npath='''\\.p12$'''\n";
    expect(alone, "a.p12", SW_STR("anything"), 1);
    expect(alone, "a.txt", SW_STR("anything"), 0);
}

static void honours_allow_lists(void **state)
{
    (void)state;
    struct sw_str text = SW_STR("tok_abcdef123456 # dummy");
    expect(RULE "[rules.allowlist]\nregexes=['''^abc''']\n", "a", text, 0);
    expect(RULE "[rules.allowlist]\nregexes=['''dummy''']\n", "a", text, 1);
    expect(RULE "[[rules.allowlists]]\nregexTarget='line'\nregexes=['''dummy''']\n", "a", text, 0);
    expect(RULE "[[rules.allowlists]]\nregexTarget='match'\nregexes=['''^tok''']\n", "a", text, 0);
    expect(RULE "[[rules.allowlists]]\nstopwords=['CDEF']\n", "a", text, 0);
    expect(RULE "[allowlist]\npaths=['''^a''']\n", "a", text, 0);
    expect(RULE "[[allowlists]]\npaths=['''^b''']\n", "a", text, 1);
    expect(RULE "[[allowlists]]\ntargetRules=['other']\npaths=['''^a''']\n", "a", text, 1);
    expect(RULE "[[allowlists]]\ntargetRules=['token']\npaths=['''^a''']\n", "a", text, 0);
    const char *both = RULE "[[rules.allowlists]]\ncondition='AND'\npaths=['''^a''']\n"
                            "stopwords=['cdef']\n";
    expect(both, "a", text, 0);
    expect(both, "b", text, 1);
    expect(RULE "[[rules.allowlists]]\ncondition='AND'\ncommits=['x']\npaths=['''^a''']\n", "a",
        text, 1);
}

static void honours_comments(void **state)
{
    (void)state;
    expect(RULE, "a", SW_STR("tok_abcdef123456 # seawall:allow\n"), 0);
    expect(RULE, "a", SW_STR("tok_abcdef123456 // gitleaks:allow\n"), 0);
    expect(RULE, "a", SW_STR("seawall:allow\ntok_abcdef123456\n"), 1);
}

static void lets_a_generic_rule_give_way(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE "[[rules]]\nid='generic-key'\nregex='''key=(\\S+)'''\n");
    scan(&test, "a", SW_STR("key=tok_abcdef123456\nkey=other\n"), 100);
    assert_int_equal(test.n, 2);
    assert_string_equal(test.found[0].rule, "token");
    assert_string_equal(test.found[1].rule, "generic-key");
}

static void picks_the_group_that_the_rule_names(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, "[[rules]]\nid='g'\nregex='''u=(\\w+) p=(\\w+)'''\nsecretGroup=2\n");
    scan(&test, "a", SW_STR("u=me p=word"), 100);
    assert_int_equal(test.n, 1);
    assert_string_equal(test.found[0].secret, "word");
}

static void fingerprints_are_stable_and_tell_apart(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    scan(&test, "a", SW_STR("tok_abcdef123456"), 100);
    scan(&test, "a", SW_STR("\n\n\n tok_abcdef123456"), 100);
    scan(&test, "b", SW_STR("tok_abcdef123456"), 100);
    assert_int_equal(test.n, 3);
    assert_int_equal(strlen(test.found[0].fingerprint), 32);
    assert_string_equal(test.found[0].fingerprint, test.found[1].fingerprint);
    assert_string_not_equal(test.found[0].fingerprint, test.found[2].fingerprint);
}

static void masks_long_secrets_between_their_ends(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    scan(&test, "a", SW_STR("tok_abcdefghij0123456789wxyz56"), 100);
    assert_string_equal(test.found[0].masked, "abcd********yz56");
}

static void counts_what_it_leaves_out(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 3000; i++)
        sw_buf_printf(&buf, "tok_abcdef%06d\n", i);
    scan(&test, "a", sw_buf_str(&buf), 4096);
    assert_int_equal(test.r, 1);
    assert_non_null(strstr(test.err.message, "more than 1000 secrets"));
}

static void bounds_expressions_that_explode(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, "[[rules]]\nid='x'\nregex='''(?:(?:a+)+b?)+c?d'''\n");
    static char text[20000];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'd';
    scan(&test, "a", (struct sw_str){text, sizeof(text)}, 4096);
    assert_true(test.r >= 0);
}

static void refuses_an_image_that_is_damaged(void **state)
{
    (void)state;
    SW_CLEANUP(test_secret_done) struct test_secret test;
    test_secret_init(&test, RULE);
    struct sw_secret_scanner *scanner = NULL;
    assert_int_equal(sw_secret_scanner_new(test.image, 16, &scanner, NULL), -EINVAL);
    assert_int_equal(sw_secret_scanner_new(test.image, test.n_image - 1, &scanner, NULL), -EINVAL);
    test.image[8] ^= 1;
    assert_int_equal(sw_secret_scanner_new(test.image, test.n_image, &scanner, NULL), -EINVAL);
    assert_null(scanner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_secret_with_its_place),
        cmocka_unit_test(finds_across_every_block_boundary),
        cmocka_unit_test(looks_into_base64_and_utf16),
        cmocka_unit_test(finds_text_in_binaries),
        cmocka_unit_test(honours_entropy_and_keywords),
        cmocka_unit_test(honours_paths),
        cmocka_unit_test(honours_allow_lists),
        cmocka_unit_test(honours_comments),
        cmocka_unit_test(lets_a_generic_rule_give_way),
        cmocka_unit_test(picks_the_group_that_the_rule_names),
        cmocka_unit_test(fingerprints_are_stable_and_tell_apart),
        cmocka_unit_test(masks_long_secrets_between_their_ends),
        cmocka_unit_test(counts_what_it_leaves_out),
        cmocka_unit_test(bounds_expressions_that_explode),
        cmocka_unit_test(refuses_an_image_that_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

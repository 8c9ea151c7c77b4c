/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/toml.c, toml_text.c and toml_value.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/toml.h"

struct document {
    struct sw_region region;
    struct sw_toml_node *root;
    struct sw_err err;
    int r;
};

static void done(struct document *document)
{
    sw_region_done(&document->region);
}

static void parse(struct document *document, struct sw_str text)
{
    *document = (struct document){0};
    sw_region_init(&document->region, (size_t)64 << 20);
    document->r = sw_toml_parse(text, &document->region, &document->root, &document->err);
}

static struct sw_toml_node *parse_good(struct document *document, const char *text)
{
    parse(document, sw_str_of(text));
    if (document->r < 0)
        fail_msg("%s", document->err.message);
    return document->root;
}

static void refuse(const char *text, const char *part)
{
    SW_CLEANUP(done) struct document document;
    parse(&document, sw_str_of(text));
    if (document.r >= 0)
        fail_msg("'%s' is taken", text);
    if (strstr(document.err.message, part) == NULL)
        fail_msg("'%s' does not say '%s'", document.err.message, part);
    assert_null(document.root);
}

static void reads_values(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct document document;
    const struct sw_toml_node *root = parse_good(&document,
        "int = 1_000 # comment\nhex = 0xdead_beef\noct = 0o755\nbin = 0b101\nneg = -17\n"
        "float = 6.26e-3\ninf = -inf\nnan = nan\nyes = true\nno = false\n"
        "date = 1979-05-27 07:32:00Z\ntime = 07:32:00\n\"quoted key\" = 'lit\\eral'\n");
    assert_int_equal(sw_toml_find(root, "int")->integer, 1000);
    assert_int_equal(sw_toml_find(root, "hex")->integer, 0xdeadbeef);
    assert_int_equal(sw_toml_find(root, "oct")->integer, 0755);
    assert_int_equal(sw_toml_find(root, "bin")->integer, 5);
    assert_int_equal(sw_toml_find(root, "neg")->integer, -17);
    assert_true(fabs(sw_toml_find(root, "float")->number - 0.00626) < 1e-9);
    assert_true(isinf(sw_toml_find(root, "inf")->number));
    assert_true(isnan(sw_toml_find(root, "nan")->number));
    assert_true(sw_toml_find(root, "yes")->is_true);
    assert_false(sw_toml_find(root, "no")->is_true);
    assert_string_equal(sw_toml_find(root, "date")->text.p, "1979-05-27 07:32:00Z");
    assert_int_equal(sw_toml_find(root, "time")->kind, SW_TOML_DATE);
    assert_string_equal(sw_toml_find(root, "quoted key")->text.p, "lit\\eral");
}

static void reads_strings_of_four_kinds(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct document document;
    const struct sw_toml_node *root =
        parse_good(&document, "a = \"tab\\t \\u00e9 \\U0001F600 \\\"\"\nb = '''\nfirst\nit''s'''\n"
                              "c = \"\"\"one \\\n    two\"\"\"\nd = '''''two'''''\ne = \"\"\n");
    assert_string_equal(sw_toml_find(root, "a")->text.p, "tab\t \xc3\xa9 \xf0\x9f\x98\x80 \"");
    assert_string_equal(sw_toml_find(root, "b")->text.p, "first\nit''s");
    assert_string_equal(sw_toml_find(root, "c")->text.p, "one two");
    assert_string_equal(sw_toml_find(root, "d")->text.p, "''two''");
    assert_int_equal(sw_toml_find(root, "e")->text.n, 0);
}

static void reads_tables_and_lists_of_tables(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct document document;
    const struct sw_toml_node *root = parse_good(&document,
        "[extend]\npath = 'x'\n[[rules]]\nid = 'a'\n[rules.allowlist]\npaths = ['p',\n 'q', # "
        "c\n]\n"
        "[[rules]]\nid = 'b'\n[[rules.allowlists]]\nx.y.z = 1\nx.y.w = {q = [1, {r = 2}]}\n"
        "[[rules.allowlists]]\n");
    const struct sw_toml_node *rules = sw_toml_find(root, "rules");
    assert_int_equal(rules->n, 2);
    assert_int_equal(sw_toml_find(sw_toml_find(rules->first, "allowlist"), "paths")->n, 2);
    const struct sw_toml_node *lists = sw_toml_find(rules->last, "allowlists");
    assert_int_equal(lists->n, 2);
    const struct sw_toml_node *y = sw_toml_find(sw_toml_find(lists->first, "x"), "y");
    assert_int_equal(sw_toml_find(y, "z")->integer, 1);
    assert_int_equal(sw_toml_find(sw_toml_find(y, "w"), "q")->n, 2);
    assert_int_equal(rules->last->line, 9);
}

static void refuses_what_the_language_forbids(void **state)
{
    (void)state;
    refuse("a = 1\na = 2\n", "2:3: key stands twice");
    refuse("[a]\n[a]\n", "table stands twice");
    refuse("a = {b = 1}\n[a.c]\n", "no table");
    refuse("a = [1]\n[[a]]\n", "something else stands");
    refuse("[a]\nb.c = 1\n[a.b]\n", "table stands twice");
    refuse("[a.b]\n[a]\nb.c = 1\n", "not open");
    refuse("a = 01\n", "no number");
    refuse("a = 1__0\n", "no number");
    refuse("a = .5\n", "no number");
    refuse("a = 9223372036854775808\n", "no number");
    refuse("a = 'x\ny'\n", "end on its line");
    refuse("a = \"\\q\"\n", "unknown escape");
    refuse("a = \"\\ud800\"\n", "no Unicode");
    refuse("a = 'x\n", "end on its line");
    refuse("a = '''x", "without an end");
    refuse("a = [1, 2", "expected");
    refuse("a = {b = 1,\n}", "key");
    refuse("a = 1 b = 2\n", "end of the line");
    refuse("a\n", "expected '='");
    refuse("= 1\n", "expected a key");
    refuse("[a\n", "expected ']'");
    refuse("a = \x01\n", "value");
    refuse("a = 1\nb = '\xff'\n", "2:1: the line is not UTF-8");
}

static void refuses_depth_without_end(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    sw_buf_append(&buf, "a = ", 4);
    for (int i = 0; i < 5000; i++)
        sw_buf_append_char(&buf, '[');
    refuse(buf.p, "nested too deeply");
    sw_buf_clear(&buf);
    for (int i = 0; i < 5000; i++)
        sw_buf_append(&buf, "a.", 2);
    refuse(buf.p, "too many parts");
}

static void refuses_more_keys_than_a_table_may_have(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    for (size_t i = 0; i <= SW_TOML_KEYS_MAX; i++)
        sw_buf_printf(&buf, "k%zu = 1\n", i);
    SW_CLEANUP(done) struct document document;
    parse(&document, sw_buf_str(&buf));
    assert_int_equal(document.r, -EFBIG);
}

static void every_cut_of_a_document_ends(void **state)
{
    (void)state;
    const char *text = "a = \"x\\u00e9\"\n[[b.c]]\nd = {e = [1, 2.5, '''z''']}\n";
    for (size_t n = 0; n <= strlen(text); n++) {
        SW_CLEANUP(done) struct document document;
        parse(&document, (struct sw_str){text, n});
        assert_true(document.r == 0 || document.r == -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(reads_strings_of_four_kinds),
        cmocka_unit_test(reads_tables_and_lists_of_tables),
        cmocka_unit_test(refuses_what_the_language_forbids),
        cmocka_unit_test(refuses_depth_without_end),
        cmocka_unit_test(refuses_more_keys_than_a_table_may_have),
        cmocka_unit_test(every_cut_of_a_document_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

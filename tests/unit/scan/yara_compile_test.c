/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YARA rules: outlines, folders with includes, and what is left when some of them are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "scan/yara_compile.h"
#include "scan/yara_outline.h"

#define GOOD(name) "rule " name " { strings: $a = \"" name "\" condition: $a }\n"

struct test {
    struct sw_region region;
    char folder[64];
    struct sw_yara_compiled compiled;
    struct sw_err err;
};

static int set_up(void **state)
{
    struct test *t = calloc(1, sizeof(*t));
    sw_region_init(&t->region, (size_t)8 << 20);
    snprintf(t->folder, sizeof(t->folder), "/tmp/seawall-yara-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    t->compiled.fd = -1;
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct test *t = *state;
    if (t->compiled.fd >= 0)
        close(t->compiled.fd);
    sw_file_remove_tree(AT_FDCWD, t->folder, NULL);
    sw_region_done(&t->region);
    free(t);
    return 0;
}

static void put(struct test *t, const char *name, const char *text)
{
    char *path = sw_region_printf(&t->region, "%s/%s", t->folder, name);
    char *folder = sw_region_strdup(&t->region, sw_str_of(path));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(sw_file_make_directories(AT_FDCWD, folder, 0700, NULL), 0);
    assert_int_equal(sw_file_save(AT_FDCWD, path, sw_str_of(text), 0600, NULL), 0);
}

static int compile(struct test *t, const char *store)
{
    const char *path = t->folder;
    struct sw_yara_options options = {
        .paths = &path, .n_paths = 1, .directory = store, .scratch = "/tmp"};
    t->err = (struct sw_err){0};
    if (t->compiled.fd >= 0)
        close(t->compiled.fd);
    t->compiled.fd = -1;
    return sw_yara_compile(&options, &t->region, &t->compiled, &t->err);
}

static bool has_note(struct test *t, const char *text)
{
    return sw_str_find(t->compiled.notes, sw_str_of(text)) >= 0;
}

static void finds_rules_among_comments_strings_and_expressions(void **state)
{
    static const char text[] =
        "// rule no {}\n"
        "import \"elf\" /* rule no { */ include \"a.yar\"\n"
        "private global rule one : tag {\n"
        " strings: $a = \"}\\\"\" $b = /\\/}{1,2}/i $c = { 01 [2-3] /* } */ }\n"
        " condition: any of them\n"
        "}\n"
        "rule two { condition: true }";
    (void)state;
    SW_CLEANUP(sw_yara_outline_done) struct sw_yara_outline outline = {0};
    assert_int_equal(sw_yara_outline_parse(SW_STR(text), &outline), 0);
    assert_int_equal(outline.items.n, 4);
    assert_int_equal(outline.items.v[0].kind, SW_YARA_IMPORT);
    assert_true(sw_str_equal_z(outline.items.v[0].name, "elf"));
    assert_int_equal(outline.items.v[1].kind, SW_YARA_INCLUDE);
    assert_true(sw_str_equal_z(outline.items.v[1].name, "a.yar"));
    assert_int_equal(outline.items.v[2].line, 3);
    assert_int_equal(outline.items.v[2].end_line, 6);
    assert_true(sw_str_equal_z(outline.items.v[2].name, "one"));
    assert_true(sw_str_equal_z(outline.items.v[3].name, "two"));
    assert_int_equal(outline.items.v[3].end, sizeof(text) - 1);
}

static void a_rule_without_its_brace_ends_where_the_next_begins(void **state)
{
    (void)state;
    SW_CLEANUP(sw_yara_outline_done) struct sw_yara_outline outline = {0};
    assert_int_equal(
        sw_yara_outline_parse(
            SW_STR("rule a { condition: (true\nrule b { condition: true }\nrule"), &outline),
        0);
    assert_int_equal(outline.items.n, 3);
    assert_true(sw_str_equal_z(outline.items.v[0].name, "a"));
    assert_true(sw_str_equal_z(outline.items.v[1].name, "b"));
    assert_int_equal(outline.items.v[2].name.n, 0);
}

static void compiles_a_folder_and_keeps_the_result(void **state)
{
    struct test *t = *state;
    char *store = sw_region_printf(&t->region, "%s/store", t->folder);
    put(t, "a.yar", GOOD("one") GOOD("two"));
    put(t, "below/b.yara",
        "import \"elf\"\nimport \"pe\"\nimport \"hash\"\nimport \"math\"\n"
        "rule x { condition: elf.type == elf.ET_EXEC or extension == \"x\" }\n");
    put(t, "below/readme.txt", "no rules");
    assert_int_equal(compile(t, store), 0);
    assert_int_equal(t->compiled.n_rules, 3);
    assert_false(t->compiled.is_cached);
    assert_int_equal(t->compiled.notes.n, 0);
    char first[SW_DIGEST_TEXT_BYTES];
    memcpy(first, t->compiled.digest, sizeof(first));
    assert_int_equal(compile(t, store), 0);
    assert_true(t->compiled.is_cached);
    assert_string_equal(first, t->compiled.digest);
    assert_int_equal(t->compiled.n_rules, 3);
    put(t, "a.yar", GOOD("one"));
    assert_int_equal(compile(t, store), 0);
    assert_false(t->compiled.is_cached);
    assert_int_equal(t->compiled.n_rules, 2);
}

static void refuses_rules_by_name_and_the_others_stand(void **state)
{
    struct test *t = *state;
    put(t, "a.yar",
        GOOD("one") "rule bad {\n condition: nothing_known\n}\n" GOOD(
            "two") "rule open { condition: (true\n" GOOD("three") "rule uses_bad { condition: bad "
                                                                  "}\n"
                                                                  "import "
                                                                  "\"cuckoo_is_no_module\"\n" GOOD(
                                                                      "four") "rule one { "
                                                                              "condition: true }\n"
                                                                              "rule re { strings: "
                                                                              "$a = /a(b/ "
                                                                              "condition: $a "
                                                                              "}\n" GOOD("five"));
    put(t, "b.yar", GOOD("six"));
    assert_int_equal(compile(t, NULL), 0);
    assert_int_equal(t->compiled.n_rules, 6);
    assert_true(has_note(t, "a.yar:3: rule 'bad' refused: undefined identifier"));
    assert_true(has_note(t, "rule 'uses_bad' refused"));
    assert_true(has_note(t, "rule 'open' refused"));
    assert_true(has_note(t, "a.yar:9: import 'cuckoo_is_no_module' refused"));
    assert_true(has_note(t, "rule 'one' refused: duplicated identifier"));
    assert_true(has_note(t, "rule 're' refused"));
}

static void includes_stay_in_the_folder(void **state)
{
    struct test *t = *state;
    put(t, "rules/index.yar",
        "include \"sub/a.yar\"\ninclude \"../outside.yar\"\ninclude \"/etc/passwd\"\n"
        "include \"absent.yar\"\ninclude \"index.yar\"\n" GOOD("index"));
    put(t, "rules/sub/a.yar", "include \"../common.inc\"\nrule a { condition: common }\n");
    put(t, "rules/common.inc", GOOD("common"));
    put(t, "outside.yar", GOOD("outside"));
    char *path = sw_region_printf(&t->region, "%s/rules", t->folder);
    snprintf(t->folder, sizeof(t->folder), "%s", path);
    int r = compile(t, NULL);
    *strrchr(t->folder, '/') = '\0';
    assert_int_equal(r, 0);
    assert_int_equal(t->compiled.n_rules, 3);
    assert_true(has_note(t, "index.yar:2: include '../outside.yar' refused: it lies outside"));
    assert_true(has_note(t, "index.yar:3: include '/etc/passwd' refused: it lies outside"));
    assert_true(has_note(t, "index.yar:4: include 'absent.yar' refused"));
    assert_true(has_note(t, "index.yar:5: include 'index.yar' refused: it is this very file"));
}

static void links_out_of_the_folder_are_not_followed(void **state)
{
    struct test *t = *state;
    char *link = sw_region_printf(&t->region, "%s/link.inc", t->folder);
    put(t, "a.yar", "include \"link.inc\"\n" GOOD("one"));
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(compile(t, NULL), 0);
    assert_true(has_note(t, "include 'link.inc' refused"));
    assert_false(has_note(t, "root:"));
}

static void circles_of_includes_are_refused_and_end(void **state)
{
    struct test *t = *state;
    put(t, "a.yar", "include \"b.yar\"\n" GOOD("a"));
    put(t, "b.yar", "include \"a.yar\"\n" GOOD("b"));
    put(t, "c.yar", GOOD("c"));
    assert_int_equal(compile(t, NULL), 0);
    assert_int_equal(t->compiled.n_rules, 3);
    assert_true(has_note(t, "in a circle"));
}

static void names_what_is_no_text_and_what_needs_the_system(void **state)
{
    struct test *t = *state;
    char *path = sw_region_printf(&t->region, "%s/nul.yar", t->folder);
    assert_int_equal(
        sw_file_save(AT_FDCWD, path, SW_STR("rule a {\0 condition: true }"), 0600, NULL), 0);
    put(t, "magic.yar",
        "import \"magic\"\nrule m { condition: magic.type() == \"x\" }\n" GOOD("b"));
    assert_int_equal(compile(t, NULL), 0);
    assert_int_equal(t->compiled.n_rules, 1);
    assert_true(has_note(t, "nul.yar: refused: holds a NUL byte"));
    assert_true(has_note(t, "magic.yar:1: import 'magic' refused"));
    assert_true(has_note(t, "magic.yar:2: rule 'm' refused"));
}

static void fails_where_nothing_is_left(void **state)
{
    struct test *t = *state;
    assert_int_equal(compile(t, NULL), -ENOENT);
    assert_non_null(strstr(t->err.message, "holds no rules"));
    put(t, "a.yar", "rule a { condition: unknown }\n");
    assert_int_equal(compile(t, NULL), -EINVAL);
    assert_non_null(strstr(t->err.message, "no rule is left"));
    assert_non_null(strstr(t->err.message, "a.yar:1"));
}

static void a_damaged_result_is_made_again(void **state)
{
    struct test *t = *state;
    char *store = sw_region_printf(&t->region, "%s/store", t->folder);
    put(t, "a.yar", GOOD("one"));
    assert_int_equal(compile(t, store), 0);
    char *path = sw_region_printf(
        &t->region, "%s/yara-%s.compiled", store, strchr(t->compiled.digest, ':') + 1);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 200), 1);
    close(fd);
    assert_int_equal(compile(t, store), 0);
    assert_false(t->compiled.is_cached);
    assert_int_equal(truncate(path, 150), 0);
    assert_int_equal(compile(t, store), 0);
    assert_false(t->compiled.is_cached);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_rules_among_comments_strings_and_expressions),
        TEST(a_rule_without_its_brace_ends_where_the_next_begins),
        TEST(compiles_a_folder_and_keeps_the_result),
        TEST(refuses_rules_by_name_and_the_others_stand),
        TEST(includes_stay_in_the_folder),
        TEST(links_out_of_the_folder_are_not_followed),
        TEST(circles_of_includes_are_refused_and_end),
        TEST(names_what_is_no_text_and_what_needs_the_system),
        TEST(fails_where_nothing_is_left),
        TEST(a_damaged_result_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

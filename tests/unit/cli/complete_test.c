/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/complete.c on the tables of the program: which lines come for which words. What shells
 * make of them is tests/e2e/completion_*_test.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "complete.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct sw_buf lines;

static const char *complete(const char *const *words)
{
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    sw_buf_done(&lines);
    sw_buf_init(&lines, 65536);
    assert_int_equal(sw_complete_print(words, n, &lines), 0);
    return lines.p != NULL ? lines.p : "";
}

static int tear_down(void **state)
{
    (void)state;
    sw_buf_done(&lines);
    return 0;
}

static void has(const char *const *words, const char *line)
{
    assert_non_null(strstr(complete(words), line));
}

static void is(const char *const *words, const char *text)
{
    assert_string_equal(complete(words), text);
}

static void names_commands(void **state)
{
    (void)state;
    has(WORDS(""), "scan\tFind");
    has(WORDS("d"), "db\tmore commands\n");
    has(WORDS("db", ""), "update\t");
    has(WORDS("--v"), "--version\t");
    is(WORDS("nothing"), "");
    is(WORDS("nothing", ""), "");
    is(WORDS("db", "nothing", ""), "");
    assert_null(strstr(complete(WORDS("")), "\ncomplete\t"));
    assert_int_equal(sw_complete_print(NULL, 0, &lines), 0);
}

static void names_options_and_their_values(void **state)
{
    (void)state;
    has(WORDS("scan", "-"), "--severity\tshow");
    is(WORDS("scan", "--he"), "--help\tall about this command\n");
    is(WORDS("scan", "--fail-on", "hi"), "high\t\n");
    is(WORDS("scan", "-s", "hi"), "high\t\n");
    is(WORDS("scan", "-qs", "hi"), "high\t\n");
    is(WORDS("scan", "--fail-on=hi"), "--fail-on=high\t\n");
    is(WORDS("scan", "--fail-on=high="), "");
    is(WORDS("scan", "--nothing=x"), "");
    is(WORDS("scan", "--only", "vuln,se"), "vuln,secrets\t\n");
    is(WORDS("scan", "--only=m"), "--only=malware\t\n");
    is(WORDS("scan", "-f", "json=re"), ":files json=\n");
    is(WORDS("scan", "--format=json=re"), ":files --format=json=\n");
    is(WORDS("scan", "--cache-dir", ""), ":directories \n");
    is(WORDS("registry", "ls", "-f", "j"),
        "json\teverything, documented in docs/report.schema.json\n");
    is(WORDS("rescan", "--threads", ""), "");
}

static void names_operands(void **state)
{
    (void)state;
    is(WORDS("convert", "x"), ":files \n");
    is(WORDS("db", "delta", "x"), ":files \n");
    is(WORDS("db", "verify", "x"), "");
    is(WORDS("scan", "oci-a"), "oci-archive:\t\n:files \n");
    is(WORDS("scan", "oci-archive:/x"), ":files oci-archive:\n");
    is(WORDS("scan", "docker:x"), "");
    is(WORDS("scan", "--", "-x"), ":files \n");
    is(WORDS("scan", "-q", "--explain", "podm"), "podman:\t\n:files \n");
    is(WORDS("completion", "z"), "zsh\t\n");
    is(WORDS("version", "compare", ""), "dpkg\t\napk\t\nrpm\t\n");
    is(WORDS("serve", ""), "");
}

static void stops_at_the_cap(void **state)
{
    (void)state;
    struct sw_buf small = {0};
    sw_buf_init(&small, 32);
    const char *const words[] = {""};
    assert_true(sw_complete_print(words, 1, &small) < 0);
    sw_buf_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(names_commands, tear_down),
        cmocka_unit_test_teardown(names_options_and_their_values, tear_down),
        cmocka_unit_test_teardown(names_operands, tear_down),
        cmocka_unit_test(stops_at_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

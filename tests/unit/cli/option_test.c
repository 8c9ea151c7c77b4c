/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests cli/option.c: typed values, the environment below the command line, and refusals that say
 * what to do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "option.h"

struct values {
    bool is_all;
    const char *name;
    const char *why;
    struct sw_option_list list;
    uint64_t size_bytes;
    uint64_t count;
    int64_t age_s;
};

static const struct sw_option table[] = {
    {"all", 'a', SW_OPTION_FLAG, offsetof(struct values, is_all), NULL, "all", NULL},
    {"name", 'n', SW_OPTION_STRING, offsetof(struct values, name), "NAME", "name", "TEST_NAME"},
    {"why", 0, SW_OPTION_OPTIONAL, offsetof(struct values, why), "ID", "why", NULL},
    {"format", 'f', SW_OPTION_LIST, offsetof(struct values, list), "F", "format", NULL},
    {"size", 0, SW_OPTION_SIZE, offsetof(struct values, size_bytes), "SIZE", "size", NULL},
    {"count", 0, SW_OPTION_COUNT, offsetof(struct values, count), "N", "count", NULL},
    {"age", 0, SW_OPTION_DURATION, offsetof(struct values, age_s), "AGE", "age", NULL},
    {"tokens", 0, SW_OPTION_STRING, offsetof(struct values, name), "N", "tokens", NULL},
    {0},
};

static int parse(
    char **argv, struct values *values, const char **operands, size_t *ret_n, struct sw_err *err)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    *values = (struct values){0};
    return sw_option_parse(table, argc, argv, values, operands, 2, ret_n, err);
}

static void reads_every_type(void **state)
{
    (void)state;
    char *argv[] = {(char *)"scan", (char *)"-a", (char *)"--name=x", (char *)"one", (char *)"-f",
        (char *)"json", (char *)"--format", (char *)"table", (char *)"--size", (char *)"256M",
        (char *)"--count=7", (char *)"--age", (char *)"3d", (char *)"--why", (char *)"two", NULL};
    struct values values;
    const char *operands[2];
    size_t n = 0;
    assert_int_equal(parse(argv, &values, operands, &n, NULL), 0);
    assert_true(values.is_all);
    assert_string_equal(values.name, "x");
    assert_string_equal(values.why, "");
    assert_int_equal(values.list.n, 2);
    assert_string_equal(values.list.v[1], "table");
    assert_int_equal(values.size_bytes, 256 * 1024 * 1024);
    assert_int_equal(values.count, 7);
    assert_int_equal(values.age_s, 3 * 86400);
    assert_int_equal(n, 2);
    assert_string_equal(operands[0], "one");
    assert_string_equal(operands[1], "two");
}

static void refuses_with(int code, char **argv, const char *message)
{
    struct values values;
    const char *operands[2];
    size_t n = 99;
    struct sw_err err = {0};
    assert_int_equal(parse(argv, &values, operands, &n, &err), code);
    assert_string_equal(err.message, message);
    assert_int_equal(n, 99);
}

static void refuses(char **argv, const char *message)
{
    refuses_with(-EINVAL, argv, message);
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    refuses((char *[]){(char *)"s", (char *)"--nope", NULL}, "unknown option '--nope'");
    refuses((char *[]){(char *)"s", (char *)"--size", NULL}, "'--size' needs a value");
    refuses((char *[]){(char *)"s", (char *)"--size", (char *)"x", NULL},
        "--size: 'x' is not a size such as 256M");
    refuses((char *[]){(char *)"s", (char *)"--size", (char *)"99999999999999999G", NULL},
        "--size: '99999999999999999G' is not a size such as 256M");
    refuses((char *[]){(char *)"s", (char *)"--age", (char *)"3w", NULL},
        "--age: '3w' is not a duration such as 3d or 12h");
    refuses((char *[]){(char *)"s", (char *)"a", (char *)"b", (char *)"c", NULL},
        "unexpected argument 'c'");
}

static void names_what_was_refused(void **state)
{
    (void)state;
    refuses((char *[]){(char *)"s", (char *)"--nmae=x", NULL},
        "unknown option '--nmae'; did you mean '--name'?");
    refuses((char *[]){(char *)"s", (char *)"-az", (char *)"b", NULL}, "unknown option '-z'");
    refuses((char *[]){(char *)"s", (char *)"-za", NULL}, "unknown option '-z'");
    refuses((char *[]){(char *)"s", (char *)"--all=yes", NULL}, "--all takes no value");
    refuses((char *[]){(char *)"s", (char *)"image", (char *)"b", (char *)"c", NULL},
        "unexpected argument 'c'; leave out 'image'");
    struct sw_err err = {0};
    struct values values;
    const char *operands[2];
    size_t n = 0;
    char *whole[] = {(char *)"s", (char *)"--token", (char *)"x", NULL};
    assert_int_equal(parse(whole, &values, operands, &n, &err), -ENOTSUP);
    whole[1] = (char *)"--token=x";
    whole[2] = NULL;
    assert_int_equal(parse(whole, &values, operands, &n, &err), -ENOTSUP);
    char *beginning[] = {(char *)"s", (char *)"--tok", (char *)"x", NULL};
    assert_int_equal(parse(beginning, &values, operands, &n, &err), 0);
    assert_string_equal(values.name, "x");
    refuses_with(-ENOTSUP, (char *[]){(char *)"s", (char *)"--ignore-unfixed", NULL},
        "'--ignore-unfixed' is Trivy's; here: --only-fixed of seawall scan");
}

static void command_line_overrides_environment(void **state)
{
    (void)state;
    struct values values;
    const char *operands[2];
    size_t n = 0;
    assert_int_equal(setenv("TEST_NAME", "from-environment", 1), 0);
    assert_int_equal(parse((char *[]){(char *)"s", NULL}, &values, operands, &n, NULL), 0);
    assert_string_equal(values.name, "from-environment");
    char *argv[] = {(char *)"s", (char *)"-n", (char *)"given", NULL};
    assert_int_equal(parse(argv, &values, operands, &n, NULL), 0);
    assert_string_equal(values.name, "given");
    unsetenv("TEST_NAME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(names_what_was_refused),
        cmocka_unit_test(command_line_overrides_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

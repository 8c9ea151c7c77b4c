/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/json_get.c: what is not there, or of another type, is nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "vulndb/build/json_get.h"

static void answers_nothing_for_another_type(void **state)
{
    (void)state;
    SW_CLEANUP(sw_json_get_freep) json_t *v = NULL;
    struct sw_str text =
        SW_STR("{\"s\":\"a\\u0000b\",\"n\":\"1.5\",\"i\":7,\"x\":\"1x\",\"t\":true,"
               "\"y\":\"True\",\"f\":\"no\",\"l\":[\"a\",7,\"\",\"b\"],\"o\":{}}");
    assert_int_equal(sw_json_get_parsed(text, &v, NULL), 0);
    assert_true(sw_str_equal(sw_json_get_str(v, "s"), SW_STR("a\0b")));
    assert_int_equal(sw_json_get_str(v, "i").n, 0);
    assert_int_equal(sw_json_get_str(v, "none").n, 0);
    assert_int_equal(sw_json_get_str(NULL, "none").n, 0);
    assert_int_equal(sw_json_get_text(NULL).n, 0);
    assert_true(sw_json_get_number(v, "n", -1) == 1.5);
    assert_true(sw_json_get_number(v, "i", -1) == 7);
    assert_true(sw_json_get_number(v, "x", -1) == -1);
    assert_true(sw_json_get_number(v, "o", -1) == -1);
    assert_true(sw_json_get_bool(v, "t") && sw_json_get_bool(v, "y"));
    assert_false(sw_json_get_bool(v, "f") || sw_json_get_bool(v, "i"));
    assert_non_null(sw_json_get_array(v, "l"));
    assert_null(sw_json_get_array(v, "o"));
    assert_non_null(sw_json_get_object(v, "o"));
    assert_null(sw_json_get_object(v, "l"));
}

static void takes_the_strings_of_an_array(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4096);
    static const struct {
        const char *json;
        size_t max;
        size_t n;
    } rows[] = {{"[\"a\",7,\"\",\"b\"]", 10, 2}, {"[\"a\",\"b\",\"c\"]", 2, 2}, {"\"lone\"", 1, 1},
        {"null", 10, 0}, {"[]", 10, 0}, {"{\"a\":1}", 10, 0}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        SW_CLEANUP(sw_json_get_freep) json_t *v = NULL;
        struct sw_str *strings = NULL;
        size_t n = 99;
        assert_int_equal(sw_json_get_parsed(sw_str_of(rows[i].json), &v, NULL), 0);
        assert_int_equal(sw_json_get_strings(v, rows[i].max, &region, &strings, &n), 0);
        assert_int_equal(n, rows[i].n);
    }
}

static void refuses_what_is_no_json(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{", "tru", "\"\xff\"", "[1,]", "1e999", "{} x"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        json_t *v = NULL;
        struct sw_err err = {0};
        assert_int_equal(sw_json_get_parsed(sw_str_of(texts[i]), &v, &err), -EBADMSG);
        assert_null(v);
        assert_true(err.message[0] != '\0');
    }
    json_t *v = NULL;
    assert_int_equal(sw_json_get_parsed(SW_STR_NONE, &v, NULL), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_nothing_for_another_type),
        cmocka_unit_test(takes_the_strings_of_an_array),
        cmocka_unit_test(refuses_what_is_no_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

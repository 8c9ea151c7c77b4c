/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/json_split.c: what is handed out, what is refused, what stays bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vulndb/build/json_split.h"

struct log {
    struct sw_buf text;
    size_t n_values;
    size_t n_skipped;
};

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct log *log = context;
    (void)err;
    log->n_values++;
    for (size_t i = 0; i < value->n_keys; i++)
        sw_buf_printf(&log->text, "%.*s/", SW_STR_ARG(value->keys[i]));
    return sw_buf_printf(&log->text, "%zu=%.*s;", value->place, SW_STR_ARG(value->text));
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct log *log = context;
    (void)value;
    assert_non_null(reason);
    log->n_skipped++;
}

static int run(struct log *log, struct sw_reader *in, struct sw_json_split *split, bool is_lines,
    struct sw_err *err)
{
    assert_non_null(in);
    sw_buf_done(&log->text);
    *log = (struct log){0};
    sw_buf_init(&log->text, (size_t)1 << 20);
    split->value = on_value;
    split->skipped = on_skipped;
    split->context = log;
    int r = is_lines ? sw_json_split_lines(in, split, err) : sw_json_split_run(in, split, err);
    sw_reader_free(in);
    return r;
}

static const struct sw_json_place document[] = {{{NULL}}};
static const struct sw_json_place children[] = {{{"*", NULL}}};
static const struct sw_json_place grandchildren[] = {{{"*", "*", NULL}}};

static void check(const struct sw_json_place *places, size_t n, const char *json, const char *want)
{
    struct log log = {0};
    struct sw_json_split split = {.places = places, .n_places = n};
    struct sw_err err = {0};
    int r = run(&log, sw_reader_new_memory(sw_str_of(json)), &split, false, &err);
    if (r != 0)
        print_error("%s: %s\n", json, err.message);
    assert_int_equal(r, 0);
    assert_string_equal(log.text.p != NULL ? log.text.p : "", want);
    sw_buf_done(&log.text);
}

static void hands_out_documents_one_after_another(void **state)
{
    (void)state;
    check(document, 1, "", "");
    check(document, 1, " \n", "");
    check(document, 1, "{\"a\":[1,2]}\n{\"b\":\"}\"} 7 \"x\\\"y\"",
        "0={\"a\":[1,2]};0={\"b\":\"}\"};"
        "0=7;0=\"x\\\"y\";");
    check(document, 1, "\xef\xbb\xbf{}", "0={};");
}

static void hands_out_elements_and_members(void **state)
{
    (void)state;
    check(children, 1, "[1, {\"a\":2} ,\"x\",[]]", "/0=1;/0={\"a\":2};/0=\"x\";/0=[];");
    check(children, 1, "{\"a\": 1,\n\"b\" : {\"c\":[{}]}}", "a/0=1;b/0={\"c\":[{}]};");
    check(children, 1, "[]", "");
    check(children, 1, "{}", "");
    check(grandchildren, 1, "{\"openssl\":{\"CVE-1\":{\"x\":1},\"CVE-2\":[]},\"curl\":3}",
        "openssl/CVE-1/0={\"x\":1};openssl/CVE-2/0=[];");
    check(children, 1, "{\"a\\u0062\\\"\":1,\"\":2}", "ab\"/0=1;/0=2;");
}

static void follows_names_and_leaves_the_rest(void **state)
{
    (void)state;
    static const struct sw_json_place places[] = {
        {{"date", NULL}}, {{"items", "*", NULL}}, {{"deep", "er", "*", NULL}}};
    check(places, 3,
        "{\"skip\":{\"items\":[9]},\"date\":\"today\",\"items\":[1,2],\"deep\":{\"x\":[1],\"er\":{"
        "\"k\":null}},\"count\":-1.5e3}",
        "date/0=\"today\";items//1=1;items//1=2;deep/er/k/2=null;");
}

static void takes_the_first_place_that_matches(void **state)
{
    (void)state;
    static const struct sw_json_place places[] = {
        {{"a", NULL}}, {{"*", "*", NULL}}, {{"a", "x", NULL}}};
    check(places, 3, "{\"a\":{\"x\":1},\"b\":{\"x\":2}}", "a/0={\"x\":1};b/x/1=2;");
}

static void refuses_damage_and_names_the_place(void **state)
{
    (void)state;
    static const char *const damaged[] = {"{", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "[1 2]",
        "{\"a\" 1}", "{a:1}", "[1,]", "]", "[\"open", "{\"a\":{\"b\":[1}}", "[1,{\"a\":]}]", "[tr",
        "\"open\\\"", "[{\"a\":\"\\"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(damaged); i++) {
        struct log log = {0};
        struct sw_json_split split = {.places = children, .n_places = 1};
        struct sw_err err = {0};
        int r = run(&log, sw_reader_new_memory(sw_str_of(damaged[i])), &split, false, &err);
        if (r != -EBADMSG)
            print_error("%s: %d\n", damaged[i], r);
        assert_int_equal(r, -EBADMSG);
        assert_non_null(strstr(err.message, "at byte"));
        sw_buf_done(&log.text);
    }
}

static void bounds_nesting(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf json = {0};
    sw_buf_init(&json, (size_t)1 << 20);
    for (int depth = SW_JSON_SPLIT_NESTING_MAX; depth <= SW_JSON_SPLIT_NESTING_MAX + 1; depth++) {
        sw_buf_clear(&json);
        for (int i = 0; i < depth; i++)
            sw_buf_append_char(&json, i % 2 == 0 ? '[' : '[');
        for (int i = 0; i < depth; i++)
            sw_buf_append_char(&json, ']');
        struct log log = {0};
        struct sw_json_split split = {.places = document, .n_places = 1};
        int r = run(&log, sw_reader_new_memory(sw_buf_str(&json)), &split, false, NULL);
        assert_int_equal(r, depth <= SW_JSON_SPLIT_NESTING_MAX ? 0 : -EBADMSG);
        sw_buf_done(&log.text);
    }
}

/* n bytes of one huge array of small values, made as they are read. */
struct endless {
    uint64_t left;
    uint64_t made;
};

static ssize_t endless_read(void *state, void *p, size_t n, struct sw_err *err)
{
    static const char unit[] = ",{\"id\":\"CVE-2024-0001\",\"text\":\"some words here\"}";
    struct endless *endless = state;
    char *out = p;
    (void)err;
    size_t made = 0;
    while (made < n && endless->left > 0) {
        out[made++] = unit[endless->made++ % (sizeof(unit) - 1)];
        endless->left--;
    }
    if (endless->made == made && made > 0)
        out[0] = '[';
    return (ssize_t)made;
}

static void endless_free(void *state)
{
    (void)state;
}

static int count_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    size_t *n = context;
    (void)err;
    assert_true(value->text.n < 100);
    (*n)++;
    return 0;
}

static void reads_a_document_far_larger_than_its_buffers(void **state)
{
    (void)state;
    static const struct sw_reader_ops ops = {.read = endless_read, .free = endless_free};
    struct endless endless = {.left = (uint64_t)48 << 20};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = sw_reader_new(&ops, &endless);
    size_t n = 0;
    struct sw_json_split split = {.places = children,
        .n_places = 1,
        .max_value_bytes = 4096,
        .value = count_value,
        .context = &n};
    assert_int_equal(sw_json_split_run(in, &split, NULL), -EBADMSG); /* ends without its bracket */
    assert_true(n > 900000);
}

static void leaves_out_values_that_are_too_long(void **state)
{
    (void)state;
    struct log log = {0};
    struct sw_json_split split = {.places = children, .n_places = 1, .max_value_bytes = 8};
    assert_int_equal(run(&log, sw_reader_new_memory(SW_STR("[1,\"0123456789\",[1,2,3,4,5],2]")),
                         &split, false, NULL),
        0);
    assert_string_equal(log.text.p, "/0=1;/0=2;");
    assert_int_equal(log.n_skipped, 2);
    sw_buf_done(&log.text);
}

static void reads_lines_one_by_one(void **state)
{
    (void)state;
    struct log log = {0};
    struct sw_json_split split = {.max_value_bytes = 16};
    struct sw_str lines = SW_STR("{\"a\":1}\n\nnot json\r\n{\"long\":\"0123456789\"}\n 2");
    assert_int_equal(run(&log, sw_reader_new_memory(lines), &split, true, NULL), 0);
    assert_string_equal(log.text.p, "0={\"a\":1};0=not json;0=2;");
    assert_int_equal(log.n_skipped, 1);
    sw_buf_done(&log.text);
}

static int stop_at_once(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    (void)context;
    (void)value;
    return sw_err_set(err, -ENOSPC, "enough");
}

static void ends_when_the_caller_says_so(void **state)
{
    (void)state;
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = sw_reader_new_memory(SW_STR("[1,2,3"));
    struct sw_json_split split = {.places = children, .n_places = 1, .value = stop_at_once};
    struct sw_err err = {0};
    assert_int_equal(sw_json_split_run(in, &split, &err), -ENOSPC);
    assert_string_equal(err.message, "enough");
    split.n_places = 0;
    assert_int_equal(sw_json_split_run(in, &split, &err), -EINVAL);
}

static void survives_want_of_memory(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 6; n++) {
        struct log log = {0};
        struct sw_json_split split = {.places = children, .n_places = 1};
        struct sw_reader *in = sw_reader_new_memory(SW_STR("{\"a\":1}"));
        sw_mem_fail_after(n);
        int r = run(&log, in, &split, false, NULL);
        sw_mem_fail_after(-1);
        assert_true(r == 0 || r == -ENOMEM);
        sw_buf_done(&log.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_documents_one_after_another),
        cmocka_unit_test(hands_out_elements_and_members),
        cmocka_unit_test(follows_names_and_leaves_the_rest),
        cmocka_unit_test(takes_the_first_place_that_matches),
        cmocka_unit_test(refuses_damage_and_names_the_place),
        cmocka_unit_test(bounds_nesting),
        cmocka_unit_test(reads_a_document_far_larger_than_its_buffers),
        cmocka_unit_test(leaves_out_values_that_are_too_long),
        cmocka_unit_test(reads_lines_one_by_one),
        cmocka_unit_test(ends_when_the_caller_says_so),
        cmocka_unit_test(survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

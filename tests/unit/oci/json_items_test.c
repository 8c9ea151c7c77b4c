/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/json_items.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/json_items.h"

/* A reader that gives n bytes at a time. */
struct drip {
    struct sw_str rest;
    size_t n;
};

static ssize_t drip_read(void *state, void *p, size_t n, struct sw_err *err)
{
    (void)err;
    struct drip *drip = state;
    n = n < drip->n ? n : drip->n;
    n = n < drip->rest.n ? n : drip->rest.n;
    if (n > 0)
        memcpy(p, drip->rest.p, n);
    drip->rest = sw_str_skip(drip->rest, n);
    return (ssize_t)n;
}

static const struct sw_reader_ops drip_ops = {.read = drip_read};

/* All items, a "|" behind each; how it ended. */
static int split(const char *text, size_t n_at_once, size_t max, struct sw_buf *out)
{
    struct drip drip = {sw_str_of(text), n_at_once};
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = sw_reader_new(&drip_ops, &drip);
    SW_CLEANUP(sw_json_items_done) struct sw_json_items items;
    struct sw_str item;
    struct sw_err err = {0};
    int r;
    sw_buf_init(out, 4096);
    sw_json_items_init(&items, reader, max);
    while ((r = sw_json_items_next(&items, &item, &err)) > 0) {
        sw_buf_append_str(out, item);
        sw_buf_append_char(out, '|');
    }
    assert_true(r == 0 || err.message[0] != '\0');
    assert_int_equal(r == 0 ? sw_json_items_next(&items, &item, NULL) : 0, 0);
    return r;
}

static void gives_each_object(void **state)
{
    (void)state;
    static const char text[] =
        " [ {\"a\":\"}]\\\"{\"} ,\n{\"b\":[{},[1,2]]},{}\t] and what comes behind";
    for (size_t n = 1; n < sizeof(text); n += 3) {
        SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
        assert_int_equal(split(text, n, 100, &out), 0);
        assert_string_equal(out.p, "{\"a\":\"}]\\\"{\"}|{\"b\":[{},[1,2]]}|{}|");
    }
}

static void takes_an_empty_list(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    assert_int_equal(split("[ ]", 1, 100, &out), 0);
    assert_int_equal(out.n, 0);
}

static void refuses_what_is_no_list(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "{}", "null", "[", "[1]", "[{}", "[{},", "[{},]",
        "[{}{}]", "[{\"a\":1", "[{\"a", "[{]", "[,{}]"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
        int r = split(texts[i], 4, 100, &out);
        /* Brackets that do not match are for the parser. */
        if (strcmp(texts[i], "[{]") == 0)
            continue;
        if (r != -EINVAL)
            fail_msg("'%s' ended with %d", texts[i], r);
    }
}

static void bounds_an_item(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    assert_int_equal(split("[{\"a\":1},{\"a\":\"0123456789\"}]", 5, 8, &out), -EFBIG);
    assert_string_equal(out.p, "{\"a\":1}|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_object),
        cmocka_unit_test(takes_an_empty_list),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(bounds_an_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

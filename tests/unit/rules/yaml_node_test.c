/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/rules/yaml_node.c.
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
#include "rules/yaml_node.h"

struct fixture {
    struct sw_region region;
    struct sw_yaml_node *root;
    struct sw_err err;
    int r;
};

static void parse(struct fixture *f, struct sw_str text)
{
    *f = (struct fixture){0};
    sw_region_init(&f->region, (size_t)256 << 20);
    f->r = sw_yaml_parse(text, &f->region, &f->root, &f->err);
}

static void refuse(struct sw_str text, const char *message)
{
    struct fixture f;
    parse(&f, text);
    assert_true(f.r < 0);
    assert_null(f.root);
    assert_string_equal(f.err.message, message);
    sw_region_done(&f.region);
}

static void reads_maps_and_lists_with_places(void **state)
{
    (void)state;
    struct fixture f;
    parse(&f, SW_STR("a: 1\nb:\n  - x\n  - {c: \"null\", d: null}\ne: &anchor ~\n"));
    assert_int_equal(f.r, 0);
    assert_int_equal(f.root->kind, SW_YAML_MAP);
    const struct sw_yaml_node *b = sw_yaml_find(f.root, "b");
    assert_int_equal(b->kind, SW_YAML_LIST);
    assert_int_equal(b->key_line, 2);
    assert_int_equal(b->key_column, 1);
    assert_true(sw_str_equal_z(b->first->text, "x"));
    assert_int_equal(b->first->line, 3);
    assert_int_equal(b->first->column, 5);
    const struct sw_yaml_node *map = b->first->next;
    assert_false(sw_yaml_is_null(sw_yaml_find(map, "c")));
    assert_true(sw_yaml_is_null(sw_yaml_find(map, "d")));
    assert_true(sw_yaml_is_null(sw_yaml_find(f.root, "e")));
    assert_null(sw_yaml_find(f.root, "x"));
    assert_null(sw_yaml_find(b->first, "x"));
    sw_region_done(&f.region);
    parse(&f, SW_STR("# nothing\n"));
    assert_int_equal(f.r, 0);
    assert_null(f.root);
    sw_region_done(&f.region);
}

static void refuses_what_it_does_not_read(void **state)
{
    (void)state;
    refuse(SW_STR("a: &x [1]\nb: *x\n"), "2:4: aliases (*NAME) are not read; write it out");
    refuse(SW_STR("a: 1\nb: 2\na: 3\n"), "3:1: 'a' stands here twice");
    refuse(SW_STR("? [a]\n: 1\n"), "1:3: a key that is no text");
    refuse(SW_STR("a: 1\n---\nb: 1\n"), "2:1: a second document");
    struct fixture f;
    parse(&f, SW_STR("a: [1\nb: 2\n"));
    assert_int_equal(f.r, -EINVAL);
    assert_int_equal(f.err.message[0], '2');
    sw_region_done(&f.region);
    parse(&f, SW_STR("a: \xff\xfe\n"));
    assert_int_equal(f.r, -EINVAL);
    sw_region_done(&f.region);
}

static void refuses_what_is_too_deep(void **state)
{
    (void)state;
    char text[80];
    struct fixture f;
    memset(text, '[', sizeof(text));
    parse(&f, (struct sw_str){text, sizeof(text)});
    assert_int_equal(f.r, -EINVAL);
    assert_non_null(strstr(f.err.message, "too deep"));
    sw_region_done(&f.region);
}

static void refuses_too_many_values(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct fixture f;
    sw_buf_init(&buf, (size_t)8 << 20);
    assert_int_equal(sw_buf_append_char(&buf, '['), 0);
    for (size_t i = 0; i <= SW_YAML_NODES_MAX; i++)
        assert_int_equal(sw_buf_append(&buf, "1,", 2), 0);
    parse(&f, sw_buf_str(&buf));
    assert_int_equal(f.r, -EFBIG);
    sw_region_done(&f.region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_maps_and_lists_with_places),
        cmocka_unit_test(refuses_what_it_does_not_read),
        cmocka_unit_test(refuses_what_is_too_deep),
        cmocka_unit_test(refuses_too_many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

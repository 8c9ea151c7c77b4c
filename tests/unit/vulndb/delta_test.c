/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of deltas, sound and hostile, and deltas between databases made here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/vulndb.h"
#include "vulndb/build/delta_apply.h"
#include "vulndb/carrier.h"
#include "vulndb/contents.h"
#include "vulndb/delta.h"
#include "vulndb/delta_make.h"

static struct sw_str packed(struct sw_buf *buf)
{
    return sw_buf_str(buf);
}

static void maps_come_back_as_they_went(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_delta_map map = {0};
    struct sw_delta_map back = {0};
    struct sw_pack pack = {.buf = &buf};
    struct sw_unpack in;
    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_delta_map_init(&map, 5, 6), 0);
    uint32_t to_old[] = {0, 1, SW_DELTA_NONE, 4, 3, SW_DELTA_NONE};
    for (uint32_t i = 0; i < 6; i++) {
        map.to_old[i] = to_old[i];
        if (to_old[i] != SW_DELTA_NONE)
            map.to_new[to_old[i]] = i;
    }
    sw_delta_map_pack(&pack, &map);
    sw_unpack_init(&in, packed(&buf));
    assert_int_equal(sw_delta_map_unpack(&in, 5, &back), 0);
    assert_true(sw_unpack_is_done(&in));
    assert_memory_equal(back.to_old, map.to_old, 6 * sizeof(uint32_t));
    assert_memory_equal(back.to_new, map.to_new, 5 * sizeof(uint32_t));
    sw_delta_map_done(&map);
    sw_delta_map_done(&back);
}

static int unpack_numbers(const uint64_t *numbers, size_t n, size_t n_old)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_delta_map map = {0};
    struct sw_pack pack = {.buf = &buf};
    struct sw_unpack in;
    sw_buf_init(&buf, 65536);
    for (size_t i = 0; i < n; i++)
        sw_pack_number(&pack, numbers[i]);
    sw_unpack_init(&in, packed(&buf));
    int r = sw_delta_map_unpack(&in, n_old, &map);
    sw_delta_map_done(&map);
    return r;
}

static void refuses_maps_that_make_no_sense(void **state)
{
    (void)state;
    uint64_t absurd[] = {UINT64_MAX};
    uint64_t many[] = {40000000, 40000000, 0};
    uint64_t empty_run[] = {2, 0, 1};
    uint64_t beyond[] = {2, 2, 5};
    uint64_t twice[] = {2, 1, 1, 1, 1};
    uint64_t too_long[] = {2, 3, 1};
    uint64_t cut[] = {2, 1};
    uint64_t right[] = {2, 2, 4};
    assert_int_equal(unpack_numbers(absurd, 1, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(many, 3, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(empty_run, 3, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(beyond, 3, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(twice, 5, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(too_long, 3, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(cut, 2, 5), -EBADMSG);
    assert_int_equal(unpack_numbers(right, 3, 5), 0);
}

static void changes_keep_start_and_end(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    static const struct {
        const char *old;
        const char *now;
    } cases[] = {{"", ""}, {"", "x"}, {"x", ""}, {"aaa", "aaaa"}, {"aaaa", "aa"},
        {"start old end", "start new end"}, {"abc", "abc"}, {"ab", "ba"}};
    sw_buf_init(&buf, 65536);
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct sw_str old = sw_str_of(cases[i].old);
        struct sw_delta_op op = sw_delta_op_between(SW_STR("key"), old, sw_str_of(cases[i].now));
        assert_int_equal(sw_delta_op_value(&op, old, &buf), 0);
        assert_true(sw_str_equal_z(sw_buf_str(&buf), cases[i].now));
    }
    struct sw_delta_op op = {.kind = SW_DELTA_CHANGE, .n_start = 2, .n_end = 2};
    assert_int_equal(sw_delta_op_value(&op, SW_STR("abc"), &buf), -EBADMSG);
    op.n_end = UINT64_MAX;
    assert_int_equal(sw_delta_op_value(&op, SW_STR("abc"), &buf), -EBADMSG);
}

static int read_all(struct sw_str bytes, size_t *ret_n)
{
    struct sw_delta_ops ops = {0};
    struct sw_delta_op op;
    int r = 0;
    sw_unpack_init(&ops.in, bytes);
    sw_delta_ops_start(&ops);
    *ret_n = 0;
    while ((r = sw_delta_ops_next(&ops, &op)) == 1)
        ++*ret_n;
    return r;
}

static void refuses_keys_out_of_order(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_pack pack = {.buf = &buf};
    struct sw_key previous = {0};
    struct sw_delta_op ops[] = {
        {.kind = SW_DELTA_PUT, .key = SW_STR("ab"), .bytes = SW_STR("1")},
        {.kind = SW_DELTA_REMOVE, .key = SW_STR("abc")},
        {.kind = SW_DELTA_END},
    };
    size_t n = 0;
    sw_buf_init(&buf, 65536);
    for (size_t i = 0; i < 3; i++)
        sw_delta_op_pack(&pack, &previous, &ops[i]);
    struct sw_str whole = packed(&buf);
    assert_int_equal(read_all(whole, &n), 0);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < whole.n; i++)
        assert_int_equal(read_all(sw_str_part(whole, 0, i), &n), -EBADMSG);
    sw_buf_clear(&buf);
    sw_delta_op_pack(&pack, &previous, &ops[1]);
    sw_delta_op_pack(&pack, &previous, &ops[0]);
    assert_int_equal(read_all(packed(&buf), &n), -EBADMSG);
    assert_int_equal(n, 1);
    sw_buf_clear(&buf);
    previous.n = 0;
    sw_delta_op_pack(&pack, &previous, &ops[0]);
    sw_delta_op_pack(&pack, &previous, &ops[0]);
    assert_int_equal(read_all(packed(&buf), &n), -EBADMSG);
    assert_int_equal(read_all(SW_STR("\x01\x00\xff\xff\xff\xff\x0f"), &n), -EBADMSG);
    assert_int_equal(read_all(SW_STR("\x07"), &n), -EBADMSG);
}

/* A database of records [first, end), of which `changed` has another fix. */
static void make_database(struct test_vulndb *t, unsigned first, unsigned end, unsigned changed)
{
    assert_int_equal(test_vulndb_init(t), 0);
    for (unsigned i = first; i < end; i++) {
        char record[32];
        char package[32];
        char product[32];
        snprintf(record, sizeof(record), "CVE-2024-%u", 1000 + i);
        snprintf(package, sizeof(package), "package%u", i % 5);
        snprintf(product, sizeof(product), "debian:%u", 10 + (end - i) % 4);
        struct test_entry entry = {
            .feed = i % 2 == 0 ? "debian-tracker" : "osv-debian",
            .record = record,
            .product = product,
            .package = package,
            .status = SW_FIX_FIXED,
            .fixed = i == changed ? "9.9" : "1.2",
            .title = "a title",
        };
        test_vulndb_add_entry(t, &entry);
    }
    assert_int_equal(test_vulndb_open(t), 0);
}

static void check_pair(struct test_vulndb *a, struct test_vulndb *b)
{
    char delta[128];
    char wanted[SW_DIGEST_TEXT_BYTES];
    char found[SW_DIGEST_TEXT_BYTES];
    struct sw_delta_counts counts = {0};
    struct sw_err err = {0};
    struct sw_vulndb *db = NULL;
    snprintf(delta, sizeof(delta), "%s/delta", a->folder);
    assert_int_equal(sw_delta_make(a->path, b->path, delta, NULL, &counts, &err), 0);
    int r = sw_delta_apply(a->path, delta, NULL, &counts, &err);
    assert_int_equal(sw_contents_digest(a->db, found, &err), 0);
    assert_int_equal(sw_contents_digest(b->db, wanted, &err), 0);
    if (r != (strcmp(found, wanted) != 0))
        fail_msg("%d: %s", r, err.message);
    assert_int_equal(sw_vulndb_open(a->path, &db, &err), 0);
    assert_int_equal(sw_contents_digest(db, found, &err), 0);
    assert_int_equal(sw_contents_digest(b->db, wanted, &err), 0);
    assert_string_equal(found, wanted);
    sw_vulndb_close(db);
    assert_int_equal(sw_delta_apply(a->path, delta, NULL, &counts, &err), 0);
    assert_int_equal(sw_delta_apply(b->path, delta, NULL, &counts, &err), 0);
}

static void turns_one_database_into_another(void **state)
{
    (void)state;
    static const unsigned cases[][6] = {
        {0, 40, 99, 0, 40, 99}, /* the same */
        {0, 40, 99, 0, 41, 99},
        {0, 40, 99, 5, 40, 7},
        {5, 40, 6, 0, 60, 20},
        {0, 40, 3, 50, 90, 60},
        {0, 1, 9, 0, 200, 9},
        {0, 200, 9, 0, 1, 9},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        struct test_vulndb a;
        struct test_vulndb b;
        make_database(&a, cases[i][0], cases[i][1], cases[i][2]);
        make_database(&b, cases[i][3], cases[i][4], cases[i][5]);
        check_pair(&a, &b);
        test_vulndb_done(&a);
        test_vulndb_done(&b);
    }
}

static void refuses_a_delta_for_another_state(void **state)
{
    (void)state;
    struct test_vulndb t[3];
    char delta[128];
    struct sw_delta_counts counts = {0};
    struct sw_err err = {0};
    for (unsigned i = 0; i < 3; i++)
        make_database(&t[i], 0, 20 + i, 99);
    snprintf(delta, sizeof(delta), "%s/delta", t[0].folder);
    assert_int_equal(sw_delta_make(t[0].path, t[1].path, delta, NULL, &counts, &err), 0);
    assert_int_equal(sw_delta_apply(t[2].path, delta, NULL, &counts, &err), -ESTALE);
    assert_non_null(strstr(err.message, "another state"));
    for (unsigned i = 0; i < 3; i++)
        test_vulndb_done(&t[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_come_back_as_they_went),
        cmocka_unit_test(refuses_maps_that_make_no_sense),
        cmocka_unit_test(changes_keep_start_and_end),
        cmocka_unit_test(refuses_keys_out_of_order),
        cmocka_unit_test(turns_one_database_into_another),
        cmocka_unit_test(refuses_a_delta_for_another_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

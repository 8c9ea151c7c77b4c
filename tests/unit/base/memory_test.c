/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/base/{mem,buf,vec,region,err}.c: growth ends at its cap, a refused allocation is
 * returned and leaves what was there, overflow never becomes a size.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/vec.h"

static void products_that_overflow_are_refused(void **state)
{
    (void)state;
    assert_null(sw_mem_resize(NULL, SIZE_MAX / 2, 4));
    assert_null(sw_mem_strndup("x", SIZE_MAX));
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4096);
    assert_null(sw_region_array(&region, SIZE_MAX / 2, 4));
    assert_null(sw_region_alloc(&region, SIZE_MAX));
}

static void buffer_stops_at_its_cap(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 10);
    assert_int_equal(sw_buf_append(&buf, "0123456789", 10), 0);
    assert_int_equal(sw_buf_append_char(&buf, 'x'), -EFBIG);
    assert_int_equal(sw_buf_printf(&buf, "%d", 1), -EFBIG);
    assert_int_equal(sw_buf_reserve(&buf, SIZE_MAX), -EFBIG);
    assert_string_equal(buf.p, "0123456789");
    sw_buf_clear(&buf);
    assert_int_equal(sw_buf_printf(&buf, "%s-%d", "a", 12), 0);
    assert_string_equal(buf.p, "a-12");
    sw_buf_done(&buf);
    sw_buf_done(&buf);
}

static void vector_stops_at_its_cap(void **state)
{
    (void)state;
    SW_VEC(int) numbers = {0};
    for (int i = 0; i < 20; i++)
        assert_int_equal(sw_vec_push(&numbers, i, 20), 0);
    assert_int_equal(sw_vec_push(&numbers, 20, 20), -EFBIG);
    int sum = 0;
    SW_VEC_EACH (number, &numbers) {
        sum += *number;
    }
    assert_int_equal(sum, 190);
    sw_vec_done(&numbers);
    assert_int_equal(numbers.n, 0);
    SW_VEC_EACH (number, &numbers) {
        fail();
    }
}

static void region_stops_at_its_cap(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 10000);
    char *first = sw_region_alloc(&region, 100);
    assert_non_null(first);
    assert_int_equal(first[99], 0);
    assert_int_equal((uintptr_t)first % 16, 0);
    assert_null(sw_region_alloc(&region, 9000));
    assert_non_null(sw_region_alloc(&region, 5000));
    struct sw_str copy;
    assert_int_equal(sw_region_copy(&region, SW_STR("a\0b"), &copy), 0);
    assert_int_equal(copy.n, 3);
    assert_int_equal(copy.p[3], 0);
    assert_string_equal(sw_region_printf(&region, "%d%s", 4, "x"), "4x");
    sw_region_done(&region);
    sw_region_done(&region);
}

static void refused_allocations_are_returned(void **state)
{
    (void)state;
    struct sw_buf buf;
    sw_buf_init(&buf, 1000);
    assert_int_equal(sw_buf_append(&buf, "abc", 3), 0);
    struct sw_region region;
    sw_region_init(&region, 100000);
    SW_VEC(int) numbers = {0};
    sw_mem_fail_after(0);
    int grown = sw_buf_reserve(&buf, 500);
    void *p = sw_region_alloc(&region, 10);
    int pushed = sw_vec_push(&numbers, 1, 5);
    void *zeroed = sw_mem_zalloc(1, 1);
    sw_mem_fail_after(-1);
    assert_int_equal(grown, -ENOMEM);
    assert_string_equal(buf.p, "abc");
    assert_null(p);
    assert_int_equal(pushed, -ENOMEM);
    assert_null(zeroed);
    sw_mem_fail_after(1);
    void *one = sw_mem_alloc(1);
    void *two = sw_mem_alloc(1);
    sw_mem_fail_after(-1);
    assert_non_null(one);
    assert_null(two);
    sw_mem_free(one);
    sw_buf_done(&buf);
    sw_region_done(&region);
}

static void sentences_are_cut_cleaned_and_wrapped(void **state)
{
    (void)state;
    struct sw_err err = {0};
    assert_int_equal(sw_err_set(&err, -EINVAL, "bad name '%s'", "a\x1b[2J\n"), -EINVAL);
    assert_string_equal(err.message, "bad name 'a?[2J?'");
    assert_int_equal(sw_err_wrap(&err, -EIO, "layer %d", 3), -EIO);
    assert_string_equal(err.message, "layer 3: bad name 'a?[2J?'");
    assert_int_equal(err.code, -EIO);
    struct sw_err fresh = {0};
    sw_err_wrap(&fresh, -ENOENT, "open 'x'");
    assert_string_equal(fresh.message, "open 'x': No such file or directory");
    char big[2000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    sw_err_set(&err, -EINVAL, "%s", big);
    assert_int_equal(strlen(err.message), SW_ERR_MESSAGE_MAX - 1);
    sw_err_wrap(&err, -EINVAL, "%s", big);
    assert_int_equal(sw_err_set(NULL, -EINVAL, "nobody listens"), -EINVAL);
    assert_int_equal(sw_err_wrap(NULL, -EINVAL, "nobody listens"), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(buffer_stops_at_its_cap),
        cmocka_unit_test(vector_stops_at_its_cap),
        cmocka_unit_test(region_stops_at_its_cap),
        cmocka_unit_test(refused_allocations_are_returned),
        cmocka_unit_test(sentences_are_cut_cleaned_and_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

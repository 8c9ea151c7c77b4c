/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting beyond the memory given.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/sorter.h"

/* More than the memory holds, so that runs go to disk and are merged. */
static void sorts_what_does_not_fit_in_memory(void **state)
{
    SW_CLEANUP(sw_sorter_freep) struct sw_sorter *sorter = sw_sorter_new("/tmp", 4096);
    struct sw_str key;
    struct sw_str value;
    uint32_t last = 0;
    unsigned n = 0;
    (void)state;
    assert_non_null(sorter);
    for (uint32_t i = 0; i < 20000; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%05u", i * 7919 % 10000);
        struct sw_str order = {(const char *)&i, sizeof(i)};
        assert_int_equal(sw_sorter_add(sorter, sw_str_of(text), order, NULL), 0);
    }
    assert_int_equal(sw_sorter_add(sorter, SW_STR("k"), (struct sw_str){NULL, 4096}, NULL), -EFBIG);
    assert_int_equal(sw_sorter_finish(sorter, NULL), 0);
    while (sw_sorter_next(sorter, &key, &value, NULL) == 1) {
        char text[16];
        uint32_t order = 0;
        memcpy(&order, value.p, sizeof(order));
        snprintf(text, sizeof(text), "%05u", n / 2);
        assert_true(sw_str_equal_z(key, text));
        assert_true(n % 2 == 0 || order > last);
        last = order;
        n++;
    }
    assert_int_equal(n, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_what_does_not_fit_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/checksum.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/checksum.h"

static void counts_as_go_does(void **state)
{
    (void)state;
    assert_true(sw_checksum_crc64_iso(0, "123456789", 9) == 0xB90956C775A41001u);
    assert_true(sw_checksum_crc64_iso(0, "", 0) == 0);
    assert_true(sw_checksum_crc64_iso(0, NULL, 0) == 0);
}

static void goes_on_where_it_stopped(void **state)
{
    (void)state;
    uint64_t crc = sw_checksum_crc64_iso(0, "1234", 4);
    crc = sw_checksum_crc64_iso(crc, "56789", 5);
    assert_true(crc == 0xB90956C775A41001u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_as_go_does),
        cmocka_unit_test(goes_on_where_it_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

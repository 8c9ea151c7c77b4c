/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/io/clock.c: dates to text and back, and what feeds write in place of RFC 3339.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/clock.h"

static void formats_and_parses_every_day(void **state)
{
    (void)state;
    for (int64_t day = -719528; day < 2932897; day += 97) {
        char text[SW_CLOCK_TEXT_BYTES];
        int64_t back = 0;
        sw_clock_format(day * 86400 + 86399, text);
        assert_int_equal(sw_clock_parse(sw_str_of(text), &back), 0);
        assert_int_equal(back, day * 86400 + 86399);
    }
}

static void knows_these_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t wall_s;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"2000-02-29T12:00:00Z", 951825600},
        {"2023-12-14T13:15:07.123456Z", 1702559707},
        {"2023-12-14 13:15:07", 1702559707},
        {"2023-12-14T15:15:07+02:00", 1702559707},
        {"2023-12-14T15:15:07+0200", 1702559707},
        {"2023-12-14T08:15:07-05:00", 1702559707},
        {"2023-12-14T13:15Z", 1702559700},
        {"1969-12-31T23:59:59Z", -1},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        int64_t wall_s = 77;
        assert_int_equal(sw_clock_parse(sw_str_of(rows[i].text), &wall_s), 0);
        assert_int_equal(wall_s, rows[i].wall_s);
    }
    char text[SW_CLOCK_TEXT_BYTES];
    sw_clock_format(1702559707, text);
    assert_string_equal(text, "2023-12-14T13:15:07Z");
    sw_clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    sw_clock_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "2023", "2023-13-01", "2023-02-29", "1900-02-29",
        "2023-01-00", "2023-01-32", "2023-01-01T", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z",
        "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00+1", "2023-01-01T00:00:00ZZ", "2023-1-1",
        "20230101", "2023-01-01T00:00:00+25:00", "-023-01-01"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
        int64_t wall_s = 77;
        assert_int_equal(sw_clock_parse(sw_str_of(rows[i]), &wall_s), -EINVAL);
        assert_int_equal(wall_s, 77);
    }
}

static void never_goes_back(void **state)
{
    (void)state;
    int64_t before = sw_clock_monotonic_ns();
    sw_clock_sleep_ms(2);
    assert_true(sw_clock_monotonic_ns() >= before + 2000000);
    assert_true(sw_clock_wall_s() > 1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_parses_every_day),
        cmocka_unit_test(knows_these_dates),
        cmocka_unit_test(refuses_what_is_no_date),
        cmocka_unit_test(never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

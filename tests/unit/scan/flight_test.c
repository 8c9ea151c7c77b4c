/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/scan/flight.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "io/clock.h"
#include "io/thread.h"
#include "scan/flight.h"

static struct sw_flight *flight;

static void one_at_a_time_has_a_digest(void **state)
{
    (void)state;
    assert_true(sw_flight_try(flight, SW_STR("sha256:a")));
    assert_false(sw_flight_try(flight, SW_STR("sha256:a")));
    assert_true(sw_flight_try(flight, SW_STR("sha256:b")));
    sw_flight_end(flight, SW_STR("sha256:a"), NULL);
    assert_true(sw_flight_try(flight, SW_STR("sha256:a")));
    sw_flight_end(flight, SW_STR("sha256:a"), NULL);
    sw_flight_end(flight, SW_STR("sha256:b"), NULL);
    /* One that nobody has. */
    sw_flight_end(flight, SW_STR("sha256:b"), NULL);
}

static void remembers_what_cannot_be_had(void **state)
{
    (void)state;
    struct sw_err err = {0};
    assert_true(sw_flight_try(flight, SW_STR("sha256:c")));
    assert_int_equal(sw_flight_check(flight, SW_STR("sha256:c"), &err), 0);
    sw_flight_end(flight, SW_STR("sha256:c"), "it broke off");
    assert_int_equal(sw_flight_check(flight, SW_STR("sha256:c"), &err), -EIO);
    assert_string_equal(err.message, "it broke off");
    /* Nobody had it, so nobody can say. */
    sw_flight_end(flight, SW_STR("sha256:d"), "no");
    assert_int_equal(sw_flight_check(flight, SW_STR("sha256:d"), &err), 0);
}

static void land_soon(void *argument)
{
    (void)argument;
    sw_clock_sleep_ms(100);
    sw_flight_end(flight, SW_STR("sha256:a"), NULL);
}

static void waits_for_the_other(void **state)
{
    (void)state;
    atomic_bool stop = false;
    struct sw_thread thread = {0};
    assert_true(sw_flight_try(flight, SW_STR("sha256:a")));
    assert_int_equal(sw_thread_start(&thread, land_soon, NULL), 0);
    assert_int_equal(sw_flight_wait(flight, SW_STR("sha256:a"), &stop), 0);
    sw_thread_join(&thread);
    atomic_store(&stop, true);
    assert_int_equal(sw_flight_wait(flight, SW_STR("sha256:a"), &stop), -ECANCELED);
    sw_flight_end(flight, SW_STR("sha256:a"), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_has_a_digest),
        cmocka_unit_test(waits_for_the_other),
        cmocka_unit_test(remembers_what_cannot_be_had),
    };
    if (sw_flight_new(&flight) < 0)
        return 1;
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    sw_flight_free(flight);
    return r;
}

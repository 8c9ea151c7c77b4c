/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_wal.c: write-ahead logs, sound and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/rpm_wal.h"
#include "harness/rpm_make.h"

#define PAGE 512
#define AT_FRAME(i) (32 + (24 + (size_t)PAGE) * (i))

static const char *fill(char c)
{
    static char page[PAGE];
    memset(page, c, sizeof(page));
    return page;
}

/* Two transactions and the beginning of a third. */
static void make(struct test_log *log, bool is_big_endian)
{
    test_log_init(log, PAGE, is_big_endian);
    test_log_add(log, 1, 0, fill('a'));
    test_log_add(log, 7, 8, fill('b'));
    test_log_add(log, 7, 0, fill('c'));
    test_log_add(log, 2, 9, fill('d'));
    test_log_add(log, 1, 0, fill('e'));
}

static int parse(const struct test_log *log, struct sw_rpm_wal *wal)
{
    struct sw_err err = {0};
    int r = sw_rpm_wal_parse(sw_buf_str(&log->bytes), PAGE, wal, &err);
    assert_true((r < 0) == (err.message[0] != '\0'));
    return r;
}

static char look(const struct sw_rpm_wal *wal, uint64_t page)
{
    const char *p = sw_rpm_wal_find(wal, page);
    return p != NULL ? p[PAGE - 1] : '-';
}

static void applies_committed_frames_newest_first(void **state)
{
    (void)state;
    for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
        SW_CLEANUP(test_log_done) struct test_log log;
        make(&log, is_big_endian != 0);
        SW_CLEANUP(sw_rpm_wal_done) struct sw_rpm_wal wal = {0};
        assert_int_equal(parse(&log, &wal), 0);
        assert_int_equal(wal.n_database_pages, 9);
        assert_int_equal(wal.n_uncommitted, 1);
        assert_false(wal.is_torn);
        assert_int_equal(look(&wal, 1), 'a');
        assert_int_equal(look(&wal, 2), 'd');
        assert_int_equal(look(&wal, 7), 'c');
        assert_int_equal(look(&wal, 3), '-');
        assert_int_equal(look(&wal, 0), '-');
        assert_int_equal(look(&wal, UINT64_MAX), '-');
    }
}

static void ends_where_an_older_log_begins(void **state)
{
    (void)state;
    SW_CLEANUP(test_log_done) struct test_log log;
    make(&log, false);
    test_set_32(&log.bytes, AT_FRAME(2) + 8, 0x5a16, true);
    SW_CLEANUP(sw_rpm_wal_done) struct sw_rpm_wal wal = {0};
    assert_int_equal(parse(&log, &wal), 0);
    assert_int_equal(wal.n_database_pages, 8);
    assert_int_equal(wal.n_uncommitted, 0);
    assert_false(wal.is_torn);
    assert_int_equal(look(&wal, 7), 'b');
}

static void ends_at_damage_and_says_so(void **state)
{
    (void)state;
    static const size_t places[] = {
        AT_FRAME(3), AT_FRAME(3) + 4, AT_FRAME(3) + 16, AT_FRAME(3) + 24, AT_FRAME(4) - 4};
    for (size_t i = 0; i < SW_ARRAY_SIZE(places); i++) {
        SW_CLEANUP(test_log_done) struct test_log log;
        make(&log, false);
        log.bytes.p[places[i]] ^= 0x40;
        SW_CLEANUP(sw_rpm_wal_done) struct sw_rpm_wal wal = {0};
        assert_int_equal(parse(&log, &wal), 0);
        assert_true(wal.is_torn);
        assert_int_equal(wal.n_database_pages, 8);
        assert_int_equal(look(&wal, 2), '-');
        assert_int_equal(look(&wal, 7), 'b');
    }
}

static void survives_every_truncation(void **state)
{
    (void)state;
    SW_CLEANUP(test_log_done) struct test_log whole;
    make(&whole, false);
    for (size_t n = 0; n < whole.bytes.n; n += 5) {
        struct test_log log = {0};
        sw_buf_init(&log.bytes, TEST_RPM_MAX);
        assert_int_equal(sw_buf_append(&log.bytes, whole.bytes.p, n), 0);
        SW_CLEANUP(sw_rpm_wal_done) struct sw_rpm_wal wal = {0};
        int r = parse(&log, &wal);
        assert_int_equal(r, n < 32 ? -EBADMSG : 0);
        if (r == 0)
            assert_int_equal(wal.n_database_pages, n < AT_FRAME(2) ? 0 : n < AT_FRAME(4) ? 8 : 9);
        test_log_done(&log);
    }
}

static void refuses_logs_that_are_not_to_be_trusted(void **state)
{
    (void)state;
    static const size_t places[] = {0, 4, 8, 10, 12, 16, 20, 24, 28};
    for (size_t i = 0; i < SW_ARRAY_SIZE(places); i++) {
        SW_CLEANUP(test_log_done) struct test_log log;
        make(&log, false);
        log.bytes.p[places[i]] ^= 0x10;
        struct sw_rpm_wal wal;
        assert_int_equal(parse(&log, &wal), -EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applies_committed_frames_newest_first),
        cmocka_unit_test(ends_where_an_older_log_begins),
        cmocka_unit_test(ends_at_damage_and_says_so),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses_logs_that_are_not_to_be_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

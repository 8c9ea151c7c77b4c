/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_sqlite.c: databases made in memory by SQLite itself, sound, hostile and
 * damaged. A write-ahead log is made of the pages that differ between two states of a database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>

#include <sqlite3.h>

#include <cmocka.h>

#include "catalog/rpm_list.h"
#include "catalog/rpm_sqlite.h"
#include "harness/rpm_make.h"

#define PAGE 512
#define TABLE                                                                                      \
    "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"

struct fixture {
    struct sw_region region;
    struct sw_rpm_list list;
    struct sw_err err;
    sqlite3 *db;
    struct sw_buf file;
};

static void run(struct fixture *f, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(f->db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
}

static void insert(struct fixture *f, const char *table, const char *name)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = {0};
    sw_buf_init(&blob, TEST_RPM_MAX);
    test_make_package(&blob, name);
    char sql[256];
    (void)snprintf(sql, sizeof(sql), "INSERT INTO %s (blob) VALUES (?)", table);
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(f->db, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_blob(statement, 1, blob.p, (int)blob.n, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

/* Takes the bytes of the database as it is. */
static void take(struct fixture *f)
{
    sqlite3_int64 n = 0;
    unsigned char *p = sqlite3_serialize(f->db, "main", &n, 0);
    assert_non_null(p);
    sw_buf_clear(&f->file);
    assert_int_equal(sw_buf_append(&f->file, p, (size_t)n), 0);
    sqlite3_free(p);
}

static void init(struct fixture *f, const char *sql)
{
    *f = (struct fixture){0};
    sw_region_init(&f->region, (size_t)16 * 1024 * 1024);
    sw_rpm_list_init(&f->list, &f->region, SW_STR("var/lib/rpm/rpmdb.sqlite"));
    sw_buf_init(&f->file, TEST_RPM_MAX);
    assert_int_equal(sqlite3_open(":memory:", &f->db), SQLITE_OK);
    run(f, "PRAGMA page_size=512");
    run(f, sql);
}

/* A plain database of n packages, marked as one that has a log. */
static void init_plain(struct fixture *f, int n)
{
    init(f, TABLE);
    for (int i = 0; i < n; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "package-%03d", i);
        insert(f, "Packages", name);
    }
    take(f);
    f->file.p[18] = f->file.p[19] = 2;
}

static void done(struct fixture *f)
{
    sqlite3_close(f->db);
    sw_buf_done(&f->file);
    sw_rpm_list_done(&f->list);
    sw_region_done(&f->region);
}

static int parse(struct fixture *f, struct sw_str log)
{
    int r = sw_rpm_sqlite_parse(sw_buf_str(&f->file), log, &f->list, &f->err);
    assert_true((r < 0) == (f->err.message[0] != '\0'));
    return r;
}

static void reads_all_packages(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init_plain(&f, 100);
    assert_int_equal(parse(&f, SW_STR_NONE), 0);
    assert_int_equal(f.list.packages.n, 100);
    assert_int_equal(f.list.n_damaged, 0);
    assert_true(sw_str_equal_z(f.list.packages.v[99].name, "package-099"));
}

static void an_empty_table_is_no_damage(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init_plain(&f, 0);
    assert_int_equal(parse(&f, SW_STR_NONE), 0);
    assert_int_equal(f.list.packages.n, 0);
    assert_int_equal(f.list.n_damaged, 0);
}

static void reads_only_a_plain_table(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);",
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);"
        "CREATE VIEW Packages AS SELECT * FROM Other;",
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);"
        "CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob);",
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);"
        "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, a, blob AS (zeroblob(100000000)));",
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB);"
        "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blobs BLOB);",
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(schemas); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, schemas[i]);
        insert(&f, "Other", "bash");
        take(&f);
        assert_int_equal(parse(&f, SW_STR_NONE), -EBADMSG);
        assert_int_equal(f.list.packages.n, 0);
    }
}

static void other_objects_do_not_disturb(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, TABLE);
    run(&f, "CREATE VIEW v AS SELECT load_extension('x');"
            "CREATE VIRTUAL TABLE t USING fts5(a);"
            "CREATE INDEX i ON Packages (length(blob));"
            "CREATE TRIGGER g AFTER INSERT ON Packages BEGIN SELECT 1; END;");
    insert(&f, "Packages", "bash");
    take(&f);
    assert_int_equal(parse(&f, SW_STR_NONE), 0);
    assert_int_equal(f.list.packages.n, 1);
    assert_int_equal(f.list.n_damaged, 0);
}

static void rows_that_are_no_blobs_are_named(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f, TABLE "INSERT INTO Packages (blob) VALUES ('text'), (5), (x'');");
    insert(&f, "Packages", "bash");
    take(&f);
    assert_int_equal(parse(&f, SW_STR_NONE), 0);
    assert_int_equal(f.list.packages.n, 1);
    assert_int_equal(f.list.n_damaged, 3);
}

/* The pages that changed since `before`, as one transaction. */
static void make_log(struct test_log *log, const struct sw_buf *before, const struct sw_buf *now)
{
    test_log_init(log, PAGE, false);
    uint32_t n_pages = (uint32_t)(now->n / PAGE);
    for (uint32_t i = n_pages; i > 0; i--) {
        const char *page = now->p + (size_t)(i - 1) * PAGE;
        bool is_new = (size_t)i * PAGE > before->n;
        if (is_new || i == 1 || memcmp(page, before->p + (size_t)(i - 1) * PAGE, PAGE) != 0)
            test_log_add(log, i, i == 1 ? n_pages : 0, page);
    }
}

/* A database of 20 packages, whose log removes one, changes the size and adds 30. */
static void init_logged(struct fixture *f, struct test_log *log)
{
    init_plain(f, 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf before = f->file;
    sw_buf_init(&f->file, TEST_RPM_MAX);
    run(f, "DELETE FROM Packages WHERE hnum = 1");
    for (int i = 0; i < 30; i++)
        insert(f, "Packages", "logged");
    take(f);
    make_log(log, &before, &f->file);
    sw_buf_clear(&f->file);
    assert_int_equal(sw_buf_append_str(&f->file, sw_buf_str(&before)), 0);
}

static void applies_a_log(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    SW_CLEANUP(test_log_done) struct test_log log;
    init_logged(&f, &log);
    assert_int_equal(parse(&f, sw_buf_str(&log.bytes)), 0);
    assert_int_equal(f.list.packages.n, 49);
    assert_int_equal(f.list.n_damaged, 0);
    assert_false(f.list.has_log_left);
    assert_true(sw_str_equal_z(f.list.packages.v[0].name, "package-001"));
}

static void names_a_log_that_is_not_applied(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    SW_CLEANUP(test_log_done) struct test_log log;
    init_logged(&f, &log);
    log.bytes.p[9] ^= 1; /* another page size */
    assert_int_equal(parse(&f, sw_buf_str(&log.bytes)), 0);
    assert_int_equal(f.list.packages.n, 20);
    assert_int_equal(f.list.n_damaged, 1);
}

static void leaves_out_a_transaction_without_commit(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    SW_CLEANUP(test_log_done) struct test_log log;
    init_logged(&f, &log);
    sw_buf_clear(&log.bytes);
    test_log_done(&log);
    test_log_init(&log, PAGE, false);
    test_log_add(&log, 2, 0, f.file.p);
    assert_int_equal(parse(&f, sw_buf_str(&log.bytes)), 0);
    assert_int_equal(f.list.packages.n, 20);
    assert_int_equal(f.list.n_damaged, 0);
    assert_true(f.list.has_log_left);
}

static void survives_truncation_and_keeps_the_front(void **state)
{
    (void)state;
    size_t n_most = 0;
    SW_CLEANUP(done) struct fixture whole;
    init_plain(&whole, 60);
    for (size_t n = 0; n < whole.file.n; n += 251) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, TABLE);
        assert_int_equal(sw_buf_append(&f.file, whole.file.p, n), 0);
        if (parse(&f, SW_STR_NONE) == 0)
            assert_true(f.list.n_damaged > 0);
        if (f.list.packages.n > n_most)
            n_most = f.list.packages.n;
        assert_true(f.list.packages.n <= 60);
    }
    assert_true(n_most > 50);
}

static void a_lost_page_costs_only_its_records(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init_plain(&f, 100);
    size_t middle = f.file.n / PAGE / 2 * PAGE;
    memset(f.file.p + middle, 0, PAGE);
    assert_int_equal(parse(&f, SW_STR_NONE), 0);
    assert_true(f.list.n_damaged > 0);
    assert_true(f.list.packages.n > 90 && f.list.packages.n < 100);
}

static void refuses_what_is_no_database(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        char value;
    } cases[] = {{0, 'X'}, {16, 3}, {17, 5}, {100, 0}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init_plain(&f, 3);
        f.file.p[cases[i].at] = cases[i].value;
        assert_int_equal(parse(&f, SW_STR_NONE), -EBADMSG);
    }
    SW_CLEANUP(done) struct fixture f;
    init(&f, TABLE);
    assert_int_equal(parse(&f, SW_STR_NONE), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_packages),
        cmocka_unit_test(an_empty_table_is_no_damage),
        cmocka_unit_test(reads_only_a_plain_table),
        cmocka_unit_test(other_objects_do_not_disturb),
        cmocka_unit_test(rows_that_are_no_blobs_are_named),
        cmocka_unit_test(applies_a_log),
        cmocka_unit_test(names_a_log_that_is_not_applied),
        cmocka_unit_test(leaves_out_a_transaction_without_commit),
        cmocka_unit_test(survives_truncation_and_keeps_the_front),
        cmocka_unit_test(a_lost_page_costs_only_its_records),
        cmocka_unit_test(refuses_what_is_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

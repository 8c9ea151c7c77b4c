/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm.c: which database of a directory is read, and what is said of the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <sqlite3.h>

#include <cmocka.h>

#include "catalog/rpm.h"
#include "harness/analyze.h"
#include "harness/rpm_make.h"

#define DIRECTORY "var/lib/rpm/"

static int analyze(
    struct test_analysis *analysis, const struct sw_analyzer_file *files, size_t n_files)
{
    test_analysis_init(analysis);
    struct sw_analyzer_context context = {
        .analyzer = &sw_rpm_analyzer, .region = &analysis->region, .facts = &analysis->facts};
    return sw_rpm_analyzer.analyze(&context, files, n_files, &analysis->err);
}

static struct sw_analyzer_file make_file(const char *path, struct sw_str bytes)
{
    return (struct sw_analyzer_file){
        .path = sw_str_of(path), .bytes = bytes, .size_bytes = bytes.n};
}

/* An SQLite database with one package, or none. */
static void make_sqlite(struct sw_buf *ret, const char *name)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    static const char table[] = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)";
    assert_int_equal(sqlite3_exec(db, table, NULL, NULL, NULL), SQLITE_OK);
    if (name != NULL) {
        SW_CLEANUP(sw_buf_done) struct sw_buf blob = {0};
        sw_buf_init(&blob, TEST_RPM_MAX);
        test_make_package(&blob, name);
        sqlite3_stmt *statement = NULL;
        assert_int_equal(
            sqlite3_prepare_v2(db, "INSERT INTO Packages (blob) VALUES (?)", -1, &statement, NULL),
            SQLITE_OK);
        sqlite3_bind_blob(statement, 1, blob.p, (int)blob.n, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
        sqlite3_finalize(statement);
    }
    sqlite3_int64 n = 0;
    unsigned char *p = sqlite3_serialize(db, "main", &n, 0);
    sw_buf_init(ret, TEST_RPM_MAX);
    assert_int_equal(sw_buf_append(ret, p, (size_t)n), 0);
    sqlite3_free(p);
    sqlite3_close(db);
}

static size_t count_notes(const struct test_analysis *analysis, enum sw_note_kind kind)
{
    size_t n = 0;
    SW_VEC_EACH (fact, &analysis->facts.facts)
        n += fact->kind == SW_FACT_NOTE && fact->note.kind == kind;
    return n;
}

/* Packages listed under a path; -1 where no fact says that it was read. */
static int count_packages(const struct test_analysis *analysis, const char *path)
{
    SW_VEC_EACH (fact, &analysis->facts.facts)
        if (fact->kind == SW_FACT_PACKAGES && sw_str_equal_z(fact->path, path))
            return (int)fact->n_packages;
    return -1;
}

static void the_first_form_that_lists_packages_stands_for_all(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf sqlite = {0};
    make_sqlite(&sqlite, "bash");
    const struct sw_analyzer_file files[] = {
        make_file(DIRECTORY "Packages", SW_STR("not even read")),
        make_file(DIRECTORY "rpmdb.sqlite", sw_buf_str(&sqlite)),
        make_file(DIRECTORY "rpmdb.sqlite-wal", SW_STR_NONE),
        make_file(DIRECTORY "Packages.db", SW_STR("nor this")),
    };
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    assert_int_equal(analyze(&analysis, files, SW_ARRAY_SIZE(files)), 0);
    assert_int_equal(count_packages(&analysis, DIRECTORY "rpmdb.sqlite"), 1);
    assert_int_equal(count_packages(&analysis, DIRECTORY "Packages.db"), 0);
    assert_int_equal(count_packages(&analysis, DIRECTORY "Packages"), 0);
    assert_int_equal(count_notes(&analysis, SW_NOTE_INFO), 2);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 2);
}

static void an_empty_database_gives_way_to_the_next_form(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf sqlite = {0};
    make_sqlite(&sqlite, NULL);
    const struct sw_analyzer_file files[] = {
        make_file(DIRECTORY "rpmdb.sqlite", sw_buf_str(&sqlite)),
        make_file(DIRECTORY "Packages", SW_STR("damaged")),
    };
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    assert_int_equal(analyze(&analysis, files, 1), 0);
    assert_int_equal(test_count_facts(&analysis, SW_FACT_NOTE), 0);
    SW_CLEANUP(test_analysis_done) struct test_analysis both;
    assert_int_equal(analyze(&both, files, 2), 0);
    assert_int_equal(count_packages(&both, DIRECTORY "rpmdb.sqlite"), 0);
    assert_int_equal(count_packages(&both, DIRECTORY "Packages"), 0);
    assert_int_equal(count_notes(&both, SW_NOTE_UNREADABLE), 1);
}

static void an_unreadable_database_is_a_note_and_no_packages(void **state)
{
    (void)state;
    static const char *const paths[] = {
        DIRECTORY "rpmdb.sqlite", DIRECTORY "Packages.db", DIRECTORY "Packages"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(paths); i++) {
        const struct sw_analyzer_file file = make_file(paths[i], SW_STR_NONE);
        SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
        assert_int_equal(analyze(&analysis, &file, 1), 0);
        assert_int_equal(count_packages(&analysis, paths[i]), 0);
        assert_int_equal(count_notes(&analysis, SW_NOTE_UNREADABLE), 1);
    }
}

static void an_unknown_form_is_unsupported(void **state)
{
    (void)state;
    char tree[512] = {0};
    memcpy(tree + 12, "\x62\x31\x05\x00", 4);
    const struct sw_analyzer_file file =
        make_file(DIRECTORY "Packages", (struct sw_str){tree, sizeof(tree)});
    SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
    assert_int_equal(analyze(&analysis, &file, 1), 0);
    assert_int_equal(count_notes(&analysis, SW_NOTE_UNSUPPORTED), 1);
}

static void leftovers_of_transactions_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *bytes;
        size_t n_notes;
    } cases[] = {
        {DIRECTORY "rpmdb.sqlite-wal", "", 0},
        {DIRECTORY "rpmdb.sqlite-wal", "frames", 1},
        {DIRECTORY "rpmdb.sqlite-journal", "", 0},
        {DIRECTORY "rpmdb.sqlite-journal", "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 1},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        const struct sw_analyzer_file file = make_file(cases[i].path, sw_str_of(cases[i].bytes));
        SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
        assert_int_equal(analyze(&analysis, &file, 1), 0);
        assert_int_equal(test_count_facts(&analysis, SW_FACT_PACKAGES), 0);
        assert_int_equal(count_notes(&analysis, SW_NOTE_UNREADABLE), cases[i].n_notes);
    }
}

static void says_when_memory_ends(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf sqlite = {0};
    make_sqlite(&sqlite, "bash");
    SW_CLEANUP(test_log_done) struct test_log log;
    test_log_init(&log, 4096, false);
    test_log_add(&log, 1, (uint32_t)(sqlite.n / 4096), sqlite.p);
    const struct sw_analyzer_file files[] = {
        make_file(DIRECTORY "rpmdb.sqlite", sw_buf_str(&sqlite)),
        make_file(DIRECTORY "rpmdb.sqlite-wal", sw_buf_str(&log.bytes)),
    };
    int r = -ENOMEM;
    for (int64_t n = 0; r < 0 && n < 100; n++) {
        SW_CLEANUP(test_analysis_done) struct test_analysis analysis;
        sw_mem_fail_after(n);
        r = analyze(&analysis, files, SW_ARRAY_SIZE(files));
        sw_mem_fail_after(-1);
        assert_true(r == 0 || (r == -ENOMEM && analysis.err.message[0] != '\0'));
        if (r == 0)
            assert_int_equal(count_packages(&analysis, DIRECTORY "rpmdb.sqlite"), 1);
    }
    assert_int_equal(r, 0);
}

static void every_root_and_form_is_wanted(void **state)
{
    (void)state;
    static const char *const roots[] = {"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"};
    static const char *const names[] = {
        "rpmdb.sqlite", "rpmdb.sqlite-wal", "rpmdb.sqlite-journal", "Packages.db", "Packages"};
    size_t n = 0;
    while (sw_rpm_analyzer.wants.paths[n] != NULL)
        n++;
    assert_int_equal(n, SW_ARRAY_SIZE(roots) * SW_ARRAY_SIZE(names));
    for (size_t i = 0; i < n; i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", roots[i / SW_ARRAY_SIZE(names)],
            names[i % SW_ARRAY_SIZE(names)]);
        assert_string_equal(sw_rpm_analyzer.wants.paths[i], path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_form_that_lists_packages_stands_for_all),
        cmocka_unit_test(an_empty_database_gives_way_to_the_next_form),
        cmocka_unit_test(an_unreadable_database_is_a_note_and_no_packages),
        cmocka_unit_test(an_unknown_form_is_unsupported),
        cmocka_unit_test(leftovers_of_transactions_are_named),
        cmocka_unit_test(says_when_memory_ends),
        cmocka_unit_test(every_root_and_form_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

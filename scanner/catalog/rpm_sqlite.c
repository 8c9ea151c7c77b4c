/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads SQLite databases that strangers made, through the SQLite library, once per database. The
 * only file that names SQLite.
 *
 * SQLite sees the file through a file system of our own, which has that one file, read-only, and
 * lives as long as the call: nothing of the real file system can be reached, nothing is copied, and
 * pages of the write-ahead log are laid over those of the file (rpm_wal.h). The bytes of the header
 * that ask for a log are answered with "no log".
 *
 * The schema is hostile too: no virtual table modules, no views, no triggers, no functions; only a
 * plain table Packages with plain columns hnum and blob is read. Steps, rows and bytes are bounded.
 */
#include "catalog/rpm_sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/num.h"
#include "catalog/rpm_header.h"
#include "catalog/rpm_list.h"
#include "catalog/rpm_wal.h"

#define DB_HEADER_BYTES ((size_t)100)
#define DB_MAGIC "SQLite format 3"
#define PAGE_MIN_BYTES 512U
#define PAGE_MAX_BYTES 65536U
#define PATH_MAX_BYTES 64
/* Virtual machine steps, counted in thousands: about ten are needed for an object of the schema
 * (rpm makes 60) and as many for a row (there may be SW_PACKAGES_MAX). */
#define STEPS_PER_CALL 1000
#define SCHEMA_CALLS_MAX 10
#define ROWS_CALLS_MAX 10000
#define SQL_MAX_BYTES 2000 /* of a statement, so that a schema stays small in memory */

/* The database as SQLite is to see it. */
struct image {
    struct sw_str bytes;
    struct sw_rpm_wal wal;
    uint32_t page_bytes;
    uint64_t size_bytes; /* as the database claims, so that a cut file is readable up to the cut */
};

struct image_file {
    sqlite3_file base;
    const struct image *image;
};

/* --- the file system of one file --- */

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

/* Copies what the image has of one page from an offset in it; zeros where it has nothing. */
static size_t read_page(const struct image *image, uint64_t offset, char *to, size_t n)
{
    uint64_t page = offset / image->page_bytes;
    size_t inside = (size_t)(offset % image->page_bytes);
    if (n > image->page_bytes - inside)
        n = image->page_bytes - inside;
    const char *logged = sw_rpm_wal_find(&image->wal, page + 1);
    if (logged != NULL) {
        memcpy(to, logged + inside, n);
        return n;
    }
    size_t n_have = 0;
    if (offset < image->bytes.n) {
        n_have = image->bytes.n - (size_t)offset < n ? image->bytes.n - (size_t)offset : n;
        memcpy(to, image->bytes.p + offset, n_have);
    }
    memset(to + n_have, 0, n - n_have);
    return n;
}

static int file_read(sqlite3_file *file, void *to, int n, sqlite3_int64 offset)
{
    const struct image *image = ((struct image_file *)file)->image;
    if (n < 0 || offset < 0)
        return SQLITE_IOERR_READ;
    char *p = to;
    for (size_t done = 0; done < (size_t)n;)
        done += read_page(image, (uint64_t)offset + done, p + done, (size_t)n - done);
    /* File format versions 2 (write-ahead log) read as 1. */
    for (sqlite3_int64 at = 18; at <= 19; at++)
        if (offset <= at && at < offset + n && p[at - offset] == 2)
            p[at - offset] = 1;
    return (uint64_t)offset + (uint64_t)n > image->size_bytes ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 offset)
{
    (void)file, (void)p, (void)n, (void)offset;
    return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    (void)file, (void)n;
    return SQLITE_READONLY;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)((struct image_file *)file)->image->size_bytes;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *file, int *ret)
{
    (void)file;
    *ret = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *p)
{
    (void)file, (void)op, (void)p;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static int file_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
};

static int vfs_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)name;
    file->pMethods = NULL;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return SQLITE_CANTOPEN;
    ((struct image_file *)file)->image = vfs->pAppData;
    file->pMethods = &file_methods;
    if (ret_flags != NULL)
        *ret_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs, (void)name, (void)sync_directory;
    return SQLITE_READONLY;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void)vfs, (void)name, (void)flags;
    *ret = 0;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *to)
{
    (void)vfs;
    sqlite3_snprintf(n, to, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs;
    memset(to, 0, (size_t)n);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_now(sqlite3_vfs *vfs, double *ret)
{
    (void)vfs;
    *ret = 0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs, (void)n, (void)to;
    return 0;
}

/* --- the image --- */

/* Where pages of the image come from: page 1 may itself be in the log. */
static void set_size(struct image *image, struct sw_rpm_list *list)
{
    uint64_t n_pages = image->bytes.n / image->page_bytes;
    if (image->wal.n_database_pages > 0) {
        n_pages = image->wal.n_database_pages;
    } else if (memcmp(image->bytes.p + 24, image->bytes.p + 92, 4) == 0) {
        uint32_t n_claimed = sw_num_be32(image->bytes.p + 28);
        if (n_claimed > n_pages) {
            sw_rpm_list_damage(list, "%" PRIu64 " pages instead of the %u that its header names",
                n_pages, n_claimed);
            n_pages = n_claimed;
        }
    }
    image->size_bytes = n_pages * image->page_bytes;
}

static int read_log(struct image *image, struct sw_str log, struct sw_rpm_list *list)
{
    if (sw_str_is_empty(log))
        return 0;
    struct sw_err err = {0};
    int r = sw_rpm_wal_parse(log, image->page_bytes, &image->wal, &err);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        sw_rpm_list_damage(list, "its write-ahead log was not applied: %s", err.message);
    else if (image->wal.is_torn)
        sw_rpm_list_damage(list, "its write-ahead log is damaged and was applied up to there");
    else if (image->wal.n_uncommitted > 0)
        list->has_log_left = true;
    return 0;
}

static int make_image(struct image *image, struct sw_str bytes, struct sw_str log,
    struct sw_rpm_list *list, struct sw_err *err)
{
    if (bytes.n < DB_HEADER_BYTES)
        return sw_err_set(err, -EBADMSG, "%zu bytes are no SQLite database", bytes.n);
    if (memcmp(bytes.p, DB_MAGIC, sizeof(DB_MAGIC)) != 0)
        return sw_err_set(err, -EBADMSG, "no SQLite database");
    uint32_t page_bytes = sw_num_be16(bytes.p + 16);
    if (page_bytes == 1)
        page_bytes = PAGE_MAX_BYTES;
    if (page_bytes < PAGE_MIN_BYTES || (page_bytes & (page_bytes - 1)) != 0)
        return sw_err_set(err, -EBADMSG, "a page size of %u bytes", page_bytes);
    *image = (struct image){.bytes = bytes, .page_bytes = page_bytes};
    int r = read_log(image, log, list);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    set_size(image, list);
    return 0;
}

/* --- the connection --- */

static int allow(
    void *state, int action, const char *a, const char *b, const char *database, const char *view)
{
    (void)state, (void)b, (void)database;
    if (view != NULL)
        return SQLITE_DENY;
    if (action == SQLITE_SELECT)
        return SQLITE_OK;
    if (action == SQLITE_READ && a != NULL && sqlite3_stricmp(a, "Packages") == 0)
        return SQLITE_OK;
    if (action == SQLITE_PRAGMA && a != NULL && sqlite3_stricmp(a, "table_xinfo") == 0)
        return SQLITE_OK;
    return SQLITE_DENY;
}

static int count_steps(void *state)
{
    unsigned *n_left = state;
    return *n_left == 0 || --*n_left == 0;
}

static const struct {
    int what;
    int value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, (int)SW_RPM_HEADER_MAX_BYTES},
    {SQLITE_LIMIT_SQL_LENGTH, SQL_MAX_BYTES},
    {SQLITE_LIMIT_COLUMN, 100},
    {SQLITE_LIMIT_EXPR_DEPTH, 50},
    {SQLITE_LIMIT_COMPOUND_SELECT, 2},
    {SQLITE_LIMIT_VDBE_OP, 25000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 10},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int what;
    int value;
} settings[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
};

/* The last pragma reads the schema: everything else is in force by then. */
static int harden(sqlite3 *db, unsigned *n_calls_left)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        sqlite3_limit(db, limits[i].what, limits[i].value);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        int value = 0;
        if (sqlite3_db_config(db, settings[i].what, settings[i].value, &value) != SQLITE_OK ||
            value != settings[i].value)
            return -ENOTSUP;
    }
    if (sqlite3_drop_modules(db, NULL) != SQLITE_OK)
        return -ENOTSUP;
    sqlite3_progress_handler(db, STEPS_PER_CALL, count_steps, n_calls_left);
    static const char pragmas[] = "PRAGMA cell_size_check=on; PRAGMA temp_store=memory;"
                                  "PRAGMA mmap_size=0; PRAGMA cache_size=-1024;";
    if (sqlite3_exec(db, pragmas, NULL, NULL, NULL) == SQLITE_NOMEM)
        return -ENOMEM;
    sqlite3_set_authorizer(db, allow, NULL);
    return 0;
}

static int fail(sqlite3 *db, int code, struct sw_err *err)
{
    if ((code & 0xff) == SQLITE_NOMEM)
        return sw_err_set(err, -ENOMEM, "out of memory");
    if ((code & 0xff) == SQLITE_INTERRUPT)
        return sw_err_set(err, -EBADMSG, "reading takes more steps than a real database can");
    return sw_err_set(err, -EBADMSG, "%s", sqlite3_errmsg(db));
}

/* Packages must be a table with plain (not generated) columns hnum and blob. */
static int check_table(sqlite3 *db, struct sw_err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA main.table_xinfo('Packages')", -1, &statement, NULL);
    unsigned n_plain = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        if (name != NULL && sqlite3_column_int(statement, 6) == 0 &&
            (sqlite3_stricmp(name, "hnum") == 0 || sqlite3_stricmp(name, "blob") == 0))
            n_plain++;
    }
    int r = code == SQLITE_DONE ? 0 : fail(db, code, err);
    sqlite3_finalize(statement);
    if (r == 0 && n_plain != 2)
        return sw_err_set(err, -EBADMSG, "no table 'Packages' with columns 'hnum' and 'blob'");
    return r;
}

struct rows {
    struct sw_rpm_list *list;
    uint64_t n_left; /* records do not overlap: what all of them together may still hold */
    bool has_last;
    int64_t last; /* number of the last record read */
};

static int read_row(struct rows *rows, sqlite3_stmt *statement)
{
    int64_t number = sqlite3_column_int64(statement, 0);
    if (sqlite3_column_type(statement, 1) != SQLITE_BLOB) {
        sw_rpm_list_damage(rows->list, "record %" PRId64 " is no blob", number);
        return 0;
    }
    const void *p = sqlite3_column_blob(statement, 1);
    size_t n = (size_t)sqlite3_column_bytes(statement, 1);
    if (n > rows->n_left) {
        sw_rpm_list_damage(rows->list, "records overlap");
        return -EFBIG;
    }
    rows->n_left -= n;
    return sw_rpm_list_add(rows->list, (uint64_t)number, (struct sw_str){p, p != NULL ? n : 0});
}

/* Steps through the rows until the end, damage, or (backwards) the last one that was read before:
 * 0, 1 for damage, -ENOMEM, -EFBIG. */
static int read_rows(sqlite3 *db, struct rows *rows, bool is_backwards, struct sw_err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db,
        is_backwards ? "SELECT hnum, blob FROM main.Packages NOT INDEXED ORDER BY rowid DESC"
                     : "SELECT hnum, blob FROM main.Packages NOT INDEXED",
        -1, &statement, NULL);
    int r = code == SQLITE_OK ? 0 : fail(db, code, err);
    while (r == 0) {
        code = sqlite3_step(statement);
        if (code == SQLITE_DONE)
            break;
        if (code != SQLITE_ROW) {
            r = fail(db, code, err) == -ENOMEM ? -ENOMEM : 1;
            break;
        }
        int64_t number = sqlite3_column_int64(statement, 0);
        if (is_backwards && rows->has_last && number <= rows->last)
            break;
        r = read_row(rows, statement);
        if (!is_backwards) {
            rows->has_last = true;
            rows->last = number;
        }
    }
    sqlite3_finalize(statement);
    return r;
}

static int read_database(
    sqlite3 *db, const struct image *image, struct sw_rpm_list *list, struct sw_err *err)
{
    unsigned n_calls_left = SCHEMA_CALLS_MAX;
    int r = harden(db, &n_calls_left);
    if (r < 0)
        return sw_err_set(err, r, "SQLite cannot be made safe");
    r = check_table(db, err);
    if (r < 0)
        return r;
    n_calls_left = ROWS_CALLS_MAX;
    struct rows rows = {.list = list, .n_left = (uint64_t)image->bytes.n + image->wal.bytes.n};
    struct sw_err damage = {0};
    r = read_rows(db, &rows, false, &damage);
    if (r == 1) {
        sw_rpm_list_damage(list, "%s after %" PRIu64 " records", damage.message, list->n_records);
        /* What lies behind the damage is reached from the other end. */
        r = read_rows(db, &rows, true, &damage);
    }
    if (r == -EFBIG && !list->is_cut)
        return 0;
    return r < 0 ? sw_err_set(err, r, "%s", damage.message) : 0;
}

int sw_rpm_sqlite_parse(
    struct sw_str bytes, struct sw_str log, struct sw_rpm_list *list, struct sw_err *err)
{
    struct image image = {0};
    int r = make_image(&image, bytes, log, list, err);
    if (r < 0)
        return r;
    /* Registered under a name of its own for the length of this call. */
    char name[PATH_MAX_BYTES];
    snprintf(name, sizeof(name), "seawall-%p", (void *)&image);
    sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct image_file),
        .mxPathname = PATH_MAX_BYTES,
        .zName = name,
        .pAppData = &image,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_now,
        .xGetLastError = vfs_last_error,
    };
    sqlite3 *db = NULL;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
        sw_rpm_wal_done(&image.wal);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    int code = sqlite3_open_v2(
        "rpmdb", &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, name);
    if (code != SQLITE_OK)
        r = db != NULL ? fail(db, code, err) : sw_err_set(err, -ENOMEM, "out of memory");
    else
        r = read_database(db, &image, list, err);
    sqlite3_close(db);
    sqlite3_vfs_unregister(&vfs);
    sw_rpm_wal_done(&image.wal);
    return r;
}

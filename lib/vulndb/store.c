/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and reading the database. No lock file, no writer, no copy: the file is mapped and read
 * where it lies. Whoever calls this has checked the file, or stands in a child.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "vulndb/store_priv.h"

int sw_store_errno(int error)
{
    if (error > 0)
        return -error;
    return error == 0 ? 0 : -EBADMSG;
}

void sw_vulndb_close(struct sw_vulndb *db)
{
    if (db == NULL)
        return;
    if (db->txn != NULL)
        mdb_txn_abort(db->txn);
    if (db->env != NULL)
        mdb_env_close(db->env);
    sw_mem_free(db);
}

void sw_vulndb_closep(struct sw_vulndb **db)
{
    sw_vulndb_close(*db);
}

struct sw_str sw_vulndb_digest(const struct sw_vulndb *db)
{
    return sw_str_of(db->file.digest);
}

static bool get_string(void *context, uint64_t number, struct sw_str *ret)
{
    const struct sw_vulndb *db = context;
    return number <= UINT32_MAX &&
           sw_store_get_number(db, SW_TABLE_STRINGS, (uint32_t)number, ret) == 1;
}

static int open_tables(struct sw_vulndb *db)
{
    int r = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &db->txn);
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++)
        r = mdb_dbi_open(db->txn, sw_table_name((enum sw_table)i), 0, &db->tables[i]);
    return r;
}

static int open_env(struct sw_vulndb *db, const char *path)
{
    int r = mdb_env_create(&db->env);
    if (r == 0)
        r = mdb_env_set_maxdbs(db->env, _SW_TABLE_MAX);
    if (r == 0)
        r = mdb_env_set_mapsize(db->env, (size_t)db->file.n_bytes);
    /* MDB_NORDAHEAD: matches touch a few hundred pages all over the file. */
    if (r == 0)
        r = mdb_env_open(
            db->env, path, MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NORDAHEAD | MDB_NOTLS, 0);
    return r;
}

int sw_store_open(
    const char *path, const struct sw_dbfile *file, struct sw_vulndb **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *db = sw_mem_zalloc(1, sizeof(*db));
    if (db == NULL)
        return -ENOMEM;
    db->file = *file;
    db->strings = (struct sw_strings){.context = db, .get = get_string};
    int r = open_env(db, path);
    mdb_filehandle_t fd = -1;
    if (r == 0)
        r = mdb_env_get_fd(db->env, &fd);
    if (r == 0 && !sw_dbfile_is_same(file, fd))
        return sw_err_set(err, -ESTALE, "database '%s' was replaced while it was opened", path);
    if (r == 0)
        r = open_tables(db);
    if (r != 0)
        return sw_err_set(
            err, sw_store_errno(r), "database '%s' damaged: %s", path, mdb_strerror(r));
    *ret = SW_TAKE(db);
    return 0;
}

int sw_store_get(
    const struct sw_vulndb *db, enum sw_table table, struct sw_str key, struct sw_str *ret)
{
    if (key.n == 0 || key.n > SW_KEY_MAX)
        return 0;
    MDB_val k = {.mv_size = key.n, .mv_data = (void *)(uintptr_t)key.p};
    MDB_val v = {0};
    int r = mdb_get(db->txn, db->tables[table], &k, &v);
    if (r == MDB_NOTFOUND)
        return 0;
    if (r != 0)
        return sw_store_errno(r);
    *ret = (struct sw_str){v.mv_data, v.mv_size};
    return 1;
}

int sw_store_get_number(
    const struct sw_vulndb *db, enum sw_table table, uint32_t number, struct sw_str *ret)
{
    struct sw_key key;
    sw_key_number(&key, number);
    return sw_store_get(db, table, sw_key_str(&key), ret);
}

int sw_store_walk(const struct sw_vulndb *db, enum sw_table table, struct sw_str from,
    int (*each)(void *context, struct sw_str key, struct sw_str value), void *context)
{
    MDB_cursor *cursor = NULL;
    MDB_val k = {.mv_size = from.n, .mv_data = (void *)(uintptr_t)from.p};
    MDB_val v = {0};
    int r = mdb_cursor_open(db->txn, db->tables[table], &cursor);
    if (r != 0)
        return sw_store_errno(r);
    int stopped = 0;
    r = mdb_cursor_get(cursor, &k, &v, from.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
    while (r == 0 && stopped == 0) {
        stopped = each(
            context, (struct sw_str){k.mv_data, k.mv_size}, (struct sw_str){v.mv_data, v.mv_size});
        if (stopped == 0)
            r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (stopped != 0)
        return stopped;
    return r == MDB_NOTFOUND ? 0 : sw_store_errno(r);
}

int sw_store_get_advisory(
    const struct sw_vulndb *db, uint32_t number, struct sw_region *region, struct sw_advisory *ret)
{
    struct sw_str value;
    int r = sw_store_get_number(db, SW_TABLE_ADVISORIES, number, &value);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    return sw_advisory_unpack(value, &db->strings, region, ret);
}

int sw_store_get_product(const struct sw_vulndb *db, uint16_t number, struct sw_str *ret)
{
    int r = sw_store_get_number(db, SW_TABLE_NAMES, number, ret);
    return r == 1 ? 0 : r < 0 ? r : -EBADMSG;
}

int sw_store_find_product(const struct sw_vulndb *db, struct sw_str product, uint16_t *ret_number)
{
    struct sw_str value;
    int r = sw_store_get(db, SW_TABLE_PRODUCTS, product, &value);
    if (r <= 0)
        return r;
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    uint64_t number = sw_unpack_number_max(&in, SW_PRODUCT_NUMBER_MAX);
    if (!sw_unpack_is_done(&in))
        return -EBADMSG;
    *ret_number = (uint16_t)number;
    return 1;
}

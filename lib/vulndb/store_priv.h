/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open database: LMDB's handles behind one look-up by key and one walk. Inside this room only.
 */
#pragma once

#include <lmdb.h>

#include "vulndb/dbfile.h"
#include "vulndb/format.h"
#include "vulndb/record.h"
#include "vulndb/vulndb.h"

struct sw_vulndb {
    MDB_env *env; /* owned */
    MDB_txn *txn; /* owned; the file never changes, so one snapshot serves for all */
    MDB_dbi tables[_SW_TABLE_MAX];
    struct sw_dbfile file;
    struct sw_strings strings; /* of this database */
};

/* Maps a file that was checked; NULL file: none of that is known (a child does this). */
int sw_store_open(
    const char *path, const struct sw_dbfile *file, struct sw_vulndb **ret, struct sw_err *err);

/* LMDB's error as negative errno. */
int sw_store_errno(int error);
/* 1 and the value (borrowed until close), 0 when absent, or negative errno. */
int sw_store_get(
    const struct sw_vulndb *db, enum sw_table table, struct sw_str key, struct sw_str *ret);
int sw_store_get_number(
    const struct sw_vulndb *db, enum sw_table table, uint32_t number, struct sw_str *ret);

/* Calls each(context, key, value) in key order from the first key that is not less than `from`,
 * until it returns something other than 0, which is returned. */
int sw_store_walk(const struct sw_vulndb *db, enum sw_table table, struct sw_str from,
    int (*each)(void *context, struct sw_str key, struct sw_str value), void *context);

/* The advisory of a number without entries and details, arrays in the region, text borrowed from
 * the database: 0, -EBADMSG. */
int sw_store_get_advisory(
    const struct sw_vulndb *db, uint32_t number, struct sw_region *region, struct sw_advisory *ret);
/* Key of a product: 1 and its number, 0 when the database knows none. */
int sw_store_find_product(const struct sw_vulndb *db, struct sw_str product, uint16_t *ret_number);
/* The other way: 0, or -EBADMSG. */
int sw_store_get_product(const struct sw_vulndb *db, uint16_t number, struct sw_str *ret);

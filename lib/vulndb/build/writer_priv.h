/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's inside, shared by taking records (writer.c), ending the file (finish.c) and reading
 * module streams out of titles (module.c).
 */
#pragma once

#include <lmdb.h>

#include "base/buf.h"
#include "io/sorter.h"
#include "vulndb/build/numbered.h"
#include "vulndb/build/writer.h"
#include "vulndb/format.h"
#include "vulndb/record.h"

/* A value of one key; the kernel of a large feed has some ten megabytes of entries. */
#define SW_WRITER_VALUE_MAX ((size_t)512 * 1024 * 1024)
#define SW_WRITER_ADVISORIES_MAX ((size_t)20000000) /* all public feeds together hold under two */

/* EPSS in as few bytes as can be sorted: the block's six key bytes, the place, the order of
 * coming. */
struct sw_epss_row {
    uint8_t key[6];
    uint8_t packed[SW_EPSS_BYTES];
    uint32_t order;
};

struct sw_writer {
    char *output;    /* owned */
    char *directory; /* owned; of the output */
    char *scratch;   /* owned; path of LMDB's file while it grows */
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tables[_SW_TABLE_MAX];
    uint64_t n_put; /* bytes since the last commit */
    struct sw_sorter *entries;
    struct sw_sorter *ids;
    struct sw_numbered strings_table;
    struct sw_numbered products;
    struct sw_strings strings;
    SW_VEC(uint32_t) current; /* by advisory number: which coming of it counts */
    uint32_t n_comings;
    uint32_t *slots; /* owned; advisory number + 1 by hash of feed and record */
    size_t n_slots;
    SW_VEC(struct sw_epss_row) epss;
    struct sw_buf buf;                /* the value being packed */
    SW_VEC(struct sw_entry_key) keys; /* of the advisory being packed */
    uint32_t n_feeds;
};

int sw_writer_put(struct sw_writer *w, enum sw_table table, struct sw_str key, struct sw_str value,
    unsigned flags, struct sw_err *err);
int sw_writer_commit(struct sw_writer *w, struct sw_err *err);
/* Compacts what was committed, checksums, and renames it to w->output. */
int sw_writer_install(struct sw_writer *w, uint64_t *ret_size, struct sw_err *err);
/* The sentence for a result of LMDB that is no success, naming the file. */
int sw_writer_fail(const struct sw_writer *w, int r, struct sw_err *err);

/* The streams that an entry applies to, for feeds that say so only in an erratum's title: empty for
 * packages outside modules, "*" for a module of unknown stream, else "name:stream ...". Made in the
 * region. */
int sw_module_derive(const struct sw_advisory *advisory, const struct sw_affected *affected,
    struct sw_region *region, struct sw_str *ret);

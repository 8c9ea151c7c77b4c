/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write-ahead log beside an SQLite database, read from memory: which of its pages replace those
 * of the database. Written from the file format's description; SQLite itself never sees the log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sw_rpm_wal_page;

struct sw_rpm_wal {
    struct sw_str bytes; /* borrowed */
    uint32_t page_bytes;
    uint32_t n_database_pages;     /* size of the database after the last commit; 0: no commit */
    struct sw_rpm_wal_page *pages; /* owned; sorted, one per page of the database */
    size_t n_pages;

    uint32_t n_uncommitted; /* whole frames after the last commit, not applied */
    bool is_torn;           /* a frame of this log's own generation has a wrong checksum or end */
};

/* Reads a log; page_bytes is the database's page size. 0, -EBADMSG when the log as a whole is not
 * to be trusted, or -ENOMEM. On failure there is nothing to free. */
int sw_rpm_wal_parse(
    struct sw_str bytes, uint32_t page_bytes, struct sw_rpm_wal *ret, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_rpm_wal_done(struct sw_rpm_wal *wal);

/* The newest committed bytes of a page (numbered from 1), or NULL when the log has none. */
const char *sw_rpm_wal_find(const struct sw_rpm_wal *wal, uint64_t page);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vulnerability database: one immutable LMDB file, read by any number of processes at no load
 * cost (format: lib/vulndb/README.md). Opening checks size, owner and header; whether the whole
 * file was checked since it was installed is recorded beside it, and a file without that record is
 * walked in a child first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/advisory.h"
#include "model/report.h"

#define SW_VULNDB_FORMAT_VERSION 1

struct sw_vulndb;

/* -ENOENT: no such file; -EBADMSG: damaged or not a database; -EPROTO: another format version;
 * -EPERM: writable by others. */
int sw_vulndb_open(const char *path, struct sw_vulndb **ret, struct sw_err *err);
void sw_vulndb_close(struct sw_vulndb *db);
void sw_vulndb_closep(struct sw_vulndb **db);
/* "sha256:..." of the whole file, borrowed. */
struct sw_str sw_vulndb_digest(const struct sw_vulndb *db);

/* One feed as it went into the database. */
struct sw_vulndb_feed_info {
    struct sw_str name;
    struct sw_str title;
    struct sw_str date; /* newest record or the feed's own date, RFC 3339; may be empty */
    uint64_t n_records;
    uint64_t n_skipped;
    bool is_stale;  /* broke in the last build; records of the previous one are in force */
    uint64_t n_kev; /* of the records: facts that are no advisories */
    uint64_t n_epss;
    uint64_t n_eol;
};

struct sw_vulndb_info {
    unsigned format_version;
    struct sw_str created; /* RFC 3339, UTC */
    struct sw_str digest;  /* "sha256:..." of the file as installed; empty when not recorded */
    uint64_t size_bytes;
    uint64_t n_advisories;
    uint64_t n_entries; /* package entries */
    struct sw_vulndb_feed_info *feeds;
    size_t n_feeds;
    struct sw_str *products; /* product keys with at least one entry */
    size_t n_products;
};

int sw_vulndb_get_info(const struct sw_vulndb *db, struct sw_region *region,
    struct sw_vulndb_info *ret, struct sw_err *err);

/* Walks every page and record; in a child, so that damage cannot take the caller with it.
 * 0, or -EBADMSG "database damaged: ...". Records success beside the file when it may. */
int sw_vulndb_verify(const char *path, struct sw_err *err);

/* Makes a finding of every advisory that holds for a package of the report, and sets its support,
 * support_text and eol_date. db == NULL: nothing is judged, support is SW_SUPPORT_NO_DATABASE.
 * `today` is "YYYY-MM-DD", for end-of-life. Findings are ordered by sw_finding_compare. */
int sw_vulndb_match(
    const struct sw_vulndb *db, struct sw_report *report, struct sw_str today, struct sw_err *err);

/* For judging very many packages one by one: advisories that were looked at, kept. One per thread
 * and open database. */
struct sw_vulndb_kept;
int sw_vulndb_kept_new(const struct sw_vulndb *db, struct sw_vulndb_kept **ret);
void sw_vulndb_kept_free(struct sw_vulndb_kept *kept);
/* The same as sw_vulndb_match, but findings say only id, feed, record, severity, status, source and
 * packages, and borrow their text from the database and `kept`. */
int sw_vulndb_match_brief(const struct sw_vulndb *db, struct sw_vulndb_kept *kept,
    struct sw_report *report, struct sw_str today, struct sw_err *err);

/* Every advisory known under an id (CVE, DSA, ALSA ..., any alias), made in the region. */
int sw_vulndb_find_advisories(const struct sw_vulndb *db, struct sw_str id,
    struct sw_region *region, struct sw_advisory **ret, size_t *ret_n, struct sw_err *err);
/* KEV and EPSS of a CVE: 1, or 0 when nothing is known. */
int sw_vulndb_find_cve(const struct sw_vulndb *db, struct sw_str cve, struct sw_region *region,
    struct sw_cve_facts *ret, struct sw_err *err);
/* Every affected entry whose package name equals `package`, in all products: each advisory holds
 * only those entries. */
int sw_vulndb_search(const struct sw_vulndb *db, struct sw_str package, struct sw_region *region,
    struct sw_advisory **ret, size_t *ret_n, struct sw_err *err);

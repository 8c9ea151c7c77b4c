/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one database: takes records in any order, keeps memory bounded, and at the end puts a
 * compact file with its trailer in place of the old one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "model/advisory.h"

struct sw_writer;

/* Scratch files go beside `output`. */
int sw_writer_new(const char *output, struct sw_writer **ret, struct sw_err *err);
/* Leaves nothing behind but what was finished. */
void sw_writer_free(struct sw_writer *writer);
void sw_writer_freep(struct sw_writer **writer);

enum sw_writer_outcome {
    SW_WRITER_ADDED,
    SW_WRITER_REPLACED,  /* newer than the record of the same feed and name */
    SW_WRITER_DUPLICATE, /* not newer: left out */
    SW_WRITER_REFUSED,   /* does not fit the format; *ret_reason says why */
};

/* Negative only when the database cannot go on (disk, memory). */
int sw_writer_add_advisory(struct sw_writer *writer, const struct sw_advisory *advisory,
    enum sw_writer_outcome *ret_outcome, const char **ret_reason, struct sw_err *err);
/* Facts that came first stay; EPSS and KEV of one CVE may come apart. A CVE id of another form is
 * refused: -EINVAL. */
int sw_writer_add_facts(
    struct sw_writer *writer, const struct sw_cve_facts *facts, struct sw_err *err);
int sw_writer_add_eol(struct sw_writer *writer, const struct sw_eol *eol, struct sw_err *err);

/* True when the record is in. */
bool sw_writer_has(struct sw_writer *writer, struct sw_str feed, struct sw_str record);

struct sw_feed_record;
/* What `status` shows of feeds, and which file made which (names separated by newlines). */
int sw_writer_add_feed(
    struct sw_writer *writer, const struct sw_feed_record *feed, struct sw_err *err);
int sw_writer_add_file(
    struct sw_writer *writer, struct sw_str path, struct sw_str feeds, struct sw_err *err);

struct sw_writer_counts {
    uint64_t n_advisories;
    uint64_t n_entries;
    uint64_t size_bytes;
};

/* Sorts, compacts, checksums, syncs and renames into place. `created` is RFC 3339. */
int sw_writer_finish(struct sw_writer *writer, const char *created, struct sw_writer_counts *ret,
    struct sw_err *err);

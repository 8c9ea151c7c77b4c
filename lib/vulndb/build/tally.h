/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each feed gave to a build: counts, newest date, which file made it, and whether it broke.
 */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "vulndb/build/feed.h"
#include "vulndb/build/numbered.h"
#include "vulndb/build/writer.h"
#include "vulndb/record.h"
#include "vulndb/vulndb.h"

#define SW_TALLY_WARNINGS_MAX 5 /* named per feed; the rest is counted */
#define SW_TALLY_FEEDS_MAX ((size_t)10000)

struct sw_feed_tally {
    struct sw_feed_record record; /* name and title borrowed from names and the feed */
    char date[40];
    bool is_in_file; /* the file being read made some */
    bool is_broken;
};

struct sw_tally {
    struct sw_numbered names;
    SW_VEC(struct sw_feed_tally) feeds; /* by number of the name */
    bool is_kev_broken;
    bool is_epss_broken;
    bool is_eol_broken;
};

void sw_tally_init(struct sw_tally *tally);
void sw_tally_done(struct sw_tally *tally);
/* The feed of a name, new or known; borrowed until the next new one. NULL: out of memory. `reader`
 * is what reads now; it gives the title. */
struct sw_feed_tally *sw_tally_get(
    struct sw_tally *tally, struct sw_str name, const struct sw_feed *reader);
struct sw_feed_tally *sw_tally_find(struct sw_tally *tally, struct sw_str name);
/* Keeps the newest. */
void sw_tally_date(struct sw_feed_tally *feed, struct sw_str date);

void sw_tally_start_file(struct sw_tally *tally);
/* Records in the database which feeds the file made. */
int sw_tally_end_file(
    struct sw_tally *tally, struct sw_writer *writer, struct sw_str path, struct sw_err *err);
/* The file broke: so did the feeds that it (or, for an archive, its members) made now or in the
 * previous database (NULL: none), or, when neither says, all feeds of the reader (NULL: not known).
 * What the previous database knew of the file is recorded again, so that it may break twice. */
int sw_tally_break_file(struct sw_tally *tally, const struct sw_vulndb *previous,
    struct sw_writer *writer, struct sw_str path, const struct sw_feed *reader);
size_t sw_tally_n_broken(const struct sw_tally *tally);
int sw_tally_write(struct sw_tally *tally, struct sw_writer *writer, struct sw_err *err);

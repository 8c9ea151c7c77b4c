/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the vulnerability database from a folder of feeds in their own formats.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sw_vulndb_build_progress {
    const char *feed;
    uint64_t n_records;
    uint64_t n_skipped;
    uint64_t n_bytes; /* compressed bytes read so far */
};

/* A file that the sources folder is expected to hold. */
struct sw_vulndb_build_expected {
    const char *path; /* below the folder */
    bool is_current;  /* false: its newest form could not be had */
    bool has_records; /* set by the build */
    bool is_broken;   /* set by the build: it gave nothing, ended early, or is not current; the
                         previous records of its feeds stay in force */
};

struct sw_vulndb_build_options {
    const char *sources;  /* folder; walked in a fixed order, so that the same input gives the same
                             records */
    const char *output;   /* written beside and renamed into place */
    const char *previous; /* NULL, or a database whose records stay in force for feeds that break */
    struct sw_vulndb_build_expected *expected; /* NULL: any files will do */
    size_t n_expected;
    int64_t now_s; /* when, for the database's date; 0: SOURCE_DATE_EPOCH, else the clock */
    void (*progress)(void *context, const struct sw_vulndb_build_progress *progress);
    /* A file that was not recognised, a feed that broke, a record that was skipped. */
    void (*warning)(void *context, const char *message);
    void *context;
};

struct sw_vulndb_build_result {
    uint64_t n_files;
    uint64_t n_unrecognised;
    uint64_t
        n_broken; /* files that ended early, or were expected and are not what they should be */
    uint64_t n_advisories;
    uint64_t n_entries;
    uint64_t n_skipped;    /* records */
    uint64_t n_duplicates; /* records of one feed and name that were not newer */
    uint64_t n_stale;      /* feeds for which the previous database's records stay in force */
    uint64_t size_bytes;
};

int sw_vulndb_build(const struct sw_vulndb_build_options *options,
    struct sw_vulndb_build_result *ret, struct sw_err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between an inventory and its outputs: the database and what is to be said of it, matching, which
 * findings are shown, and what the exit status hangs on. Every command that judges includes its
 * options and calls it, so that a verdict does not depend on the way a report came.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "ignore_files.h"
#include "io/clock.h"
#include "model/report.h"
#include "option.h"
#include "rules/gate.h"
#include "vulndb/vulndb.h"

/* A member of a command's values; SW_JUDGE_ROWS fills it. */
struct sw_judge_values {
    const char *severity;
    const char *fail_on;
    const char *database;
    int64_t database_max_age_s;
    struct sw_ignore_values ignore;
    bool is_only_fixed;
    bool is_incomplete_allowed;
};

#define SW_JUDGE_ROW(outer, member, field, name, letter, type, argument, help, environment)        \
    {                                                                                              \
        name, letter, type, offsetof(struct outer, member.field), argument, help, environment      \
    }

/* Rows of a table of options for `struct outer` with a `struct sw_judge_values member`: what is
 * shown and what fails. */
#define SW_JUDGE_ROWS(outer, member)                                                               \
    SW_JUDGE_ROW(outer, member, severity, "severity", 's', SW_OPTION_STRING, "LEVEL",              \
        "show findings from this level on: negligible, low, medium, high, critical", NULL),        \
        SW_JUDGE_ROW(outer, member, is_only_fixed, "only-fixed", 0, SW_OPTION_FLAG, NULL,          \
            "show only what has a fix", NULL),                                                     \
        SW_JUDGE_ROW(outer, member, fail_on, "fail-on", 0, SW_OPTION_STRING, "LEVEL",              \
            "exit with 1 when a shown finding is at this level or above", "SEAWALL_FAIL_ON"),      \
        SW_JUDGE_ROW(outer, member, is_incomplete_allowed, "allow-incomplete", 0, SW_OPTION_FLAG,  \
            NULL, "do not exit with 4 when something could not be judged or read", NULL)

/* The same: which database. */
#define SW_JUDGE_DATABASE_ROWS(outer, member)                                                      \
    SW_JUDGE_ROW(outer, member, database, "db", 0, SW_OPTION_STRING, "FILE",                       \
        "vulnerability database to judge by", "SEAWALL_DB"),                                       \
        SW_JUDGE_ROW(outer, member, database_max_age_s, "db-max-age", 0, SW_OPTION_DURATION,       \
            "AGE", "a database older than this (3d, 12h) makes the scan incomplete",               \
            "SEAWALL_DB_MAX_AGE")

/* The same: what is ignored, for a command that calls sw_judge_ignore. */
#define SW_JUDGE_IGNORE_ROWS(outer, member)                                                        \
    SW_JUDGE_IGNORE_FILE_ROWS(outer, member),                                                      \
        SW_JUDGE_ROW(outer, member, ignore.are_shown, "show-ignored", 0, SW_OPTION_FLAG, NULL,     \
            "list what was ignored, by which rule", NULL)

/* Those of them that say which files. */
#define SW_JUDGE_IGNORE_FILE_ROWS(outer, member)                                                   \
    SW_JUDGE_ROW(outer, member, ignore.files, "ignore-file", 0, SW_OPTION_LIST, "FILE",            \
        "ignore what this file says, beside .seawallignore, .trivyignore and .grype.yaml here",    \
        NULL),                                                                                     \
        SW_JUDGE_ROW(outer, member, ignore.are_off, "no-ignore-files", 0, SW_OPTION_FLAG, NULL,    \
            "take no ignore file but those that --ignore-file names", NULL)

struct sw_judge {
    const struct sw_judge_values *values; /* borrowed */
    struct sw_vulndb *database;           /* NULL: none */
    struct sw_database_info database_info;
    const char
        *cache_dir; /* borrowed; where scans tell rescan what they found; NULL: they do not */
    const char *database_problem; /* NULL, or why there is none; in the region */
    enum sw_severity least;
    enum sw_severity fail_on;
    int64_t now_s;
    char now[SW_CLOCK_TEXT_BYTES];
    struct sw_region ignore_region;
    struct sw_ignore_rules rules; /* none unless sw_judge_ignore was called */
    struct sw_ignore_use use;
    bool is_incomplete; /* of any report so far */
    bool has_failing;
};

/* Reads the values and the clock: 0, or -EINVAL with a sentence on a value (a usage error). */
int sw_judge_init(struct sw_judge *judge, const struct sw_judge_values *values, struct sw_err *err);
/* Opens the database; strings are made in the region. None is no error (each report will say so),
 * unless one was named: then negative errno with a sentence. */
int sw_judge_open(struct sw_judge *judge, struct sw_region *region, struct sw_err *err);
/* Reads the ignore files, and tells standard error what they hold that waits for kinds of findings
 * to come, unless is_quiet. -EINVAL and kin with a sentence (a usage error). */
int sw_judge_ignore(struct sw_judge *judge, bool is_quiet, struct sw_err *err);
/* May be called on a zeroed struct. */
void sw_judge_done(struct sw_judge *judge);

/* Judges an inventory: fills in findings and notes, moves the ignored ones aside, leaves the
 * findings that were asked for. */
int sw_judge_take(struct sw_judge *judge, struct sw_report *report, struct sw_err *err);
/* All of that but the matching, for a report whose findings are there already. */
int sw_judge_filter(struct sw_judge *judge, struct sw_report *report, struct sw_err *err);

/* What the program ends with, after all reports. */
enum sw_exit sw_judge_exit(const struct sw_judge *judge);

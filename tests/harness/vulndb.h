/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases and reports for tests: built in a scratch folder, from records written in C or from a
 * folder of feeds.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/report.h"
#include "vulndb/build/build.h"
#include "vulndb/build/writer.h"
#include "vulndb/vulndb.h"

struct test_vulndb {
    char folder[64];
    char path[96];
    struct sw_writer *writer;
    struct sw_vulndb *db;
    struct sw_region region;
    struct sw_err err;
};

static inline int test_vulndb_init(struct test_vulndb *t)
{
    *t = (struct test_vulndb){0};
    sw_region_init(&t->region, (size_t)1 << 30);
    snprintf(t->folder, sizeof(t->folder), "/tmp/seawall-vulndb-XXXXXX");
    if (mkdtemp(t->folder) == NULL)
        return -1;
    snprintf(t->path, sizeof(t->path), "%s/vulndb", t->folder);
    return sw_writer_new(t->path, &t->writer, &t->err);
}

static inline void test_vulndb_done(struct test_vulndb *t)
{
    char command[128];
    sw_vulndb_close(t->db);
    sw_writer_free(t->writer);
    sw_region_done(&t->region);
    snprintf(command, sizeof(command), "rm -rf '%s'", t->folder);
    if (t->folder[0] != '\0' && system(command) != 0)
        fprintf(stderr, "cannot remove '%s'\n", t->folder);
}

/* Ends the writer and opens what it wrote. */
static inline int test_vulndb_open(struct test_vulndb *t)
{
    struct sw_writer_counts counts;
    int r = sw_writer_finish(t->writer, "2026-11-25T00:00:00Z", &counts, &t->err);
    sw_writer_free(t->writer);
    t->writer = NULL;
    return r < 0 ? r : sw_vulndb_open(t->path, &t->db, &t->err);
}

static inline enum sw_writer_outcome test_vulndb_add(
    struct test_vulndb *t, const struct sw_advisory *advisory)
{
    enum sw_writer_outcome outcome = SW_WRITER_REFUSED;
    const char *reason = NULL;
    int r = sw_writer_add_advisory(t->writer, advisory, &outcome, &reason, &t->err);
    if (r < 0) {
        fprintf(stderr, "cannot add: %s\n", t->err.message);
        abort();
    }
    return outcome;
}

/* One entry: "fixed in", or no version at all when fixed is NULL. */
struct test_entry {
    const char *feed;
    const char *record;
    const char *aliases; /* space separated; NULL: none */
    const char *product;
    const char *package;
    enum sw_affected_name kind;
    enum sw_fix_status status;
    const char *fixed;
    const char *introduced;
    const char *module;
    const char *arch;
    const char *title;
    bool is_withdrawn;
};

static inline enum sw_writer_outcome test_vulndb_add_entry(
    struct test_vulndb *t, const struct test_entry *e)
{
    struct sw_str aliases[32];
    struct sw_str rest = sw_str_of(e->aliases);
    size_t n = 0;
    while (e->aliases != NULL && n < 32 && sw_str_next_token(&rest, ' ', &aliases[n]))
        n++;
    struct sw_range range = {
        .introduced = sw_str_of(e->introduced),
        .fixed = sw_str_of(e->fixed),
    };
    struct sw_affected affected = {
        .product = sw_str_of(e->product),
        .package = sw_str_of(e->package),
        .name_kind = e->kind,
        .status = e->status,
        .module = sw_str_of(e->module),
        .arch = sw_str_of(e->arch),
        .ranges = &range,
        .n_ranges = e->fixed != NULL || e->introduced != NULL,
    };
    struct sw_advisory advisory = {
        .feed = sw_str_of(e->feed),
        .record = sw_str_of(e->record),
        .id = sw_str_of(e->record),
        .aliases = aliases,
        .n_aliases = n,
        .title = sw_str_of(e->title),
        .cvss = {.score = -1},
        .is_withdrawn = e->is_withdrawn,
        .affected = &affected,
        .n_affected = 1,
    };
    return test_vulndb_add(t, &advisory);
}

static inline void test_report_add(struct sw_report *report, enum sw_package_type type,
    const char *name, const char *version, const char *source, const char *module)
{
    struct sw_package package = {
        .type = type,
        .name = sw_str_of(name),
        .version = sw_str_of(version),
        .arch = type == SW_PACKAGE_RPM ? SW_STR("x86_64") : SW_STR("amd64"),
        .source_name = sw_str_of(source != NULL ? source : name),
        .source_version = sw_str_of(version),
        .module = sw_str_of(module),
        .layer = SW_PACKAGE_NO_LAYER,
    };
    if (sw_vec_push(&report->packages, package, SW_PACKAGES_MAX) < 0)
        abort();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report on one target and platform: what was scanned, what is in it (the inventory), what is
 * wrong with it, and what could not be said. Its JSON is the stored inventory: anyone can match it
 * again later without the image (docs/report.schema.json).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/aspect.h"
#include "model/finding.h"
#include "model/image.h"
#include "model/note.h"
#include "model/os.h"
#include "model/package.h"

#define SW_REPORT_SCHEMA_VERSION 1
/* All databases of one image together. */
#define SW_REPORT_PACKAGES_MAX (2 * SW_PACKAGES_MAX)
#define SW_REPORT_FINDINGS_MAX ((size_t)2000000)
#define SW_REPORT_NOTES_MAX ((size_t)10000)
#define SW_REPORT_NOTE_TEXT_MAX 1024

enum sw_target_kind {
    SW_TARGET_DOCKER_ARCHIVE,
    SW_TARGET_OCI_LAYOUT,
    SW_TARGET_OCI_ARCHIVE,
    SW_TARGET_ROOTFS,
    SW_TARGET_REGISTRY,
    SW_TARGET_DOCKER, /* the store or the socket of that engine on this node, also below */
    SW_TARGET_PODMAN,
    SW_TARGET_CONTAINERD,
    _SW_TARGET_KIND_MAX
};

/* Whether the database can judge this system at all. */
enum sw_support {
    SW_SUPPORT_UNKNOWN,     /* no operating system recognised */
    SW_SUPPORT_YES,         /* feed present, system in support */
    SW_SUPPORT_NO_DATABASE, /* no database at hand: listed, not judged */
    SW_SUPPORT_NO_FEED,     /* system known, the database has no feed for this release */
    SW_SUPPORT_UNSUPPORTED, /* Seawall does not judge this system */
    SW_SUPPORT_END_OF_LIFE, /* judged as far as the feed goes; the vendor has stopped */
    _SW_SUPPORT_MAX
};

const char *sw_target_kind_name(enum sw_target_kind kind);
const char *sw_support_name(enum sw_support support);

struct sw_unexamined {
    struct sw_str kind; /* ".jar", "package.json" */
    uint64_t n;
    struct sw_str example; /* one path */
};

/* A finding that somebody decided to live with, and who said so. */
struct sw_ignored {
    struct sw_finding finding;
    struct sw_str origin; /* the rule: ".seawallignore:4" */
    struct sw_str status; /* "ignored", or a statement's word: "not_affected", "fixed" */
    struct sw_str reason; /* in the rule's words; may be empty */
    struct sw_str until;  /* "2026-01-01"; empty: for good */
};

struct sw_database_info {
    bool is_present;
    struct sw_str path;
    struct sw_str created; /* RFC 3339 */
    int64_t age_s;         /* at the time of the scan */
    struct sw_str digest;
};

struct sw_report {
    struct sw_region *region; /* borrowed; all bytes below live in it */
    struct sw_str target;     /* as the user typed it */
    enum sw_target_kind target_kind;
    struct sw_str scanned_at; /* RFC 3339, UTC */
    unsigned aspects;         /* set of what was looked for (model/aspect.h); 0: packages alone */
    struct sw_image image;    /* n_layers 0 for a directory */
    struct sw_os os;
    enum sw_support support;
    struct sw_str support_text; /* one sentence; empty for SW_SUPPORT_YES */
    struct sw_str eol_date;     /* "2026-06-30"; empty: unknown or none */
    SW_VEC(struct sw_package) packages;
    SW_VEC(struct sw_finding) findings;
    SW_VEC(struct sw_ignored) ignored; /* not among the findings */
    uint64_t n_ignore_expired;         /* rules whose date has passed: their findings are back */
    SW_VEC(struct sw_note) notes;
    uint64_t n_notes_dropped;
    SW_VEC(struct sw_unexamined) unexamined;
    struct sw_database_info database;
};

void sw_report_init(struct sw_report *report, struct sw_region *region);
/* Frees the vectors; the region is the caller's. May be called twice. */
void sw_report_done(struct sw_report *report);

/* Whether that was looked for. */
bool sw_report_has_aspect(const struct sw_report *report, enum sw_aspect aspect);

/* Adds a note; the text is copied into the region. Past the cap the last note says how many more.
 */
int sw_report_note(struct sw_report *report, enum sw_note_kind kind, struct sw_str subject,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* True when a note makes the scan incomplete (exit status 4). */
bool sw_report_is_incomplete(const struct sw_report *report);

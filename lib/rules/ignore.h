/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which findings somebody has decided to live with: rules of `.seawallignore`, Trivy's and Grype's
 * ignore files, read into one list that is not changed afterwards, and asked once per finding and
 * package. What is ignored is moved aside in the report with the rule that said so, never dropped.
 *
 * Of a finding that stands for several CVEs (an erratum) each has to be ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/report.h"

#define SW_IGNORE_FILE_MAX ((size_t)4 * 1024 * 1024) /* bytes; ours and others' have < 100 KB */
#define SW_IGNORE_RULES_MAX ((size_t)100000)         /* of all files together */
#define SW_IGNORE_WARNINGS_MAX ((size_t)64)
#define SW_IGNORE_REGION_MAX ((size_t)512 * 1024 * 1024) /* for the rules of a run */

enum sw_ignore_format {
    SW_IGNORE_SEAWALL,    /* .seawallignore: docs/ignore.md */
    SW_IGNORE_TRIVY,      /* .trivyignore */
    SW_IGNORE_TRIVY_YAML, /* .trivyignore.yaml */
    SW_IGNORE_GRYPE,      /* .grype.yaml, of which only `ignore` is taken */
    _SW_IGNORE_FORMAT_MAX
};

const char *sw_ignore_format_name(enum sw_ignore_format format);
/* By the file's name, or where that says nothing by its content. */
enum sw_ignore_format sw_ignore_format_guess(struct sw_str path, struct sw_str bytes);

struct sw_ignore_rule; /* ignore_priv.h */

struct sw_ignore_rules {
    struct sw_region *region; /* borrowed; everything lives in it */
    struct sw_ignore_rule *v; /* by file and place */
    size_t n;
    size_t capacity;
    uint32_t *by_id; /* indices of rules with an id, sorted by it; after sw_ignore_finish */
    size_t n_by_id;
    uint32_t *rest; /* indices of those without */
    size_t n_rest;
    bool has_places;                              /* some hold for a path or a layer only */
    uint64_t identity;                            /* hash of all that was read */
    size_t n_waiting;                             /* for kinds that no finding has yet */
    const char *warnings[SW_IGNORE_WARNINGS_MAX]; /* what was read over, for people */
    size_t n_warnings;
};

void sw_ignore_init(struct sw_ignore_rules *rules, struct sw_region *region);

/* Adds the rules of one file. `origin` is what messages call it, copied. -EINVAL with a sentence
 * that begins with "ORIGIN:LINE:COLUMN: "; -EFBIG, -ENOMEM. After a failure the list is of no use.
 */
int sw_ignore_load(struct sw_ignore_rules *rules, enum sw_ignore_format format,
    struct sw_str origin, struct sw_str bytes, struct sw_err *err);

/* To be called once, after the last file: 0 or -ENOMEM. */
int sw_ignore_finish(struct sw_ignore_rules *rules);

struct sw_ignore_verdict {
    size_t rule;     /* index */
    bool is_expired; /* it would hold, had its date not passed */
};

#define SW_IGNORE_NO_PACKAGE SIZE_MAX

/* Asks about a finding in one of its packages (an index of the report's, or none). `today` is
 * "YYYY-MM-DD". False: no rule speaks of it. */
bool sw_ignore_match(const struct sw_ignore_rules *rules, const struct sw_report *report,
    const struct sw_finding *finding, size_t package, struct sw_str today,
    struct sw_ignore_verdict *ret);

/* Where a rule stands: ".seawallignore:4". */
struct sw_str sw_ignore_origin(const struct sw_ignore_rules *rules, size_t rule);

/* Which rules had something to do, over a run; the caller's. */
struct sw_ignore_use {
    uint8_t *is_used; /* one per rule, in the region */
    uint32_t *late;   /* the same; 0 between two reports */
};
int sw_ignore_use_init(
    struct sw_ignore_use *use, const struct sw_ignore_rules *rules, struct sw_region *region);

/* Moves what is ignored from report->findings to report->ignored. A finding of which only some
 * packages are ignored stands in both, with its packages divided. Rules whose date has passed are
 * counted and noted. 0, -ENOMEM, -EFBIG. */
int sw_ignore_apply(const struct sw_ignore_rules *rules, struct sw_ignore_use *use,
    struct sw_report *report, struct sw_str today, struct sw_err *err);

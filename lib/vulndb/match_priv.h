/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of matching: what the database says of one package (candidate.c), one finding for all
 * packages of a source (group.c), and the report around both (match.c).
 */
#pragma once

#include "base/vec.h"
#include "rules/release.h"
#include "vulndb/store_priv.h"

#define SW_MATCH_REGION_BYTES ((size_t)256 * 1024 * 1024) /* one package's candidates */

/* Where packages of this system are looked up. */
struct sw_match_products {
    struct sw_str keys[SW_RELEASE_PRODUCTS_MAX];
    uint16_t numbers[SW_RELEASE_PRODUCTS_MAX];
    size_t n; /* of those that the database knows */
};

/* The advisory of a number without references, which lives as long as `kept`: 0, -EBADMSG. */
int sw_kept_get(const struct sw_vulndb *db, struct sw_vulndb_kept *kept, uint32_t number,
    struct sw_advisory *ret);

enum sw_verdict {
    SW_VERDICT_SAFE,     /* fixed in this version, not affected, or outside of every range */
    SW_VERDICT_AFFECTED, /* a finding, unless a better source says otherwise */
};

/* One entry that speaks of the package. Text is borrowed from the database. */
struct sw_candidate {
    struct sw_entry entry;
    enum sw_verdict verdict;
    size_t product; /* index into the products */
    enum sw_affected_name kind;
    struct sw_str name;    /* that was looked up */
    struct sw_str version; /* that was compared */
    struct sw_range range; /* the one that holds; empty: every version, or listed */
    bool is_listed;        /* by exact version */
    unsigned authority;    /* of its feed */
    bool is_dropped;       /* a better one speaks */
    struct sw_advisory advisory;
};

struct sw_candidates {
    SW_VEC(struct sw_candidate) v;
    struct sw_vulndb_kept *kept; /* borrowed; not NULL: advisories come without references */
};

void sw_candidates_done(struct sw_candidates *candidates);

/* Adds what the database says of a package and settles contradictions: what is left AFFECTED and
 * not dropped is a finding, with its whole advisory. Arrays live in the region. */
int sw_candidates_find(const struct sw_vulndb *db, const struct sw_release_family *family,
    const struct sw_match_products *products, const struct sw_package *package,
    struct sw_region *region, struct sw_candidates *candidates);

/* How much a feed's word counts where two speak of one package and CVE. */
unsigned sw_match_authority(struct sw_str feed);

/* True when s starts like a CVE id. */
bool sw_match_is_cve(struct sw_str s);

/* One finding in the making. */
struct sw_group {
    uint32_t number; /* of the advisory */
    size_t finding;  /* index in the report */
    struct sw_str source_name;
    struct sw_str source_version;
    bool is_source_named; /* the finding speaks of the binary that is called as its source */
    SW_VEC(size_t) packages;
};

struct sw_groups {
    SW_VEC(struct sw_group) v;
    size_t *slots; /* owned; index + 1 by hash of number and source */
    size_t n_slots;
    struct sw_vulndb_kept *kept; /* borrowed; not NULL: findings are brief */
};

void sw_groups_done(struct sw_groups *groups);
/* Adds the package to the finding of its source and advisory, which is made when there is none. */
int sw_groups_add(struct sw_groups *groups, const struct sw_vulndb *db, struct sw_report *report,
    size_t package, const struct sw_match_products *products, const struct sw_candidate *candidate);
/* Hands the lists of packages to the findings. */
int sw_groups_finish(struct sw_groups *groups, struct sw_report *report);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the OSV reader: which product an ecosystem is, which words mean which severity, and
 * how an element of `affected` becomes entries.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/region.h"
#include "model/advisory.h"

/* What an OSV ecosystem means here. */
struct osv_product {
    struct sw_str key; /* made in the region: "debian:12", "pypi" */
    enum sw_affected_name name_kind;
    bool is_distribution;  /* compared by dpkg, apk or rpm order: ranges say everything */
    bool has_binaries_map; /* SUSE: ecosystem_specific.binaries names the binary packages */
};

/* Of "Debian:12", "Ubuntu:Pro:16.04:LTS", "PyPI" ...; an ecosystem that is not known becomes its
 * own name in lower case. 0 or -ENOMEM. */
int osv_product_find(struct sw_str ecosystem, struct sw_region *region, struct osv_product *ret);

/* A vendor's word as a severity: "Important", "MODERATE", "low**", "unimportant" ...; UNKNOWN for
 * any other. */
enum sw_severity osv_severity_find(struct sw_str word);
/* Of "Important: firefox security update" and "ALSA-2022:5468: ... (Important)". */
enum sw_severity osv_severity_of_summary(struct sw_str summary);
/* The one vector to show of an OSV `severity` array: version 3 before 4 before 2, since it is what
 * most sources state and people compare by. */
struct sw_cvss osv_severity_cvss(const json_t *severity);
/* A vendor's own word in an OSV `severity` array ({"type":"Ubuntu","score":"medium"}). */
enum sw_severity osv_severity_of_list(const json_t *severity);

/* Entries of one record as they grow. */
struct osv_affected_list {
    struct sw_affected *items; /* in the region */
    size_t n;
    size_t capacity;
    bool is_cut; /* some element listed more versions than are kept */
};

/* Adds what one element of `affected` says; nothing where it states neither range nor version,
 * which OSV's evaluation holds to be no version at all. 0; -EFBIG above SW_ADVISORY_AFFECTED_MAX;
 * -ENOMEM; -EINVAL when it names neither package nor repository. */
int osv_affected_parse(const json_t *element, struct sw_str summary, struct sw_region *region,
    struct osv_affected_list *list);

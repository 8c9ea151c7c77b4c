/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One whole advisory by its number; for looking up and for walking all.
 */
#pragma once

#include "vulndb/store_priv.h"

/* All parts, arrays in the region, text borrowed from the database. `package` not NULL: only the
 * entries of that package. */
int sw_find_by_number(const struct sw_vulndb *db, uint32_t number, const struct sw_str *package,
    struct sw_region *region, struct sw_advisory *ret);
/* KEV and EPSS of a CVE, borrowed from the database: 1, or 0 when nothing is known. */
int sw_find_facts(const struct sw_vulndb *db, struct sw_str cve, struct sw_cve_facts *ret);

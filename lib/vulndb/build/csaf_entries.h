/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CSAF document says about packages, collected entry by entry (product, package,
 * architecture) and put together: one affected record per package, fix and status.
 */
#pragma once

#include "base/region.h"
#include "base/vec.h"
#include "model/advisory.h"
#include "vulndb/build/csaf_tree.h"

#define SW_CSAF_ENTRIES_MAX ((size_t)1 << 20)

struct sw_csaf_entry {
    struct sw_str key;
    struct sw_str name;
    struct sw_str module;
    struct sw_str arch;
    struct sw_str evr; /* fixed version; empty unless fixed */
    struct sw_str vendor_status;
    enum sw_fix_status status;
    enum sw_affected_name name_kind;
    enum sw_severity severity;
};

struct sw_csaf_entries {
    SW_VEC(struct sw_csaf_entry) list;
};

void sw_csaf_entries_done(struct sw_csaf_entries *entries);
/* Borrows the texts of entry. 0, -ENOMEM, -EFBIG. */
int sw_csaf_entries_add(struct sw_csaf_entries *entries, const struct sw_csaf_entry *entry);
/* Sorted and grouped, in the region; of several fixes of one package the oldest. 0 or -ENOMEM;
 * -EFBIG when more than an advisory may have. */
int sw_csaf_entries_group(struct sw_csaf_entries *entries, struct sw_region *region,
    struct sw_affected **ret, size_t *ret_n);

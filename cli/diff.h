/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two reports. A finding is the same in both when id, kind and source package
 * are, whatever the versions: an update that does not fix it leaves it unchanged.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/vec.h"
#include "model/report.h"

enum sw_diff_change {
    SW_DIFF_NEW,       /* only in the new report */
    SW_DIFF_FIXED,     /* only in the old one: updated, removed or withdrawn */
    SW_DIFF_UNCHANGED, /* in both */
    _SW_DIFF_CHANGE_MAX
};

/* "new", "fixed", "unchanged". */
const char *sw_diff_change_name(enum sw_diff_change change);

struct sw_diff_finding {
    enum sw_diff_change change;
    const struct sw_finding *finding; /* the new report's where it is in both; borrowed */
    const struct sw_report *report;   /* whose packages it names; borrowed */
};

/* NULL before: added; NULL after: removed; both: another version. */
struct sw_diff_package {
    const struct sw_package *before;
    const struct sw_package *after;
};

struct sw_diff {
    const struct sw_report *before; /* borrowed, and all findings and packages with it */
    const struct sw_report *after;
    SW_VEC(struct sw_diff_finding) findings; /* in the order of their reports, new ones first */
    SW_VEC(struct sw_diff_package) packages; /* by name */
    size_t n_same_packages;
};

/* 0, or -ENOMEM with a sentence. */
int sw_diff_init(struct sw_diff *diff, const struct sw_report *before,
    const struct sw_report *after, struct sw_err *err);
/* May be called twice, and on a zeroed struct. Usable with SW_CLEANUP. */
void sw_diff_done(struct sw_diff *diff);

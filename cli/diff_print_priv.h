/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the formats of a comparison share.
 */
#pragma once

#include "diff_print.h"

struct sw_diff_package_counts {
    size_t n_added;
    size_t n_removed;
    size_t n_changed;
    size_t n_same;
};

bool sw_diff_is_shown(const struct sw_diff_print *print, const struct sw_diff_finding *entry);
/* The findings of that kind that are shown. */
size_t sw_diff_count(
    const struct sw_diff *diff, const struct sw_diff_print *print, enum sw_diff_change change);
void sw_diff_count_packages(const struct sw_diff *diff, struct sw_diff_package_counts *ret);

int sw_diff_write_json(
    FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print, struct sw_err *err);

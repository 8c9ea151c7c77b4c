/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schemes behind version.h: one pair of functions each, and the two walks over digits that all
 * of them need.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

int sw_version_dpkg_compare(struct sw_str a, struct sw_str b);
bool sw_version_dpkg_is_valid(struct sw_str s);
int sw_version_apk_compare(struct sw_str a, struct sw_str b);
bool sw_version_apk_is_valid(struct sw_str s);
int sw_version_rpm_compare(struct sw_str a, struct sw_str b);
bool sw_version_rpm_is_valid(struct sw_str s);

/* Cuts the leading ASCII digits off *rest; may be empty. */
struct sw_str sw_version_take_digits(struct sw_str *rest);
/* As numbers of any length: leading zeros do not count, no digits are zero. */
int sw_version_compare_numbers(struct sw_str a, struct sw_str b);

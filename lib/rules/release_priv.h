/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables behind release.h: which system ids there are, how their keys are written, whose
 * packages are theirs.
 */
#pragma once

#include "rules/release.h"

/* One system id. Ids that os-release does not have ("alpine-edge") are given by the code that
 * tells variants of one id apart. */
struct sw_release_system {
    const char *id;
    const struct sw_release_family *family;
    /* Product keys: $1 the first number of the release, $2 the first two, $0 the release as it is
     * written, $c the number of the codename. A key whose number is missing is left out. */
    const char *keys[SW_RELEASE_PRODUCTS_MAX + 1];
    /* Beginnings of the Vendor of the distribution's own packages, any case; NULL: no vendor rule.
     */
    const char *const *vendors;
};

/* NULL when there is none. */
const struct sw_release_system *sw_release_find_system(struct sw_str id);

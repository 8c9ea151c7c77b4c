/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version order, exactly as each distribution's own tool decides it.
 */
#pragma once

#include "base/str.h"

enum sw_version_scheme {
    SW_VERSION_DPKG, /* deb-version(7) */
    SW_VERSION_APK,  /* apk-tools 2.x and 3.x, apk version -t */
    SW_VERSION_RPM,  /* rpm's rpmvercmp over epoch, version, release */
    _SW_VERSION_SCHEME_MAX
};

/* "dpkg", "apk", "rpm". */
const char *sw_version_scheme_name(enum sw_version_scheme scheme);
int sw_version_scheme_find(struct sw_str name, enum sw_version_scheme *ret);

/* <0, 0, >0 as a sorts before, with or after b. Total: any bytes have an order; what the
 * distribution's tool would refuse as malformed is compared by the same walk as far as it goes.
 * Allocates nothing; linear in the lengths. */
int sw_version_compare(enum sw_version_scheme scheme, struct sw_str a, struct sw_str b);

/* True when the distribution's own tool takes s for a version. */
bool sw_version_is_valid(enum sw_version_scheme scheme, struct sw_str s);

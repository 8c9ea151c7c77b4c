/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An installed package, as its own database names it. All bytes live in the region that the maker
 * was given. Absent text is empty, never a guess.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"
#include "model/os.h"

#define SW_PACKAGES_MAX ((size_t)200000) /* in one database; the largest real one has < 100,000 */
#define SW_PACKAGE_TEXT_MAX ((size_t)65536) /* bytes of any one field */
#define SW_PACKAGE_NO_LAYER (-1)

struct sw_package {
    enum sw_package_type type;
    struct sw_str name;
    struct sw_str version; /* whole, as the system writes it: "1:2.36-9+deb12u4", "1.2.4-r2",
                              rpm "epoch:version-release" with the epoch left out when absent */
    struct sw_str arch;
    struct sw_str source_name;    /* source package; equals name where the database names none */
    struct sw_str source_version; /* in the same form as version */
    struct sw_str module;         /* rpm module label "name:stream:version:context" */
    struct sw_str vendor;         /* rpm Vendor, dpkg Origin where given */
    struct sw_str maintainer;
    struct sw_str licence;
    struct sw_str database; /* path of the database that lists it */
    int layer;              /* index of the layer that brought it; SW_PACKAGE_NO_LAYER: unknown */
};

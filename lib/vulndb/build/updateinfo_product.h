/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system an erratum of updateinfo.xml is for. The format does not say it in one place.
 */
#pragma once

#include "base/region.h"
#include "base/str.h"

struct sw_updateinfo_origin {
    struct sw_str id;         /* of the update: tells the vendor */
    struct sw_str evr;        /* of the package: its dist tag tells the version */
    struct sw_str collection; /* "amazon-linux-2---core" */
    struct sw_str path;       /* of the file */
};

/* The product key, made in the region: 1 found, 0 not known, -ENOMEM. */
int sw_updateinfo_product_find(
    struct sw_region *region, const struct sw_updateinfo_origin *origin, struct sw_str *ret);

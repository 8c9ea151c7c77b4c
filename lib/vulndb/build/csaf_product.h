/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operating system a vendor's product is: from its CPE (CSAF) or its name (OVAL, CSAF) to our
 * product key. Also the vendors' severity words and the parts of rpm names, which the same readers
 * need.
 */
#pragma once

#include "base/region.h"
#include "base/str.h"
#include "model/finding.h"

/* The product key, made in the region: 1 found, 0 not an operating system that we know, -ENOMEM.
 * cpe: "cpe:/o:redhat:rhel_eus:9.2::baseos" or the 2.3 form. name: "SUSE Linux Enterprise Server 15
 * SP5-LTSS", "Oracle Linux 9", "openSUSE Leap 15.5". */
int sw_csaf_product_find_cpe(struct sw_region *region, struct sw_str cpe, struct sw_str *ret);
int sw_csaf_product_find_name(struct sw_region *region, struct sw_str name, struct sw_str *ret);

/* "Important", "moderate", "HIGH": UNKNOWN for any other word. */
enum sw_severity sw_csaf_product_severity(struct sw_str word);

/* The parts of "name-[epoch:]version-release.arch" (a trailing ".rpm" is dropped). */
struct sw_csaf_nevra {
    struct sw_str name;
    struct sw_str evr; /* "[epoch:]version-release" */
    struct sw_str arch;
};

/* False when it has not that form. Borrows from text. */
bool sw_csaf_product_parse_nevra(struct sw_str text, struct sw_csaf_nevra *ret);

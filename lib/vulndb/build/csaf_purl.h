/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs as vendors write them into CSAF and OpenVEX documents:
 * "pkg:rpm/redhat/ruby@2.7.8-139?arch=src&epoch=1&rpmmod=ruby:2.7".
 */
#pragma once

#include <stdbool.h>

#include "base/region.h"
#include "base/str.h"

/* Decoded parts, in the region; qualifiers stay as written. */
struct sw_csaf_purl {
    struct sw_str type;
    struct sw_str vendor; /* the namespace */
    struct sw_str name;
    struct sw_str version;
    struct sw_str qualifiers; /* borrowed */
};

/* 1, 0 when the text is no package URL with a name, -ENOMEM. */
int sw_csaf_purl_parse(struct sw_region *region, struct sw_str text, struct sw_csaf_purl *ret);
/* The decoded value of a qualifier; empty when it is not there. 0 or -ENOMEM. */
int sw_csaf_purl_qualifier(
    struct sw_region *region, const struct sw_csaf_purl *purl, const char *key, struct sw_str *ret);

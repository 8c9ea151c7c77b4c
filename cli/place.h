/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are when nobody says so: the database, the cache, the scanner program. Root uses
 * the system's places, everybody else their own.
 */
#pragma once

#include "base/region.h"

/* Each is made in the region; NULL when out of memory or when there is no home to derive it from.
 */
const char *sw_place_database(struct sw_region *region);
const char *sw_place_cache(struct sw_region *region);
/* Downloaded feeds. */
const char *sw_place_feeds(struct sw_region *region);
/* seawall-scanner: beside this program in a build tree, else where it is installed. */
const char *sw_place_scanner(struct sw_region *region);
/* A folder of rules that come with the programs ("malware"), also in a build tree; $SEAWALL_CONTENT
 * holds others. NULL: there is none. */
const char *sw_place_content(struct sw_region *region, const char *name);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaders of rule sets, for the table of content.c.
 */
#pragma once

#include "content.h"

/* content_malware.c */
int sw_content_load_yara(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_scan_content *ret, struct sw_err *err);
int sw_content_load_hash_lists(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_scan_content *ret, struct sw_err *err);
/* content_secrets.c */
int sw_content_load_secrets(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_scan_content *ret, struct sw_err *err);

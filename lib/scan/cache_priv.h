/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the cache's files lie; shared by cache.c (contents) and cache_space.c (size).
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define SW_CACHE_LAYERS "layers"
#define SW_CACHE_RECORDS "records"
#define SW_CACHE_DOCUMENTS "documents"
#define SW_CACHE_INVENTORIES "inventories"
#define SW_CACHE_FOUND "found"   /* what scans found, until rescan compares */
#define SW_CACHE_RULES "rules"   /* compiled rule sets; cli/content.c names it too */
#define SW_CACHE_JUDGED "judged" /* what rescan remembers; a file */

/* Removes the least recently used files until no more than max_bytes are left. */
int sw_cache_shrink(int directory_fd, uint64_t max_bytes, struct sw_err *err);

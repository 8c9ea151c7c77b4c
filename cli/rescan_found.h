/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan found of an image, one small file each in the cache, until the next rescan has
 * compared with it.
 */
#pragma once

#include "base/buf.h"
#include "base/region.h"
#include "io/file.h"
#include "model/report.h"

#define SW_FOUND_FOLDER "found"

/* Writes down the findings and the ignored ones of a report whose inventory is stored: 0 or
 * negative errno, which costs a comparison. */
int sw_found_save(const char *cache_dir, const struct sw_report *report);

struct sw_found {
    int fd; /* of the folder; -1: there is none */
    struct sw_file_names names;
};

/* None, or one that others could have written to: empty. */
int sw_found_open(const char *cache_dir, struct sw_region *region, struct sw_found *ret);
void sw_found_close(struct sw_found *found);
/* 1 and the findings as a list (rescan_judged.h), in the region; 0: nothing of that name. */
int sw_found_load(
    const struct sw_found *found, struct sw_str name, struct sw_region *region, struct sw_str *ret);
/* The list in the bytes of a file; -EBADMSG. */
int sw_found_parse(struct sw_str bytes, struct sw_str *ret);
void sw_found_remove(const struct sw_found *found, struct sw_str name);

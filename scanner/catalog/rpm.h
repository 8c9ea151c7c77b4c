/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The analyzer of rpm databases in all their forms.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_rpm_analyzer;

/* Real databases take 40 to 80 KiB a package with its indexes: room for 3,000 packages, as many as
 * a full desktop has. The engine's pool may allow less. */
#define SW_RPM_DATABASE_MAX_BYTES ((size_t)200 * 1024 * 1024)

/* All forms in all their folders; ends with NULL. */
extern const char *const sw_rpm_paths[];

struct sw_rpm_list;
/* Reads the form that stands for the directory into a list. *ret_path is that file's, also while
 * list->each is called; damage is counted in the list. 0 or -ENOMEM. */
int sw_rpm_read(const struct sw_analyzer_file *files, size_t n_files, struct sw_rpm_list *list,
    struct sw_str *ret_path);

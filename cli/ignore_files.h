/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files say what is ignored: those that were named, or those that lie in the current
 * directory under the names that Seawall, Trivy and Grype use.
 */
#pragma once

#include <stdbool.h>

#include "option.h"
#include "rules/ignore.h"

struct sw_ignore_values {
    struct sw_option_list files;
    bool are_off;
    bool are_shown;
};

/* Reads them all into rules that sw_ignore_init has prepared, and finishes those. A file that was
 * named has to be there. 0, or negative errno with a sentence that names the file. */
int sw_ignore_files_load(
    const struct sw_ignore_values *values, struct sw_ignore_rules *rules, struct sw_err *err);

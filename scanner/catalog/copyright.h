/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licences of Debian packages, from the copyright file that each installs.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_copyright_analyzer;

/* For tests and the fuzzer: the licences that a file names, each once, in order, ", " between them;
 * empty when it names none. The bytes are made in the region. 0 or -ENOMEM. */
int sw_copyright_parse(struct sw_str bytes, struct sw_region *region, struct sw_str *ret);

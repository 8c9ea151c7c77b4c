/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system an image holds: os-release and the forms that came before it. Every file that says
 * something gives a fact; folding picks the best and fills gaps from the others.
 */
#pragma once

#include "analyzer.h"
#include "model/os.h"

extern const struct sw_analyzer sw_os_analyzer;

/* For tests and the fuzzer: what one file says, read by the rules of its path; bytes in the region.
 * An id that stays empty means that the file names no system. 0 or -ENOMEM. */
int sw_os_release_parse(
    struct sw_str path, struct sw_str bytes, struct sw_region *region, struct sw_os *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a finding is one: feed, record, range, installed version, layer, instruction.
 */
#pragma once

#include <stdio.h>

#include "report/format.h"

/* Every finding that options->explain names ("" names all). */
void sw_report_explain(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options);

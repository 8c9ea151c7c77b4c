/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets and malware in the report for people: two lines each, worst first.
 */
#pragma once

#include "report/format.h"

/* Nothing where there are none of the kind. */
void sw_table_print_finds(FILE *out, const struct sw_report *report, enum sw_finding_kind kind,
    const struct sw_print_options *options);

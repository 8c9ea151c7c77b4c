/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the table share: painting and printing for terminals.
 */
#pragma once

#include "report/format.h"

#define SW_TABLE_RED "\033[31m"
#define SW_TABLE_YELLOW "\033[33m"
#define SW_TABLE_BOLD "\033[1m"
#define SW_TABLE_DIM "\033[2m"
#define SW_TABLE_RESET "\033[0m"

/* The code, or nothing where there is no colour. */
const char *sw_table_paint(const struct sw_print_options *options, const char *code);
/* Escaped for terminals. */
void sw_table_print_text(FILE *out, struct sw_str s);
/* "CRIT". */
const char *sw_table_severity_label(enum sw_severity severity);
const char *sw_table_severity_color(
    const struct sw_print_options *options, enum sw_severity severity);

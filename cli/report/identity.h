/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UUID for a report's documents, derived from what was scanned and when: writing the same report
 * again gives the same document.
 */
#pragma once

#include <stddef.h>

#include "model/report.h"

/* "xxxxxxxx-xxxx-5xxx-xxxx-xxxxxxxxxxxx" (name-based layout of RFC 9562); size at least 37. */
void sw_report_identity(const struct sw_report *report, char *ret, size_t size);

/* The same of any name. */
void sw_report_identity_of(struct sw_str name, char *ret, size_t size);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reports say of a finding that somebody decided to live with.
 */
#pragma once

#include <stddef.h>

#include "model/report.h"

/* "in the rule's words (.seawallignore:4, until 2026-12-31)", cut to the size. */
struct sw_str sw_ignored_text(const struct sw_ignored *ignored, char *text, size_t size);

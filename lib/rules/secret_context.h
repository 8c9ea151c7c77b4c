/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds a secret and says that it protects nothing: keys out of vendors' documentation,
 * certificates that a system makes for itself, files that a package brings for its own tests. Such
 * a finding stays, graded low. Pure.
 */
#pragma once

#include "base/str.h"
#include "model/finding.h"

/* The severity in view of what surrounds it: never above `severity`. *ret_reason is static text,
 * or NULL where nothing spoke for less. */
enum sw_severity sw_secret_context_grade(
    enum sw_severity severity, struct sw_str path, struct sw_str secret, const char **ret_reason);

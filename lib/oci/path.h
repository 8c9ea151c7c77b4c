/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of archive members as paths below a root, the way a container runtime takes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Writes raw without leading and trailing slashes, empty and "." components, each ".." taking one
 * component away and never leaving the root. `out` has room for raw.n bytes and may be raw.p
 * itself. Returns the length; *ret_climbs (may be NULL) tells that a ".." had nothing to take. */
size_t sw_path_clean(struct sw_str raw, char *out, bool *ret_climbs);

/* The part before the last slash (empty at the root), and behind it. */
struct sw_str sw_path_folder(struct sw_str path);
struct sw_str sw_path_base(struct sw_str path);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image holds that this version does not examine: counted by kind, so that a report never
 * passes over it in silence.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_seen_analyzer;

/* The kind as people read it (".jar"), or NULL for a path that is none of them. */
const char *sw_seen_find_kind(struct sw_str path);

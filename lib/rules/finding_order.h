/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of findings in every report: what to fix first stands first.
 */
#pragma once

#include "model/finding.h"

/* Known exploited before others, then fixable before unfixable, then the worse severity, then the
 * higher EPSS (none last), then by source name and id; <0, 0, >0. What still ties is told apart by
 * kind, advisory, feed, record and version, so that equal means the same finding and any sort
 * gives one order. */
int sw_finding_compare(const struct sw_finding *a, const struct sw_finding *b);

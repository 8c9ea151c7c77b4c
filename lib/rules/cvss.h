/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores from CVSS vectors, versions 2, 3.0, 3.1 and 4.0, after the specifications of FIRST. Called
 * once per advisory that brings a vector and no score.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/finding.h"

/* Longest possible vectors have under 250 bytes. */
#define SW_CVSS_VECTOR_MAX ((size_t)512)

/* The score of a vector, 0.0 to 10.0 with one decimal: of its base metrics, and of its threat
 * (temporal) and environmental ones where it has them. Severity after the version's own scale;
 * version 2 has no critical, and a score of 0 is negligible. Either out parameter may be NULL.
 * -EINVAL with a sentence when it is no vector: unknown, repeated or missing metrics, and in
 * version 4 metrics out of order. */
int sw_cvss_score(
    struct sw_str vector, double *ret_score, enum sw_severity *ret_severity, struct sw_err *err);

/* The severity of a score on the scale of versions 3 and 4; UNKNOWN below 0. */
enum sw_severity sw_cvss_severity(double score);

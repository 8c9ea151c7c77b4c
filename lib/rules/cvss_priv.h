/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the versions of CVSS share: a vector is a list of metrics with one value each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Version 4 has 32. */
#define SW_CVSS_METRICS_MAX 32

struct sw_cvss_metric {
    const char *name;
    const char *values; /* space separated; "-" is a place without a value */
    bool is_optional;
};

/* By metric, the index of its value among the metric's values; SW_CVSS_NONE where it has none. */
#define SW_CVSS_NONE (-1)
struct sw_cvss_values {
    int8_t v[SW_CVSS_METRICS_MAX];
};

/* Reads "AV:N/AC:L/..." (without the prefix). 0 or -EINVAL. */
int sw_cvss_parse_metrics(struct sw_str text, const struct sw_cvss_metric *metrics, size_t n,
    bool is_ordered, struct sw_cvss_values *ret, struct sw_err *err);

/* Score in tenths, 0..100, or -EINVAL. `text` follows the prefix. */
int sw_cvss_score_v2(struct sw_str text, struct sw_err *err);
int sw_cvss_score_v3(struct sw_str text, bool is_minor_1, struct sw_err *err);
int sw_cvss_score_v4(struct sw_str text, struct sw_err *err);

/* Tenths of the highest vector of a macro vector, or -1 when there is no such macro vector. */
#define SW_CVSS_EQ_N 6
int sw_cvss_v4_look_up(const int eq[SW_CVSS_EQ_N]);

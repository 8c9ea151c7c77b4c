/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads vectors and picks the version. The arithmetic is in the files of the versions.
 */
#include "rules/cvss.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "rules/cvss_priv.h"

static int find_metric(const struct sw_cvss_metric *metrics, size_t n, struct sw_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (sw_str_equal_z(name, metrics[i].name))
            return (int)i;
    }
    return -1;
}

/* "-" keeps a place in the list and is no value. */
static int find_value(const char *values, struct sw_str value)
{
    if (sw_str_equal_z(value, "-"))
        return -1;
    struct sw_str rest = sw_str_of(values);
    struct sw_str one;
    for (int i = 0; sw_str_next_token(&rest, ' ', &one); i++) {
        if (sw_str_equal(one, value))
            return i;
    }
    return -1;
}

int sw_cvss_parse_metrics(struct sw_str text, const struct sw_cvss_metric *metrics, size_t n,
    bool is_ordered, struct sw_cvss_values *ret, struct sw_err *err)
{
    struct sw_cvss_values values;
    memset(&values, SW_CVSS_NONE, sizeof(values));
    struct sw_str rest = text;
    struct sw_str part;
    int last = -1;
    while (sw_str_next_token(&rest, '/', &part)) {
        struct sw_str value = part;
        struct sw_str name;
        (void)sw_str_next_token(&value, ':', &name);
        int i = find_metric(metrics, n, name);
        int v = i < 0 ? -1 : find_value(metrics[i].values, value);
        if (v < 0)
            return sw_err_set(
                err, -EINVAL, "'%.*s' is not a metric of this CVSS version", SW_STR_ARG(part));
        if (values.v[i] != SW_CVSS_NONE)
            return sw_err_set(err, -EINVAL, "CVSS metric '%s' stands twice", metrics[i].name);
        if (is_ordered && i < last)
            return sw_err_set(err, -EINVAL, "CVSS metric '%s' out of order", metrics[i].name);
        values.v[i] = (int8_t)v;
        last = i;
    }
    for (size_t i = 0; i < n; i++) {
        if (!metrics[i].is_optional && values.v[i] == SW_CVSS_NONE)
            return sw_err_set(err, -EINVAL, "CVSS metric '%s' is missing", metrics[i].name);
    }
    *ret = values;
    return 0;
}

enum sw_severity sw_cvss_severity(double score)
{
    if (score >= 9.0)
        return SW_SEVERITY_CRITICAL;
    if (score >= 7.0)
        return SW_SEVERITY_HIGH;
    if (score >= 4.0)
        return SW_SEVERITY_MEDIUM;
    if (score > 0.0)
        return SW_SEVERITY_LOW;
    return score == 0.0 ? SW_SEVERITY_NEGLIGIBLE : SW_SEVERITY_UNKNOWN;
}

int sw_cvss_score(
    struct sw_str vector, double *ret_score, enum sw_severity *ret_severity, struct sw_err *err)
{
    static const struct sw_str v30 = SW_STR_INIT("CVSS:3.0/");
    static const struct sw_str v31 = SW_STR_INIT("CVSS:3.1/");
    static const struct sw_str v40 = SW_STR_INIT("CVSS:4.0/");
    vector = sw_str_trim(vector);
    if (vector.n > SW_CVSS_VECTOR_MAX)
        return sw_err_set(err, -EINVAL, "CVSS vector of %zu bytes", vector.n);
    bool is_v2 = false;
    int r;
    if (sw_str_starts_with(vector, v30) || sw_str_starts_with(vector, v31)) {
        r = sw_cvss_score_v3(sw_str_skip(vector, v31.n), sw_str_starts_with(vector, v31), err);
    } else if (sw_str_starts_with(vector, v40)) {
        r = sw_cvss_score_v4(sw_str_skip(vector, v40.n), err);
    } else if (sw_str_starts_with(vector, SW_STR("AV:"))) {
        is_v2 = true;
        r = sw_cvss_score_v2(vector, err);
    } else {
        r = sw_err_set(err, -EINVAL, "'%.*s' is no CVSS vector", SW_STR_ARG(vector));
    }
    if (r < 0)
        return r;
    double score = r / 10.0;
    enum sw_severity severity = sw_cvss_severity(score);
    if (is_v2 && severity == SW_SEVERITY_CRITICAL)
        severity = SW_SEVERITY_HIGH;
    if (ret_score != NULL)
        *ret_score = score;
    if (ret_severity != NULL)
        *ret_severity = severity;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS version 2 (FIRST, June 2007), section 3.2.
 */
#include <errno.h>

#include "base/mem.h"
#include "rules/cvss_priv.h"

enum { AV, AC, AU, C, I, A, E, RL, RC, CDP, TD, CR, IR, AR, N_METRICS };

static const struct sw_cvss_metric metrics[N_METRICS] = {
    [AV] = {"AV", "L A N", false},
    [AC] = {"AC", "H M L", false},
    [AU] = {"Au", "M S N", false},
    [C] = {"C", "N P C", false},
    [I] = {"I", "N P C", false},
    [A] = {"A", "N P C", false},
    [E] = {"E", "ND U POC F H", true},
    [RL] = {"RL", "ND OF TF W U", true},
    [RC] = {"RC", "ND UC UR C", true},
    [CDP] = {"CDP", "ND N L LM MH H", true},
    [TD] = {"TD", "ND N L M H", true},
    [CR] = {"CR", "ND L M H", true},
    [IR] = {"IR", "ND L M H", true},
    [AR] = {"AR", "ND L M H", true},
};

/* In the order of the values above. */
#define WEIGHTS_MAX 6
static const double weights[N_METRICS][WEIGHTS_MAX] = {
    [AV] = {0.395, 0.646, 1.0},
    [AC] = {0.35, 0.61, 0.71},
    [AU] = {0.45, 0.56, 0.704},
    [C] = {0.0, 0.275, 0.660},
    [I] = {0.0, 0.275, 0.660},
    [A] = {0.0, 0.275, 0.660},
    [E] = {1.0, 0.85, 0.90, 0.95, 1.0},
    [RL] = {1.0, 0.87, 0.90, 0.95, 1.0},
    [RC] = {1.0, 0.90, 0.95, 1.0},
    [CDP] = {0.0, 0.0, 0.1, 0.3, 0.4, 0.5},
    [TD] = {1.0, 0.0, 0.25, 0.75, 1.0},
    [CR] = {1.0, 0.5, 1.0, 1.51},
    [IR] = {1.0, 0.5, 1.0, 1.51},
    [AR] = {1.0, 0.5, 1.0, 1.51},
};

/* A metric that is not there weighs as "not defined", the first of its values. */
static double weigh(const struct sw_cvss_values *values, int metric)
{
    int v = values->v[metric];
    return weights[metric][v < 0 ? 0 : v];
}

/* Nearest tenth; the little more makes up for what binary fractions lose. */
static int round_tenths(double score)
{
    int tenths = (int)(score * 10 + 0.5 + 1e-9);
    return score <= 0 ? 0 : tenths > 100 ? 100 : tenths;
}

static int score_base(const struct sw_cvss_values *values, double impact)
{
    double exploitability = 20 * weigh(values, AV) * weigh(values, AC) * weigh(values, AU);
    if (impact <= 0)
        return 0;
    return round_tenths((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176);
}

static int score_temporal(const struct sw_cvss_values *values, int base)
{
    return round_tenths(base / 10.0 * weigh(values, E) * weigh(values, RL) * weigh(values, RC));
}

static double weigh_impact(const struct sw_cvss_values *values, double c, double i, double a)
{
    double left =
        (1 - weigh(values, C) * c) * (1 - weigh(values, I) * i) * (1 - weigh(values, A) * a);
    return 10.41 * (1 - left);
}

/* A group of optional metrics stands there as a whole or not at all: 1, 0 or -EINVAL. */
static int has_group(const struct sw_cvss_values *values, int first, int last, struct sw_err *err)
{
    int n = 0;
    for (int i = first; i <= last; i++)
        n += values->v[i] != SW_CVSS_NONE;
    if (n > 0 && n <= last - first)
        return sw_err_set(
            err, -EINVAL, "CVSS metrics from '%s' on are incomplete", metrics[first].name);
    return n > 0;
}

int sw_cvss_score_v2(struct sw_str text, struct sw_err *err)
{
    struct sw_cvss_values values;
    int r = sw_cvss_parse_metrics(text, metrics, N_METRICS, false, &values, err);
    if (r < 0)
        return r;
    int has_temporal = has_group(&values, E, RC, err);
    if (has_temporal < 0)
        return has_temporal;
    int has_environment = has_group(&values, CDP, AR, err);
    if (has_environment < 0)
        return has_environment;
    if (has_environment == 0) {
        int base = score_base(&values, weigh_impact(&values, 1, 1, 1));
        return has_temporal ? score_temporal(&values, base) : base;
    }
    double impact =
        weigh_impact(&values, weigh(&values, CR), weigh(&values, IR), weigh(&values, AR));
    int base = score_base(&values, impact > 10 ? 10 : impact);
    double temporal = score_temporal(&values, base) / 10.0;
    return round_tenths((temporal + (10 - temporal) * weigh(&values, CDP)) * weigh(&values, TD));
}

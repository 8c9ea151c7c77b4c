/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS versions 3.0 and 3.1 (FIRST, June 2019), section 7. They differ in the impact of modified
 * metrics when the scope changes, and in how the rounding is worded.
 */
#include <errno.h>

#include "base/mem.h"
#include "rules/cvss_priv.h"

enum {
    AV,
    AC,
    PR,
    UI,
    S,
    C,
    I,
    A,
    E,
    RL,
    RC,
    CR,
    IR,
    AR,
    MAV, /* the modified ones in the order of the base */
    MAC,
    MPR,
    MUI,
    MS,
    MC,
    MI,
    MA,
    N_METRICS
};

static const struct sw_cvss_metric metrics[N_METRICS] = {
    [AV] = {"AV", "N A L P", false},
    [AC] = {"AC", "L H", false},
    [PR] = {"PR", "N L H", false},
    [UI] = {"UI", "N R", false},
    [S] = {"S", "U C", false},
    [C] = {"C", "H L N", false},
    [I] = {"I", "H L N", false},
    [A] = {"A", "H L N", false},
    [E] = {"E", "X H F P U", true},
    [RL] = {"RL", "X U W T O", true},
    [RC] = {"RC", "X C R U", true},
    [CR] = {"CR", "X H M L", true},
    [IR] = {"IR", "X H M L", true},
    [AR] = {"AR", "X H M L", true},
    [MAV] = {"MAV", "X N A L P", true},
    [MAC] = {"MAC", "X L H", true},
    [MPR] = {"MPR", "X N L H", true},
    [MUI] = {"MUI", "X N R", true},
    [MS] = {"MS", "X U C", true},
    [MC] = {"MC", "X H L N", true},
    [MI] = {"MI", "X H L N", true},
    [MA] = {"MA", "X H L N", true},
};

/* In the order of the values above; the modified metrics use those of the base. */
#define WEIGHTS_MAX 5
static const double weights[MAV][WEIGHTS_MAX] = {
    [AV] = {0.85, 0.62, 0.55, 0.2},
    [AC] = {0.77, 0.44},
    [PR] = {0.85, 0.62, 0.27},
    [UI] = {0.85, 0.62},
    [C] = {0.56, 0.22, 0.0},
    [I] = {0.56, 0.22, 0.0},
    [A] = {0.56, 0.22, 0.0},
    [E] = {1.0, 1.0, 0.97, 0.94, 0.91},
    [RL] = {1.0, 1.0, 0.97, 0.96, 0.95},
    [RC] = {1.0, 1.0, 0.96, 0.92},
    [CR] = {1.0, 1.5, 1.0, 0.5},
    [IR] = {1.0, 1.5, 1.0, 0.5},
    [AR] = {1.0, 1.5, 1.0, 0.5},
};
/* Privileges weigh less against the attacker when the scope changes. */
static const double changed_privileges[] = {0.85, 0.68, 0.5};

static double weigh(const struct sw_cvss_values *values, int metric)
{
    int v = values->v[metric];
    return weights[metric][v < 0 ? 0 : v];
}

static double raise_to(double x, int power)
{
    double product = 1;
    for (int i = 0; i < power; i++)
        product *= x;
    return product;
}

/* The next tenth up, after appendix A of 3.1: to five decimals first, so that 4.000001, which is
 * only how 4.0 came out, stays 4.0. */
static int round_up_tenths(double score)
{
    long parts = (long)(score * 100000 + 0.5);
    return (int)(parts % 10000 == 0 ? parts / 10000 : parts / 10000 + 1);
}

static int score_exposure(const struct sw_cvss_values *values, double impact)
{
    bool is_changed = values->v[S] == 1;
    double privileges = is_changed ? changed_privileges[values->v[PR]] : weights[PR][values->v[PR]];
    double exploitability =
        8.22 * weigh(values, AV) * weigh(values, AC) * privileges * weigh(values, UI);
    if (impact <= 0)
        return 0;
    double score = (impact + exploitability) * (is_changed ? 1.08 : 1.0);
    return round_up_tenths(score > 10 ? 10 : score);
}

static int score_temporal(const struct sw_cvss_values *values, int tenths)
{
    return round_up_tenths(
        tenths / 10.0 * weigh(values, E) * weigh(values, RL) * weigh(values, RC));
}

static int score_base(const struct sw_cvss_values *values)
{
    double loss = 1 - (1 - weigh(values, C)) * (1 - weigh(values, I)) * (1 - weigh(values, A));
    double impact = 6.42 * loss;
    if (values->v[S] == 1)
        impact = 7.52 * (loss - 0.029) - 3.25 * raise_to(loss - 0.02, 15);
    return score_exposure(values, impact);
}

static int score_environment(const struct sw_cvss_values *values, bool is_minor_1)
{
    /* The modified metrics take the place of the base's; "X", their first value, does not. */
    struct sw_cvss_values modified = *values;
    for (int i = MAV; i <= MA; i++) {
        if (values->v[i] > 0)
            modified.v[i - MAV] = (int8_t)(values->v[i] - 1);
    }
    double loss = 1 - (1 - weigh(values, CR) * weigh(&modified, C)) *
                          (1 - weigh(values, IR) * weigh(&modified, I)) *
                          (1 - weigh(values, AR) * weigh(&modified, A));
    if (loss > 0.915)
        loss = 0.915;
    double impact = 6.42 * loss;
    if (modified.v[S] == 1) {
        double bend = is_minor_1 ? raise_to(loss * 0.9731 - 0.02, 13) : raise_to(loss - 0.02, 15);
        impact = 7.52 * (loss - 0.029) - 3.25 * bend;
    }
    return score_temporal(values, score_exposure(&modified, impact));
}

int sw_cvss_score_v3(struct sw_str text, bool is_minor_1, struct sw_err *err)
{
    struct sw_cvss_values values;
    int r = sw_cvss_parse_metrics(text, metrics, N_METRICS, false, &values, err);
    if (r < 0)
        return r;
    for (int i = CR; i < N_METRICS; i++) {
        if (values.v[i] > 0)
            return score_environment(&values, is_minor_1);
    }
    return score_temporal(&values, score_base(&values));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS version 4.0 (FIRST, November 2023), section 8. All vectors fall into 270 macro vectors, told
 * apart by six equivalence classes (EQ), each with the score of its most severe vector. A vector's
 * own score lies below that by its distance from the most severe one, in proportion to the way to
 * the next lower macro vector, averaged over the classes.
 */
#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "rules/cvss_priv.h"

enum {
    AV,
    AC,
    AT,
    PR,
    UI,
    VC,
    VI,
    VA,
    SC,
    SI,
    SA,
    E,
    CR,
    IR,
    AR,
    MAV, /* the modified ones in the order of the base */
    MAC,
    MAT,
    MPR,
    MUI,
    MVC,
    MVI,
    MVA,
    MSC,
    MSI,
    MSA,
    S, /* the supplemental ones do not count */
    AU,
    R,
    V,
    RE,
    U,
    N_METRICS
};

/* Values of a metric stand in the order of severity, the most severe first: an index is a distance.
 * SC, SI and SA have a place for "safety", which only their modified forms can name. */
static const struct sw_cvss_metric metrics[N_METRICS] = {
    [AV] = {"AV", "N A L P", false},
    [AC] = {"AC", "L H", false},
    [AT] = {"AT", "N P", false},
    [PR] = {"PR", "N L H", false},
    [UI] = {"UI", "N P A", false},
    [VC] = {"VC", "H L N", false},
    [VI] = {"VI", "H L N", false},
    [VA] = {"VA", "H L N", false},
    [SC] = {"SC", "- H L N", false},
    [SI] = {"SI", "- H L N", false},
    [SA] = {"SA", "- H L N", false},
    [E] = {"E", "X A P U", true},
    [CR] = {"CR", "X H M L", true},
    [IR] = {"IR", "X H M L", true},
    [AR] = {"AR", "X H M L", true},
    [MAV] = {"MAV", "X N A L P", true},
    [MAC] = {"MAC", "X L H", true},
    [MAT] = {"MAT", "X N P", true},
    [MPR] = {"MPR", "X N L H", true},
    [MUI] = {"MUI", "X N P A", true},
    [MVC] = {"MVC", "X H L N", true},
    [MVI] = {"MVI", "X H L N", true},
    [MVA] = {"MVA", "X H L N", true},
    [MSC] = {"MSC", "X - H L N", true},
    [MSI] = {"MSI", "X S H L N", true},
    [MSA] = {"MSA", "X S H L N", true},
    [S] = {"S", "X N P", true},
    [AU] = {"AU", "X N Y", true},
    [R] = {"R", "X A U I", true},
    [V] = {"V", "X D C", true},
    [RE] = {"RE", "X L M H", true},
    [U] = {"U", "X Clear Green Amber Red", true},
};
static_assert(N_METRICS <= SW_CVSS_METRICS_MAX, "room for all metrics");

enum { EQ1, EQ2, EQ3, EQ4, EQ5, EQ6 };

/* Distances in force by metric AV..AR: modified values for those of the base, and what is not
 * defined at its worst. */
static void settle(const struct sw_cvss_values *values, int d[MAV])
{
    for (int i = AV; i <= SA; i++) {
        int modified = values->v[MAV + i];
        d[i] = modified > 0 ? modified - 1 : values->v[i];
    }
    for (int i = E; i <= AR; i++)
        d[i] = values->v[i] > 0 ? values->v[i] - 1 : 0;
}

static void classify(const int d[MAV], int eq[SW_CVSS_EQ_N])
{
    bool is_any_easy = d[AV] == 0 || d[PR] == 0 || d[UI] == 0;
    bool is_all_easy = d[AV] == 0 && d[PR] == 0 && d[UI] == 0;
    eq[EQ1] = is_all_easy ? 0 : is_any_easy && d[AV] != 3 ? 1 : 2;
    eq[EQ2] = d[AC] == 0 && d[AT] == 0 ? 0 : 1;
    eq[EQ3] = d[VC] == 0 && d[VI] == 0 ? 0 : d[VC] == 0 || d[VI] == 0 || d[VA] == 0 ? 1 : 2;
    eq[EQ4] = d[SI] == 0 || d[SA] == 0 ? 0 : d[SC] == 1 || d[SI] == 1 || d[SA] == 1 ? 1 : 2;
    eq[EQ5] = d[E];
    bool is_required =
        (d[CR] == 0 && d[VC] == 0) || (d[IR] == 0 && d[VI] == 0) || (d[AR] == 0 && d[VA] == 0);
    eq[EQ6] = is_required ? 0 : 1;
}

/* Score of the macro vector next below in one class, or -1. */
static int look_up_below(const int eq[SW_CVSS_EQ_N], int which)
{
    int below[SW_CVSS_EQ_N];
    for (int i = 0; i < SW_CVSS_EQ_N; i++)
        below[i] = eq[i];
    below[which]++;
    return sw_cvss_v4_look_up(below);
}

/* EQ3 and EQ6 go together: where both can sink, the smaller step counts. */
static int look_up_below_impact(const int eq[SW_CVSS_EQ_N])
{
    if (eq[EQ6] == 1)
        return look_up_below(eq, EQ3);
    int right = look_up_below(eq, EQ6);
    if (eq[EQ3] == 1)
        return right;
    int left = look_up_below(eq, EQ3);
    return left > right ? left : right;
}

/* The most severe vectors of a class: distances of some metrics from the top. */
#define PEAK_MAX 6
struct peak {
    int group; /* which value of the class */
    int d[PEAK_MAX];
};

static const int eq1_metrics[] = {AV, PR, UI};
static const struct peak eq1_peaks[] = {
    {0, {0, 0, 0}},
    {1, {1, 0, 0}},
    {1, {0, 1, 0}},
    {1, {0, 0, 1}},
    {2, {3, 0, 0}},
    {2, {1, 1, 1}},
};
static const int eq2_metrics[] = {AC, AT};
static const struct peak eq2_peaks[] = {
    {0, {0, 0}},
    {1, {1, 0}},
    {1, {0, 1}},
};
static const int eq36_metrics[] = {VC, VI, VA, CR, IR, AR};
/* Group: EQ3 times two plus EQ6. */
static const struct peak eq36_peaks[] = {
    {0, {0, 0, 0, 0, 0, 0}},
    {1, {0, 0, 1, 1, 1, 0}},
    {1, {0, 0, 0, 1, 1, 1}},
    {2, {1, 0, 0, 0, 0, 0}},
    {2, {0, 1, 0, 0, 0, 0}},
    {3, {1, 0, 1, 0, 1, 0}},
    {3, {1, 0, 0, 0, 1, 1}},
    {3, {0, 1, 0, 1, 0, 1}},
    {3, {0, 1, 1, 1, 0, 0}},
    {3, {1, 1, 0, 0, 0, 1}},
    {5, {1, 1, 1, 0, 0, 0}},
};
static const int eq4_metrics[] = {SC, SI, SA};
static const struct peak eq4_peaks[] = {
    {0, {1, 0, 0}},
    {1, {1, 1, 1}},
    {2, {2, 2, 2}},
};

/* How far a vector can lie from the peak, by group. */
static const int eq1_depth[] = {1, 4, 5};
static const int eq2_depth[] = {1, 2};
static const int eq36_depth[] = {7, 6, 8, 8, 0, 10};
static const int eq4_depth[] = {6, 5, 4};

static const struct class
{
    const int *metrics;
    size_t n_metrics;
    const struct peak *peaks;
    size_t n_peaks;
    const int *depth;
} classes[] = {
#define CLASS(name)                                                                                \
    {                                                                                              \
        name##_metrics, SW_ARRAY_SIZE(name##_metrics), name##_peaks, SW_ARRAY_SIZE(name##_peaks),  \
            name##_depth                                                                           \
    }
    CLASS(eq1),
    CLASS(eq2),
    CLASS(eq36),
    CLASS(eq4),
};

/* Steps from the first peak of the group that is nowhere below the vector. */
static int measure(const struct class *class, int group, const int d[MAV])
{
    for (size_t i = 0; i < class->n_peaks; i++) {
        int steps = 0;
        bool is_reached = class->peaks[i].group == group;
        for (size_t j = 0; j < class->n_metrics && is_reached; j++) {
            int distance = d[class->metrics[j]] - class->peaks[i].d[j];
            is_reached = distance >= 0;
            steps += distance;
        }
        if (is_reached)
            return steps;
    }
    return 0;
}

static bool has_impact(const int d[MAV])
{
    return d[VC] != 2 || d[VI] != 2 || d[VA] != 2 || d[SC] != 3 || d[SI] != 3 || d[SA] != 3;
}

int sw_cvss_score_v4(struct sw_str text, struct sw_err *err)
{
    struct sw_cvss_values values;
    int r = sw_cvss_parse_metrics(text, metrics, N_METRICS, true, &values, err);
    if (r < 0)
        return r;
    int d[MAV];
    int eq[SW_CVSS_EQ_N];
    settle(&values, d);
    if (!has_impact(d))
        return 0;
    classify(d, eq);
    int top = sw_cvss_v4_look_up(eq);
    const int below[] = {look_up_below(eq, EQ1), look_up_below(eq, EQ2), look_up_below_impact(eq),
        look_up_below(eq, EQ4), look_up_below(eq, EQ5)};
    const int groups[] = {eq[EQ1], eq[EQ2], eq[EQ3] * 2 + eq[EQ6], eq[EQ4]};
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(below); i++) {
        if (below[i] < 0)
            continue;
        n++;
        /* EQ5 has one metric: a vector is always at its peak. */
        if (i < SW_ARRAY_SIZE(classes))
            sum += (double)(top - below[i]) * measure(&classes[i], groups[i], d) /
                   classes[i].depth[groups[i]];
    }
    double tenths = n > 0 ? top - sum / n : top;
    /* To the nearest; the little more makes up for what binary fractions lose. */
    return tenths <= 0 ? 0 : (int)(tenths + 0.5 + 1e-5);
}

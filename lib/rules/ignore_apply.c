/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report's findings through the rules: what is ignored is moved aside, what has expired is noted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "rules/ignore.h"
#include "rules/ignore_priv.h"

#define NO_RULE SIZE_MAX

/* A rule whose date has passed, and what came back because of it. */
struct late {
    size_t rule;
    struct sw_str first; /* the finding's id */
    size_t n;
};

/* A package of the finding at hand and the rule that ignores it there. */
struct place {
    size_t rule;
    size_t package;
    size_t at;
};

struct work {
    const struct sw_ignore_rules *rules;
    struct sw_ignore_use *use;
    struct sw_report *report;
    struct sw_str today;
    struct place *places; /* of one finding; owned */
    size_t capacity;
    SW_VEC(struct sw_finding) kept;
    SW_VEC(struct late) late;
};

int sw_ignore_use_init(
    struct sw_ignore_use *use, const struct sw_ignore_rules *rules, struct sw_region *region)
{
    use->is_used = sw_region_array(region, rules->n + 1, sizeof(*use->is_used));
    use->late = sw_region_array(region, rules->n + 1, sizeof(*use->late));
    return use->is_used != NULL && use->late != NULL ? 0 : -ENOMEM;
}

static int take_late(struct work *w, const struct sw_finding *finding, size_t rule)
{
    if (w->use->late[rule] > 0) {
        w->late.v[w->use->late[rule] - 1].n++;
        return 0;
    }
    struct late late = {.rule = rule, .first = finding->id, .n = 1};
    int r = sw_vec_push(&w->late, late, SW_IGNORE_RULES_MAX);
    if (r == 0)
        w->use->late[rule] = (uint32_t)w->late.n;
    return r;
}

/* Which rule ignores the finding in this package; NO_RULE: none. */
static size_t ask(
    struct work *w, const struct sw_finding *finding, size_t package, size_t *ret_late)
{
    struct sw_ignore_verdict verdict;
    if (!sw_ignore_match(w->rules, w->report, finding, package, w->today, &verdict))
        return NO_RULE;
    w->use->is_used[verdict.rule] = 1;
    if (!verdict.is_expired)
        return verdict.rule;
    *ret_late = verdict.rule;
    return NO_RULE;
}

static int set_aside(struct work *w, const struct sw_finding *finding, size_t index)
{
    const struct sw_ignore_rule *rule = &w->rules->v[index];
    struct sw_region *region = w->report->region;
    struct sw_ignored ignored = {.finding = *finding};
    struct sw_str status = rule->status.n > 0 ? rule->status : SW_STR("ignored");
    const struct sw_ignored *before =
        w->report->ignored.n > 0 ? &w->report->ignored.v[w->report->ignored.n - 1] : NULL;
    if (sw_region_copy_shared(
            region, rule->origin, before != NULL ? &before->origin : NULL, &ignored.origin) < 0 ||
        sw_region_copy_shared(
            region, rule->reason, before != NULL ? &before->reason : NULL, &ignored.reason) < 0 ||
        sw_region_copy_shared(
            region, rule->until, before != NULL ? &before->until : NULL, &ignored.until) < 0 ||
        sw_region_copy_shared(
            region, status, before != NULL ? &before->status : NULL, &ignored.status) < 0)
        return -ENOMEM;
    return sw_vec_push(&w->report->ignored, ignored, SW_REPORT_FINDINGS_MAX);
}

static int put(struct work *w, const struct sw_finding *finding, size_t rule)
{
    return rule == NO_RULE ? sw_vec_push(&w->kept, *finding, SW_REPORT_FINDINGS_MAX)
                           : set_aside(w, finding, rule);
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The packages of each rule (and those of none) as a finding of their own. */
static int divide(struct work *w, const struct sw_finding *finding)
{
    size_t n = finding->n_packages;
    qsort(w->places, n, sizeof(*w->places), compare_places);
    for (size_t from = 0, to = 0; from < n; from = to) {
        struct sw_finding part = *finding;
        while (to < n && w->places[to].rule == w->places[from].rule)
            to++;
        part.n_packages = to - from;
        part.packages = sw_region_array(w->report->region, to - from, sizeof(*part.packages));
        if (part.packages == NULL)
            return -ENOMEM;
        for (size_t i = from; i < to; i++)
            part.packages[i - from] = w->places[i].package;
        int r = put(w, &part, w->places[from].rule);
        if (r < 0)
            return r;
    }
    return 0;
}

static int reserve(struct work *w, size_t n)
{
    if (n <= w->capacity)
        return 0;
    struct place *places = sw_mem_resize(w->places, n, sizeof(*places));
    if (places == NULL)
        return -ENOMEM;
    w->places = places;
    w->capacity = n;
    return 0;
}

static int take_finding(struct work *w, const struct sw_finding *finding)
{
    size_t n = finding->n_packages > 0 ? finding->n_packages : 1;
    size_t late = NO_RULE;
    bool is_one = true;
    int r = reserve(w, n);
    for (size_t i = 0; i < n && r == 0; i++) {
        size_t package = finding->n_packages > 0 ? finding->packages[i] : SW_IGNORE_NO_PACKAGE;
        size_t rule = ask(w, finding, package, &late);
        w->places[i] = (struct place){.rule = rule, .package = package, .at = i};
        is_one = is_one && rule == w->places[0].rule;
    }
    if (r == 0 && late != NO_RULE)
        r = take_late(w, finding, late);
    if (r < 0)
        return r;
    return is_one ? put(w, finding, w->places[0].rule) : divide(w, finding);
}

static int note_late(struct work *w)
{
    SW_VEC_EACH (late, &w->late) {
        const struct sw_ignore_rule *rule = &w->rules->v[late->rule];
        w->use->late[late->rule] = 0;
        char more[48] = "";
        if (late->n > 1)
            snprintf(more, sizeof(more), " and %zu more", late->n - 1);
        int r = sw_report_note(w->report, SW_NOTE_INFO, SW_STR_NONE,
            "%.*s%s ignored until %.*s in %.*s: the date has passed",
            SW_STR_ARG(sw_str_part(late->first, 0, 128)), more, SW_STR_ARG(rule->until),
            SW_STR_ARG(sw_str_part(rule->origin, 0, 512)));
        if (r < 0)
            return r;
    }
    w->report->n_ignore_expired += w->late.n;
    return 0;
}

static int apply(struct work *w)
{
    int r = 0;
    for (size_t i = 0; i < w->report->findings.n && r == 0; i++)
        r = take_finding(w, &w->report->findings.v[i]);
    if (r == 0)
        r = note_late(w);
    if (r < 0)
        return r;
    /* Never more than there were: what is divided keeps one part at most. */
    for (size_t i = 0; i < w->kept.n; i++)
        w->report->findings.v[i] = w->kept.v[i];
    w->report->findings.n = w->kept.n;
    return 0;
}

int sw_ignore_apply(const struct sw_ignore_rules *rules, struct sw_ignore_use *use,
    struct sw_report *report, struct sw_str today, struct sw_err *err)
{
    if (rules->n == 0)
        return 0;
    struct work w = {.rules = rules, .use = use, .report = report, .today = today};
    int r = apply(&w);
    sw_mem_free(w.places);
    sw_vec_done(&w.kept);
    sw_vec_done(&w.late);
    if (r < 0)
        return sw_err_set(err, r, r == -EFBIG ? "too many findings" : "out of memory");
    return 0;
}

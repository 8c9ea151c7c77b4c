/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the halves of the compiler of secret rules share.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"
#include "rules/secret_rule.h"

/* How Vectorscan looks for a rule. */
enum secret_way {
    SECRET_BY_REGEX,     /* the expression itself */
    SECRET_BY_PREFILTER, /* what it makes of it: more hits, none missing */
    SECRET_BY_KEYWORDS,
    SECRET_BY_PATH, /* not at all */
};

struct secret_plan {
    size_t rule; /* index */
    enum secret_way way;
    uint32_t back;
    char *pattern; /* owned; NULL for SECRET_BY_PATH */
    bool is_unicode;
};

struct secret_plans {
    struct secret_plan *v; /* SW_VEC's shape */
    size_t n;
    size_t capacity;
};

void secret_plans_done(struct secret_plans *plans);

/* secret_plan.c: checks each rule and chooses its way; rules that cannot be honoured are refused
 * and get no plan. */
int secret_plan_rules(
    struct sw_secret_rules *rules, struct secret_plans *plans, struct sw_err *err);

/* The way after the present one, when Vectorscan refused that: 1; 0 when none is left. */
int secret_plan_demote(const struct sw_secret_rule *rule, struct secret_plan *plan);

/* secret_database.c: all patterns as a database, ids being indices of plans; plans that turn out
 * impossible are removed and their rules refused. Empty when there is no pattern. */
int secret_build_database(struct sw_secret_rules *rules, struct secret_plans *plans,
    struct sw_buf *ret, struct sw_err *err);
/* Whether Vectorscan takes a pattern, and how long its matches are (UINT32_MAX: any length). */
int secret_check_pattern(const struct secret_plan *plan, uint32_t *ret_min, uint32_t *ret_max,
    char *ret_reason, size_t n_reason);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For each rule: is it sound, and how is it looked for.
 */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "rules/expression.h"
#include "rules/secret_compile_priv.h"
#include "rules/secret_image.h"

/* A rule that is looked for by its keywords matches exactly within this much before one. */
enum { KEYWORD_BACK = 2048 };
enum { REASON_MAX = 300 };

void secret_plans_done(struct secret_plans *plans)
{
    for (size_t i = 0; i < plans->n; i++)
        sw_mem_free(plans->v[i].pattern);
    sw_vec_done(plans);
}

static int check_expression(struct sw_secret_rules *rules, struct sw_secret_rule *rule,
    struct sw_str text, const char *what, size_t *ret_n_groups)
{
    SW_CLEANUP(sw_expression_freep) struct sw_expression *expression = NULL;
    struct sw_err err = {0};
    int r = sw_expression_new(text, &expression, &err);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return sw_secret_rules_refuse(rules, rule, rule != NULL, "%s: %s", what, err.message);
    if (ret_n_groups != NULL)
        *ret_n_groups = sw_expression_n_groups(expression);
    return 0;
}

static int check_list(struct sw_secret_rules *rules, struct sw_secret_rule *rule,
    const struct sw_secret_list *list, const char *what)
{
    for (size_t i = 0; i < list->n; i++) {
        if (rule != NULL && rule->is_refused)
            return 0;
        int r = check_expression(rules, rule, list->v[i], what, NULL);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_allow(
    struct sw_secret_rules *rules, struct sw_secret_rule *rule, const struct sw_secret_allow *allow)
{
    int r = check_list(rules, rule, &allow->paths, "a path of its allow list");
    return r == 0 ? check_list(rules, rule, &allow->regexes, "a regex of its allow list") : r;
}

static int check_rule(struct sw_secret_rules *rules, struct sw_secret_rule *rule)
{
    size_t n_groups = 0;
    int r = 0;
    if (rule->regex.n > 0)
        r = check_expression(rules, rule, rule->regex, "regex", &n_groups);
    if (r == 0 && !rule->is_refused && rule->path.n > 0)
        r = check_expression(rules, rule, rule->path, "path", NULL);
    if (r == 0 && !rule->is_refused && rule->group > n_groups)
        r = sw_secret_rules_refuse(rules, rule, true,
            "secretGroup is %zu, but the regex has %zu groups", rule->group, n_groups);
    for (size_t i = 0; r == 0 && !rule->is_refused && i < rule->allows.n; i++)
        r = check_allow(rules, rule, &rule->allows.v[i]);
    return r;
}

static int make_regex_pattern(const struct sw_secret_rule *rule, struct secret_plan *plan)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_EXPRESSION_TEXT_MAX * 8);
    int r = sw_expression_translate(rule->regex, &buf, &plan->is_unicode, NULL);
    if (r < 0)
        return r;
    plan->pattern = SW_TAKE(buf.p);
    return 0;
}

static int make_keyword_pattern(const struct sw_secret_rule *rule, struct secret_plan *plan)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_SECRET_IMAGE_BYTES_MAX);
    int r = 0;
    for (size_t i = 0; r == 0 && i < rule->keywords.n; i++) {
        struct sw_str keyword = rule->keywords.v[i];
        if (i > 0)
            r = sw_buf_append_char(&buf, '|');
        for (size_t k = 0; r == 0 && k < keyword.n; k++)
            r = sw_buf_printf(&buf, "\\x%02x", (unsigned char)keyword.p[k]);
    }
    if (r < 0)
        return r;
    sw_mem_free(plan->pattern);
    plan->pattern = SW_TAKE(buf.p);
    plan->back = KEYWORD_BACK;
    return 0;
}

int secret_plan_demote(const struct sw_secret_rule *rule, struct secret_plan *plan)
{
    if (plan->way == SECRET_BY_REGEX) {
        plan->way = SECRET_BY_PREFILTER;
        return 1;
    }
    if (plan->way != SECRET_BY_PREFILTER || rule->keywords.n == 0)
        return 0;
    plan->way = SECRET_BY_KEYWORDS;
    int r = make_keyword_pattern(rule, plan);
    return r < 0 ? r : 1;
}

/* 1 when the way holds, 0 when the rule had to be refused. */
static int choose_way(
    struct sw_secret_rules *rules, struct sw_secret_rule *rule, struct secret_plan *plan)
{
    char reason[REASON_MAX] = "it speaks of characters beyond ASCII";
    int r = 1;
    /* Vectorscan would want all text to be UTF-8 for that; ours is any bytes. */
    if (plan->is_unicode)
        plan->way = SECRET_BY_PREFILTER;
    bool is_tried = !plan->is_unicode;
    for (;;) {
        uint32_t min = 0;
        uint32_t max = 0;
        r = is_tried ? secret_check_pattern(plan, &min, &max, reason, sizeof(reason)) : -EINVAL;
        if (r == 0 && min == 0) {
            r = sw_secret_rules_refuse(rules, rule, true, "regex matches the empty text");
            return r < 0 ? r : 0;
        }
        if (r == 0) {
            if (plan->way != SECRET_BY_KEYWORDS)
                plan->back = max < SW_SECRET_BACK_MAX ? max : SW_SECRET_BACK_MAX;
            return 1;
        }
        if (r == -ENOMEM)
            return r;
        r = secret_plan_demote(rule, plan);
        if (r < 0)
            return r;
        if (r == 0) {
            r = sw_secret_rules_refuse(rules, rule, true,
                "regex cannot be looked for in a stream (%s), and it has no keywords", reason);
            return r < 0 ? r : 0;
        }
        is_tried = true;
    }
}

static int plan_rule(struct sw_secret_rules *rules, size_t index, struct secret_plans *plans)
{
    struct sw_secret_rule *rule = &rules->rules.v[index];
    struct secret_plan plan = {.rule = index, .way = SECRET_BY_PATH};
    int r = check_rule(rules, rule);
    if (r < 0 || rule->is_refused)
        return r;
    if (rule->regex.n > 0) {
        plan.way = SECRET_BY_REGEX;
        r = make_regex_pattern(rule, &plan);
        if (r == 0)
            r = choose_way(rules, rule, &plan);
        if (r <= 0) {
            sw_mem_free(plan.pattern);
            return r;
        }
    }
    r = sw_vec_push(plans, plan, SW_SECRET_RULES_MAX);
    if (r < 0)
        sw_mem_free(plan.pattern);
    return r;
}

/* Global allow lists that are broken would let findings pass that they should not: all or none. */
static int check_common(struct sw_secret_rules *rules, struct sw_err *err)
{
    size_t n_before = rules->refusals.n;
    SW_VEC_EACH (allow, &rules->allows) {
        int r = check_allow(rules, NULL, allow);
        if (r < 0)
            return r;
    }
    if (rules->refusals.n > n_before)
        return sw_err_set(
            err, -EINVAL, "allow list for all rules: %s", rules->refusals.v[n_before].reason);
    return 0;
}

/* An allow list for a rule that is nowhere in the set does nothing: said, as it may be a slip. */
static int check_targets(struct sw_secret_rules *rules)
{
    SW_VEC_EACH (allow, &rules->allows) {
        for (size_t i = 0; i < allow->rules.n; i++) {
            if (sw_secret_rules_find(rules, allow->rules.v[i]) != NULL)
                continue;
            int r = sw_secret_rules_refuse(rules, NULL, false,
                "allow list for '%.*s', a rule that is not there", SW_STR_ARG(allow->rules.v[i]));
            if (r < 0)
                return r;
        }
    }
    return 0;
}

int secret_plan_rules(struct sw_secret_rules *rules, struct secret_plans *plans, struct sw_err *err)
{
    int r = check_common(rules, err);
    if (r == 0)
        r = check_targets(rules);
    for (size_t i = 0; r == 0 && i < rules->rules.n; i++)
        if (!rules->rules.v[i].is_refused)
            r = plan_rule(rules, i, plans);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of secret rules: loading, and merging a file with what it extends.
 */
#include "rules/secret_rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "rules/secret_rule_priv.h"

void secret_rule_done(struct sw_secret_rule *rule)
{
    sw_vec_done(&rule->allows);
}

void sw_secret_rules_init(struct sw_secret_rules *rules, struct sw_region *region)
{
    *rules = (struct sw_secret_rules){.region = region};
}

void sw_secret_rules_done(struct sw_secret_rules *rules)
{
    SW_VEC_EACH (rule, &rules->rules)
        secret_rule_done(rule);
    sw_vec_done(&rules->rules);
    sw_vec_done(&rules->allows);
    sw_vec_done(&rules->refusals);
}

struct sw_secret_rule *sw_secret_rules_find(const struct sw_secret_rules *rules, struct sw_str id)
{
    SW_VEC_EACH (rule, &rules->rules)
        if (sw_str_equal(rule->id, id) && !rule->is_refused)
            return rule;
    return NULL;
}

int sw_secret_rules_refuse(struct sw_secret_rules *rules, struct sw_secret_rule *rule,
    bool is_whole, const char *format, ...)
{
    char reason[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    struct sw_secret_refusal refusal = {
        .rule = rule != NULL ? rule->id : SW_STR_NONE,
        .origin = rule != NULL ? rule->origin : "",
        .line = rule != NULL ? rule->line : 0,
        .reason = sw_region_strdup(rules->region, sw_str_of(reason)),
        .is_whole = is_whole,
    };
    if (refusal.reason == NULL)
        return -ENOMEM;
    if (rule != NULL && is_whole)
        rule->is_refused = true;
    int r = sw_vec_push(&rules->refusals, refusal, SW_SECRET_REFUSALS_MAX);
    return r == -EFBIG ? 0 : r;
}

static int join_lists(
    struct sw_region *region, struct sw_secret_list *list, const struct sw_secret_list *more)
{
    if (more->n == 0)
        return 0;
    struct sw_secret_list joined = {
        .v = sw_region_array(region, list->n + more->n, sizeof(*joined.v))};
    if (joined.v == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < list->n; i++)
        joined.v[joined.n++] = list->v[i];
    for (size_t i = 0; i < more->n; i++)
        joined.v[joined.n++] = more->v[i];
    *list = joined;
    return 0;
}

/* What the extending rule leaves open comes from the extended one; lists are joined. */
static int inherit(
    struct sw_region *region, struct sw_secret_rule *rule, const struct sw_secret_rule *base)
{
    if (rule->description.n == 0)
        rule->description = base->description;
    if (rule->regex.n == 0)
        rule->regex = base->regex;
    if (rule->path.n == 0)
        rule->path = base->path;
    if (rule->group == 0)
        rule->group = base->group;
    if (rule->entropy <= 0)
        rule->entropy = base->entropy;
    if (rule->severity == SW_SEVERITY_UNKNOWN)
        rule->severity = base->severity;
    if (rule->checksum == SW_SECRET_CHECKSUM_NONE)
        rule->checksum = base->checksum;
    int r = join_lists(region, &rule->keywords, &base->keywords);
    if (r == 0)
        r = join_lists(region, &rule->tags, &base->tags);
    for (size_t i = 0; r == 0 && i < base->allows.n; i++)
        r = sw_vec_push(&rule->allows, base->allows.v[i], SW_SECRET_ALLOWS_MAX);
    return r;
}

static bool is_in(const struct sw_secret_list *list, struct sw_str s)
{
    for (size_t i = 0; i < list->n; i++)
        if (sw_str_equal(list->v[i], s))
            return true;
    return false;
}

/* Moves a rule over, its list with it. */
static int move_rule(struct sw_secret_rules *to, struct sw_secret_rule *rule)
{
    int r = sw_vec_push(&to->rules, *rule, SW_SECRET_RULES_MAX);
    if (r == 0)
        memset(&rule->allows, 0, sizeof(rule->allows));
    return r;
}

static int merge_base(struct secret_file *file, struct sw_secret_rules *base)
{
    struct sw_secret_rules *rules = file->rules;
    for (size_t i = 0; i < base->rules.n; i++) {
        struct sw_secret_rule *theirs = &base->rules.v[i];
        if (theirs->is_refused || is_in(&file->disabled, theirs->id))
            continue;
        struct sw_secret_rule *ours = sw_secret_rules_find(rules, theirs->id);
        int r = ours != NULL ? inherit(rules->region, ours, theirs) : move_rule(rules, theirs);
        if (r < 0)
            return r;
    }
    SW_VEC_EACH (allow, &base->allows) {
        int r = sw_vec_push(&rules->allows, *allow, SW_SECRET_ALLOWS_MAX);
        if (r < 0)
            return r;
    }
    SW_VEC_EACH (refusal, &base->refusals) {
        int r = sw_vec_push(&rules->refusals, *refusal, SW_SECRET_REFUSALS_MAX);
        if (r < 0 && r != -EFBIG)
            return r;
    }
    return 0;
}

static int extend(struct secret_file *file, const struct sw_secret_loader *loader)
{
    struct sw_str path = file->extend_path;
    if (loader == NULL || loader->load == NULL)
        return sw_err_set(file->err, -EINVAL, "%s: 'extend' is not possible here", file->origin);
    if (loader->depth >= SW_SECRET_EXTEND_MAX)
        return sw_err_set(file->err, -EINVAL, "%s: files extend one another more than %d deep",
            file->origin, SW_SECRET_EXTEND_MAX);
    struct sw_secret_loader deeper = *loader;
    deeper.depth++;
    struct sw_secret_rules base;
    sw_secret_rules_init(&base, file->rules->region);
    int r = loader->load(&deeper, path, &base, file->err);
    if (r < 0)
        sw_err_wrap(file->err, r, "%s: extending '%.*s'", file->origin,
            SW_STR_ARG(path.n > 0 ? path : SW_STR("the default rules")));
    else
        r = merge_base(file, &base);
    sw_secret_rules_done(&base);
    return r;
}

/* After merging nothing more can come. */
static int check_rules(struct sw_secret_rules *rules)
{
    SW_VEC_EACH (rule, &rules->rules) {
        int r = 0;
        if (!rule->is_refused && rule->regex.n == 0 && rule->path.n == 0)
            r = sw_secret_rules_refuse(rules, rule, true, "it has neither a regex nor a path");
        if (r < 0)
            return r;
    }
    return 0;
}

static int load_file(
    struct secret_file *file, struct sw_str bytes, const struct sw_secret_loader *loader)
{
    struct sw_toml_node *root = NULL;
    int r = sw_toml_parse(bytes, file->rules->region, &root, file->err);
    if (r < 0)
        return sw_err_wrap(file->err, r, "%s", file->origin);
    r = secret_read_file(file, root);
    if (r == 0 && file->has_extend)
        r = extend(file, loader);
    if (r == 0)
        r = check_rules(file->rules);
    return r;
}

/* Several files make one set: an id that stands in two is kept once. */
static int add_file(struct sw_secret_rules *rules, struct secret_file *file)
{
    SW_VEC_EACH (rule, &file->rules->rules) {
        const struct sw_secret_rule *other = sw_secret_rules_find(rules, rule->id);
        int r = 0;
        if (other != NULL && !rule->is_refused)
            r = sw_secret_rules_refuse(file->rules, rule, true,
                "another rule has this id (%s:%u); give it one of its own", other->origin,
                other->line);
        if (r < 0)
            return r;
    }
    const struct sw_secret_list none = {0};
    file->disabled = none;
    struct secret_file target = {.rules = rules, .disabled = none};
    /* Refused rules are not moved; what refused them is. */
    return merge_base(&target, file->rules);
}

int sw_secret_rules_load(struct sw_secret_rules *rules, struct sw_str origin, struct sw_str bytes,
    const struct sw_secret_loader *loader, struct sw_err *err)
{
    struct sw_secret_rules one;
    sw_secret_rules_init(&one, rules->region);
    struct secret_file file = {
        .rules = &one, .origin = sw_region_strdup(rules->region, origin), .err = err};
    struct sw_str copy = SW_STR_NONE;
    int r = file.origin == NULL ? -ENOMEM : sw_region_copy(rules->region, bytes, &copy);
    if (r == 0)
        r = load_file(&file, copy, loader);
    if (r == 0)
        r = add_file(rules, &file);
    sw_secret_rules_done(&one);
    return r;
}

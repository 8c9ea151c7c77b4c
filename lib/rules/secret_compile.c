/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lays the parts of an image one behind the other. What Vectorscan makes of the expressions is in
 * secret_database.c.
 */
#include "rules/secret_compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "rules/expression.h"
#include "rules/secret_compile_priv.h"
#include "rules/secret_image.h"

struct layout {
    SW_VEC(struct sw_secret_image_rule) rules;
    SW_VEC(struct sw_secret_image_allow) allows;
    SW_VEC(struct sw_secret_image_text) texts;
    struct sw_buf strings;
};

#define TEXTS_MAX ((size_t)4000000) /* with their strings: what fits into an image */

static void layout_done(struct layout *layout)
{
    sw_vec_done(&layout->rules);
    sw_vec_done(&layout->allows);
    sw_vec_done(&layout->texts);
    sw_buf_done(&layout->strings);
}

static int put_text(struct layout *layout, struct sw_str text, struct sw_secret_image_text *ret)
{
    *ret =
        (struct sw_secret_image_text){.offset = (uint32_t)layout->strings.n, .n = (uint32_t)text.n};
    return sw_buf_append_str(&layout->strings, text);
}

static int put_list(
    struct layout *layout, const struct sw_secret_list *list, struct sw_secret_image_list *ret)
{
    *ret =
        (struct sw_secret_image_list){.first = (uint32_t)layout->texts.n, .n = (uint32_t)list->n};
    for (size_t i = 0; i < list->n; i++) {
        struct sw_secret_image_text text;
        int r = put_text(layout, list->v[i], &text);
        if (r == 0)
            r = sw_vec_push(&layout->texts, text, TEXTS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int put_allow(struct layout *layout, const struct sw_secret_allow *allow)
{
    struct sw_secret_image_allow out = {
        .flags = allow->is_all ? SW_SECRET_IMAGE_ALL : 0,
        .target = allow->target,
        .has_commits = allow->has_commits,
        .severity = allow->severity,
    };
    int r = put_list(layout, &allow->paths, &out.paths);
    if (r == 0)
        r = put_list(layout, &allow->regexes, &out.regexes);
    if (r == 0)
        r = put_list(layout, &allow->stopwords, &out.stopwords);
    return r == 0 ? sw_vec_push(&layout->allows, out, SW_SECRET_ALLOWS_MAX * 2) : r;
}

static bool is_target(const struct sw_secret_allow *allow, struct sw_str id)
{
    for (size_t i = 0; i < allow->rules.n; i++)
        if (sw_str_equal(allow->rules.v[i], id))
            return true;
    return false;
}

/* Its own, and those of the whole set that name it. */
static int put_allows(struct layout *layout, const struct sw_secret_rules *rules,
    const struct sw_secret_rule *rule, struct sw_secret_image_rule *out)
{
    out->first_allow = (uint32_t)layout->allows.n;
    SW_VEC_EACH (allow, &rule->allows) {
        int r = put_allow(layout, allow);
        if (r < 0)
            return r;
    }
    SW_VEC_EACH (common, &rules->allows) {
        int r = is_target(common, rule->id) ? put_allow(layout, common) : 0;
        if (r < 0)
            return r;
    }
    out->n_allows = (uint32_t)(layout->allows.n - out->first_allow);
    return 0;
}

static bool is_generic(const struct sw_secret_rule *rule)
{
    for (size_t i = 0; i < rule->tags.n; i++)
        if (sw_str_equal_z(rule->tags.v[i], "generic"))
            return true;
    return sw_str_find(rule->id, SW_STR("generic")) >= 0;
}

static int put_rule(struct layout *layout, const struct sw_secret_rules *rules,
    const struct sw_secret_rule *rule, const struct secret_plan *plan)
{
    struct sw_secret_image_rule out = {
        .group = (uint32_t)rule->group,
        .severity = rule->severity,
        .checksum = rule->checksum,
        .entropy = rule->entropy,
        .back = plan->back,
    };
    bool generic = is_generic(rule);
    /* Where the rule does not say: what has a shape of its own is surely a secret. */
    if (rule->severity == SW_SEVERITY_UNKNOWN)
        out.severity = generic ? SW_SEVERITY_MEDIUM : SW_SEVERITY_HIGH;
    out.flags = (generic ? SW_SECRET_IMAGE_GENERIC : 0) |
                (plan->way == SECRET_BY_KEYWORDS ? SW_SECRET_IMAGE_KEYWORDS : 0);
    int r = put_text(layout, rule->id, &out.id);
    if (r == 0)
        r = put_text(layout, rule->description, &out.description);
    if (r == 0)
        r = put_text(layout, rule->regex, &out.regex);
    if (r == 0)
        r = put_text(layout, rule->path, &out.path);
    if (r == 0)
        r = put_list(layout, &rule->keywords, &out.keywords);
    if (r == 0)
        r = put_list(layout, &rule->tags, &out.tags);
    if (r == 0)
        r = put_allows(layout, rules, rule, &out);
    return r == 0 ? sw_vec_push(&layout->rules, out, SW_SECRET_RULES_MAX) : r;
}

/* Appends a part behind zeros up to its alignment, and says where it begins. */
static int append_part(
    struct sw_buf *buf, const void *p, size_t n, size_t align, uint64_t *ret_offset)
{
    static const char zeros[SW_SECRET_IMAGE_ALIGN];
    int r = sw_buf_append(buf, zeros, (align - buf->n % align) % align);
    if (r < 0)
        return r;
    *ret_offset = buf->n;
    return n > 0 ? sw_buf_append(buf, p, n) : 0;
}

static int write_image(const struct layout *layout, struct sw_str database, struct sw_str digest,
    size_t n_common, struct sw_buf *ret)
{
    struct sw_secret_image_header header = {
        .magic = "SWSECRET",
        .version = SW_SECRET_IMAGE_VERSION,
        .n_rules = (uint32_t)layout->rules.n,
        .n_allows = (uint32_t)layout->allows.n,
        .n_common = (uint32_t)n_common,
        .n_texts = (uint32_t)layout->texts.n,
        .database_bytes = database.n,
        .strings_bytes = layout->strings.n,
    };
    snprintf(header.digest, sizeof(header.digest), "%.*s", SW_STR_ARG(digest));
    uint64_t start = 0;
    int r = append_part(ret, &header, sizeof(header), SW_SECRET_IMAGE_ALIGN, &start);
    if (r == 0)
        r = append_part(
            ret, database.p, database.n, SW_SECRET_IMAGE_ALIGN, &header.database_offset);
    if (r == 0)
        r = append_part(ret, layout->rules.v, layout->rules.n * sizeof(*layout->rules.v), 8,
            &header.rules_offset);
    if (r == 0)
        r = append_part(ret, layout->allows.v, layout->allows.n * sizeof(*layout->allows.v), 8,
            &header.allows_offset);
    if (r == 0)
        r = append_part(ret, layout->texts.v, layout->texts.n * sizeof(*layout->texts.v), 8,
            &header.texts_offset);
    if (r == 0)
        r = append_part(ret, layout->strings.p, layout->strings.n, 8, &header.strings_offset);
    if (r < 0)
        return r;
    header.n_bytes = ret->n;
    memcpy(ret->p, &header, sizeof(header));
    return 0;
}

static int fill(struct layout *layout, const struct sw_secret_rules *rules,
    const struct secret_plans *plans, size_t *ret_n_common)
{
    SW_VEC_EACH (allow, &rules->allows) {
        int r = allow->rules.n == 0 ? put_allow(layout, allow) : 0;
        if (r < 0)
            return r;
    }
    *ret_n_common = layout->allows.n;
    for (size_t i = 0; i < plans->n; i++) {
        const struct secret_plan *plan = &plans->v[i];
        int r = put_rule(layout, rules, &rules->rules.v[plan->rule], plan);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_secret_rules_compile(
    struct sw_secret_rules *rules, struct sw_str digest, struct sw_buf *ret, struct sw_err *err)
{
    SW_CLEANUP(secret_plans_done) struct secret_plans plans = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf database = {0};
    SW_CLEANUP(layout_done) struct layout layout = {0};
    sw_buf_init(&database, SW_SECRET_IMAGE_BYTES_MAX);
    sw_buf_init(&layout.strings, SW_SECRET_IMAGE_BYTES_MAX);
    int r = secret_plan_rules(rules, &plans, err);
    if (r == 0)
        r = secret_build_database(rules, &plans, &database, err);
    if (r < 0)
        return r;
    if (plans.n == 0)
        return sw_err_set(err, -EINVAL, "no secret rule is left to look for");
    size_t n_common = 0;
    r = fill(&layout, rules, &plans, &n_common);
    if (r == 0)
        r = write_image(&layout, sw_buf_str(&database), digest, n_common, ret);
    if (r == -EFBIG)
        return sw_err_set(err, r, "secret rules of more than %zu MB when compiled",
            SW_SECRET_IMAGE_BYTES_MAX / 1000000);
    return r;
}

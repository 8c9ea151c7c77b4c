/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of rules and what it says of a finding. Rules with an id are found by it; those without
 * are asked one by one.
 */
#include "rules/ignore.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/purl.h"
#include "rules/ignore_priv.h"

#define TARGET_BYTES_MAX ((size_t)1024 * 1024) /* one package URL, and its parts */

static const char *const format_names[] = {
    [SW_IGNORE_SEAWALL] = ".seawallignore",
    [SW_IGNORE_TRIVY] = ".trivyignore",
    [SW_IGNORE_TRIVY_YAML] = ".trivyignore.yaml",
    [SW_IGNORE_GRYPE] = ".grype.yaml",
};
static_assert(SW_ARRAY_SIZE(format_names) == _SW_IGNORE_FORMAT_MAX, "a name for each value");

const char *sw_ignore_format_name(enum sw_ignore_format format)
{
    return format_names[format];
}

void sw_ignore_init(struct sw_ignore_rules *rules, struct sw_region *region)
{
    *rules = (struct sw_ignore_rules){.region = region};
}

/* ---- the list ---- */

struct sw_str sw_ignore_origin(const struct sw_ignore_rules *rules, size_t rule)
{
    return rules->v[rule].origin;
}

static int compare_lower(struct sw_str a, struct sw_str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int x = a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + ('a' - 'A') : a.p[i];
        int y = b.p[i] >= 'A' && b.p[i] <= 'Z' ? b.p[i] + ('a' - 'A') : b.p[i];
        if (x != y)
            return x - y;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_rules(const void *a, const void *b, void *context)
{
    const struct sw_ignore_rules *rules = context;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int r = compare_lower(rules->v[x].id, rules->v[y].id);
    return r != 0 ? r : x < y ? -1 : x > y;
}

int sw_ignore_finish(struct sw_ignore_rules *rules)
{
    rules->by_id = sw_region_array(rules->region, rules->n + 1, sizeof(*rules->by_id));
    rules->rest = sw_region_array(rules->region, rules->n + 1, sizeof(*rules->rest));
    if (rules->by_id == NULL || rules->rest == NULL)
        return -ENOMEM;
    rules->n_by_id = 0;
    rules->n_rest = 0;
    for (size_t i = 0; i < rules->n; i++) {
        const struct sw_ignore_rule *rule = &rules->v[i];
        rules->n_waiting += rule->is_waiting;
        rules->has_places =
            rules->has_places || rule->n_paths > 0 || rule->layer >= 0 || rule->layer_prefix.n > 0;
        if (rule->is_waiting)
            continue;
        if (rule->id.n > 0)
            rules->by_id[rules->n_by_id++] = (uint32_t)i;
        else
            rules->rest[rules->n_rest++] = (uint32_t)i;
    }
    qsort_r(rules->by_id, rules->n_by_id, sizeof(*rules->by_id), compare_rules, rules);
    return 0;
}

/* ---- one rule ---- */

/* What is asked about; the package's URL is made when the first rule wants it. */
struct subject {
    const struct sw_ignore_rules *rules;
    const struct sw_report *report;
    const struct sw_finding *finding;
    const struct sw_package *package; /* NULL: none */
    struct sw_region region;
    struct sw_ignore_target target;
    struct sw_ignore_target source;
    bool has_target;
    bool is_broken; /* out of memory: nothing holds */
};

static int make_target(
    struct subject *s, const struct sw_package *package, struct sw_ignore_target *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf purl = {0};
    sw_buf_init(&purl, TARGET_BYTES_MAX);
    int r = sw_purl_format_package(package, &s->report->os, &purl);
    return r < 0 ? r : sw_ignore_target_parse(sw_buf_str(&purl), &s->region, ret);
}

static bool get_targets(struct subject *s)
{
    if (s->has_target || s->is_broken)
        return s->has_target;
    struct sw_package source = *s->package;
    source.name = source.source_name;
    int r = make_target(s, s->package, &s->target);
    if (r == 0)
        r = make_target(s, source.name.n > 0 ? &source : s->package, &s->source);
    s->has_target = r == 0;
    s->is_broken = r < 0;
    return s->has_target;
}

static bool holds_purls(struct subject *s, const struct sw_ignore_rule *rule)
{
    if (rule->n_purls == 0)
        return true;
    if (s->package == NULL || !get_targets(s))
        return false;
    for (size_t i = 0; i < rule->n_purls; i++)
        if (sw_ignore_purl_match(&rule->purls[i], &s->target) ||
            (rule->is_source_named && sw_ignore_purl_match(&rule->purls[i], &s->source)))
            return true;
    return false;
}

static bool holds_paths(const struct subject *s, const struct sw_ignore_rule *rule)
{
    if (rule->n_paths == 0)
        return true;
    struct sw_str path = s->package != NULL ? s->package->database : SW_STR_NONE;
    while (path.n > 0 && path.p[0] == '/')
        path = sw_str_skip(path, 1);
    for (size_t i = 0; i < rule->n_paths && path.n > 0; i++)
        if (sw_pattern_match(rule->paths[i], path))
            return true;
    return false;
}

static bool has_digest(struct sw_str digest, struct sw_str prefix)
{
    struct sw_str hex = sw_str_skip(digest, (size_t)(sw_str_find_char(digest, ':') + 1));
    return sw_str_starts_with(digest, prefix) || sw_str_starts_with(hex, prefix);
}

static bool holds_layer(const struct subject *s, const struct sw_ignore_rule *rule)
{
    if (rule->layer < 0 && rule->layer_prefix.n == 0)
        return true;
    const struct sw_image *image = &s->report->image;
    if (s->package == NULL || s->package->layer < 0 || (size_t)s->package->layer >= image->n_layers)
        return false;
    if (rule->layer >= 0)
        return rule->layer == s->package->layer;
    const struct sw_layer *layer = &image->layers[s->package->layer];
    return has_digest(layer->digest, rule->layer_prefix) ||
           has_digest(layer->diff_id, rule->layer_prefix);
}

static bool holds_match_type(const struct subject *s, const struct sw_ignore_rule *rule)
{
    if (rule->match_type == SW_IGNORE_MATCH_ANY)
        return true;
    bool is_indirect = s->package != NULL &&
                       sw_str_find(s->finding->matched, SW_STR(" source ")) >= 0 &&
                       !sw_str_equal(s->package->name, s->package->source_name);
    return is_indirect == (rule->match_type == SW_IGNORE_MATCH_INDIRECT);
}

static bool holds_package(const struct subject *s, const struct sw_ignore_rule *rule)
{
    const struct sw_package *package = s->package;
    bool has_condition = rule->package_name != NULL || rule->source_name != NULL ||
                         rule->package_version.n > 0 || rule->package_type.n > 0;
    if (!has_condition)
        return true;
    if (package == NULL)
        return false;
    return (rule->package_name == NULL || sw_pattern_match(rule->package_name, package->name)) &&
           (rule->source_name == NULL ||
               sw_pattern_match(rule->source_name, package->source_name)) &&
           (rule->package_version.n == 0 ||
               sw_str_equal(rule->package_version, package->version)) &&
           (rule->package_type.n == 0 ||
               sw_str_equal_z(rule->package_type, sw_package_type_name(package->type)));
}

/* A version of a system that is named by its first part or parts is that one too. */
static bool holds_system(const struct subject *s, const struct sw_ignore_rule *rule)
{
    const struct sw_os *os = &s->report->os;
    if (rule->os_id.n > 0 && !sw_str_equal(rule->os_id, os->id))
        return false;
    if (rule->os_version.n == 0)
        return true;
    struct sw_str rest = sw_str_skip(os->version_id, rule->os_version.n);
    return sw_str_starts_with(os->version_id, rule->os_version) &&
           (rest.n == 0 || rest.p[0] == '.');
}

static bool is_expired(const struct sw_ignore_rule *rule, struct sw_str today)
{
    if (rule->until.n == 0)
        return false;
    int order = sw_str_compare(today, rule->until);
    return order > 0 || (order == 0 && rule->is_day_excluded);
}

/* Everything but the id. */
static bool holds(struct subject *s, const struct sw_ignore_rule *rule)
{
    if (rule->has_kind && rule->kind != s->finding->kind)
        return false;
    if (rule->fix_states != 0 && (rule->fix_states >> s->finding->status & 1) == 0)
        return false;
    return holds_package(s, rule) && holds_system(s, rule) && holds_match_type(s, rule) &&
           holds_layer(s, rule) && holds_paths(s, rule) && holds_purls(s, rule);
}

/* ---- all rules ---- */

static bool is_cve(struct sw_str id)
{
    return id.n > 4 && compare_lower(sw_str_part(id, 0, 4), SW_STR("cve-")) == 0;
}

/* A live rule if there is one, else one that has expired; verdicts get better, never worse. */
static void offer(struct sw_ignore_verdict *verdict, bool *has, size_t rule, bool is_late)
{
    if (*has && (!verdict->is_expired || is_late))
        return;
    *verdict = (struct sw_ignore_verdict){.rule = rule, .is_expired = is_late};
    *has = true;
}

/* The rules of one of the finding's names. */
static bool match_name(struct subject *s, struct sw_str name, bool is_alias, struct sw_str today,
    struct sw_ignore_verdict *ret)
{
    const struct sw_ignore_rules *rules = s->rules;
    size_t from = 0;
    size_t to = rules->n_by_id;
    bool has = false;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_lower(rules->v[rules->by_id[middle]].id, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < rules->n_by_id && name.n > 0; from++) {
        const struct sw_ignore_rule *rule = &rules->v[rules->by_id[from]];
        if (compare_lower(rule->id, name) != 0)
            break;
        if (is_alias && rule->alias == SW_IGNORE_ALIAS_CVE && !is_cve(name))
            continue;
        if (holds(s, rule))
            offer(ret, &has, rules->by_id[from], is_expired(rule, today));
        if (has && !ret->is_expired)
            break;
    }
    return has;
}

static size_t count_cves(const struct sw_finding *finding)
{
    size_t n = is_cve(finding->id);
    for (size_t i = 0; i < finding->n_aliases; i++)
        n += is_cve(finding->aliases[i]) && !sw_str_equal(finding->aliases[i], finding->id);
    return n;
}

/* Each CVE has its rule: the first one speaks, unless one of them has expired. */
static bool match_every_cve(struct subject *s, struct sw_str today, struct sw_ignore_verdict *ret)
{
    const struct sw_finding *finding = s->finding;
    struct sw_ignore_verdict all = {0};
    bool has = false;
    for (size_t i = 0; i <= finding->n_aliases; i++) {
        struct sw_str name = i == 0 ? finding->id : finding->aliases[i - 1];
        struct sw_ignore_verdict one;
        if (!is_cve(name))
            continue;
        if (!match_name(s, name, i > 0, today, &one))
            return false;
        if (!has || (one.is_expired && !all.is_expired))
            all = one;
        has = true;
    }
    if (has)
        *ret = all;
    return has;
}

static bool match_ids(struct subject *s, struct sw_str today, struct sw_ignore_verdict *ret)
{
    const struct sw_finding *finding = s->finding;
    struct sw_ignore_verdict one;
    bool has = false;
    size_t n_cves = count_cves(finding);
    /* A CVE that is the id speaks for all only where it is alone. */
    if ((n_cves <= 1 || !is_cve(finding->id)) && match_name(s, finding->id, false, today, &one))
        offer(ret, &has, one.rule, one.is_expired);
    if (match_name(s, finding->advisory_id, true, today, &one))
        offer(ret, &has, one.rule, one.is_expired);
    for (size_t i = 0; i < finding->n_aliases && n_cves <= 1; i++)
        if (match_name(s, finding->aliases[i], true, today, &one))
            offer(ret, &has, one.rule, one.is_expired);
    if (n_cves > 1 && match_every_cve(s, today, &one))
        offer(ret, &has, one.rule, one.is_expired);
    return has;
}

bool sw_ignore_match(const struct sw_ignore_rules *rules, const struct sw_report *report,
    const struct sw_finding *finding, size_t package, struct sw_str today,
    struct sw_ignore_verdict *ret)
{
    struct subject s = {.rules = rules, .report = report, .finding = finding};
    struct sw_ignore_verdict verdict = {0};
    sw_region_init(&s.region, TARGET_BYTES_MAX);
    if (package < report->packages.n)
        s.package = &report->packages.v[package];
    bool has = match_ids(&s, today, &verdict);
    for (size_t i = 0; i < rules->n_rest && (!has || verdict.is_expired); i++) {
        const struct sw_ignore_rule *rule = &rules->v[rules->rest[i]];
        if (holds(&s, rule))
            offer(&verdict, &has, rules->rest[i], is_expired(rule, today));
    }
    sw_region_done(&s.region);
    if (has)
        *ret = verdict;
    return has;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings out of candidates: all binary packages of one source share the finding of an advisory.
 * Everything that a finding says is copied into the report, which outlives the database.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "rules/cvss.h"
#include "vulndb/find_priv.h"
#include "vulndb/match_priv.h"

#define SLOTS_MIN ((size_t)1024)
#define OTHERS_MAX 64 /* advisories looked at for a severity */

void sw_groups_done(struct sw_groups *groups)
{
    SW_VEC_EACH (group, &groups->v)
        sw_vec_done(&group->packages);
    sw_vec_done(&groups->v);
    sw_mem_free(SW_TAKE(groups->slots));
    groups->n_slots = 0;
}

static int copy_all(
    struct sw_region *region, const struct sw_str *from, size_t n, struct sw_str **ret)
{
    struct sw_str *all = sw_region_array(region, n, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (sw_region_copy(region, from[i], &all[i]) < 0)
            return -ENOMEM;
    *ret = all;
    return 0;
}

/* The only CVE of an advisory; empty when it has none or several. */
static struct sw_str only_cve(const struct sw_advisory *a)
{
    struct sw_str cve = SW_STR_NONE;
    if (sw_match_is_cve(a->id))
        return a->id;
    for (size_t i = 0; i < a->n_aliases; i++) {
        if (!sw_match_is_cve(a->aliases[i]))
            continue;
        if (cve.n > 0 && !sw_str_equal(cve, a->aliases[i]))
            return SW_STR_NONE;
        cve = a->aliases[i];
    }
    return cve;
}

static int set_ids(struct sw_region *region, const struct sw_advisory *a, struct sw_finding *f)
{
    struct sw_str cve = only_cve(a);
    struct sw_str id = cve.n > 0 ? cve : a->id;
    struct sw_str *aliases = sw_region_array(region, a->n_aliases + 1, sizeof(*aliases));
    size_t n = 0;
    if (aliases == NULL)
        return -ENOMEM;
    if (!sw_str_equal(a->id, id))
        aliases[n++] = a->id;
    for (size_t i = 0; i < a->n_aliases; i++)
        if (!sw_str_equal(a->aliases[i], id) && !sw_str_equal(a->aliases[i], a->id))
            aliases[n++] = a->aliases[i];
    f->n_aliases = n;
    if (copy_all(region, aliases, n, &f->aliases) < 0 || sw_region_copy(region, id, &f->id) < 0)
        return -ENOMEM;
    /* A record that is called by its CVE alone is nobody's erratum. */
    if (sw_match_is_cve(a->id))
        return 0;
    return sw_region_copy(region, a->id, &f->advisory_id);
}

/* The worst of what is known about each CVE. */
static int join_facts(
    const struct sw_vulndb *db, struct sw_region *region, struct sw_str id, struct sw_finding *f)
{
    struct sw_cve_facts facts;
    int r = sw_match_is_cve(id) ? sw_find_facts(db, id, &facts) : 0;
    if (r <= 0)
        return r;
    if (facts.epss > f->epss) {
        f->epss = facts.epss;
        f->epss_percentile = facts.epss_percentile;
    }
    if (!facts.is_kev || f->is_kev)
        return 0;
    f->is_kev = true;
    if (sw_region_copy(region, facts.kev_date, &f->kev_date) < 0)
        return -ENOMEM;
    return sw_region_copy(region, facts.kev_due, &f->kev_due);
}

static int set_facts(const struct sw_vulndb *db, struct sw_region *region, struct sw_finding *f)
{
    f->epss = -1;
    f->epss_percentile = -1;
    int r = join_facts(db, region, f->id, f);
    for (size_t i = 0; i < f->n_aliases && r == 0; i++)
        r = join_facts(db, region, f->aliases[i], f);
    return r;
}

/* Severity and vector of an advisory: the vendor's word, else what the vector says. */
static enum sw_severity severity_of(
    const struct sw_advisory *a, enum sw_severity entry, struct sw_cvss *ret)
{
    double score = a->cvss.score;
    enum sw_severity severity = SW_SEVERITY_UNKNOWN;
    if (a->cvss.vector.n > 0 && score < 0 &&
        sw_cvss_score(a->cvss.vector, &score, &severity, NULL) < 0)
        score = -1;
    *ret = (struct sw_cvss){.vector = a->cvss.vector, .score = score};
    if (entry != SW_SEVERITY_UNKNOWN)
        return entry;
    if (a->severity != SW_SEVERITY_UNKNOWN)
        return a->severity;
    if (severity == SW_SEVERITY_UNKNOWN && a->cvss.vector.n > 0)
        severity = sw_cvss_severity(score);
    return severity;
}

static int set_severity(struct sw_region *region, const struct sw_advisory *a,
    enum sw_severity entry, struct sw_finding *f)
{
    struct sw_cvss cvss;
    enum sw_severity severity = severity_of(a, entry, &cvss);
    if (cvss.vector.n > 0 && f->cvss.vector.n == 0) {
        f->cvss.score = cvss.score;
        if (sw_region_copy(region, cvss.vector, &f->cvss.vector) < 0)
            return -ENOMEM;
    }
    if (severity == SW_SEVERITY_UNKNOWN || f->severity != SW_SEVERITY_UNKNOWN)
        return 0;
    f->severity = severity;
    return sw_region_copy(region, a->feed, &f->severity_source);
}

/* Feeds such as secdb give no severity: another feed's word on the same CVE then, named as such. */
static int borrow_severity(const struct sw_vulndb *db, struct sw_vulndb_kept *kept,
    struct sw_region *region, struct sw_str id, struct sw_finding *f)
{
    SW_CLEANUP(sw_region_done) struct sw_region scratch = {0};
    struct sw_str value;
    struct sw_unpack in;
    int r = sw_match_is_cve(id) ? sw_store_get(db, SW_TABLE_IDS, id, &value) : 0;
    if (r <= 0)
        return r;
    sw_region_init(&scratch, SW_MATCH_REGION_BYTES);
    sw_unpack_init(&in, value);
    for (unsigned i = 0; i < OTHERS_MAX && !in.is_bad && in.p != in.end; i++) {
        struct sw_advisory other;
        uint32_t number = (uint32_t)sw_unpack_number_max(&in, UINT32_MAX);
        r = kept != NULL ? sw_kept_get(db, kept, number, &other)
                         : sw_store_get_advisory(db, number, &scratch, &other);
        /* An erratum's severity is that of its worst CVE, which need not be this one. */
        if (r == 0 && !other.is_withdrawn && sw_str_equal(only_cve(&other), id))
            r = set_severity(region, &other, SW_SEVERITY_UNKNOWN, f);
        if (r < 0 || f->severity != SW_SEVERITY_UNKNOWN)
            return r;
    }
    return in.is_bad ? -EBADMSG : 0;
}

static int set_range(struct sw_region *region, const struct sw_candidate *c, struct sw_finding *f)
{
    const struct sw_range *range = &c->range;
    struct sw_buf text;
    bool has_start = range->introduced.n > 0 && !sw_str_equal_z(range->introduced, "0");
    sw_buf_init(&text, SW_PACKAGE_TEXT_MAX);
    int r = 0;
    if (c->is_listed)
        r = sw_buf_printf(&text, "= %.*s", SW_STR_ARG(c->version));
    if (r == 0 && has_start)
        r = sw_buf_printf(&text, ">= %.*s", SW_STR_ARG(range->introduced));
    if (r == 0 && (range->fixed.n > 0 || range->last_affected.n > 0))
        r = sw_buf_printf(&text, "%s%s %.*s", has_start ? ", " : "",
            range->fixed.n > 0 ? "<" : "<=",
            SW_STR_ARG(range->fixed.n > 0 ? range->fixed : range->last_affected));
    if (r == 0 && text.n == 0)
        r = sw_buf_append_str(&text, SW_STR("all versions"));
    if (r == 0 && c->entry.module.n > 0)
        r = sw_buf_printf(&text, " (module %.*s)", SW_STR_ARG(c->entry.module));
    if (r == 0)
        r = sw_region_copy(region, sw_buf_str(&text), &f->range);
    sw_buf_done(&text);
    return r;
}

static enum sw_fix_status status_of(const struct sw_candidate *c)
{
    bool has_fix = c->range.fixed.n > 0;
    enum sw_fix_status status = c->entry.status;
    if (has_fix && (status == SW_FIX_UNKNOWN || status == SW_FIX_AFFECTED))
        return SW_FIX_FIXED;
    return !has_fix && status == SW_FIX_FIXED ? SW_FIX_AFFECTED : status;
}

/* The part that depends on which binary package of the source is looked at. */
static int set_match(struct sw_region *region, const struct sw_match_products *products,
    const struct sw_candidate *c, struct sw_finding *f)
{
    f->status = status_of(c);
    f->fixed_version = SW_STR_NONE;
    if (f->status == SW_FIX_FIXED && sw_region_copy(region, c->range.fixed, &f->fixed_version) < 0)
        return -ENOMEM;
    char *matched = sw_region_printf(region, "%.*s %s %.*s", SW_STR_ARG(products->keys[c->product]),
        c->kind == SW_AFFECTED_SOURCE ? "source" : "binary", SW_STR_ARG(c->name));
    if (matched == NULL || sw_region_copy(region, c->version, &f->installed_version) < 0 ||
        sw_region_copy(region, c->entry.vendor_status, &f->vendor_status) < 0)
        return -ENOMEM;
    f->matched = sw_str_of(matched);
    return set_range(region, c, f);
}

static int make_finding(const struct sw_vulndb *db, struct sw_report *report,
    const struct sw_package *package, const struct sw_match_products *products,
    const struct sw_candidate *c)
{
    struct sw_region *region = report->region;
    const struct sw_advisory *a = &c->advisory;
    struct sw_finding f = {.kind = SW_FINDING_VULNERABILITY, .cvss = {.score = -1}};
    int r = set_ids(region, a, &f);
    if (r == 0)
        r = set_facts(db, region, &f);
    if (r == 0)
        r = set_severity(region, a, c->entry.severity, &f);
    if (r == 0 && f.severity == SW_SEVERITY_UNKNOWN)
        r = borrow_severity(db, NULL, region, f.id, &f);
    if (r == 0)
        r = set_match(region, products, c, &f);
    if (r < 0)
        return r;
    f.n_references = a->n_references;
    if (copy_all(region, a->references, a->n_references, &f.references) < 0 ||
        sw_region_copy(region, a->title, &f.title) < 0 ||
        sw_region_copy(region, a->published, &f.published) < 0 ||
        sw_region_copy(region, a->modified, &f.modified) < 0 ||
        sw_region_copy(region, a->feed, &f.feed) < 0 ||
        sw_region_copy(region, a->record, &f.record) < 0 ||
        sw_region_copy(region, package->source_name, &f.source_name) < 0)
        return -ENOMEM;
    return sw_vec_push(&report->findings, f, SW_REPORT_FINDINGS_MAX);
}

/* What verdicts hang on, borrowed. */
static int make_brief(const struct sw_vulndb *db, struct sw_vulndb_kept *kept,
    struct sw_report *report, const struct sw_package *package, const struct sw_candidate *c)
{
    const struct sw_advisory *a = &c->advisory;
    struct sw_str cve = only_cve(a);
    struct sw_finding f = {
        .kind = SW_FINDING_VULNERABILITY,
        .id = cve.n > 0 ? cve : a->id,
        .feed = a->feed,
        .record = a->record,
        .source_name = package->source_name,
        .status = status_of(c),
        .severity = c->entry.severity != SW_SEVERITY_UNKNOWN ? c->entry.severity : a->severity,
        .epss = -1,
        .epss_percentile = -1,
        .cvss = {.score = -1},
    };
    int r = 0;
    if (f.severity == SW_SEVERITY_UNKNOWN)
        r = set_severity(report->region, a, SW_SEVERITY_UNKNOWN, &f);
    if (r == 0 && f.severity == SW_SEVERITY_UNKNOWN)
        r = borrow_severity(db, kept, report->region, f.id, &f);
    return r < 0 ? r : sw_vec_push(&report->findings, f, SW_REPORT_FINDINGS_MAX);
}

static size_t hash_group(uint32_t number, struct sw_str source, struct sw_str version)
{
    return (size_t)(sw_str_hash(source) * 31 + sw_str_hash(version) * 17 +
                    (uint64_t)number * 0x9e3779b97f4a7c15u);
}

static bool is_group(
    const struct sw_group *group, uint32_t number, const struct sw_package *package)
{
    return group->number == number && sw_str_equal(group->source_name, package->source_name) &&
           sw_str_equal(group->source_version, package->source_version);
}

static size_t find_slot(
    const struct sw_groups *groups, uint32_t number, const struct sw_package *package)
{
    size_t i =
        hash_group(number, package->source_name, package->source_version) & (groups->n_slots - 1);
    while (groups->slots[i] != 0 && !is_group(&groups->v.v[groups->slots[i] - 1], number, package))
        i = (i + 1) & (groups->n_slots - 1);
    return i;
}

static int grow(struct sw_groups *groups)
{
    if (groups->v.n < groups->n_slots / 2)
        return 0;
    size_t n = groups->n_slots == 0 ? SLOTS_MIN : groups->n_slots * 2;
    size_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    sw_mem_free(groups->slots);
    groups->slots = slots;
    groups->n_slots = n;
    for (size_t g = 0; g < groups->v.n; g++) {
        const struct sw_group *group = &groups->v.v[g];
        size_t i = hash_group(group->number, group->source_name, group->source_version) & (n - 1);
        while (slots[i] != 0)
            i = (i + 1) & (n - 1);
        slots[i] = g + 1;
    }
    return 0;
}

static int add_group(struct sw_groups *groups, const struct sw_vulndb *db, struct sw_report *report,
    const struct sw_package *package, const struct sw_match_products *products,
    const struct sw_candidate *c)
{
    int r = groups->kept != NULL ? make_brief(db, groups->kept, report, package, c)
                                 : make_finding(db, report, package, products, c);
    if (r < 0)
        return r;
    struct sw_group group = {
        .number = c->entry.number,
        .finding = report->findings.n - 1,
        .source_name = package->source_name,
        .source_version = package->source_version,
    };
    return sw_vec_push(&groups->v, group, SW_REPORT_FINDINGS_MAX);
}

int sw_groups_add(struct sw_groups *groups, const struct sw_vulndb *db, struct sw_report *report,
    size_t index, const struct sw_match_products *products, const struct sw_candidate *c)
{
    const struct sw_package *package = &report->packages.v[index];
    int r = grow(groups);
    if (r < 0)
        return r;
    size_t slot = find_slot(groups, c->entry.number, package);
    bool is_new = groups->slots[slot] == 0;
    if (is_new) {
        r = add_group(groups, db, report, package, products, c);
        if (r < 0)
            return r;
        groups->slots[slot] = groups->v.n;
    }
    struct sw_group *group = &groups->v.v[groups->slots[slot] - 1];
    bool is_source_named = sw_str_equal(package->name, package->source_name);
    /* Subpackages may carry versions of their own; the one called as its source speaks for all. */
    if (!is_new && is_source_named && !group->is_source_named && groups->kept != NULL)
        report->findings.v[group->finding].status = status_of(c);
    else if (!is_new && is_source_named && !group->is_source_named)
        r = set_match(report->region, products, c, &report->findings.v[group->finding]);
    group->is_source_named = group->is_source_named || is_source_named;
    /* Several entries of one advisory may speak of one package. */
    if (r == 0 && (group->packages.n == 0 || group->packages.v[group->packages.n - 1] != index))
        r = sw_vec_push(&group->packages, index, SW_PACKAGES_MAX);
    return r;
}

int sw_groups_finish(struct sw_groups *groups, struct sw_report *report)
{
    SW_VEC_EACH (group, &groups->v) {
        struct sw_finding *f = &report->findings.v[group->finding];
        f->packages = sw_region_array(report->region, group->packages.n, sizeof(*f->packages));
        if (f->packages == NULL)
            return -ENOMEM;
        memcpy(f->packages, group->packages.v, group->packages.n * sizeof(*f->packages));
        f->n_packages = group->packages.n;
    }
    return 0;
}

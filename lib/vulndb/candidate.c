/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the database says of one package: every entry under its source and its binary name in each
 * product of the system, compared with the installed version; then who is right where two feeds or
 * two streams disagree. Called once per installed package.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vulndb/match_priv.h"

#define CANDIDATES_MAX ((size_t)2000000) /* of one package: a kernel has some ten thousand */
#define MODULE_TAG ".module"             /* in the release of every package built for a module */

void sw_candidates_done(struct sw_candidates *candidates)
{
    sw_vec_done(&candidates->v);
}

bool sw_match_is_cve(struct sw_str s)
{
    return sw_str_starts_with(s, SW_STR("CVE-"));
}

/* The vendor's own statement on each CVE comes before errata lists, which come before what others
 * made of them; facts read out of changelogs come last. */
unsigned sw_match_authority(struct sw_str feed)
{
    static const struct {
        struct sw_str prefix;
        unsigned authority;
    } table[] = {
        {SW_STR_INIT("debian-tracker"), 90},
        {SW_STR_INIT("debian-changelog"), 10},
        {SW_STR_INIT("secdb-"), 90},
        {SW_STR_INIT("ubuntu-vex"), 90},
        {SW_STR_INIT("csaf-"), 80},
        {SW_STR_INIT("osv-"), 50},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(table); i++)
        if (sw_str_starts_with(feed, table[i].prefix))
            return table[i].authority;
    return 70; /* OVAL, updateinfo, Photon */
}

/* "nodejs:18" of "nodejs:18:8090020240101:abcdef". */
static struct sw_str stream_of(struct sw_str label)
{
    ptrdiff_t name_end = sw_str_find_char(label, ':');
    if (name_end < 0)
        return label;
    ptrdiff_t end = sw_str_find_char(sw_str_skip(label, (size_t)name_end + 1), ':');
    return end < 0 ? label : sw_str_part(label, 0, (size_t)(name_end + 1 + end));
}

static bool has_word(struct sw_str list, struct sw_str word)
{
    struct sw_str each;
    while (sw_str_next_token(&list, ' ', &each))
        if (sw_str_equal(each, word))
            return true;
    return false;
}

/* A package of a module is only spoken of by entries for its stream, any other package only by
 * entries without one: versions of different streams are no order. */
static bool is_module_right(const struct sw_entry *entry, const struct sw_package *package)
{
    bool is_modular =
        package->module.n > 0 || sw_str_find(package->version, SW_STR(MODULE_TAG)) >= 0;
    if (entry->module.n == 0)
        return !is_modular;
    if (!is_modular)
        return false;
    /* "*": an erratum of a module that does not say which; no label: an old package that does not.
     */
    return package->module.n == 0 || sw_str_equal_z(entry->module, "*") ||
           has_word(entry->module, stream_of(package->module));
}

static bool is_arch_right(const struct sw_entry *entry, const struct sw_package *package)
{
    if (entry->arch.n == 0 || package->arch.n == 0 || sw_str_equal_z(package->arch, "noarch") ||
        sw_str_equal_z(package->arch, "all"))
        return true;
    return has_word(entry->arch, package->arch) || has_word(entry->arch, SW_STR("noarch"));
}

static bool is_in_range(
    enum sw_version_scheme scheme, const struct sw_range *range, struct sw_str version)
{
    if (range->type != SW_RANGE_ECOSYSTEM)
        return false;
    /* "Fixed in 0" is secdb's way to say that it never was affected. */
    if (sw_str_equal_z(range->fixed, "0"))
        return false;
    if (range->introduced.n > 0 && sw_version_compare(scheme, version, range->introduced) < 0)
        return false;
    if (range->fixed.n > 0 && sw_version_compare(scheme, version, range->fixed) >= 0)
        return false;
    return range->last_affected.n == 0 ||
           sw_version_compare(scheme, version, range->last_affected) <= 0;
}

static bool ends_later(
    enum sw_version_scheme scheme, const struct sw_range *a, const struct sw_range *b)
{
    return a->fixed.n > 0 && b->fixed.n > 0 && sw_version_compare(scheme, a->fixed, b->fixed) > 0;
}

static bool is_listed(const struct sw_entry *entry, struct sw_unpack *rest,
    enum sw_version_scheme scheme, struct sw_str version)
{
    bool is_found = false;
    for (size_t i = 0; i < entry->n_versions && !is_found; i++)
        is_found = sw_version_compare(scheme, sw_unpack_str(rest), version) == 0;
    return is_found && !rest->is_bad;
}

/* What status alone says when no version is named. */
static enum sw_verdict judge_status(enum sw_fix_status status)
{
    switch (status) {
    case SW_FIX_UNKNOWN:
    case SW_FIX_AFFECTED:
    case SW_FIX_WILL_NOT_FIX:
    case SW_FIX_DEFERRED:
    case SW_FIX_UNDER_INVESTIGATION:
    case SW_FIX_END_OF_LIFE:
        return SW_VERDICT_AFFECTED;
    case SW_FIX_FIXED:
    case SW_FIX_NOT_AFFECTED:
    case _SW_FIX_STATUS_MAX:
        return SW_VERDICT_SAFE;
    }
    return SW_VERDICT_SAFE;
}

static void judge(struct sw_candidate *c, enum sw_version_scheme scheme)
{
    struct sw_unpack rest;
    const struct sw_entry *entry = &c->entry;
    bool holds = false;
    sw_unpack_init(&rest, entry->rest);
    c->verdict = SW_VERDICT_SAFE;
    if (entry->status == SW_FIX_NOT_AFFECTED)
        return;
    if (entry->n_ranges == 0 && entry->n_versions == 0) {
        c->verdict = judge_status(entry->status);
        return;
    }
    for (size_t i = 0; i < entry->n_ranges; i++) {
        struct sw_range range;
        sw_entry_range(entry, &rest, &range);
        if (!is_in_range(scheme, &range, c->version))
            continue;
        /* Of several fixes of one id the last is whole. */
        if (!holds || ends_later(scheme, &range, &c->range))
            c->range = range;
        holds = true;
    }
    if (!holds && is_listed(entry, &rest, scheme, c->version)) {
        holds = true;
        c->is_listed = true;
    }
    if (holds)
        c->verdict = SW_VERDICT_AFFECTED;
}

struct lookup {
    const struct sw_vulndb *db;
    const struct sw_release_family *family;
    const struct sw_package *package;
    struct sw_candidates *candidates;
};

static int look_up(
    const struct lookup *l, uint16_t number, size_t product, enum sw_affected_name kind)
{
    struct sw_key key;
    struct sw_str value;
    struct sw_unpack in;
    bool is_source = kind == SW_AFFECTED_SOURCE;
    struct sw_str name = is_source ? l->package->source_name : l->package->name;
    if (!sw_key_entry(&key, name, number, kind))
        return 0;
    int r = sw_store_get(l->db, SW_TABLE_ENTRIES, sw_key_str(&key), &value);
    if (r <= 0)
        return r;
    struct sw_candidate c = {
        .product = product,
        .kind = kind,
        .name = name,
        .version = is_source ? l->package->source_version : l->package->version,
    };
    sw_unpack_init(&in, value);
    while ((r = sw_entry_next(&in, &l->db->strings, &c.entry)) == 1) {
        if (!is_module_right(&c.entry, l->package) || !is_arch_right(&c.entry, l->package))
            continue;
        c.range = (struct sw_range){0};
        c.is_listed = false;
        judge(&c, l->family->scheme);
        r = sw_vec_push(&l->candidates->v, c, CANDIDATES_MAX);
        if (r < 0)
            return r;
    }
    return r;
}

static int load_identity(
    const struct sw_vulndb *db, const struct sw_candidates *candidates, struct sw_candidate *c)
{
    struct sw_str value;
    if (candidates->kept != NULL)
        return sw_kept_get(db, candidates->kept, c->entry.number, &c->advisory);
    int r = sw_store_get_number(db, SW_TABLE_ADVISORIES, c->entry.number, &value);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    return sw_advisory_unpack_identity(value, &db->strings, &c->advisory);
}

/* Feeds and withdrawals; true in *ret_is_plain when one feed, one product and one sort of record
 * say it all. */
static int load_identities(
    const struct sw_vulndb *db, struct sw_candidates *candidates, bool *ret_is_plain)
{
    bool is_plain = true;
    SW_VEC_EACH (c, &candidates->v) {
        int r = load_identity(db, candidates, c);
        if (r < 0)
            return r;
        const struct sw_candidate *first = candidates->v.v;
        c->authority = sw_match_authority(c->advisory.feed);
        c->is_dropped = c->advisory.is_withdrawn;
        is_plain = is_plain && c->authority == first->authority && c->product == first->product &&
                   c->kind == first->kind &&
                   sw_match_is_cve(c->advisory.id) == sw_match_is_cve(first->advisory.id);
    }
    *ret_is_plain = is_plain;
    return 0;
}

/* A CVE, or the id of an advisory that names none, and a candidate that speaks of it. */
struct subject {
    struct sw_str id;
    size_t candidate;
};

struct subjects {
    SW_VEC(struct subject) v;
};

static void free_subjects(struct subjects *subjects)
{
    sw_vec_done(&subjects->v);
}

static int compare_subjects(const void *a, const void *b)
{
    const struct subject *x = a;
    const struct subject *y = b;
    int r = sw_str_compare(x->id, y->id);
    return r != 0 ? r : (x->candidate < y->candidate ? -1 : x->candidate > y->candidate);
}

/* Calls each(context, id) for every CVE, or for the id alone. */
static int each_subject(
    const struct sw_advisory *a, int (*each)(void *context, struct sw_str id), void *context)
{
    int r = sw_match_is_cve(a->id) ? each(context, a->id) : 0;
    bool is_any = sw_match_is_cve(a->id);
    for (size_t i = 0; i < a->n_aliases && r == 0; i++) {
        if (!sw_match_is_cve(a->aliases[i]) || sw_str_equal(a->aliases[i], a->id))
            continue;
        is_any = true;
        r = each(context, a->aliases[i]);
    }
    return r != 0 || is_any ? r : each(context, a->id);
}

struct subject_adder {
    struct subjects *subjects;
    size_t candidate;
};

static int add_subject(void *context, struct sw_str id)
{
    const struct subject_adder *adder = context;
    return sw_vec_push(
        &adder->subjects->v, ((struct subject){id, adder->candidate}), CANDIDATES_MAX);
}

/* Whether o's word on a CVE takes c's away. */
static bool is_better(const struct sw_candidate *o, const struct sw_candidate *c)
{
    if (o->advisory.is_withdrawn || o == c)
        return false;
    if (o->product == c->product) {
        if (o->authority != c->authority)
            return o->authority > c->authority;
        /* One feed on one package by both its names: the binary's is the closer. */
        if (o->kind != c->kind)
            return o->kind == SW_AFFECTED_BINARY;
        /* A vendor that publishes both: the record of the flaw is kept up to date, the erratum that
         * names it is as of its day. */
        return sw_match_is_cve(o->advisory.id) && !sw_match_is_cve(c->advisory.id);
    }
    /* Extended streams fix what the common one does not have; else the last product speaks. */
    return o->verdict == SW_VERDICT_SAFE || o->product > c->product;
}

struct coverage {
    const struct sw_candidates *candidates;
    const struct subjects *subjects;
    const struct sw_candidate *candidate;
};

static size_t find_first(const struct subjects *subjects, struct sw_str id)
{
    size_t low = 0;
    size_t high = subjects->v.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sw_str_compare(subjects->v.v[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* 0 when somebody better speaks of this id, 1 when nobody does. */
static int is_uncovered(void *context, struct sw_str id)
{
    const struct coverage *coverage = context;
    for (size_t i = find_first(coverage->subjects, id);
         i < coverage->subjects->v.n && sw_str_equal(coverage->subjects->v.v[i].id, id); i++) {
        size_t other = coverage->subjects->v.v[i].candidate;
        if (is_better(&coverage->candidates->v.v[other], coverage->candidate))
            return 0;
    }
    return 1;
}

/* After load_identity. */
static int load_advisory(const struct sw_vulndb *db, const struct sw_candidates *candidates,
    struct sw_region *region, struct sw_candidate *c)
{
    if (candidates->kept != NULL)
        return 0;
    return sw_store_get_advisory(db, c->entry.number, region, &c->advisory);
}

static int settle(
    const struct sw_vulndb *db, struct sw_region *region, struct sw_candidates *candidates)
{
    SW_CLEANUP(free_subjects) struct subjects subjects = {0};
    int r = 0;
    for (size_t i = 0; i < candidates->v.n && r == 0; i++) {
        struct sw_candidate *c = &candidates->v.v[i];
        struct subject_adder adder = {.subjects = &subjects, .candidate = i};
        r = load_advisory(db, candidates, region, c);
        if (r == 0)
            r = each_subject(&c->advisory, add_subject, &adder);
    }
    if (r < 0)
        return r;
    if (subjects.v.n > 1)
        qsort(subjects.v.v, subjects.v.n, sizeof(subjects.v.v[0]), compare_subjects);
    SW_VEC_EACH (c, &candidates->v) {
        struct coverage coverage = {
            .candidates = candidates, .subjects = &subjects, .candidate = c};
        if (c->verdict == SW_VERDICT_AFFECTED && !c->is_dropped)
            c->is_dropped = each_subject(&c->advisory, is_uncovered, &coverage) == 0;
    }
    return 0;
}

static bool is_finding(const struct sw_candidate *c)
{
    return c->verdict == SW_VERDICT_AFFECTED && !c->is_dropped;
}

static bool has_finding(const struct sw_candidates *candidates)
{
    SW_VEC_EACH (c, &candidates->v)
        if (is_finding(c))
            return true;
    return false;
}

/* Below zero when a's fix is the lower one; no fix at all is above every fix. */
static int compare_fixes(
    enum sw_version_scheme scheme, const struct sw_candidate *a, const struct sw_candidate *b)
{
    if (a->range.fixed.n == 0 || b->range.fixed.n == 0)
        return (a->range.fixed.n == 0) - (b->range.fixed.n == 0);
    return sw_version_compare(scheme, a->range.fixed, b->range.fixed);
}

static bool is_same_key(const struct sw_candidate *a, const struct sw_candidate *b)
{
    return a->entry.number == b->entry.number && a->product == b->product && a->kind == b->kind;
}

/* An rpm erratum that lists several builds of one package was released with all of them, mostly
 * rebuilds of a module for each minor release: any of them has the fix, so the lowest counts. */
static bool is_any_build_enough(enum sw_version_scheme scheme, const struct sw_candidate *c)
{
    return scheme == SW_VERSION_RPM && c->entry.status == SW_FIX_FIXED && c->entry.is_plain;
}

/* One advisory may hold several entries for one package: [first, end) are such, and one of those
 * that hold is kept. Elsewhere than above a package is affected while it lies in any range, so the
 * highest fix ends it. */
static void keep_one(
    enum sw_version_scheme scheme, struct sw_candidate *first, const struct sw_candidate *end)
{
    struct sw_candidate *kept = NULL;
    bool is_built = false;
    for (struct sw_candidate *c = first; c < end; c++)
        is_built = is_built || (c->verdict == SW_VERDICT_SAFE && is_any_build_enough(scheme, c));
    for (struct sw_candidate *c = first; c < end; c++) {
        if (!is_finding(c))
            continue;
        bool is_lowest = is_any_build_enough(scheme, c);
        struct sw_candidate *lost = is_built && is_lowest ? c : NULL;
        if (lost == NULL && kept != NULL) {
            int r = compare_fixes(scheme, c, kept);
            lost = (is_lowest ? r < 0 : r > 0) ? kept : c;
        }
        if (lost != NULL)
            lost->is_dropped = true;
        if (lost != c)
            kept = c;
    }
}

/* Entries of one advisory under one key stand side by side. */
static void keep_one_each(enum sw_version_scheme scheme, struct sw_candidates *candidates)
{
    size_t first = 0;
    for (size_t i = 1; i <= candidates->v.n; i++) {
        if (i < candidates->v.n && is_same_key(&candidates->v.v[first], &candidates->v.v[i]))
            continue;
        if (i - first > 1)
            keep_one(scheme, &candidates->v.v[first], candidates->v.v + i);
        first = i;
    }
}

int sw_candidates_find(const struct sw_vulndb *db, const struct sw_release_family *family,
    const struct sw_match_products *products, const struct sw_package *package,
    struct sw_region *region, struct sw_candidates *candidates)
{
    struct lookup l = {.db = db, .family = family, .package = package, .candidates = candidates};
    bool is_plain = false;
    int r = 0;
    candidates->v.n = 0;
    for (size_t i = 0; i < products->n && r == 0; i++) {
        r = look_up(&l, products->numbers[i], i, SW_AFFECTED_BINARY);
        if (r == 0)
            r = look_up(&l, products->numbers[i], i, SW_AFFECTED_SOURCE);
    }
    if (r < 0 || !has_finding(candidates))
        return r;
    r = load_identities(db, candidates, &is_plain);
    if (r == 0 && !is_plain)
        r = settle(db, region, candidates);
    if (r == 0)
        keep_one_each(family->scheme, candidates);
    SW_VEC_EACH (c, &candidates->v)
        if (r == 0 && is_plain && is_finding(c))
            r = load_advisory(db, candidates, region, c);
    return r;
}

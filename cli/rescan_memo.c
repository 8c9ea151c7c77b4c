/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memo: a table in parts, each with its lock, whose keys are a package's bytes under its
 * system. A package alone gives the same findings as among others: what a report adds is only that
 * packages of one source share them, which the caller does by `group`.
 */
#include "rescan_memo.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/thread.h"

#define PARTS SW_MEMO_PARTS
#define SLOTS_MIN ((size_t)256)
#define PART_BYTES_MAX ((size_t)1 << 30)
#define MATCH_BYTES_MAX ((size_t)1 << 30)
#define SYSTEMS_MAX ((size_t)100000)
#define PART_PACKAGES_MAX ((size_t)UINT32_MAX / PARTS) /* what an id can name */

struct part {
    struct sw_mutex mutex;
    struct sw_region region;
    SW_VEC(struct sw_memo_package *) packages;
    uint32_t *slots; /* owned; index + 1 by hash */
    size_t n_slots;
};

struct sw_memo {
    struct part parts[PARTS];
    struct sw_mutex mutex; /* of the systems */
    struct sw_region region;
    SW_VEC(struct sw_memo_system *) systems;
};

int sw_memo_new(struct sw_memo **ret)
{
    struct sw_memo *memo = sw_mem_zalloc(1, sizeof(*memo));
    if (memo == NULL)
        return -ENOMEM;
    sw_mutex_init(&memo->mutex);
    sw_region_init(&memo->region, PART_BYTES_MAX);
    for (size_t i = 0; i < PARTS; i++) {
        sw_mutex_init(&memo->parts[i].mutex);
        sw_region_init(&memo->parts[i].region, PART_BYTES_MAX);
    }
    *ret = memo;
    return 0;
}

void sw_memo_free(struct sw_memo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < PARTS; i++) {
        sw_mem_free(memo->parts[i].slots);
        sw_vec_done(&memo->parts[i].packages);
        sw_region_done(&memo->parts[i].region);
        sw_mutex_done(&memo->parts[i].mutex);
    }
    sw_vec_done(&memo->systems);
    sw_region_done(&memo->region);
    sw_mutex_done(&memo->mutex);
    sw_mem_free(memo);
}

struct sw_region *sw_memo_region(struct sw_memo *memo)
{
    return &memo->region;
}

int sw_memo_add_system(struct sw_memo *memo, struct sw_str bytes, uint32_t *ret)
{
    SW_MUTEX_HOLD(hold, &memo->mutex);
    for (size_t i = 0; i < memo->systems.n; i++) {
        if (sw_str_equal(memo->systems.v[i]->bytes, bytes)) {
            *ret = (uint32_t)i;
            return 0;
        }
    }
    struct sw_memo_system *made = sw_region_alloc(&memo->region, sizeof(*made));
    int r = made == NULL ? -ENOMEM : sw_region_copy(&memo->region, bytes, &made->bytes);
    if (r == 0)
        r = sw_inventory_system(made->bytes, &made->os);
    if (r == 0)
        r = sw_vec_push(&memo->systems, made, SYSTEMS_MAX);
    if (r == 0)
        *ret = (uint32_t)memo->systems.n - 1;
    return r;
}

struct sw_memo_system *sw_memo_get_system(struct sw_memo *memo, uint32_t id)
{
    SW_MUTEX_HOLD(hold, &memo->mutex);
    return memo->systems.v[id];
}

size_t sw_memo_n_systems(struct sw_memo *memo)
{
    return memo->systems.n;
}

static uint32_t *find_slot(
    const struct part *part, uint32_t hash, uint32_t system, struct sw_str bytes)
{
    size_t i = hash & (part->n_slots - 1);
    while (part->slots[i] != 0) {
        const struct sw_memo_package *package = part->packages.v[part->slots[i] - 1];
        if (package->hash == hash && package->system == system &&
            sw_str_equal(package->bytes, bytes))
            break;
        i = (i + 1) & (part->n_slots - 1);
    }
    return &part->slots[i];
}

static int grow(struct part *part)
{
    if (part->packages.n < part->n_slots / 2)
        return 0;
    size_t n = part->n_slots == 0 ? SLOTS_MIN : part->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    sw_mem_free(part->slots);
    part->slots = slots;
    part->n_slots = n;
    for (size_t i = 0; i < part->packages.n; i++) {
        const struct sw_memo_package *package = part->packages.v[i];
        *find_slot(part, package->hash, package->system, package->bytes) = (uint32_t)i + 1;
    }
    return 0;
}

int sw_memo_add_package(struct sw_memo *memo, uint32_t system, struct sw_str bytes, uint32_t *ret)
{
    uint64_t hash = sw_str_hash_seeded(system + 1, bytes);
    uint32_t number = (uint32_t)(hash % PARTS);
    struct part *part = &memo->parts[number];
    SW_MUTEX_HOLD(hold, &part->mutex);
    int r = grow(part);
    if (r < 0)
        return r;
    uint32_t *slot = find_slot(part, (uint32_t)(hash >> 32), system, bytes);
    if (*slot == 0) {
        struct sw_memo_package *made = sw_region_alloc(&part->region, sizeof(*made));
        r = made == NULL ? -ENOMEM : sw_region_copy(&part->region, bytes, &made->bytes);
        if (r < 0)
            return r;
        made->system = system;
        made->hash = (uint32_t)(hash >> 32);
        r = sw_vec_push(&part->packages, made, PART_PACKAGES_MAX);
        if (r < 0)
            return r;
        *slot = (uint32_t)part->packages.n;
    }
    *ret = (*slot - 1) * PARTS + number;
    return 0;
}

struct sw_memo_package *sw_memo_get(const struct sw_memo *memo, uint32_t id)
{
    return memo->parts[id % PARTS].packages.v[id / PARTS];
}

size_t sw_memo_n_packages(const struct sw_memo *memo, uint32_t part)
{
    return memo->parts[part].packages.n;
}

bool sw_memo_package_is_untouched(
    const struct sw_memo_package *package, const struct sw_touched *touched)
{
    struct sw_package p;
    if (touched->n == 0)
        return true;
    return sw_inventory_package(package->bytes, &p) == 0 && !sw_touched_has(touched, p.name) &&
           !sw_touched_has(touched, p.source_name);
}

/* An inventory without packages says whether its system can be judged. */
int sw_memo_judge_system(const struct sw_memo_judge *judge, struct sw_memo_system *system)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_region_init(&region, MATCH_BYTES_MAX);
    sw_report_init(&report, &region);
    report.os = system->os;
    int r = sw_vulndb_match(judge->db, &report, judge->today, NULL);
    system->is_incomplete = sw_report_is_incomplete(&report);
    system->is_judged = true;
    return r;
}

static uint64_t hash_texts(const struct sw_str *texts, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++)
        hash = sw_str_hash_seeded(hash, texts[i]);
    return hash;
}

uint64_t sw_memo_identity(const struct sw_finding *finding, struct sw_str source_version)
{
    struct sw_str identity[] = {finding->id, finding->source_name, source_version};
    return hash_texts(identity, SW_ARRAY_SIZE(identity));
}

static void take_finding(const struct sw_finding *f, const struct sw_package *package,
    bool is_ignored, struct sw_memo_verdict *ret)
{
    struct sw_str group[] = {f->feed, f->record, package->source_name, package->source_version};
    ret->group = hash_texts(group, SW_ARRAY_SIZE(group));
    ret->identity = sw_memo_identity(f, package->source_version);
    ret->severity = (uint8_t)f->severity;
    ret->status = (uint8_t)f->status;
    ret->is_ignored = is_ignored;
}

/* In an order that scores do not change, as they change that of findings. */
static int compare_verdicts(const void *a, const void *b)
{
    const struct sw_memo_verdict *x = a;
    const struct sw_memo_verdict *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->identity < y->identity ? -1 : x->identity > y->identity;
}

static bool is_same(const struct sw_memo_verdicts *a, const struct sw_memo_verdicts *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->v[i].group != b->v[i].group || a->v[i].identity != b->v[i].identity ||
            a->v[i].severity != b->v[i].severity || a->v[i].status != b->v[i].status ||
            a->v[i].is_ignored != b->v[i].is_ignored)
            return false;
    return true;
}

static int take_findings(const struct sw_memo_judge *judge, struct sw_report *report,
    const struct sw_package *package, struct sw_memo_package *ret)
{
    size_t n = 0;
    int r = 0;
    size_t n_all = report->findings.n;
    struct sw_memo_verdict *all = sw_region_array(judge->region, n_all, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    if (judge->rules != NULL)
        r = sw_ignore_apply(judge->rules, judge->use, report, judge->today, NULL);
    if (r < 0)
        return r;
    SW_VEC_EACH (finding, &report->findings)
        take_finding(finding, package, false, &all[n++]);
    SW_VEC_EACH (ignored, &report->ignored)
        take_finding(&ignored->finding, package, true, &all[n++]);
    if (n > 1)
        qsort(all, n, sizeof(*all), compare_verdicts);
    ret->now = (struct sw_memo_verdicts){all, (uint32_t)n};
    return 0;
}

int sw_memo_judge_package(const struct sw_memo_judge *judge, const struct sw_memo_system *system,
    struct sw_memo_package *ret)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    struct sw_package package;
    sw_region_init(&region, MATCH_BYTES_MAX);
    sw_report_init(&report, &region);
    report.os = system->os;
    int r = sw_inventory_package(ret->bytes, &package);
    if (r == 0)
        r = sw_vec_push(&report.packages, package, 1);
    /* Rules may ask for anything that a finding says. */
    if (r == 0 && judge->rules != NULL)
        r = sw_vulndb_match(judge->db, &report, judge->today, NULL);
    else if (r == 0)
        r = sw_vulndb_match_brief(judge->db, judge->kept, &report, judge->today, NULL);
    if (r == 0)
        r = take_findings(judge, &report, &package, ret);
    if (r < 0)
        return r;
    ret->is_source_named = sw_str_equal(package.name, package.source_name);
    ret->is_judged = true;
    ret->is_changed = !ret->has_before || !is_same(&ret->before, &ret->now);
    return 0;
}

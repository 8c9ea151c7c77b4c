/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memo: a table in parts, each with its lock, whose keys are a package's bytes under a seed of
 * its system. A package alone gives the same findings as among others: what a report adds is only
 * that packages of one source share them, which the caller does by `group`.
 */
#include "rescan_memo.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "base/vec.h"
#include "io/thread.h"

#define PARTS 64
#define SLOTS_MIN ((size_t)256)
#define PART_BYTES_MAX ((size_t)1 << 30)
#define MATCH_BYTES_MAX ((size_t)1 << 30)
#define SYSTEMS_MAX ((size_t)100000)

struct slot {
    uint64_t hash;
    uint64_t seed;
    struct sw_str key;
    struct sw_memo_package *package; /* NULL: free */
};

struct part {
    struct sw_mutex mutex;
    struct sw_region region;
    struct slot *slots; /* owned */
    size_t n_slots;
    size_t n;
};

struct system {
    struct sw_str key;
    struct sw_memo_system system;
};

struct sw_memo {
    struct sw_str today;
    struct part parts[PARTS];
    struct sw_mutex mutex; /* of the systems */
    struct sw_region region;
    SW_VEC(struct system *) systems;
};

int sw_memo_new(struct sw_str today, struct sw_memo **ret)
{
    struct sw_memo *memo = sw_mem_zalloc(1, sizeof(*memo));
    if (memo == NULL)
        return -ENOMEM;
    memo->today = today;
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
        sw_region_done(&memo->parts[i].region);
        sw_mutex_done(&memo->parts[i].mutex);
    }
    sw_vec_done(&memo->systems);
    sw_region_done(&memo->region);
    sw_mutex_done(&memo->mutex);
    sw_mem_free(memo);
}

/* An inventory without packages says whether its system can be judged. */
static int judge_system(const struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_os *os, struct sw_memo_system *ret)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    sw_region_init(&region, MATCH_BYTES_MAX);
    sw_report_init(&report, &region);
    report.os = *os;
    int r = sw_vulndb_match(db, &report, memo->today, NULL);
    ret->is_incomplete = sw_report_is_incomplete(&report);
    return r;
}

int sw_memo_system(struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_inventory *inventory, const struct sw_memo_system **ret)
{
    SW_MUTEX_HOLD(hold, &memo->mutex);
    SW_VEC_EACH (system, &memo->systems) {
        if (sw_str_equal((*system)->key, inventory->os_bytes)) {
            *ret = &(*system)->system;
            return 0;
        }
    }
    struct system *made = sw_region_alloc(&memo->region, sizeof(*made));
    int r = made == NULL ? -ENOMEM : sw_region_copy(&memo->region, inventory->os_bytes, &made->key);
    if (r == 0)
        r = judge_system(memo, db, &inventory->os, &made->system);
    if (r == 0) {
        made->system.seed = memo->systems.n + 1;
        r = sw_vec_push(&memo->systems, made, SYSTEMS_MAX);
    }
    if (r == 0)
        *ret = &made->system;
    return r;
}

static uint64_t hash_texts(const struct sw_str *texts, size_t n)
{
    uint64_t hash = n;
    for (size_t i = 0; i < n; i++)
        hash = sw_str_hash_seeded(hash, texts[i]);
    return hash;
}

static void take_finding(
    const struct sw_finding *f, const struct sw_package *package, struct sw_memo_verdict *ret)
{
    struct sw_str group[] = {f->feed, f->record, package->source_name, package->source_version};
    struct sw_str identity[] = {f->id, package->source_name, package->source_version};
    ret->group = hash_texts(group, SW_ARRAY_SIZE(group));
    ret->identity = hash_texts(identity, SW_ARRAY_SIZE(identity));
    ret->severity = (uint8_t)f->severity;
    ret->status = (uint8_t)f->status;
}

static int judge_package(const struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_os *os, struct sw_str bytes, struct part *part, struct sw_memo_package *ret)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_report_done) struct sw_report report;
    struct sw_package package;
    sw_region_init(&region, MATCH_BYTES_MAX);
    sw_report_init(&report, &region);
    report.os = *os;
    int r = sw_inventory_package(bytes, &package);
    if (r == 0)
        r = sw_vec_push(&report.packages, package, 1);
    if (r == 0)
        r = sw_vulndb_match(db, &report, memo->today, NULL);
    if (r < 0)
        return r;
    ret->is_source_named = sw_str_equal(package.name, package.source_name);
    ret->verdicts = sw_region_array(&part->region, report.findings.n, sizeof(*ret->verdicts));
    if (ret->verdicts == NULL)
        return -ENOMEM;
    SW_VEC_EACH (finding, &report.findings)
        take_finding(finding, &package, &ret->verdicts[ret->n++]);
    return 0;
}

static struct slot *find_slot(struct part *part, uint64_t hash, uint64_t seed, struct sw_str key)
{
    size_t i = (size_t)(hash / PARTS) & (part->n_slots - 1);
    while (part->slots[i].package != NULL &&
           (part->slots[i].hash != hash || part->slots[i].seed != seed ||
               !sw_str_equal(part->slots[i].key, key)))
        i = (i + 1) & (part->n_slots - 1);
    return &part->slots[i];
}

static int grow(struct part *part)
{
    if (part->n < part->n_slots / 2)
        return 0;
    struct part larger = {.n_slots = part->n_slots == 0 ? SLOTS_MIN : part->n_slots * 2};
    larger.slots = sw_mem_zalloc(larger.n_slots, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < part->n_slots; i++) {
        const struct slot *slot = &part->slots[i];
        if (slot->package != NULL)
            *find_slot(&larger, slot->hash, slot->seed, slot->key) = *slot;
    }
    sw_mem_free(part->slots);
    part->slots = larger.slots;
    part->n_slots = larger.n_slots;
    return 0;
}

int sw_memo_package(struct sw_memo *memo, const struct sw_vulndb *db,
    const struct sw_memo_system *system, const struct sw_os *os, struct sw_str package,
    const struct sw_memo_package **ret)
{
    uint64_t hash = sw_str_hash_seeded(system->seed, package);
    struct part *part = &memo->parts[hash % PARTS];
    SW_MUTEX_HOLD(hold, &part->mutex);
    int r = grow(part);
    if (r < 0)
        return r;
    struct slot *slot = find_slot(part, hash, system->seed, package);
    if (slot->package == NULL) {
        struct slot made = {.hash = hash, .seed = system->seed};
        made.package = sw_region_alloc(&part->region, sizeof(*made.package));
        r = made.package == NULL ? -ENOMEM : sw_region_copy(&part->region, package, &made.key);
        if (r == 0)
            r = judge_package(memo, db, os, package, part, made.package);
        if (r < 0)
            return r;
        *slot = made;
        part->n++;
    }
    *ret = slot->package;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads take inventories from one counter, read them, and add up what the memo says of their
 * packages.
 */
#include "rescan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/thread.h"
#include "rescan_memo.h"
#include "rules/gate.h"
#include "vulndb/vulndb.h"

#define TEXT_BYTES_MAX ((size_t)1 << 30)   /* names of all inventories of one thread */
#define FILE_BYTES_MAX ((size_t)512 << 20) /* the compact part of one */
#define GROUPS_MAX ((size_t)2000000)       /* findings of one */

/* A finding in the making, as sw_groups_add (lib/vulndb/group.c) makes them. */
struct group {
    struct sw_memo_verdict verdict;
    bool is_source_named;
};

struct worker {
    const struct sw_rescan_options *options;
    struct sw_rescan *rescan;
    struct sw_memo *memo;
    atomic_size_t *next;
    struct sw_vulndb *db; /* owned: a database is read by one thread at a time */
    struct sw_region *region;
    struct sw_buf buf;
    SW_VEC(struct group) groups;
    uint32_t *slots; /* owned; group + 1 by hash */
    size_t n_slots;
    struct sw_thread thread;
    int code;
    struct sw_err err;
};

static int grow_slots(struct worker *w)
{
    if (w->groups.n < w->n_slots / 2)
        return 0;
    size_t n = w->n_slots == 0 ? 4096 : w->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < w->groups.n; i++) {
        size_t at = (size_t)w->groups.v[i].verdict.group & (n - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)i + 1;
    }
    sw_mem_free(w->slots);
    w->slots = slots;
    w->n_slots = n;
    return 0;
}

static int add_verdict(
    struct worker *w, const struct sw_memo_verdict *verdict, bool is_source_named)
{
    int r = grow_slots(w);
    if (r < 0)
        return r;
    size_t at = (size_t)verdict->group & (w->n_slots - 1);
    while (w->slots[at] != 0 && w->groups.v[w->slots[at] - 1].verdict.group != verdict->group)
        at = (at + 1) & (w->n_slots - 1);
    if (w->slots[at] == 0) {
        struct group group = {.verdict = *verdict, .is_source_named = is_source_named};
        r = sw_vec_push(&w->groups, group, GROUPS_MAX);
        w->slots[at] = (uint32_t)w->groups.n;
        return r;
    }
    /* The package called as its source speaks for all: what is fixed, not how grave it is. */
    struct group *group = &w->groups.v[w->slots[at] - 1];
    if (is_source_named && !group->is_source_named)
        group->verdict.status = verdict->status;
    group->is_source_named = group->is_source_named || is_source_named;
    return 0;
}

static void clear_groups(struct worker *w)
{
    for (size_t i = 0; i < w->groups.n; i++) {
        size_t at = (size_t)w->groups.v[i].verdict.group & (w->n_slots - 1);
        while (w->slots[at] != 0) {
            w->slots[at] = 0;
            at = (at + 1) & (w->n_slots - 1);
        }
    }
    w->groups.n = 0;
}

static int compare_findings(const void *a, const void *b)
{
    const struct sw_judged_finding *x = a;
    const struct sw_judged_finding *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    return (int)y->severity - (int)x->severity; /* the worst first, which stays */
}

/* Every finding once, by identity. */
static int list_findings(struct worker *w, struct sw_rescan_result *result)
{
    struct sw_judged_finding *all = sw_mem_zalloc(w->groups.n + 1, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < w->groups.n; i++)
        all[i] = (struct sw_judged_finding){
            w->groups.v[i].verdict.identity, w->groups.v[i].verdict.severity};
    if (w->groups.n > 1)
        qsort(all, w->groups.n, sizeof(*all), compare_findings);
    size_t n = 0;
    for (size_t i = 0; i < w->groups.n; i++)
        if (n == 0 || all[n - 1].identity != all[i].identity)
            all[n++] = all[i];
    result->findings = all;
    result->n = n;
    return 0;
}

/* Both are sorted. What is below the level that is asked for is no change either. */
static void compare_before(const struct sw_rescan_options *options, struct sw_rescan_result *result)
{
    const struct sw_judged_entry *before = sw_judged_find(options->before, result->name);
    result->is_first = before == NULL;
    if (before == NULL)
        return;
    size_t n = sw_judged_count(before);
    for (size_t i = 0, j = 0; i < n || j < result->n;) {
        struct sw_judged_finding old = {.identity = UINT64_MAX};
        if (i < n)
            old = sw_judged_get(before, i);
        const struct sw_judged_finding *now = j < result->n ? &result->findings[j] : NULL;
        if (now != NULL && (i >= n || now->identity < old.identity)) {
            result->n_new += now->severity >= options->least;
            j++;
        } else if (now == NULL || old.identity < now->identity) {
            result->n_fixed += old.severity >= options->least;
            i++;
        } else {
            i++;
            j++;
        }
    }
}

static void count(const struct sw_rescan_options *options, const struct worker *w,
    struct sw_rescan_result *result)
{
    SW_VEC_EACH (group, &w->groups) {
        struct sw_finding shown = {
            .kind = SW_FINDING_VULNERABILITY,
            .severity = (enum sw_severity)group->verdict.severity,
            .status = (enum sw_fix_status)group->verdict.status,
        };
        if (shown.severity < options->least ||
            (options->is_only_fixed && shown.status != SW_FIX_FIXED))
            continue;
        result->n_findings[shown.severity]++;
        result->is_failing =
            result->is_failing ||
            (options->has_gate && sw_gate_is_at_or_above(&shown, options->fail_on));
    }
}

static int judge_packages(
    struct worker *w, const struct sw_inventory *inventory, struct sw_rescan_result *result)
{
    const struct sw_memo_system *system = NULL;
    struct sw_str rest = inventory->packages;
    struct sw_str bytes;
    int r = sw_memo_system(w->memo, w->db, inventory, &system);
    if (r < 0)
        return r;
    result->is_incomplete = inventory->is_incomplete || system->is_incomplete;
    while ((r = sw_inventory_next(&rest, &bytes)) == 1) {
        const struct sw_memo_package *package = NULL;
        r = sw_memo_package(w->memo, w->db, system, &inventory->os, bytes, &package);
        for (uint32_t i = 0; r == 0 && i < package->n; i++)
            r = add_verdict(w, &package->verdicts[i], package->is_source_named);
        if (r < 0)
            return r;
        result->n_packages++;
    }
    return r;
}

/* By the name that was typed, by the one that the image carries, or by (the start of) a digest. */
static bool is_wanted(const struct sw_rescan_options *options, const struct sw_inventory *inventory)
{
    const struct sw_str names[] = {
        inventory->target, inventory->image, inventory->digest, inventory->config_digest};
    for (size_t i = 0; i < options->n_wanted; i++) {
        struct sw_str wanted = sw_str_of(options->wanted[i]);
        for (size_t k = 0; k < SW_ARRAY_SIZE(names); k++) {
            ptrdiff_t colon = sw_str_find_char(names[k], ':');
            struct sw_str bare = sw_str_skip(names[k], (size_t)(colon + 1));
            if (sw_str_equal(wanted, names[k]) || sw_str_equal(wanted, bare) ||
                (k >= 2 && wanted.n >= 8 &&
                    (sw_str_starts_with(names[k], wanted) || sw_str_starts_with(bare, wanted))))
                return true;
        }
    }
    return options->n_wanted == 0;
}

static int judge_inventory(struct worker *w, struct sw_rescan_result *result)
{
    struct sw_inventory inventory;
    int r = sw_inventory_load(w->options->inventories->fd, result->name, &w->buf, &inventory);
    /* Pruned between the listing and now. */
    if (r == -ENOENT)
        return 0;
    if (r < 0) {
        result->code = r;
        return r == -ENOMEM ? r : 0;
    }
    result->is_wanted = is_wanted(w->options, &inventory);
    if (!result->is_wanted)
        return 0;
    if (sw_region_copy(w->region, inventory.target, &result->target) < 0 ||
        sw_region_copy(w->region, inventory.platform, &result->platform) < 0)
        return -ENOMEM;
    r = judge_packages(w, &inventory, result);
    if (r == 0)
        r = list_findings(w, result);
    if (r == 0) {
        count(w->options, w, result);
        compare_before(w->options, result);
    }
    clear_groups(w);
    return r;
}

static void run_worker(void *argument)
{
    struct worker *w = argument;
    w->code = sw_vulndb_open(w->options->database, &w->db, &w->err);
    while (w->code == 0) {
        size_t i = atomic_fetch_add(w->next, 1);
        if (i >= w->rescan->n_results)
            break;
        w->code = judge_inventory(w, &w->rescan->results[i]);
    }
    if (w->code < 0 && w->err.message[0] == '\0')
        sw_err_set(&w->err, w->code, "cannot judge: %s", strerrordesc_np(-w->code));
    sw_vulndb_closep(&w->db);
    sw_buf_done(&w->buf);
    sw_vec_done(&w->groups);
    sw_mem_free(SW_TAKE(w->slots));
}

static int run_workers(struct worker *workers, const struct sw_rescan_options *options,
    struct sw_rescan *rescan, struct sw_memo *memo, struct sw_err *err)
{
    atomic_size_t next = 0;
    int r = 0;
    for (size_t i = 0; i < rescan->n_regions; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.options = options, .rescan = rescan, .memo = memo, .next = &next};
        w->region = &rescan->regions[i];
        sw_region_init(w->region, TEXT_BYTES_MAX);
        sw_buf_init(&w->buf, FILE_BYTES_MAX);
        if (r == 0)
            r = sw_thread_start(&w->thread, run_worker, w);
    }
    for (size_t i = 0; i < rescan->n_regions; i++) {
        sw_thread_join(&workers[i].thread);
        if (r == 0 && workers[i].code < 0)
            r = sw_err_set(err, workers[i].code, "%s", workers[i].err.message);
    }
    return r;
}

int sw_rescan_run(
    const struct sw_rescan_options *options, struct sw_rescan *ret, struct sw_err *err)
{
    struct sw_rescan rescan = {.n_results = options->inventories->n};
    struct sw_memo *memo = NULL;
    unsigned n = options->n_threads;
    rescan.n_regions = n < 1 ? 1 : n > SW_POOL_THREADS_MAX ? SW_POOL_THREADS_MAX : n;
    rescan.results = sw_mem_zalloc(rescan.n_results + 1, sizeof(*rescan.results));
    rescan.regions = sw_mem_zalloc(rescan.n_regions, sizeof(*rescan.regions));
    SW_CLEANUP(sw_mem_freep)
    struct worker *workers = sw_mem_zalloc(rescan.n_regions, sizeof(*workers));
    int r = rescan.results == NULL || rescan.regions == NULL || workers == NULL
                ? -ENOMEM
                : sw_memo_new(options->today, &memo);
    for (size_t i = 0; r == 0 && i < rescan.n_results; i++)
        rescan.results[i].name = options->inventories->names[i];
    if (r == 0)
        r = run_workers(workers, options, &rescan, memo, err);
    sw_memo_free(memo);
    if (r < 0)
        sw_rescan_done(&rescan);
    else
        *ret = rescan;
    return r;
}

void sw_rescan_done(struct sw_rescan *rescan)
{
    for (size_t i = 0; rescan->results != NULL && i < rescan->n_results; i++)
        sw_mem_free(rescan->results[i].findings);
    for (size_t i = 0; rescan->regions != NULL && i < rescan->n_regions; i++)
        sw_region_done(&rescan->regions[i]);
    sw_mem_free(SW_TAKE(rescan->results));
    sw_mem_free(SW_TAKE(rescan->regions));
    rescan->n_results = 0;
    rescan->n_regions = 0;
}

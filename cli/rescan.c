/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes by threads that take their work from one counter: find out which packages each inventory
 * has; judge those whose verdicts are not known; see which changed; add up. An inventory that is as
 * it was, with packages that nothing changed for, is neither read nor added up again.
 */
#include "rescan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/thread.h"
#include "rescan_count.h"
#include "rescan_moved.h"
#include "vulndb/vulndb.h"

#define TEXT_BYTES_MAX ((size_t)2 << 30)   /* names, packages and verdicts of one thread */
#define FILE_BYTES_MAX ((size_t)512 << 20) /* the compact part of one */
#define LIST_BYTES_MAX ((size_t)64 << 20)
#define IDS_MAX ((size_t)50000000)

struct worker {
    const struct sw_rescan_options *options;
    struct sw_rescan *rescan;
    atomic_size_t *next;
    struct sw_vulndb *db;        /* owned: a database is read by one thread at a time */
    struct sw_vulndb_kept *kept; /* owned */
    const uint32_t *stale;       /* ids of packages to judge */
    size_t n_stale;
    const struct sw_rescan_moved *moved;
    struct sw_region *region;
    struct sw_ignore_use use;
    struct sw_buf buf;
    struct sw_buf list;
    struct sw_rescan_counter counter;
    SW_VEC(uint32_t) ids;
    struct sw_thread thread;
    int (*step)(struct worker *w, size_t i); /* 1: there is no such work */
    int code;
    struct sw_err err;
};

/* ---- first pass: what each inventory is ---- */

/* By the name that was typed, by the one that the image carries, or by (the start of) a digest. */
static bool is_wanted(const struct sw_rescan_options *options, const struct sw_judged_entry *entry)
{
    const struct sw_str names[] = {
        entry->target, entry->image, entry->digest, entry->config_digest};
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

static int copy_texts(
    struct worker *w, const struct sw_inventory *inventory, struct sw_judged_entry *entry)
{
    const struct sw_str from[] = {inventory->target, inventory->image, inventory->digest,
        inventory->config_digest, inventory->platform};
    struct sw_str *to[] = {
        &entry->target, &entry->image, &entry->digest, &entry->config_digest, &entry->platform};
    for (size_t i = 0; i < SW_ARRAY_SIZE(from); i++)
        if (sw_region_copy(w->region, from[i], to[i]) < 0)
            return -ENOMEM;
    entry->is_incomplete = inventory->is_incomplete;
    return 0;
}

static int add_packages(
    struct worker *w, const struct sw_inventory *inventory, struct sw_judged_entry *entry)
{
    struct sw_str rest = inventory->packages;
    struct sw_str bytes;
    struct sw_package package;
    w->ids.n = 0;
    int r = sw_memo_add_system(w->rescan->memo, inventory->os_bytes, &entry->system);
    while (r == 0 && (r = sw_inventory_next(&rest, &bytes)) == 1) {
        uint32_t id = 0;
        r = sw_inventory_package(bytes, &package);
        if (r == 0)
            r = sw_memo_add_package(w->rescan->memo, entry->system, bytes, &id);
        if (r == 0)
            r = sw_vec_push(&w->ids, id, SW_REPORT_PACKAGES_MAX);
    }
    if (r < 0)
        return r;
    uint32_t *ids = sw_region_array(w->region, w->ids.n, sizeof(*ids));
    if (ids == NULL)
        return -ENOMEM;
    if (w->ids.n > 0)
        memcpy(ids, w->ids.v, w->ids.n * sizeof(*ids));
    entry->packages = ids;
    entry->n_packages = (uint32_t)w->ids.n;
    entry->has_packages = true;
    return 0;
}

static int read_inventory(struct worker *w, struct sw_rescan_result *result)
{
    struct sw_inventory inventory;
    int r = sw_inventory_load(w->options->inventories->fd, result->now.name, &w->buf, &inventory);
    result->is_read = true;
    if (r == 0)
        r = copy_texts(w, &inventory, &result->now);
    if (r == 0)
        r = add_packages(w, &inventory, &result->now);
    return r;
}

/* What last time says of a file that is the same as then. */
static void take_known(struct sw_rescan_result *result)
{
    struct sw_file_identity file = result->now.file;
    result->now = *result->before;
    result->now.file = file;
    result->now.has_list = false;
    result->now.list = SW_STR_NONE;
}

static int find_inventory(struct worker *w, size_t i)
{
    if (i >= w->rescan->n_results)
        return 1;
    struct sw_rescan_result *result = &w->rescan->results[i];
    struct sw_judged_entry *now = &result->now;
    result->before = sw_judged_find(&w->rescan->judged, now->name);
    int r = sw_file_identify_at(w->options->inventories->fd, now->name.p, &now->file);
    if (r == 0 && result->before != NULL && result->before->has_packages &&
        sw_file_identity_equal(&now->file, &result->before->file))
        take_known(result);
    else if (r == 0)
        r = read_inventory(w, result);
    /* Pruned between the listing and now. */
    result->is_gone = r == -ENOENT;
    result->code = result->is_gone ? 0 : r;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    result->is_wanted = is_wanted(w->options, now);
    if (!result->is_wanted)
        return 0;
    r = sw_found_load(w->options->found, now->name, w->region, &result->found);
    result->has_found = r == 1;
    return r < 0 ? r : 0;
}

/* ---- second pass: what the database says ---- */

static int judge(struct worker *w, size_t i)
{
    struct sw_memo *memo = w->rescan->memo;
    struct sw_memo_judge judge = {.db = w->db,
        .kept = w->kept,
        .today = w->options->today,
        .rules = w->options->rules,
        .use = &w->use,
        .region = w->region};
    size_t n_systems = sw_memo_n_systems(memo);
    if (i < n_systems)
        return sw_memo_judge_system(&judge, sw_memo_get_system(memo, (uint32_t)i));
    if (i - n_systems >= w->n_stale)
        return 1;
    struct sw_memo_package *package = sw_memo_get(memo, w->stale[i - n_systems]);
    return sw_memo_judge_package(&judge, sw_memo_get_system(memo, package->system), package);
}

/* ---- third pass: which verdicts changed; by parts of the memo ---- */

static int narrow(struct worker *w, size_t i)
{
    int r = 0;
    if (i >= SW_MEMO_PARTS)
        return 1;
    for (uint32_t k = 0; k < sw_memo_n_packages(w->rescan->memo, (uint32_t)i) && r == 0; k++)
        r = sw_rescan_moved_narrow(
            w->moved, sw_memo_get(w->rescan->memo, k * SW_MEMO_PARTS + (uint32_t)i), w->region);
    return r;
}

/* ---- fourth pass: sums ---- */

static bool is_as_before(const struct worker *w, const struct sw_judged_entry *entry)
{
    for (uint32_t i = 0; i < entry->n_packages; i++) {
        const struct sw_memo_package *package = sw_memo_get(w->rescan->memo, entry->packages[i]);
        if (!package->is_judged || package->moved_before.n + package->moved_now.n > 0)
            return false;
    }
    return true;
}

void sw_rescan_sum(const struct sw_rescan_options *options, const struct sw_judged_counts *counts,
    struct sw_rescan_result *result)
{
    result->is_failing = false;
    result->n_ignored = counts->n_ignored;
    memset(result->n_findings, 0, sizeof(result->n_findings));
    for (size_t i = options->least; i < _SW_SEVERITY_MAX; i++) {
        uint64_t n = counts->n[i][1] + (options->is_only_fixed ? 0 : counts->n[i][0]);
        result->n_findings[i] = n;
        result->is_failing =
            result->is_failing || (options->has_gate && i >= options->fail_on && n > 0);
    }
}

/* What was found last time, or by a scan since then: 1, or 0: nothing is known. */
static int list_before(struct worker *w, const struct sw_rescan_result *result, struct sw_str *ret)
{
    const struct sw_judged_entry *before = result->before;
    struct sw_judged_counts counts;
    if (result->has_found || (before != NULL && before->has_list)) {
        *ret = result->has_found ? result->found : before->list;
        return 1;
    }
    if (before == NULL || !before->has_packages)
        return 0;
    sw_buf_clear(&w->buf);
    int r = sw_rescan_count(
        &w->counter, before->packages, before->n_packages, SW_RESCAN_BEFORE, &counts);
    if (r == 0)
        r = sw_rescan_list(&w->counter, &w->buf);
    *ret = sw_buf_str(&w->buf);
    return r < 0 ? r : 1;
}

/* Of the packages of an inventory that is as it was: findings into a buffer, and their sums. */
static int count_moved(struct worker *w, const struct sw_judged_entry *entry,
    enum sw_rescan_which which, struct sw_buf *buf, struct sw_judged_counts *ret)
{
    sw_buf_clear(buf);
    int r = sw_rescan_count(&w->counter, entry->packages, entry->n_packages, which, ret);
    return r < 0 ? r : sw_rescan_list(&w->counter, buf);
}

/* Only what changed is added up: from what was, take what was there of it and add what is. */
static int compare_moved(struct worker *w, struct sw_rescan_result *result)
{
    struct sw_judged_counts before;
    struct sw_judged_counts now;
    struct sw_judged_counts *sums = &result->now.counts;
    int r = count_moved(w, &result->now, SW_RESCAN_MOVED_BEFORE, &w->buf, &before);
    if (r == 0)
        r = count_moved(w, &result->now, SW_RESCAN_MOVED_NOW, &w->list, &now);
    if (r < 0)
        return r;
    for (size_t i = 0; i < _SW_SEVERITY_MAX; i++)
        for (size_t k = 0; k < 2; k++)
            sums->n[i][k] = sums->n[i][k] - before.n[i][k] + now.n[i][k];
    sums->n_ignored = sums->n_ignored - before.n_ignored + now.n_ignored;
    sw_rescan_compare(sw_buf_str(&w->buf), sw_buf_str(&w->list), w->options->least, &result->n_new,
        &result->n_fixed);
    return 0;
}

/* The list first: both use the counter. */
static int compare(struct worker *w, struct sw_rescan_result *result)
{
    struct sw_str before = SW_STR_NONE;
    struct sw_judged_entry *now = &result->now;
    int r = list_before(w, result, &before);
    if (r < 0)
        return r;
    result->is_first = r == 0;
    r = sw_rescan_count(&w->counter, now->packages, now->n_packages, SW_RESCAN_NOW, &now->counts);
    if (r < 0 || result->is_first)
        return r;
    sw_buf_clear(&w->list);
    r = sw_rescan_list(&w->counter, &w->list);
    if (r == 0)
        sw_rescan_compare(
            before, sw_buf_str(&w->list), w->options->least, &result->n_new, &result->n_fixed);
    return r;
}

/* One that is not asked for keeps what it was found to have. */
static int keep(struct worker *w, struct sw_rescan_result *result)
{
    const struct sw_judged_entry *before = result->before;
    struct sw_str list = SW_STR_NONE;
    if (before == NULL || result->is_gone)
        return 0;
    result->now = *before;
    if (before->has_packages && is_as_before(w, before))
        return 0;
    int r = before->has_list ? 0 : list_before(w, result, &list);
    if (r == 1)
        r = sw_region_copy(w->region, list, &result->now.list);
    result->now.has_list = true;
    result->now.has_packages = false;
    result->now.n_packages = 0;
    return r;
}

static int sum_up(struct worker *w, size_t i)
{
    if (i >= w->rescan->n_results)
        return 1;
    struct sw_rescan_result *result = &w->rescan->results[i];
    struct sw_judged_entry *now = &result->now;
    if (!result->is_wanted || result->code < 0)
        return keep(w, result);
    const struct sw_memo_system *system = sw_memo_get_system(w->rescan->memo, now->system);
    result->is_incomplete = now->is_incomplete || system->is_incomplete;
    int r = 0;
    if (result->is_read || result->has_found || result->before->has_list)
        r = compare(w, result);
    else if (!is_as_before(w, now))
        r = compare_moved(w, result);
    if (r == 0)
        sw_rescan_sum(w->options, &now->counts, result);
    return r;
}

/* ---- around them ---- */

static void run_worker(void *argument)
{
    struct worker *w = argument;
    while (w->code == 0)
        w->code = w->step(w, atomic_fetch_add(w->next, 1));
    if (w->code < 0 && w->err.message[0] == '\0')
        sw_err_set(&w->err, w->code, "cannot judge: %s", strerrordesc_np(-w->code));
}

static int run_pass(
    struct worker *workers, size_t n, int (*step)(struct worker *w, size_t i), struct sw_err *err)
{
    atomic_size_t next = 0;
    int r = 0;
    for (size_t i = 0; i < n; i++) {
        workers[i].next = &next;
        workers[i].step = step;
        workers[i].code = 0;
        if (r == 0)
            r = sw_thread_start(&workers[i].thread, run_worker, &workers[i]);
    }
    for (size_t i = 0; i < n; i++) {
        sw_thread_join(&workers[i].thread);
        if (r == 0 && workers[i].code < 0)
            r = sw_err_set(err, workers[i].code, "%s", workers[i].err.message);
    }
    return r;
}

struct stale {
    SW_VEC(uint32_t) ids;
};

static void free_stale(struct stale *stale)
{
    sw_vec_done(&stale->ids);
}

static bool has_stale(const struct sw_rescan *rescan)
{
    for (uint32_t part = 0; part < SW_MEMO_PARTS; part++)
        for (uint32_t i = 0; i < sw_memo_n_packages(rescan->memo, part); i++)
            if (!sw_memo_get(rescan->memo, i * SW_MEMO_PARTS + part)->is_judged)
                return true;
    return false;
}

/* Packages of the inventories that are wanted, whose verdicts are not known. */
static int list_stale(const struct sw_rescan *rescan, struct stale *stale)
{
    int r = 0;
    size_t n = has_stale(rescan) ? rescan->n_results : 0;
    for (size_t i = 0; i < n; i++) {
        const struct sw_rescan_result *result = &rescan->results[i];
        if (!result->is_wanted || result->code < 0)
            continue;
        for (uint32_t k = 0; k < result->now.n_packages && r == 0; k++) {
            struct sw_memo_package *package = sw_memo_get(rescan->memo, result->now.packages[k]);
            if (package->is_judged || package->is_wanted)
                continue;
            package->is_wanted = true;
            r = sw_vec_push(&stale->ids, result->now.packages[k], IDS_MAX);
        }
    }
    return r;
}

static int run_passes(struct worker *workers, struct sw_rescan *rescan, struct sw_err *err)
{
    SW_CLEANUP(free_stale) struct stale stale = {0};
    SW_CLEANUP(sw_rescan_moved_done) struct sw_rescan_moved moved = {0};
    size_t n = rescan->n_regions;
    int r = run_pass(workers, n, find_inventory, err);
    if (r == 0)
        r = list_stale(rescan, &stale);
    for (size_t i = 0; i < n && r == 0; i++) {
        workers[i].stale = stale.ids.v;
        workers[i].n_stale = stale.ids.n;
        r = sw_vulndb_open(workers[i].options->database, &workers[i].db, err);
        if (r == 0)
            r = sw_vulndb_kept_new(workers[i].db, &workers[i].kept);
    }
    if (r == 0)
        r = run_pass(workers, n, judge, err);
    rescan->n_judged_packages = stale.ids.n;
    if (r == 0)
        r = sw_rescan_moved_collect(&moved, rescan->memo);
    for (size_t i = 0; i < n; i++)
        workers[i].moved = &moved;
    if (r == 0 && moved.n > 0)
        r = run_pass(workers, n, narrow, err);
    return r == 0 ? run_pass(workers, n, sum_up, err) : r;
}

static int run_workers(struct worker *workers, const struct sw_rescan_options *options,
    struct sw_rescan *rescan, struct sw_err *err)
{
    int r = 0;
    for (size_t i = 0; i < rescan->n_regions; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.options = options, .rescan = rescan};
        w->region = &rescan->regions[i];
        w->counter.memo = rescan->memo;
        sw_region_init(w->region, TEXT_BYTES_MAX);
        sw_buf_init(&w->buf, FILE_BYTES_MAX);
        sw_buf_init(&w->list, LIST_BYTES_MAX);
        if (r == 0 && options->rules != NULL)
            r = sw_ignore_use_init(&w->use, options->rules, w->region);
    }
    if (r == 0)
        r = run_passes(workers, rescan, err);
    for (size_t i = 0; i < rescan->n_regions; i++) {
        sw_vulndb_kept_free(workers[i].kept);
        sw_vulndb_closep(&workers[i].db);
        sw_buf_done(&workers[i].buf);
        sw_buf_done(&workers[i].list);
        sw_vec_done(&workers[i].ids);
        sw_rescan_counter_done(&workers[i].counter);
    }
    return r;
}

/* What was judged before holds where neither the program nor the rules are others, and where the
 * way from that database to this one did not touch the package. */
static int take_verdicts(const struct sw_rescan_options *options, struct sw_rescan *rescan)
{
    const struct sw_judged_state *state = &rescan->judged.state;
    struct sw_touched touched;
    if (state->program != options->state.program || state->rules != options->state.rules)
        return 0;
    sw_touched_init(&touched);
    int r = sw_touched_load(options->database, state->database, options->state.database, &touched);
    for (uint32_t part = 0; part < SW_MEMO_PARTS && r == 1; part++)
        for (uint32_t i = 0; i < sw_memo_n_packages(rescan->memo, part); i++) {
            struct sw_memo_package *package = sw_memo_get(rescan->memo, i * SW_MEMO_PARTS + part);
            if (!package->has_before || !sw_memo_package_is_untouched(package, &touched))
                continue;
            package->now = package->before;
            package->is_judged = true;
        }
    sw_touched_done(&touched);
    return r < 0 ? r : 0;
}

static int prepare(
    const struct sw_rescan_options *options, const char *cache_dir, struct sw_rescan *rescan)
{
    unsigned n = options->n_threads;
    rescan->n_results = options->inventories->n;
    rescan->n_regions = n < 1 ? 1 : n > SW_POOL_THREADS_MAX ? SW_POOL_THREADS_MAX : n;
    rescan->results = sw_mem_zalloc(rescan->n_results + 1, sizeof(*rescan->results));
    rescan->regions = sw_mem_zalloc(rescan->n_regions, sizeof(*rescan->regions));
    int r =
        rescan->results == NULL || rescan->regions == NULL ? -ENOMEM : sw_memo_new(&rescan->memo);
    for (size_t i = 0; r == 0 && i < rescan->n_results; i++)
        rescan->results[i].now.name = options->inventories->names[i];
    if (r == 0)
        r = sw_judged_load(cache_dir, rescan->memo, &rescan->judged);
    return r == 0 ? take_verdicts(options, rescan) : r;
}

int sw_rescan_run(const struct sw_rescan_options *options, const char *cache_dir,
    struct sw_rescan *ret, struct sw_err *err)
{
    struct sw_rescan rescan = {0};
    int r = prepare(options, cache_dir, &rescan);
    SW_CLEANUP(sw_mem_freep)
    struct worker *workers = sw_mem_zalloc(rescan.n_regions, sizeof(*workers));
    if (r == 0 && workers == NULL)
        r = -ENOMEM;
    if (r == 0)
        r = run_workers(workers, options, &rescan, err);
    if (r < 0)
        sw_rescan_done(&rescan);
    else
        *ret = rescan;
    return r;
}

static bool is_same_state(const struct sw_judged_state *a, const struct sw_judged_state *b)
{
    return a->program == b->program && a->rules == b->rules &&
           sw_str_equal(a->database, b->database);
}

int sw_rescan_remember(const struct sw_rescan_options *options, const char *cache_dir,
    struct sw_rescan *rescan, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    SW_CLEANUP(sw_mem_freep)
    struct sw_judged_entry *entries = sw_mem_zalloc(rescan->n_results + 1, sizeof(*entries));
    bool is_changed = !is_same_state(&options->state, &rescan->judged.state);
    size_t n = 0;
    if (entries == NULL)
        return -ENOMEM;
    sw_buf_init(&buf, (size_t)4 << 30);
    for (size_t i = 0; i < rescan->n_results; i++) {
        const struct sw_rescan_result *result = &rescan->results[i];
        bool is_judged = result->is_wanted && result->code == 0;
        is_changed = is_changed || result->is_read || result->is_gone || result->has_found ||
                     (is_judged && result->before->has_list);
        if (is_judged || (result->before != NULL && !result->is_gone))
            entries[n++] = result->now;
    }
    if (!is_changed && n == rescan->judged.entries.n)
        return 0;
    int r = sw_judged_format(rescan->memo, &options->state, entries, n, &buf);
    if (r == 0)
        r = sw_judged_save(cache_dir, &buf, err);
    for (size_t i = 0; i < rescan->n_results && r == 0; i++)
        if (rescan->results[i].has_found && rescan->results[i].is_wanted)
            sw_found_remove(options->found, rescan->results[i].now.name);
    return r;
}

void sw_rescan_done(struct sw_rescan *rescan)
{
    for (size_t i = 0; rescan->regions != NULL && i < rescan->n_regions; i++)
        sw_region_done(&rescan->regions[i]);
    sw_mem_free(SW_TAKE(rescan->results));
    sw_mem_free(SW_TAKE(rescan->regions));
    sw_judged_done(&rescan->judged);
    sw_memo_free(SW_TAKE(rescan->memo));
    rescan->n_results = 0;
    rescan->n_regions = 0;
}

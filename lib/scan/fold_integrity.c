/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files against the lists of their packages: what the image holds in the end must be what the layer
 * that brought the package says. Runs once per image, near-linear in files and listed files.
 *
 * The list that counts is that of the lowest layer that has the package at that version, whatever
 * later layers make of it: who changes a file can change the list as well. A file passes when any
 * installed package lists it just so, since packages take files over from each other.
 */
#include "scan/fold_integrity_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/path_set.h"

#define NOT_SEEN UINT32_MAX

/* One package's word on a file. */
struct listed {
    struct listed *next;
    const struct sw_fold_list *list;
    const uint8_t *digest; /* in the table of the list */
    uint32_t index;        /* of its entry there; its path is read again when it is needed */
    uint8_t flags;
    uint8_t kind;  /* of enum sw_file_digest */
    uint8_t merge; /* index into is_merged */
    bool is_under_usr;
};

/* A file that packages list: both sides of a merged usr. */
struct target {
    struct sw_fold_link link;
    uint64_t key;
    struct listed *listed;
    unsigned n_listed;
    uint32_t layer[2]; /* the highest that holds it, as it is and below usr; NOT_SEEN */
    bool is_free;      /* diverted */
    bool is_changed;   /* told */
    const struct sw_fold_list *rewritten; /* a later list that says otherwise */
};

struct comparison {
    struct sw_fold_lists lists;
    struct sw_fold_table targets;
    struct sw_report *report;
    size_t n_listed;
    size_t n_found;
    SW_VEC(struct sw_fold_changed) changed;
    bool is_merged[4]; /* bin, sbin, lib, lib64 and its like */
};

/* ---- whether bin is usr/bin ---- */

static size_t merge_index(struct sw_str canonical)
{
    if (sw_str_starts_with(canonical, SW_STR("bin/")))
        return 0;
    if (sw_str_starts_with(canonical, SW_STR("sbin/")))
        return 1;
    return sw_str_starts_with(canonical, SW_STR("lib/")) ? 2 : 3;
}

static void learn_merges(
    struct comparison *comparison, const struct sw_facts *layers, size_t n_layers)
{
    static const char *const names[] = {"bin/", "sbin/", "lib/", "lib64/"};
    for (size_t i = 0; i < n_layers; i++)
        SW_VEC_EACH (fact, &layers[i].facts) {
            if (fact->kind != SW_FACT_SYMLINK || sw_str_find(fact->text, SW_STR("usr/")) < 0)
                continue;
            for (size_t k = 0; k < SW_ARRAY_SIZE(names); k++)
                if (sw_str_equal(
                        fact->path, sw_str_part(sw_str_of(names[k]), 0, strlen(names[k]) - 1)))
                    comparison->is_merged[k] = true;
        }
}

/* Whether a path that is below usr, or is not, means the same file as one of a list. */
static bool is_same_file(
    const struct comparison *comparison, const struct listed *listed, bool is_under_usr)
{
    return listed->is_under_usr == is_under_usr || comparison->is_merged[listed->merge];
}

/* ---- targets ---- */

static struct target *find_target(const struct comparison *comparison, uint64_t key)
{
    uint64_t hash = sw_fold_lists_hash(&comparison->lists, key);
    for (struct sw_fold_link *link = sw_fold_table_chain(&comparison->targets, hash); link != NULL;
         link = link->next)
        if (link->hash == hash && ((struct target *)link)->key == key)
            return (struct target *)link;
    return NULL;
}

static int get_target(struct comparison *comparison, uint64_t key, struct target **ret)
{
    *ret = find_target(comparison, key);
    if (*ret != NULL)
        return 0;
    struct target *target = sw_region_alloc(&comparison->lists.region, sizeof(*target));
    if (target == NULL)
        return -ENOMEM;
    *target = (struct target){.link.hash = sw_fold_lists_hash(&comparison->lists, key),
        .key = key,
        .layer = {NOT_SEEN, NOT_SEEN}};
    *ret = target;
    return sw_fold_table_add(&comparison->targets, &target->link);
}

static int add_listed(struct comparison *comparison, struct target *target,
    const struct sw_fold_list *list, enum sw_file_digest kind, const struct sw_file_entry *entry,
    uint32_t index)
{
    if (target->n_listed >= SW_FOLD_LISTED_PER_FILE_MAX ||
        comparison->n_listed >= SW_FOLD_LISTED_MAX)
        return 0;
    struct listed *listed = sw_region_alloc(&comparison->lists.region, sizeof(*listed));
    if (listed == NULL)
        return -ENOMEM;
    struct sw_str canonical = sw_file_canonical(entry->path);
    *listed = (struct listed){
        .next = target->listed,
        .list = list,
        .digest = entry->digest,
        .index = index,
        .flags = (uint8_t)entry->flags,
        .kind = (uint8_t)kind,
        .merge = (uint8_t)merge_index(canonical),
        .is_under_usr = canonical.p != entry->path.p,
    };
    target->listed = listed;
    target->n_listed++;
    comparison->n_listed++;
    return 0;
}

/* A later list of the same version, against what the first one says. */
static void compare_lists(struct target *target, const struct sw_fold_list *list,
    enum sw_file_digest kind, const struct sw_file_entry *entry)
{
    bool is_known = false;
    for (const struct listed *listed = target->listed; listed != NULL; listed = listed->next) {
        if (listed->list->package != list->package || listed->kind != kind ||
            (listed->flags & SW_FILE_FREE) != 0)
            continue;
        is_known = true;
        if (memcmp(listed->digest, entry->digest, SW_FILE_DIGEST_BYTES) == 0)
            return;
    }
    if (is_known && (entry->flags & SW_FILE_FREE) == 0)
        target->rewritten = list;
}

static int add_list(struct comparison *comparison, const struct sw_fold_list *list)
{
    struct sw_file_list open;
    struct sw_file_entry entry;
    const struct sw_fold_package_lists *package = list->package;
    bool is_first = list->layer == package->first->layer;
    if (list->is_again)
        return 0;
    if (sw_file_list_open(&open, list->table) < 0)
        return 0;
    for (uint32_t i = 0; sw_file_list_next(&open, &entry) > 0; i++) {
        struct target *target;
        int r = get_target(comparison, sw_file_key(entry.path), &target);
        if (r == 0 && package->is_final && is_first)
            r = add_listed(comparison, target, list, open.digest, &entry, i);
        if (r < 0)
            return r;
        if (package->is_final && !is_first)
            compare_lists(target, list, open.digest, &entry);
    }
    return 0;
}

static int add_lists(struct comparison *comparison)
{
    SW_VEC_EACH (list, &comparison->lists.lists) {
        int r = add_list(comparison, *list);
        if (r < 0)
            return r;
    }
    size_t n = comparison->lists.diverted.n;
    size_t top = n > 0 ? comparison->lists.diverted.v[n - 1].layer : 0;
    SW_VEC_EACH (blob, &comparison->lists.diverted) {
        struct sw_str rest = blob->bytes;
        uint64_t key;
        while (blob->layer == top && sw_file_key_next(&rest, &key) > 0) {
            struct target *target = find_target(comparison, key);
            if (target != NULL)
                target->is_free = true;
        }
    }
    return 0;
}

static int add_changed(struct comparison *comparison, struct target *target,
    const struct listed *listed, const struct sw_file_held *held, size_t layer, struct sw_str path)
{
    struct sw_fold_changed changed = {
        .package = listed->list->package,
        .listed_layer = listed->list->layer,
        .layer = layer,
        .rewritten_layer =
            target->rewritten != NULL ? target->rewritten->layer : SW_FOLD_NOT_REWRITTEN,
        .path = path,
        .flags = held->flags | listed->flags,
        .is_compared = (held->flags >> listed->kind & 1) != 0,
    };
    target->is_changed = true;
    comparison->n_found++;
    int r = sw_vec_push(&comparison->changed, changed, SW_FOLD_CHANGED_MAX);
    return r == -EFBIG ? 0 : r;
}

/* ---- what the layers hold ---- */

/* The path under which the layer holds it: that of the list, on the layer's side of usr. */
static int make_path(struct comparison *comparison, const struct sw_fold_list *list, uint32_t index,
    bool is_under_usr, struct sw_str *ret)
{
    struct sw_file_list open;
    struct sw_file_entry entry = {0};
    int r = sw_file_list_open(&open, list->table);
    for (uint32_t i = 0; r >= 0 && i <= index; i++)
        r = sw_file_list_next(&open, &entry);
    if (r < 0)
        return r;
    struct sw_str canonical = sw_file_canonical(entry.path);
    if (canonical.p == entry.path.p && !is_under_usr)
        return sw_region_copy(&comparison->lists.region, entry.path, ret);
    const char *path = sw_region_printf(
        &comparison->lists.region, "%s%.*s", is_under_usr ? "usr/" : "", SW_STR_ARG(canonical));
    *ret = sw_str_of(path);
    return path != NULL ? 0 : -ENOMEM;
}

static bool is_gone(struct comparison *comparison, size_t layer, struct sw_str path)
{
    char other[SW_FILE_PATH_MAX + 8];
    struct sw_str canonical = sw_file_canonical(path);
    if (sw_fold_deeds_judge(&comparison->lists.deeds, layer, path) != SW_PRESENCE_FINAL)
        return true;
    if (canonical.p == path.p || !comparison->is_merged[merge_index(canonical)])
        return false;
    int n = snprintf(other, sizeof(other), "%.*s", SW_STR_ARG(canonical));
    return n > 0 && sw_fold_deeds_judge(&comparison->lists.deeds, layer, sw_str_of(other)) !=
                        SW_PRESENCE_FINAL;
}

/* One file of one layer; the layers come from the highest to the lowest. */
static int judge_held(struct comparison *comparison, const struct sw_file_held *held, size_t layer)
{
    struct target *target = find_target(comparison, held->key);
    bool is_under_usr = (held->flags & SW_FILE_UNDER_USR) != 0;
    const struct listed *differs = NULL;
    if (target == NULL || target->is_free || target->is_changed)
        return 0;
    for (const struct listed *listed = target->listed; listed != NULL; listed = listed->next) {
        if (!is_same_file(comparison, listed, is_under_usr))
            continue;
        uint32_t *seen = &target->layer[comparison->is_merged[listed->merge] ? 0 : is_under_usr];
        if (*seen != NOT_SEEN && *seen > layer)
            return 0;
        *seen = (uint32_t)layer;
        bool is_compared = (held->flags >> listed->kind & 1) != 0;
        if ((listed->flags & SW_FILE_FREE) != 0 ||
            (is_compared &&
                memcmp(listed->digest, held->digests[listed->kind], SW_FILE_DIGEST_BYTES) == 0))
            return 0;
        differs = listed;
    }
    struct sw_str path;
    if (differs == NULL)
        return 0;
    int r = make_path(comparison, differs->list, differs->index, is_under_usr, &path);
    if (r < 0 || is_gone(comparison, layer, path))
        return r;
    return add_changed(comparison, target, differs, held, layer, path);
}

/* What the layer holds just as one of its own lists says. */
static int judge_explained(struct comparison *comparison, const struct sw_fold_list *list)
{
    struct sw_file_list open;
    struct sw_file_entry entry;
    if (list->is_again || sw_file_list_open(&open, list->table) < 0)
        return 0;
    while (sw_file_list_next(&open, &entry) > 0) {
        if ((entry.flags & SW_FILE_IS_HELD) == 0)
            continue;
        struct sw_file_held held = {
            .key = sw_file_key(entry.path),
            .flags = 1u << open.digest |
                     (entry.flags & (SW_FILE_ELF | SW_FILE_EXECUTABLE | SW_FILE_UNDER_USR)),
        };
        memcpy(held.digests[open.digest], entry.digest, SW_FILE_DIGEST_BYTES);
        int r = judge_held(comparison, &held, list->layer);
        if (r < 0)
            return r;
    }
    return 0;
}

static int judge_blob(struct comparison *comparison, const struct sw_fold_blob *blob)
{
    struct sw_str rest = blob->bytes;
    struct sw_file_held held;
    while (sw_file_held_next(&rest, &held) > 0) {
        int r = judge_held(comparison, &held, blob->layer);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Both kinds are in order of layers: walked backwards, side by side. */
static int judge_layers(struct comparison *comparison)
{
    const struct sw_fold_lists *lists = &comparison->lists;
    size_t n_lists = lists->lists.n;
    size_t n_held = lists->held.n;
    int r = 0;
    while (r == 0 && (n_lists > 0 || n_held > 0)) {
        bool is_list = n_held == 0 || (n_lists > 0 && lists->lists.v[n_lists - 1]->layer >=
                                                          lists->held.v[n_held - 1].layer);
        r = is_list ? judge_explained(comparison, lists->lists.v[--n_lists])
                    : judge_blob(comparison, &lists->held.v[--n_held]);
    }
    return r;
}

/* ---- files that became something else ---- */

/* A listed path, by the text that stands for it in the facts about a layer's paths. */
struct placed {
    char text[SW_PATH_SET_ENTRY_BYTES];
    struct target *target;
    const struct sw_fold_list *list;
    uint32_t index;
    uint8_t flags;
    bool is_under_usr;
};

struct places {
    SW_VEC(struct placed) placed;
};

static int compare_placed(const void *a, const void *b)
{
    return memcmp(((const struct placed *)a)->text, ((const struct placed *)b)->text,
        SW_PATH_SET_ENTRY_BYTES);
}

static int place(struct comparison *comparison, struct places *places,
    const struct sw_fold_list *list, const struct sw_file_entry *entry, uint32_t index)
{
    struct target *target = find_target(comparison, sw_file_key(entry->path));
    if (target == NULL || target->is_free || target->is_changed ||
        (entry->flags & SW_FILE_FREE) != 0)
        return 0;
    struct sw_str canonical = sw_file_canonical(entry->path);
    struct placed placed = {.target = target,
        .list = list,
        .index = index,
        .flags = (uint8_t)entry->flags,
        .is_under_usr = canonical.p != entry->path.p};
    /* Layers name files below usr, where lists of a merged system may not. */
    char bytes[SW_FILE_PATH_MAX + 8];
    struct sw_str path = entry->path;
    bool can_move = sw_file_key(canonical) == target->key && !placed.is_under_usr &&
                    comparison->is_merged[merge_index(canonical)] && merge_index(canonical) < 3;
    if (can_move) {
        int n = snprintf(bytes, sizeof(bytes), "usr/%.*s", SW_STR_ARG(canonical));
        path = (struct sw_str){bytes, (size_t)n};
        placed.is_under_usr = true;
    }
    uint64_t hash = sw_path_set_hash(path);
    sw_path_set_format(&hash, 1, placed.text);
    int r = sw_vec_push(&places->placed, placed, SW_FOLD_LISTED_MAX);
    return r == -EFBIG ? 0 : r;
}

static int place_all(struct comparison *comparison, struct places *places)
{
    SW_VEC_EACH (at, &comparison->lists.lists) {
        const struct sw_fold_list *list = *at;
        struct sw_file_list open;
        struct sw_file_entry entry;
        if (!list->package->is_final || list->is_again ||
            list->layer != list->package->first->layer || sw_file_list_open(&open, list->table) < 0)
            continue;
        for (uint32_t i = 0; sw_file_list_next(&open, &entry) > 0; i++) {
            int r = place(comparison, places, list, &entry, i);
            if (r < 0)
                return r;
        }
    }
    if (places->placed.n > 0)
        qsort(places->placed.v, places->placed.n, sizeof(struct placed), compare_placed);
    return 0;
}

/* The layer has an entry there that is no directory. Where it is no file that was hashed either, a
 * link or a device took the file's place. */
static int judge_placed(struct comparison *comparison, const struct placed *placed, size_t layer)
{
    struct target *target = placed->target;
    if (target->is_changed || layer <= placed->list->layer)
        return 0;
    for (const struct listed *listed = target->listed; listed != NULL; listed = listed->next) {
        size_t side = comparison->is_merged[listed->merge] ? 0 : placed->is_under_usr;
        bool is_held = target->layer[side] != NOT_SEEN && target->layer[side] >= layer;
        /* Who lists it in that layer or above has brought what stands there. */
        if (is_held || (listed->flags & SW_FILE_FREE) != 0 || listed->list->layer >= layer)
            return 0;
    }
    struct sw_fold_changed changed = {.package = placed->list->package,
        .listed_layer = placed->list->layer,
        .layer = layer,
        .rewritten_layer = SW_FOLD_NOT_REWRITTEN,
        .flags = placed->flags,
        .is_compared = true,
        .is_link = true};
    int r = make_path(comparison, placed->list, placed->index, placed->is_under_usr, &changed.path);
    if (r < 0 || is_gone(comparison, layer, changed.path))
        return r;
    target->is_changed = true;
    comparison->n_found++;
    r = sw_vec_push(&comparison->changed, changed, SW_FOLD_CHANGED_MAX);
    return r == -EFBIG ? 0 : r;
}

static int judge_paths(
    struct comparison *comparison, const struct places *places, struct sw_str text, size_t layer)
{
    struct placed wanted = {0};
    for (; text.n >= SW_PATH_SET_ENTRY_BYTES; text = sw_str_skip(text, SW_PATH_SET_ENTRY_BYTES)) {
        memcpy(wanted.text, text.p, SW_PATH_SET_ENTRY_BYTES);
        const struct placed *placed =
            bsearch(&wanted, places->placed.v, places->placed.n, sizeof(wanted), compare_placed);
        int r = placed != NULL ? judge_placed(comparison, placed, layer) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* From the highest layer to the lowest: the first that has an entry is the one that counts. */
static int judge_links(
    struct comparison *comparison, const struct sw_facts *layers, size_t n_layers)
{
    struct places places = {0};
    int r = n_layers > 1 ? place_all(comparison, &places) : 0;
    for (size_t i = n_layers; r == 0 && places.placed.n > 0 && i-- > 1;)
        SW_VEC_EACH (fact, &layers[i].facts)
            if (r == 0 && fact->kind == SW_FACT_PATHS)
                r = judge_paths(comparison, &places, fact->text, i);
    sw_vec_done(&places.placed);
    return r;
}

/* ---- the structure of files ---- */

static bool is_owned(struct comparison *comparison, struct sw_str path)
{
    const struct target *target = find_target(comparison, sw_file_key(path));
    return target != NULL && !target->is_changed;
}

/* What a package installed like this is the package's business; and where no package lists
 * anything, that nobody owns a file says nothing. */
static void drop_owned(struct comparison *comparison)
{
    struct sw_report *report = comparison->report;
    size_t n = 0;
    for (size_t i = 0; i < report->findings.n; i++) {
        const struct sw_finding *finding = &report->findings.v[i];
        bool is_structure =
            finding->kind == SW_FINDING_MALWARE && sw_str_equal_z(finding->engine, "structure");
        bool is_about_owner = sw_str_equal_z(finding->id, "set-id-without-package");
        if (is_structure && (is_owned(comparison, finding->location.path) ||
                                (is_about_owner && comparison->targets.n == 0)))
            continue;
        report->findings.v[n++] = *finding;
    }
    report->findings.n = n;
}

int sw_fold_integrity(const struct sw_facts *layers, size_t n_layers, struct sw_report *report)
{
    struct comparison comparison = {.report = report};
    int r = sw_fold_lists_init(&comparison.lists, layers, n_layers);
    learn_merges(&comparison, layers, n_layers);
    if (r == 0)
        r = add_lists(&comparison);
    if (r == 0)
        r = judge_layers(&comparison);
    if (r == 0)
        r = judge_links(&comparison, layers, n_layers);
    if (r == 0)
        drop_owned(&comparison);
    if (r == 0)
        r = sw_fold_changed_emit(comparison.changed.v, comparison.changed.n, report);
    if (r == 0 && comparison.n_found > SW_FOLD_CHANGED_MAX)
        r = sw_report_note(report, SW_NOTE_LIMIT, SW_STR_NONE,
            "%zu files differ from what their packages installed; %zu of them are told",
            comparison.n_found, SW_FOLD_CHANGED_MAX);
    if (r == 0 && comparison.n_listed >= SW_FOLD_LISTED_MAX)
        r = sw_report_note(report, SW_NOTE_LIMIT, SW_STR_NONE,
            "more than %zu files in the lists of packages: the rest was not compared",
            SW_FOLD_LISTED_MAX);
    sw_vec_done(&comparison.changed);
    sw_fold_table_done(&comparison.targets);
    sw_fold_lists_done(&comparison.lists);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: layer by layer into a tree of paths, then once over the tree into the report. Runs in
 * the parent, once per image; near-linear in the number of facts and listed packages.
 */
#include "scan/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan/fold_priv.h"

/* Scratch of one call. A million facts with long paths stay below it. */
#define SCRATCH_BYTES_MAX ((size_t)1024 * 1024 * 1024)

struct fold {
    struct sw_region scratch;
    struct sw_fold_tree tree;
    struct sw_fold_packages packages;
};

/* ---- one layer into the tree ---- */

static bool is_structure(enum sw_fact_kind kind)
{
    return kind == SW_FACT_SYMLINK || kind == SW_FACT_OBJECT || kind == SW_FACT_DIRECTORY;
}

static bool is_content(enum sw_fact_kind kind)
{
    bool is_kept_apart =
        kind == SW_FACT_FINDING || kind == SW_FACT_PATHS || kind == SW_FACT_DIGESTS;
    return !is_structure(kind) && !is_kept_apart && kind != SW_FACT_WHITEOUT &&
           kind != SW_FACT_OPAQUE;
}

static bool is_lower(const struct sw_fold_item *item, const struct sw_fact *fact, int layer)
{
    (void)fact;
    return item->layer < layer;
}

static bool is_lower_content(const struct sw_fold_item *item, const struct sw_fact *fact, int layer)
{
    (void)fact;
    return item->layer < layer && item->fact->kind != SW_FACT_NOTE;
}

/* What a fact at its path puts an end to there. */
static bool is_replaced(const struct sw_fold_item *item, const struct sw_fact *fact, int layer)
{
    enum sw_fact_kind kind = item->fact->kind;
    bool is_same_section = sw_str_equal(item->fact->section, fact->section);
    if (item->layer < layer)
        return is_same_section || kind == SW_FACT_OS || kind == SW_FACT_PACKAGES;
    return is_same_section && kind == fact->kind && kind != SW_FACT_NOTE && !fact->is_continued;
}

/* Whiteouts come first: they speak of what lower layers left. */
static int apply_removal(struct fold *fold, const struct sw_fact *fact, int layer)
{
    struct sw_fold_node *node = NULL;
    int r = sw_fold_tree_find(&fold->tree, fact->path, false, &node);
    if (r < 0 || node == NULL)
        return r;
    sw_fold_tree_clear_below(&fold->tree, node);
    if (fact->kind == SW_FACT_WHITEOUT)
        sw_fold_tree_remove_items(&fold->tree, node, is_lower, fact, layer);
    /* An opaque directory is a directory: whatever link or object was there is gone as well. */
    node->kind = SW_FOLD_NODE_PLAIN;
    return 0;
}

static int apply_structure(struct fold *fold, const struct sw_fact *fact, int layer)
{
    struct sw_fold_node *node = NULL;
    int r = sw_fold_tree_find(&fold->tree, fact->path, true, &node);
    if (r < 0)
        return r;
    if (node == fold->tree.root)
        return 0;
    if (fact->kind == SW_FACT_DIRECTORY) {
        sw_fold_tree_remove_items(&fold->tree, node, is_lower_content, fact, layer);
        node->kind = SW_FOLD_NODE_PLAIN;
        return 0;
    }
    sw_fold_tree_clear_below(&fold->tree, node);
    sw_fold_tree_remove_items(&fold->tree, node, is_lower, fact, layer);
    bool is_link = fact->kind == SW_FACT_SYMLINK && !sw_str_is_empty(fact->text);
    node->kind = is_link ? SW_FOLD_NODE_LINK : SW_FOLD_NODE_OBJECT;
    node->target = fact->text;
    return 0;
}

static int apply_content(struct fold *fold, const struct sw_fact *fact, int layer)
{
    struct sw_fold_node *node = NULL;
    int r = sw_fold_tree_find(&fold->tree, fact->path, true, &node);
    if (r < 0)
        return r;
    /* A note may be about a directory, or the image as a whole, and replaces no link. */
    if (fact->kind != SW_FACT_NOTE)
        node->kind = SW_FOLD_NODE_PLAIN;
    if (!sw_str_is_empty(fact->path))
        sw_fold_tree_remove_items(&fold->tree, node, is_replaced, fact, layer);
    r = sw_fold_tree_add_item(&fold->tree, node, fact, layer);
    if (r == 0 && fact->kind == SW_FACT_PACKAGES)
        r = sw_fold_packages_add(&fold->packages, fact, layer);
    return r;
}

struct structure {
    const struct sw_fact *fact;
};

/* Shorter paths first, so that a link is known before what lies below it; the order of the layer
 * among equals, so that the later of two entries wins. */
static int compare_structure(const void *a, const void *b)
{
    const struct sw_fact *x = ((const struct structure *)a)->fact;
    const struct sw_fact *y = ((const struct structure *)b)->fact;
    if (x->path.n != y->path.n)
        return x->path.n < y->path.n ? -1 : 1;
    return x < y ? -1 : x > y;
}

static int apply_structures(struct fold *fold, const struct sw_facts *facts, int layer)
{
    SW_VEC(struct structure) sorted = {0};
    int r = 0;
    SW_VEC_EACH (fact, &facts->facts)
        if (r == 0 && is_structure(fact->kind))
            r = sw_vec_push(&sorted, (struct structure){fact}, SW_FACTS_PER_LAYER_MAX);
    if (r == 0 && sorted.n > 0)
        qsort(sorted.v, sorted.n, sizeof(*sorted.v), compare_structure);
    for (size_t i = 0; i < sorted.n && r == 0; i++)
        r = apply_structure(fold, sorted.v[i].fact, layer);
    sw_vec_done(&sorted);
    return r;
}

/* Packages of what the layer removed or replaced; only now, when all that it lists is counted. */
static void settle_removed(struct fold *fold)
{
    for (const struct sw_fold_item *item = fold->tree.removed; item != NULL; item = item->next)
        if (item->fact->kind == SW_FACT_PACKAGES)
            sw_fold_packages_remove(&fold->packages, item->fact);
    fold->tree.removed = NULL;
}

static int apply_layer(struct fold *fold, const struct sw_facts *facts, int layer)
{
    int r = 0;
    SW_VEC_EACH (fact, &facts->facts)
        if (r == 0 && (fact->kind == SW_FACT_WHITEOUT || fact->kind == SW_FACT_OPAQUE))
            r = apply_removal(fold, fact, layer);
    if (r == 0)
        r = apply_structures(fold, facts, layer);
    SW_VEC_EACH (fact, &facts->facts)
        if (r == 0 && is_content(fact->kind))
            r = apply_content(fold, fact, layer);
    settle_removed(fold);
    return r;
}

static int apply_layers(struct fold *fold, const struct sw_facts *layers, size_t n_layers)
{
    int r = sw_fold_tree_init(&fold->tree, &fold->scratch, fold->packages.seed);
    for (size_t i = 0; i < n_layers && r == 0; i++)
        r = apply_layer(fold, &layers[i], (int)i);
    return r;
}

static int add_layer_notes(const struct sw_facts *layers, size_t n_layers,
    const struct sw_fold_tree *tree, struct sw_report *report)
{
    int r = 0;
    for (size_t i = 0; i < n_layers && r == 0; i++)
        if (layers[i].n_dropped > 0)
            r = sw_report_note(report, SW_NOTE_LIMIT, layers[i].digest,
                "%llu facts of layer %zu were dropped", (unsigned long long)layers[i].n_dropped,
                i + 1);
    if (r == 0 && tree->n_dropped > 0)
        r = sw_report_note(report, SW_NOTE_LIMIT, SW_STR_NONE,
            "%llu facts were dropped: too many about one path",
            (unsigned long long)tree->n_dropped);
    if (r == 0 && sw_fold_tree_is_tired(tree))
        r = sw_report_note(
            report, SW_NOTE_LIMIT, SW_STR_NONE, "too many symbolic links: some were not followed");
    return r;
}

int sw_fold(
    const struct sw_facts *layers, size_t n_layers, struct sw_report *report, struct sw_err *err)
{
    struct fold fold = {0};
    sw_region_init(&fold.scratch, SCRATCH_BYTES_MAX);
    /* Where things lie in memory differs from run to run: a seed that an image cannot know. It
     * changes no result, only the order inside tables. */
    fold.packages.seed = (uint64_t)(uintptr_t)&fold ^ (uint64_t)(uintptr_t)report->region << 20;
    fold.packages.region = &fold.scratch;
    int r = apply_layers(&fold, layers, n_layers);
    if (r == 0)
        r = sw_fold_emit(&fold.tree, &fold.packages, report);
    if (r == 0)
        r = add_layer_notes(layers, n_layers, &fold.tree, report);
    if (r == 0)
        r = sw_fold_findings(layers, n_layers, report);
    if (r == 0)
        r = sw_fold_integrity(layers, n_layers, report);
    sw_fold_table_done(&fold.packages.table);
    sw_fold_tree_done(&fold.tree);
    sw_region_done(&fold.scratch);
    return r < 0 ? sw_err_set(err, r, "cannot fold the layers: %s", strerror(-r)) : 0;
}

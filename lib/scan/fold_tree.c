/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of paths that facts speak of. Only what some fact names is in it, so it is far smaller
 * than the image. Nothing here recurses: an image decides how deep paths go.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "scan/fold.h"

/* Links in an image cost at most so many steps; beyond it none is followed, and a note says so.
 * Honest images need some thousands. */
#define STEPS_MAX ((uint64_t)20000000)
/* Facts of one path. A package list of the largest size comes in 100 parts. */
#define ITEMS_PER_NODE_MAX ((size_t)500)

int sw_fold_tree_init(struct sw_fold_tree *tree, struct sw_region *region, uint64_t seed)
{
    *tree = (struct sw_fold_tree){.region = region, .seed = seed};
    tree->root = sw_region_alloc(region, sizeof(*tree->root));
    if (tree->root == NULL)
        return -ENOMEM;
    tree->root->parent = tree->root;
    return 0;
}

void sw_fold_tree_done(struct sw_fold_tree *tree)
{
    sw_fold_table_done(&tree->nodes);
}

bool sw_fold_tree_is_tired(const struct sw_fold_tree *tree)
{
    return tree->n_steps >= STEPS_MAX;
}

static uint64_t child_hash(
    const struct sw_fold_tree *tree, const struct sw_fold_node *parent, struct sw_str name)
{
    return sw_fold_hash(tree->seed ^ (uint64_t)(uintptr_t)parent, name);
}

struct sw_fold_node *sw_fold_tree_child(
    const struct sw_fold_tree *tree, const struct sw_fold_node *parent, struct sw_str name)
{
    uint64_t hash = child_hash(tree, parent, name);
    for (struct sw_fold_link *link = sw_fold_table_chain(&tree->nodes, hash); link != NULL;
         link = link->next) {
        struct sw_fold_node *node = (struct sw_fold_node *)link;
        if (link->hash == hash && node->parent == parent && sw_str_equal(node->name, name))
            return node;
    }
    return NULL;
}

static struct sw_fold_node *add_child(
    struct sw_fold_tree *tree, struct sw_fold_node *parent, struct sw_str name)
{
    struct sw_fold_node *node = tree->spare;
    if (node != NULL)
        tree->spare = node->sibling;
    else
        node = sw_region_alloc(tree->region, sizeof(*node));
    if (node == NULL)
        return NULL;
    *node = (struct sw_fold_node){
        .link.hash = child_hash(tree, parent, name),
        .name = name,
        .parent = parent,
        .sibling = parent->first_child,
    };
    if (sw_fold_table_add(&tree->nodes, &node->link) < 0)
        return NULL;
    parent->first_child = node;
    return node;
}

/* What is still to walk: the path itself, and above it the targets of links met on the way. */
struct walk {
    struct sw_str rest[SW_FOLD_HOPS_MAX + 1];
    size_t depth;
    unsigned hops;
};

static bool next_component(struct walk *walk, struct sw_str *ret)
{
    while (walk->depth > 0) {
        struct sw_str *top = &walk->rest[walk->depth - 1];
        while (sw_str_next_token(top, '/', ret))
            if (ret->n > 0 && !sw_str_equal_z(*ret, "."))
                return true;
        walk->depth--;
    }
    return false;
}

/* True when nothing but empty components is left. */
static bool is_last(const struct walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++)
        for (size_t k = 0; k < walk->rest[i].n; k++)
            if (walk->rest[i].p[k] != '/')
                return false;
    return true;
}

/* Steps into a link: its target is walked next. -ELOOP past the limits. */
static int follow(struct sw_fold_tree *tree, struct walk *walk, struct sw_fold_node *link,
    struct sw_fold_node **at)
{
    if (++walk->hops > SW_FOLD_HOPS_MAX || walk->depth > SW_FOLD_HOPS_MAX ||
        sw_fold_tree_is_tired(tree))
        return -ELOOP;
    tree->n_steps += 1 + link->target.n / 2;
    if (link->target.p[0] == '/')
        *at = tree->root;
    walk->rest[walk->depth++] = link->target;
    return 0;
}

/* One walk from the root; 0, -ENOMEM, -ELOOP. */
static int walk_path(struct sw_fold_tree *tree, struct sw_str path, bool is_creating,
    bool is_following, struct sw_fold_node **ret)
{
    struct walk walk = {.rest[0] = path, .depth = 1};
    struct sw_fold_node *at = tree->root;
    struct sw_str name = SW_STR_NONE;
    while (next_component(&walk, &name)) {
        if (sw_str_equal_z(name, "..")) {
            at = at->parent;
            continue;
        }
        struct sw_fold_node *child = sw_fold_tree_child(tree, at, name);
        if (child == NULL && !is_creating) {
            *ret = NULL;
            return 0;
        }
        if (child == NULL)
            child = add_child(tree, at, name);
        if (child == NULL)
            return -ENOMEM;
        bool is_end = is_last(&walk);
        if (child->kind == SW_FOLD_NODE_LINK && !is_end && is_following) {
            int r = follow(tree, &walk, child, &at);
            if (r < 0)
                return r;
            continue;
        }
        if (is_creating && !is_end && child->kind != SW_FOLD_NODE_PLAIN)
            child->kind = SW_FOLD_NODE_PLAIN;
        at = child;
    }
    *ret = at;
    return 0;
}

int sw_fold_tree_find(
    struct sw_fold_tree *tree, struct sw_str path, bool is_creating, struct sw_fold_node **ret)
{
    int r = walk_path(tree, path, is_creating, true, ret);
    /* Links that lead nowhere: what is said of the path is kept under the name it was given. */
    return r == -ELOOP ? walk_path(tree, path, is_creating, false, ret) : r;
}

/* The trace's path with one component more, or one less. */
static int push_name(struct sw_fold_trace *trace, struct sw_str name)
{
    size_t n = trace->path.n;
    if (n + 1 + name.n > sizeof(trace->bytes))
        return -ENAMETOOLONG;
    if (n > 0)
        trace->bytes[n++] = '/';
    memcpy(trace->bytes + n, name.p, name.n);
    trace->path.n = n + name.n;
    return 0;
}

static void pop_name(struct sw_fold_trace *trace)
{
    ptrdiff_t slash = sw_str_find_last_char(trace->path, '/');
    trace->path.n = slash < 0 ? 0 : (size_t)slash;
}

/* Steps to a component that is no link. `at` stays at the last node that is in the tree. */
static int step(struct sw_fold_trace *trace, struct sw_str name, struct sw_fold_node *child,
    struct sw_fold_node **at, size_t *n_missing)
{
    if (sw_str_equal_z(name, "..")) {
        pop_name(trace);
        if (*n_missing > 0)
            (*n_missing)--;
        else
            *at = (*at)->parent;
        return 0;
    }
    if (child != NULL)
        *at = child;
    else
        (*n_missing)++;
    return push_name(trace, name);
}

int sw_fold_tree_trace(struct sw_fold_tree *tree, struct sw_str path, struct sw_fold_trace *ret)
{
    struct walk walk = {.rest[0] = path, .depth = 1};
    struct sw_fold_node *at = tree->root;
    size_t n_missing = 0;
    struct sw_str name = SW_STR_NONE;
    ret->link = NULL;
    ret->node = NULL;
    ret->path = (struct sw_str){ret->bytes, 0};
    while (next_component(&walk, &name)) {
        struct sw_fold_node *child = n_missing == 0 ? sw_fold_tree_child(tree, at, name) : NULL;
        int r;
        if (child != NULL && child->kind == SW_FOLD_NODE_LINK) {
            ret->link = ret->link != NULL ? ret->link : child;
            r = follow(tree, &walk, child, &at);
            if (r == 0 && child->target.p[0] == '/')
                ret->path.n = 0;
        } else {
            r = step(ret, name, child, &at, &n_missing);
        }
        if (r < 0)
            return r;
    }
    ret->node = n_missing == 0 ? at : NULL;
    return 0;
}

static void drop_items(struct sw_fold_tree *tree, struct sw_fold_node *node)
{
    while (node->items != NULL) {
        struct sw_fold_item *item = node->items;
        node->items = item->next;
        item->next = tree->removed;
        tree->removed = item;
    }
    node->n_items = 0;
}

void sw_fold_tree_clear_below(struct sw_fold_tree *tree, struct sw_fold_node *node)
{
    struct sw_fold_node *at = node->first_child;
    while (at != NULL) {
        if (at->first_child != NULL) {
            at = at->first_child;
            continue;
        }
        struct sw_fold_node *parent = at->parent;
        drop_items(tree, at);
        sw_fold_table_remove(&tree->nodes, &at->link);
        parent->first_child = at->sibling;
        at->sibling = tree->spare;
        tree->spare = at;
        at = parent->first_child;
        if (at == NULL && parent != node)
            at = parent;
    }
}

void sw_fold_tree_remove_items(struct sw_fold_tree *tree, struct sw_fold_node *node,
    bool (*is_removed)(const struct sw_fold_item *item, const struct sw_fact *fact, int layer),
    const struct sw_fact *fact, int layer)
{
    struct sw_fold_item **at = &node->items;
    while (*at != NULL) {
        struct sw_fold_item *item = *at;
        if (!is_removed(item, fact, layer)) {
            at = &item->next;
            continue;
        }
        *at = item->next;
        item->next = tree->removed;
        tree->removed = item;
        node->n_items--;
    }
}

int sw_fold_tree_add_item(
    struct sw_fold_tree *tree, struct sw_fold_node *node, const struct sw_fact *fact, int layer)
{
    if (node->n_items >= ITEMS_PER_NODE_MAX) {
        tree->n_dropped++;
        return 0;
    }
    struct sw_fold_item *item = sw_region_alloc(tree->region, sizeof(*item));
    if (item == NULL)
        return -ENOMEM;
    *item = (struct sw_fold_item){
        .next = node->items,
        .fact = fact,
        .node = node,
        .layer = layer,
        .order = tree->n_items++,
    };
    node->items = item;
    node->n_items++;
    return 0;
}

int sw_fold_tree_visit(struct sw_fold_tree *tree,
    int (*visit)(void *context, const struct sw_fold_item *item), void *context)
{
    struct sw_fold_node *at = tree->root;
    while (at != NULL) {
        for (const struct sw_fold_item *item = at->items; item != NULL; item = item->next) {
            int r = visit(context, item);
            if (r < 0)
                return r;
        }
        if (at->first_child != NULL) {
            at = at->first_child;
            continue;
        }
        while (at != tree->root && at->sibling == NULL)
            at = at->parent;
        at = at == tree->root ? NULL : at->sibling;
    }
    return 0;
}

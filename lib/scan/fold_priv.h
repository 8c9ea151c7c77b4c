/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of folding share: hash tables, the tree of paths, the table of packages. All of it
 * lives in one region for one call of sw_fold.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/fact.h"
#include "model/report.h"

/* ---- tables (fold_table.c) ---- */

/* First member of whatever a table holds. */
struct sw_fold_link {
    struct sw_fold_link *next;
    uint64_t hash;
};

struct sw_fold_table {
    struct sw_fold_link **buckets; /* owned */
    size_t n_buckets;
    size_t n;
};

/* Keyed by a seed that an image cannot know, so that it cannot choose names that collide. */
uint64_t sw_fold_hash(uint64_t seed, struct sw_str s);
/* Adds what is not in it yet: 0 or -ENOMEM. */
int sw_fold_table_add(struct sw_fold_table *table, struct sw_fold_link *link);
/* The chain in which things of this hash are; follow `next`, compare hash and key. */
struct sw_fold_link *sw_fold_table_chain(const struct sw_fold_table *table, uint64_t hash);
void sw_fold_table_remove(struct sw_fold_table *table, struct sw_fold_link *link);
void sw_fold_table_done(struct sw_fold_table *table);

/* ---- the tree of paths (fold_tree.c) ---- */

struct sw_fold_item {
    struct sw_fold_item *next;
    const struct sw_fact *fact; /* borrowed from its layer */
    const struct sw_fold_node *node;
    int layer;
    uint64_t order; /* in which items came */
};

enum sw_fold_node_kind {
    SW_FOLD_NODE_PLAIN, /* directory, or a file of which facts tell, or nothing */
    SW_FOLD_NODE_LINK,
    SW_FOLD_NODE_OBJECT,
    _SW_FOLD_NODE_KIND_MAX
};

struct sw_fold_node {
    struct sw_fold_link link;
    struct sw_str name;
    struct sw_fold_node *parent; /* of the root: itself */
    struct sw_fold_node *first_child;
    struct sw_fold_node *sibling;
    enum sw_fold_node_kind kind;
    struct sw_str target; /* of a link */
    struct sw_fold_item *items;
    size_t n_items;
};

struct sw_fold_tree {
    struct sw_region *region;
    uint64_t seed;
    struct sw_fold_table nodes;
    struct sw_fold_node *root;
    struct sw_fold_node *spare;   /* removed nodes, for reuse */
    struct sw_fold_item *removed; /* items taken out since the caller last emptied this list */
    uint64_t n_steps;             /* components walked because of links */
    uint64_t n_items;
    uint64_t n_dropped; /* items beyond what one path may have */
};

int sw_fold_tree_init(struct sw_fold_tree *tree, struct sw_region *region, uint64_t seed);
void sw_fold_tree_done(struct sw_fold_tree *tree);
/* True when so many links were followed that no more are. */
bool sw_fold_tree_is_tired(const struct sw_fold_tree *tree);
/* The node of a path, its ancestors taken through links, its last component not. *ret is NULL when
 * there is none; with is_creating it is made, and objects on the way become directories. */
int sw_fold_tree_find(
    struct sw_fold_tree *tree, struct sw_str path, bool is_creating, struct sw_fold_node **ret);
/* The child of that name; NULL when there is none. */
struct sw_fold_node *sw_fold_tree_child(
    const struct sw_fold_tree *tree, const struct sw_fold_node *parent, struct sw_str name);
/* Where a path leads once all links are followed, its last component too. */
struct sw_fold_trace {
    const struct sw_fold_node *link; /* the first link on the way; NULL: none */
    const struct sw_fold_node *node; /* at the end; NULL: no fact speaks of it */
    struct sw_str path;              /* in bytes */
    char bytes[SW_FACT_PATH_MAX];
};
/* 0, or -ELOOP, -ENAMETOOLONG with `link` set. */
int sw_fold_tree_trace(struct sw_fold_tree *tree, struct sw_str path, struct sw_fold_trace *ret);
/* Removes everything below a node. */
void sw_fold_tree_clear_below(struct sw_fold_tree *tree, struct sw_fold_node *node);
/* Removes items of the node: all, or those for which `is_removed` says so. */
void sw_fold_tree_remove_items(struct sw_fold_tree *tree, struct sw_fold_node *node,
    bool (*is_removed)(const struct sw_fold_item *item, const struct sw_fact *fact, int layer),
    const struct sw_fact *fact, int layer);
/* Adds an item to a node; beyond the cap it is counted and dropped. 0 or -ENOMEM. */
int sw_fold_tree_add_item(
    struct sw_fold_tree *tree, struct sw_fold_node *node, const struct sw_fact *fact, int layer);
/* Calls visit for every item in the tree, in no order worth relying on. */
int sw_fold_tree_visit(struct sw_fold_tree *tree,
    int (*visit)(void *context, const struct sw_fold_item *item), void *context);

/* ---- since when a package is there (fold_packages.c) ---- */

struct sw_fold_package {
    struct sw_fold_link link;
    const struct sw_package *package; /* borrowed: one that has this key */
    size_t n;                         /* lists that name it now */
    int since;                        /* layer */
    bool is_listed;                   /* is in the report */
};

struct sw_fold_packages {
    struct sw_region *region;
    uint64_t seed;
    struct sw_fold_table table;
};

struct sw_fold_package *sw_fold_packages_find(
    const struct sw_fold_packages *packages, const struct sw_package *package);
/* A layer lists these packages / no longer does. Within a layer all additions come first. */
int sw_fold_packages_add(struct sw_fold_packages *packages, const struct sw_fact *fact, int layer);
void sw_fold_packages_remove(struct sw_fold_packages *packages, const struct sw_fact *fact);

/* ---- the system (fold_os.c) ---- */

/* The best of several release files, gaps filled from the others; bytes stay borrowed. */
struct sw_os sw_fold_os_pick(const struct sw_os *candidates, size_t n);

/* ---- forms of rpm databases (fold_rpm.c) ---- */

/* The database beside this package list that rpm would read instead; NULL when there is none. */
const struct sw_fold_node *sw_fold_rpm_find_better(
    const struct sw_fold_tree *tree, const struct sw_fold_item *item);

/* ---- databases behind links (fold_links.c) ---- */

/* Notes each package database that a link leads away to where none is read. */
int sw_fold_links_note(struct sw_fold_tree *tree, struct sw_report *report);

/* ---- from the tree into the report (fold_emit.c) ---- */

int sw_fold_emit(
    struct sw_fold_tree *tree, struct sw_fold_packages *packages, struct sw_report *report);

/* ---- what layers do to files of those below them (fold_deeds.c) ---- */

struct sw_fold_deed;

struct sw_fold_deeds {
    struct sw_fold_deed *layers; /* owned */
    size_t n_layers;
};

/* Borrows the facts. 0, -ENOMEM. */
int sw_fold_deeds_init(struct sw_fold_deeds *deeds, const struct sw_facts *layers, size_t n_layers);
void sw_fold_deeds_done(struct sw_fold_deeds *deeds);
/* What became of a file of that layer. */
enum sw_presence sw_fold_deeds_judge(
    const struct sw_fold_deeds *deeds, size_t layer, struct sw_str path);

/* ---- files against the lists of their packages (fold_integrity*.c) ---- */

/* Adds what differs, and takes findings of the structure of files back whose package lists them
 * just as they are. After sw_fold_findings. */
int sw_fold_integrity(const struct sw_facts *layers, size_t n_layers, struct sw_report *report);

/* ---- what was found in files (fold_findings.c) ---- */

/* Adds each find once, with the lowest layer that has it and what became of its file. */
int sw_fold_findings(const struct sw_facts *layers, size_t n_layers, struct sw_report *report);

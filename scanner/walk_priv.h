/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a walk, shared by walk.c (names), walk_examine.c (content) and walk_facts.c (what
 * is kept).
 */
#pragma once

#include "walk.h"

/* Hard links to content that passed by unseen. */
#define SW_WALK_LINKS_MAX ((size_t)65536)
/* Files of analyzers that see a folder together. */
#define SW_WALK_GROUPED_MAX ((size_t)4096)
/* Notes of the walker's own. */
#define SW_WALK_NOTES_MAX ((uint64_t)1000)

/* A wanted hard link that waits for the second pass. */
struct sw_walk_link {
    struct sw_str path;
    struct sw_str target; /* cleaned */
    uint64_t mask;
    uint64_t entry; /* its number in the walk */
    bool is_done;
};

/* A file that is kept until its folder is complete. */
struct sw_walk_kept {
    struct sw_analyzer_file file;
    uint64_t mask;  /* analyzers that wait for it */
    uint64_t entry; /* its number in the walk */
    char *bytes;    /* owned */
    struct sw_budget_share share;
};

/* The newest entry of a path. */
struct sw_walk_place {
    struct sw_str path; /* in the region; NULL: free */
    size_t first;       /* its facts begin here */
    uint64_t entry;     /* its number in the walk */
};

/* Archives inside the file that is being read. */
struct sw_walk_nest {
    unsigned depth;      /* archives that are open */
    uint64_t n_members;  /* below that file, at all depths */
    uint64_t n_packed;   /* bytes of the file itself */
    uint64_t n_unpacked; /* bytes of members, at all depths */
    bool is_told;        /* that a limit was hit */
};

struct sw_walk {
    struct sw_walk_options options;
    struct sw_facts *facts;
    struct sw_budget_hold hold;
    SW_VEC(struct sw_walk_link) links;
    SW_VEC(struct sw_walk_kept) kept;
    struct sw_walk_place *places; /* owned; open addressing */
    size_t n_places;
    size_t places_capacity;
    uint64_t places_seed;
    uint64_t n_notes;
    uint64_t n_notes_dropped;
    bool is_full;     /* facts_max_bytes reached */
    bool has_climbed; /* told once */
    uint64_t opened;  /* analyzers that have seen a file of this layer */
    uint64_t failed;  /* those that sit it out */
    void *layers[SW_WANTS_ANALYZERS_MAX];
    SW_VEC(uint64_t) paths; /* hashes of all that is no directory, where they are wanted */
    struct sw_walk_nest nest;
    char path[2 * SW_FACT_PATH_MAX];
};

/* walk_facts.c */
/* Adds a fact of the walker's own about a path. */
int sw_walk_add(
    struct sw_walk *walk, enum sw_fact_kind kind, struct sw_str path, struct sw_str text);
/* A new entry of this path begins: what an earlier one left is void from here on. */
void sw_walk_begin(struct sw_walk *walk, struct sw_str path);
/* Remembers the paths of facts added since `first`. */
int sw_walk_remember(struct sw_walk *walk, size_t first);
/* The same for a path in the region that has no facts yet. */
int sw_walk_remember_path(struct sw_walk *walk, struct sw_str path, size_t first);
/* False when an entry of the same path came after that one. */
bool sw_walk_is_newest(const struct sw_walk *walk, struct sw_str path, uint64_t entry);
/* Drops what was replaced. */
void sw_walk_drop_replaced(struct sw_walk *walk);

/* walk_examine.c */
/* Runs the analyzers of the mask on a file. 0, -ENOMEM, or the content's own failure. */
int sw_walk_examine(struct sw_walk *walk, const struct sw_analyzer_file *file, uint64_t mask,
    struct sw_walk_content *content, struct sw_err *err);
/* The same for every link to that content. */
int sw_walk_examine_links(struct sw_walk *walk, const struct sw_analyzer_file *file,
    struct sw_walk_link *links, size_t n_links, struct sw_walk_content *content,
    struct sw_err *err);
/* Tells the analyzers of any file about a hard link. */
void sw_walk_tell_link(struct sw_walk *walk, struct sw_str path, struct sw_str target);
/* Analyzers that look at content, among those of the mask. */
uint64_t sw_walk_content_mask(const struct sw_walk *walk, uint64_t mask);
int sw_walk_examine_groups(struct sw_walk *walk);
/* What an analyzer gets with every call. */
struct sw_analyzer_context sw_walk_context(const struct sw_walk *walk, unsigned bit);
/* Ends the layer for all analyzers that have begun it. */
void sw_walk_close_layers(struct sw_walk *walk);

/* walk_paths.c */
/* Remembers that the layer has an entry there that is no directory. 0, -ENOMEM. */
int sw_walk_add_path(struct sw_walk *walk, struct sw_str path);
/* Adds them as facts. */
int sw_walk_emit_paths(struct sw_walk *walk);

/* walk_nested.c */
/* True when a file that begins so may be an archive. */
bool sw_walk_nested_is(struct sw_str first, uint64_t size_bytes);
/* Looks into the archive that the content may be, and examines its members. Reads as much of the
 * content as it needs; what is wrong in there becomes a note. */
void sw_walk_nested(
    struct sw_walk *walk, const struct sw_analyzer_file *file, struct sw_walk_content *content);

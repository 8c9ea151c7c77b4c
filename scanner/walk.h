/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over one tree, be it a layer's tar or a directory: names are cleaned, whiteouts and the
 * replacement of guarded paths become facts, wanted files go to their analyzers. One walk per
 * thread; what is shared (wants, budget) is passed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzer.h"
#include "base/err.h"
#include "base/vec.h"
#include "io/archive.h"
#include "model/fact.h"
#include "budget.h"
#include "wants.h"

/* An entry as it was met; everything is borrowed for the call. */
struct sw_walk_entry {
    enum sw_member_type type;
    struct sw_str path;   /* cleaned */
    struct sw_str target; /* of a symlink as stored; of a hard link as stored */
    uint64_t size_bytes;
    uint32_t mode;
};

/* Where a file's content comes from. */
struct sw_walk_content {
    /* The next block: > 0, 0 at the end, negative errno; borrowed until the next call. */
    ssize_t (*block)(void *context, const void **ret, struct sw_err *err);
    void *context;
};

/* Raise it when the walker's own facts change for the same bytes. */
#define SW_WALK_VERSION 1u

struct sw_walk_options {
    const struct sw_wants *wants;
    const struct sw_contents *contents; /* rule sets, for analyzers; may be NULL */
    bool is_showing_secrets;
    bool is_tree; /* no layers above or below: nobody will ask which paths there are */
    struct sw_budget *budget;
    size_t facts_max_bytes; /* all facts of this walk together */
    void (*tick)(void *context, const struct sw_walk_entry *entry, uint64_t n_files);
    void *context; /* of tick */
};

struct sw_walk;

/* Facts go to `facts`, bytes into its region; both outlive the walk. NULL: out of memory. */
struct sw_walk *sw_walk_new(const struct sw_walk_options *options, struct sw_facts *facts);
void sw_walk_free(struct sw_walk *walk);
void sw_walk_freep(struct sw_walk **walk);

/* Walks a layer's members to the end. Whiteouts count. 0, or negative errno with a sentence where
 * the archive breaks off; facts found so far stand either way. */
int sw_walk_archive(struct sw_walk *walk, struct sw_archive *archive, struct sw_err *err);
/* True when wanted paths are hard links whose content passed by unseen: sw_walk_links on a fresh
 * archive of the same layer picks them up. */
bool sw_walk_needs_links(const struct sw_walk *walk);
int sw_walk_links(struct sw_walk *walk, struct sw_archive *archive, struct sw_err *err);

/* One entry of a directory tree: takes no whiteouts. `open` is asked only when content is wanted;
 * its failure becomes a note. 0, or -ENOMEM. */
int sw_walk_offer(
    struct sw_walk *walk, const struct sw_walk_entry *entry, struct sw_walk_content *content);
/* True when an offered entry's content would be looked at. */
bool sw_walk_wants_content(const struct sw_walk *walk, struct sw_str path);

/* True when a link's target there would be recorded. */
bool sw_walk_wants_target(const struct sw_walk *walk, struct sw_str path);

/* Runs the analyzers that see a folder's files together, and drops facts that a later entry of the
 * same path replaced. Call once, last. 0, or -ENOMEM. */
int sw_walk_finish(struct sw_walk *walk);

/* Adds a note about a path; beyond a cap they are counted and told at the end. */
void sw_walk_note(struct sw_walk *walk, enum sw_note_kind kind, struct sw_str path,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An analyzer declares which files it wants and turns them into facts. One const struct per
 * analyzer at the foot of its file, one line in the list of analyzers.c; the walker never names
 * one. Called in the sandboxed child on hostile bytes, by several threads at once on different
 * layers: no state but what is passed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "model/fact.h"

enum sw_want {
    SW_WANT_NAME,  /* the name alone; analyze gets no content */
    SW_WANT_HEAD,  /* the first max_bytes */
    SW_WANT_WHOLE, /* everything up to max_bytes; a larger file is a limit note, and not analyzed */
    SW_WANT_STREAM, /* every block of the file, in order, through begin/block/end */
    _SW_WANT_MAX
};

/* One file as offered. Borrowed for the call. */
struct sw_analyzer_file {
    struct sw_str path;  /* normalised: no leading slash, no "." or ".." (model/fact.h) */
    struct sw_str bytes; /* empty for SW_WANT_NAME */
    uint64_t size_bytes; /* the whole file's size, whatever was read of it */
    uint32_t mode;
};

/* Where facts go. The analyzer fills a fact with bytes borrowed or made in the region; what is
 * added must live in the region. */
struct sw_analyzer_context {
    const struct sw_analyzer *analyzer;
    struct sw_region *region; /* lives until the layer's facts are sent */
    struct sw_facts *facts;
};

/* What an analyzer names. All lists end with NULL; a NULL list names nothing. Paths are relative
 * to the root ("var/lib/dpkg/status"). The walker derives from `paths` and `directories` the
 * ancestors whose replacement by a link or file it must record. */
struct sw_analyzer_wants {
    const char *const *paths;       /* exactly these */
    const char *const *directories; /* regular files directly in these ("var/lib/dpkg/status.d") */
    const char *const *basenames;   /* any path whose last component is one of these */
    const char *const *suffixes;    /* any path whose last component ends so (".jar") */
    const char *const *patterns;    /* "usr/share/doc/" "*" "/copyright": one star, within one
                                       component; written "usr/share/doc/<*>/copyright" with the
                                       star bare */
};

struct sw_analyzer {
    const char *name; /* also the name of its section in stored facts: "dpkg" */
    unsigned version; /* raise it when the same bytes give other facts */
    enum sw_want want;
    size_t max_bytes; /* for head and whole */
    struct sw_analyzer_wants wants;

    /* Files of one directory belong together (a database and its write-ahead log): the walker keeps
     * the wholes until the layer ends and calls analyze once per directory with all of them.
     * Without it analyze is called with one file each, as they come. */
    bool is_grouped;

    /* Adds facts. 0, or negative errno with a sentence: the walker turns that into an unreadable
     * note for the file, and everything else goes on. A fact of kind PACKAGES is added even when
     * it lists none, so that folding knows the path was replaced. */
    int (*analyze)(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
        size_t n_files, struct sw_err *err);

    /* SW_WANT_STREAM only; *state is the analyzer's own, one per open file. */
    int (*begin)(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
        void **ret_state, struct sw_err *err);
    int (*block)(void *state, struct sw_str bytes, struct sw_err *err);
    int (*end)(void *state, struct sw_analyzer_context *context, struct sw_err *err);
};

/* The table of all analyzers, NULL at its end. */
extern const struct sw_analyzer *const sw_analyzers[];

/* Shorthand for analyzers: adds a note about a path in this layer. */
int sw_analyzer_note(struct sw_analyzer_context *context, enum sw_note_kind kind,
    struct sw_str path, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds a PACKAGES fact for the path. The array must live in the region. */
int sw_analyzer_packages(struct sw_analyzer_context *context, struct sw_str path,
    struct sw_package *packages, size_t n_packages);

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
#include "model/aspect.h"

enum sw_want {
    SW_WANT_NAME,  /* the name alone; analyze gets no content */
    SW_WANT_HEAD,  /* the first max_bytes */
    SW_WANT_WHOLE, /* everything up to max_bytes; a larger file is a limit note, and not analyzed */
    SW_WANT_STREAM, /* every block of the file, in order, through begin/block/end */
    _SW_WANT_MAX
};

struct sw_contents;
struct sw_image_text;

/* One file as offered. Borrowed for the call. */
struct sw_analyzer_file {
    struct sw_str path;  /* normalised: no leading slash, no "." or ".." (model/fact.h) */
    struct sw_str inner; /* inside that file, where it is an archive: "BOOT-INF/a.jar!/b.class";
                            empty: the file itself */
    struct sw_str bytes; /* empty for SW_WANT_NAME */
    uint64_t size_bytes; /* the whole file's size, whatever was read of it; 0 in archives that do
                            not say it beforehand */
    uint32_t mode;
};

/* Where facts go. The analyzer fills a fact with bytes borrowed or made in the region; what is
 * added must live in the region. */
struct sw_analyzer_context {
    const struct sw_analyzer *analyzer;
    struct sw_region *region; /* lives until the layer's facts are sent */
    struct sw_facts *facts;
    const struct sw_contents *contents; /* rule sets; see content.h */
    void *layer;                        /* what open_layer made; NULL without it */
    bool is_showing_secrets;
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
    const char *const *guards;      /* not wanted, but their replacement by a link or file is to be
                                       recorded all the same, as that of ancestors is */
    bool is_any; /* every regular file, also inside archives; for SW_WANT_STREAM. A hard link is not
                    offered again, its content has passed by under another name */
};

struct sw_analyzer {
    const char *name;      /* also the name of its section in stored facts: "dpkg" */
    unsigned version;      /* raise it when the same bytes give other facts */
    enum sw_aspect aspect; /* which of --only it belongs to */
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

    /* Once per layer, before the first file that it is offered, and after the last: what is shared
     * by all files of a layer. May be NULL. A failure of open_layer is told once, and the analyzer
     * sits the layer out. close_layer may add facts, and frees. */
    int (*open_layer)(struct sw_analyzer_context *context, void **ret_layer, struct sw_err *err);
    int (*close_layer)(struct sw_analyzer_context *context, struct sw_err *err);

    /* Texts of an image's config; once per image, without a layer. Findings are added as facts with
     * an empty path. May be NULL. */
    int (*config)(struct sw_analyzer_context *context, const struct sw_image_text *texts,
        size_t n_texts, struct sw_err *err);

    /* SW_WANT_STREAM only; *state is the analyzer's own, one per open file. */
    int (*begin)(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
        void **ret_state, struct sw_err *err);
    int (*block)(void *state, struct sw_str bytes, struct sw_err *err);
    int (*end)(void *state, struct sw_analyzer_context *context, struct sw_err *err);

    /* For wants.is_any: a hard link to a file of the layer, whose content passes under the other
     * name. Both are paths. May be NULL. */
    int (*link)(struct sw_analyzer_context *context, struct sw_str path, struct sw_str target,
        struct sw_err *err);
};

/* The table of all analyzers, NULL at its end. */
extern const struct sw_analyzer *const sw_analyzers[];

/* Shorthand for analyzers: adds a note about a path in this layer. */
int sw_analyzer_note(struct sw_analyzer_context *context, enum sw_note_kind kind,
    struct sw_str path, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds a PACKAGES fact for the path. The array must live in the region. */
int sw_analyzer_packages(struct sw_analyzer_context *context, struct sw_str path,
    struct sw_package *packages, size_t n_packages);
/* Adds a finding in that file; copies the struct, not what it points to, which must live in the
 * region. Sets the location's path and inner. */
int sw_analyzer_finding(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    const struct sw_finding *finding);

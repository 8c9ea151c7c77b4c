/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts: what one layer (or one directory tree) says, before layers are folded together. An
 * analyzer makes them, the parent caches them by layer digest and analyzer version, and folding
 * turns the facts of all layers into an inventory. Each fact belongs to a path, so that a higher
 * layer can replace or remove it.
 *
 * Paths have no leading or trailing slash, no empty, "." or ".." component; "" is the root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/finding.h"
#include "model/note.h"
#include "model/os.h"
#include "model/package.h"

#define SW_FACTS_PER_LAYER_MAX ((size_t)1000000)
#define SW_FACT_PATH_MAX ((size_t)4096)

enum sw_fact_kind {
    SW_FACT_OS,        /* os: this file describes the system */
    SW_FACT_PACKAGES,  /* packages: this file lists exactly these (possibly none) */
    SW_FACT_LICENCE,   /* package_name, text: licence of a package by its own documentation */
    SW_FACT_SEEN,      /* text: kind of artefact seen and not examined ("jar") */
    SW_FACT_NOTE,      /* note: about this path */
    SW_FACT_WHITEOUT,  /* the layer removes this path and all below it */
    SW_FACT_OPAQUE,    /* the layer hides whatever lower layers have below this directory */
    SW_FACT_SYMLINK,   /* text: target; only for paths that an analyzer names, and above them */
    SW_FACT_OBJECT,    /* a file or other non-directory at such an ancestor: hides what was below */
    SW_FACT_DIRECTORY, /* an entry of its own for a directory at such an ancestor: a link or object
                          of a lower layer there is gone, what lower directories hold is not */
    SW_FACT_FINDING, /* finding: a secret or malware in this file; it stays, whatever higher layers
                        do to the path, and folding says what they do */
    SW_FACT_PATHS,   /* text: which paths the layer has entries for (scan/fold_findings.c) */
    SW_FACT_DIGESTS, /* text: digests of files, listed or found, for folding to compare */
    _SW_FACT_KIND_MAX
};

const char *sw_fact_kind_name(enum sw_fact_kind kind);
int sw_fact_kind_find(struct sw_str name, enum sw_fact_kind *ret);

/* True for the form described above, no NUL inside, at most SW_FACT_PATH_MAX bytes. */
bool sw_fact_path_is_normal(struct sw_str path);

struct sw_fact {
    enum sw_fact_kind kind;
    struct sw_str section; /* analyzer that made it ("dpkg"); "layer" for the walker's own */
    struct sw_str path;
    struct sw_str package_name;
    struct sw_str text;
    struct sw_os os;
    struct sw_note note;
    struct sw_finding *finding;  /* in the region */
    struct sw_package *packages; /* the same */
    size_t n_packages;
    bool is_continued; /* PACKAGES: append to the fact of this section and path before it; without
                          it a later one of the same layer replaces the earlier */
};

/* All facts of one layer. Vectors are heap-owned, everything they point to lives in the region. */
struct sw_facts {
    struct sw_region *region; /* borrowed */
    struct sw_str digest;     /* of the bytes that were handed out, "sha256:..."; empty: none */
    SW_VEC(struct sw_fact) facts;
    uint64_t n_files;   /* entries walked */
    uint64_t n_bytes;   /* bytes of file content walked */
    uint64_t n_dropped; /* facts beyond SW_FACTS_PER_LAYER_MAX; never silent: a note says so */
};

void sw_facts_init(struct sw_facts *facts, struct sw_region *region);
void sw_facts_done(struct sw_facts *facts);
/* Copies the struct, not the bytes it points to: 0, -ENOMEM, -EFBIG (counted in n_dropped). */
int sw_facts_add(struct sw_facts *facts, const struct sw_fact *fact);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YARA rules as text: the files of the folders that the operator names, and what they include from
 * the same folder. Nothing outside of it is read, whatever an include says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "scan/yara_outline.h"

/* Public collections have some thousand files. */
#define SW_YARA_FILES_MAX ((size_t)50000)
#define SW_YARA_FILE_BYTES_MAX ((size_t)32 << 20)
#define SW_YARA_BYTES_MAX ((size_t)512 << 20)

struct sw_yara_source {
    size_t root;           /* index of the folder */
    struct sw_str path;    /* below it, cleaned; NUL-terminated */
    struct sw_str display; /* with the folder, for people; NUL-terminated */
    char *text;            /* in the region, NUL-terminated; refused rules become spaces */
    size_t n;
    struct sw_yara_outline outline; /* owned */
    bool is_included;               /* another one brings it in */
    bool is_reached;                /* it is in what gets compiled */
    bool is_open;                   /* its includes are being followed */
    bool is_refused;                /* as a whole */
};

struct sw_yara_root {
    const char *path; /* as given, borrowed */
    int fd;           /* owned; the folder */
};

struct sw_yara_sources {
    struct sw_region *region; /* borrowed */
    SW_VEC(struct sw_yara_root) roots;
    SW_VEC(struct sw_yara_source) files; /* by folder, then by path */
    size_t n_bytes;
    struct sw_buf notes; /* a line for each thing refused */
    size_t n_notes;
};

void sw_yara_sources_init(struct sw_yara_sources *sources, struct sw_region *region);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_yara_sources_done(struct sw_yara_sources *sources);

/* Loads the files *.yar, *.yara, *.rule and *.rules below a folder, or one file. -ENOENT with a
 * sentence also where a folder holds none. */
int sw_yara_sources_add(struct sw_yara_sources *sources, const char *path, struct sw_err *err);

/* The file that an include in `from` names: NULL with a sentence where it lies outside of the
 * folder or is not there. */
struct sw_yara_source *sw_yara_sources_find(struct sw_yara_sources *sources,
    const struct sw_yara_source *from, struct sw_str name, struct sw_err *err);

/* Takes an item out of the text, lines staying where they are. */
void sw_yara_source_blank(struct sw_yara_source *source, const struct sw_yara_item *item);
/* The item that a line belongs to; NULL: none. */
const struct sw_yara_item *sw_yara_source_item_at(
    const struct sw_yara_source *source, unsigned line);
/* The rule of that name; NULL: none. */
const struct sw_yara_item *sw_yara_source_rule(
    const struct sw_yara_source *source, struct sw_str name);

/* A note "FILE:LINE: what"; beyond a cap they are only counted. */
void sw_yara_sources_note(struct sw_yara_sources *sources, const struct sw_yara_source *source,
    unsigned line, const char *format, ...) __attribute__((format(printf, 4, 5)));

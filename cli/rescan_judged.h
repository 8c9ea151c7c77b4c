/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rescan remembers, one file in the cache: by which database it judged, what that said of each
 * package, and which packages each inventory has. By it the next one tells what is new and what is
 * fixed, and judges again only what has changed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "io/file.h"
#include "model/finding.h"
#include "rescan_memo.h"

#define SW_JUDGED_FILE "judged"
#define SW_JUDGED_FINDING_BYTES 9

struct sw_judged_finding {
    uint64_t identity; /* hash of id, source and version */
    uint8_t severity;
    bool is_ignored;
};

/* Findings by severity, and whether they have a fix. */
struct sw_judged_counts {
    uint32_t n[_SW_SEVERITY_MAX][2];
    uint32_t n_ignored;
};

/* Of an inventory; text is borrowed from the file. */
struct sw_judged_entry {
    struct sw_str name;
    struct sw_file_identity file;
    struct sw_str target;
    struct sw_str image;
    struct sw_str digest;
    struct sw_str config_digest;
    struct sw_str platform;
    bool is_incomplete; /* as the inventory says */
    /* What was found, as a list: nine bytes each, ascending. Where there is none, it is what is
     * known of the packages. */
    bool has_list;
    struct sw_str list;
    /* The rest only where has_packages. */
    bool has_packages;
    uint32_t system;
    const uint32_t *packages; /* ids in the memo; in its region */
    uint32_t n_packages;
    struct sw_judged_counts counts;
};

/* Judged with which; where it is another one, nothing that was judged holds. */
struct sw_judged_state {
    struct sw_str database; /* digest of the file */
    uint64_t program;       /* hash of what program it was */
    uint64_t rules;         /* hash of what was ignored */
};

struct sw_judged {
    struct sw_buf text;
    struct sw_judged_state state;
    SW_VEC(struct sw_judged_entry) entries; /* by name */
};

/* Reads it; systems and packages go into the memo, with what was said of them before. None, a
 * damaged one, or one that others can write, is empty. */
int sw_judged_load(const char *cache_dir, struct sw_memo *memo, struct sw_judged *ret);
/* The same from bytes that are in `judged->text`: 0, -EBADMSG, -ENOMEM. */
int sw_judged_parse(struct sw_judged *judged, struct sw_memo *memo);
void sw_judged_done(struct sw_judged *judged);
const struct sw_judged_entry *sw_judged_find(const struct sw_judged *judged, struct sw_str name);

size_t sw_judged_list_count(struct sw_str list);
struct sw_judged_finding sw_judged_list_get(struct sw_str list, size_t i);
/* Sorts them by identity and leaves each once: how many. */
size_t sw_judged_list_sort(struct sw_judged_finding *findings, size_t n);
int sw_judged_list_put(struct sw_buf *buf, const struct sw_judged_finding *findings, size_t n);

/* Entries in ascending order of names; packages as they are judged now. */
int sw_judged_format(struct sw_memo *memo, const struct sw_judged_state *state,
    const struct sw_judged_entry *entries, size_t n, struct sw_buf *buf);
int sw_judged_save(const char *cache_dir, const struct sw_buf *buf, struct sw_err *err);

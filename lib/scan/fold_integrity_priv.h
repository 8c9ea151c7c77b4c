/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comparing files with the lists of their packages shares: tables of all layers, read
 * (fold_lists.c), and compared (fold_integrity.c). All of it lives in one region for one call.
 */
#pragma once

#include "model/file_list.h"
#include "scan/fold_priv.h"

/* Entries of all lists together, and of one path: more are left out, and told. */
#define SW_FOLD_LISTED_MAX ((size_t)4000000)
#define SW_FOLD_LISTED_PER_FILE_MAX 64u

enum sw_fold_list_source {
    SW_FOLD_LIST_INFO,     /* dpkg: its status says what is installed */
    SW_FOLD_LIST_STATUS_D, /* distroless: the list itself does */
    SW_FOLD_LIST_DATABASE, /* apk, rpm: one file names all packages */
    _SW_FOLD_LIST_SOURCE_MAX
};

struct sw_fold_package_lists;

/* One table of kind LISTED. */
struct sw_fold_list {
    struct sw_fold_link link;  /* by the path of the list */
    struct sw_fold_list *next; /* of the same package, in order of layers */
    const struct sw_fold_package_lists *package;
    struct sw_str path;
    struct sw_str table;
    enum sw_fold_list_source source;
    size_t layer;
    bool is_again; /* says what an earlier one of the package does, whose table it shares, and the
                      layer holds none of the files */
};

/* One package at one version, and what any layer says of its files. */
struct sw_fold_package_lists {
    struct sw_fold_link link; /* by name, architecture and version */
    uint64_t key;
    struct sw_str name;
    struct sw_str arch;
    struct sw_str version;
    struct sw_fold_list *first;
    struct sw_fold_list *last;
    bool is_final; /* installed in the image as it runs */
};

/* A table of another kind, without its first byte. */
struct sw_fold_blob {
    size_t layer;
    struct sw_str bytes;
};

struct sw_fold_lists {
    struct sw_region region;
    uint64_t seed;
    struct sw_fold_deeds deeds;
    SW_VEC(struct sw_fold_list *) lists;
    SW_VEC(struct sw_fold_package_lists *) packages;
    SW_VEC(struct sw_fold_blob) held;
    SW_VEC(struct sw_fold_blob) installed;
    SW_VEC(struct sw_fold_blob) diverted;
    struct sw_fold_table by_path;
    struct sw_fold_table by_package;
};

/* Reads all tables and settles which packages are installed in the end. 0, -ENOMEM. */
int sw_fold_lists_init(struct sw_fold_lists *lists, const struct sw_facts *layers, size_t n_layers);
void sw_fold_lists_done(struct sw_fold_lists *lists);
/* A hash that an image cannot aim at. */
uint64_t sw_fold_lists_hash(const struct sw_fold_lists *lists, uint64_t key);

/* ---- what differs (fold_changed.c) ---- */

/* Of one image; a system that was rebuilt by hand has no more to tell. */
#define SW_FOLD_CHANGED_MAX ((size_t)20000)
#define SW_FOLD_NOT_REWRITTEN SIZE_MAX

/* A file that is not what its package installed. */
struct sw_fold_changed {
    const struct sw_fold_package_lists *package;
    size_t listed_layer;
    size_t layer;           /* that holds the file */
    size_t rewritten_layer; /* that changed the list to match; SW_FOLD_NOT_REWRITTEN */
    struct sw_str path;
    unsigned flags; /* of enum sw_file_flag */
    bool is_compared;
    bool is_link; /* a link or device stands there */
};

/* Sorts them and adds findings: one per file, or one for many files of a package that one layer
 * changed. 0, -ENOMEM. */
int sw_fold_changed_emit(
    struct sw_fold_changed *changed, size_t n_changed, struct sw_report *report);

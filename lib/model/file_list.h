/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files by digest, packed: what a package says it installs, and what a layer holds. The scanner
 * writes them into facts of kind DIGESTS (as Base64), folding compares them. A table is one of
 *
 *     LISTED    the files of one package: paths front-coded, ten bytes of digest each; long lists
 *               are several tables
 *     HELD      files of the layer that no list of the same layer explains: keys of paths
 *     INSTALLED keys of the packages that dpkg's status names
 *     DIVERTED  keys of paths that dpkg moves out of the way
 *
 * Eighty bits of a digest are enough: who could find a second file to them would rather write a
 * list of his own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SW_FILE_DIGEST_BYTES ((size_t)10)
/* Bytes of one table: its Base64 must fit into the text of a fact. */
#define SW_FILE_TABLE_MAX ((size_t)45000)
#define SW_FILE_PATH_MAX ((size_t)4096)

enum sw_file_table_kind {
    SW_FILE_TABLE_LISTED = 'L',
    SW_FILE_TABLE_HELD = 'H',
    SW_FILE_TABLE_INSTALLED = 'I',
    SW_FILE_TABLE_DIVERTED = 'D',
};

enum sw_file_digest { SW_FILE_MD5, SW_FILE_SHA1, SW_FILE_SHA256, _SW_FILE_DIGEST_MAX };

enum sw_file_flag {
    /* The lower bits of HELD say which digests there are: 1 << enum sw_file_digest. */
    SW_FILE_ELF = 1 << 3,
    SW_FILE_EXECUTABLE = 1 << 4, /* by its mode */
    SW_FILE_FREE = 1 << 5,       /* LISTED: meant to be changed (configuration) or left out */
    SW_FILE_IS_HELD = 1 << 6,    /* LISTED: the same layer holds it, as listed */
    SW_FILE_UNDER_USR = 1 << 7,  /* held below usr/, in a folder that sw_file_canonical cuts */
};
#define SW_FILE_DIGEST_MASK 7u

/* What all paths that may mean the same file have in common: usr/bin/ls is bin/ls. */
uint64_t sw_file_key(struct sw_str path);
/* The same without "usr/" where bin, sbin or lib* follow. */
struct sw_str sw_file_canonical(struct sw_str path);
uint64_t sw_file_package_key(struct sw_str name, struct sw_str arch, struct sw_str version);
/* False for paths that no package owns, or whose change does no harm: documentation, manuals,
 * translations, what is below etc, var and usr/local. */
bool sw_file_is_judged(struct sw_str path);

/* ---- LISTED ---- */

struct sw_file_entry {
    struct sw_str path;
    unsigned flags;
    const uint8_t *digest; /* SW_FILE_DIGEST_BYTES */
    size_t flags_at;       /* in the table, for sw_file_list_next */
};

struct sw_file_writer {
    struct sw_buf buf;
    char path[SW_FILE_PATH_MAX]; /* the last one */
    size_t n_path;
};

/* Begins a table. 0, -ENOMEM; -EFBIG when the names alone are too long. */
int sw_file_writer_init(struct sw_file_writer *writer, enum sw_file_digest digest,
    struct sw_str name, struct sw_str arch, struct sw_str version);
void sw_file_writer_done(struct sw_file_writer *writer);
/* 0, -ENOMEM, or -EFBIG: the table is full, and as it was. */
int sw_file_writer_add(struct sw_file_writer *writer, const struct sw_file_entry *entry);

struct sw_file_list {
    enum sw_file_digest digest;
    struct sw_str name;
    struct sw_str arch;
    struct sw_str version;
    struct sw_str table; /* borrowed */
    size_t at;
    size_t n_path;
    char path[SW_FILE_PATH_MAX];
};

/* -EBADMSG when it is no such table. The names are borrowed from it. */
int sw_file_list_open(struct sw_file_list *list, struct sw_str table);
/* 1, 0 at the end, -EBADMSG. The entry lives until the next call. */
int sw_file_list_next(struct sw_file_list *list, struct sw_file_entry *ret);

/* ---- HELD ---- */

struct sw_file_held {
    uint64_t key;
    unsigned flags;
    uint8_t digests[_SW_FILE_DIGEST_MAX][SW_FILE_DIGEST_BYTES];
};

/* Appends to a buffer that begins with the kind. 0, -ENOMEM, -EFBIG (as it was). */
int sw_file_held_add(struct sw_buf *buf, const struct sw_file_held *held);
/* Takes the next off *rest (the table without its first byte): 1, 0, -EBADMSG. */
int sw_file_held_next(struct sw_str *rest, struct sw_file_held *ret);

/* ---- INSTALLED, DIVERTED ---- */

int sw_file_key_add(struct sw_buf *buf, uint64_t key);
int sw_file_key_next(struct sw_str *rest, uint64_t *ret);

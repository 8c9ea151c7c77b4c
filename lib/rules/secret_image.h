/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled secret rules as one flat piece of memory without pointers: the parent makes it, keeps it
 * as a file, and hands it to scanners, which map it read-only and use it as it lies there.
 *
 *     header | database of Vectorscan (64-aligned) | rules | allow lists | texts | strings
 *
 * It is for this machine and this version of Vectorscan; nothing carries it elsewhere. What opens
 * it checks every offset once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define SW_SECRET_IMAGE_VERSION                                                                    \
    2u /* raise it with any change below, or of how rules are compiled */
#define SW_SECRET_IMAGE_BYTES_MAX ((size_t)128 * 1024 * 1024) /* gitleaks' rules make 0.8 MB */
#define SW_SECRET_IMAGE_ALIGN ((size_t)64)                    /* of the whole and of the database */
#define SW_SECRET_IMAGE_DIGEST_MAX ((size_t)79)
/* How far before the end of a hit its exact match may begin; the scanner keeps as much. A PEM of
 * 16384 bits of RSA has 12.8 KB. */
#define SW_SECRET_BACK_MAX ((uint32_t)32 * 1024)

struct sw_secret_image_text {
    uint32_t offset; /* into the strings */
    uint32_t n;
};

struct sw_secret_image_list {
    uint32_t first; /* into the texts */
    uint32_t n;
};

enum { SW_SECRET_IMAGE_ALL = 1 }; /* every named criterion must hold */

struct sw_secret_image_allow {
    uint32_t flags;
    uint32_t target;      /* enum sw_secret_target */
    uint32_t has_commits; /* a criterion that never holds */
    uint32_t severity;    /* enum sw_severity: at most this; unknown: no finding */
    struct sw_secret_image_list paths;
    struct sw_secret_image_list regexes;
    struct sw_secret_image_list stopwords;
};

enum {
    SW_SECRET_IMAGE_GENERIC = 1,  /* gives way to any other rule that finds the same */
    SW_SECRET_IMAGE_KEYWORDS = 2, /* the database holds its keywords instead of its expression */
};

struct sw_secret_image_rule {
    struct sw_secret_image_text id;
    struct sw_secret_image_text description;
    struct sw_secret_image_text regex; /* Go's syntax; empty: paths alone */
    struct sw_secret_image_text path;
    struct sw_secret_image_list keywords;
    struct sw_secret_image_list tags;
    uint32_t first_allow;
    uint32_t n_allows;
    uint32_t group;
    uint32_t severity; /* enum sw_severity, never unknown */
    uint32_t checksum; /* enum sw_secret_checksum */
    uint32_t flags;
    uint32_t back; /* bytes before the end of a hit at which the match may begin */
    uint32_t reserved;
    double entropy;
};

struct sw_secret_image_header {
    char magic[8];
    uint32_t version;
    uint32_t n_rules;
    uint64_t n_bytes;
    uint64_t database_offset; /* length 0: no rule has an expression */
    uint64_t database_bytes;
    uint64_t rules_offset;
    uint64_t allows_offset;
    uint64_t texts_offset;
    uint64_t strings_offset;
    uint64_t strings_bytes;
    uint32_t n_allows;
    uint32_t n_common; /* the first allow lists, which hold for all rules */
    uint32_t n_texts;
    uint32_t reserved;
    char digest[SW_SECRET_IMAGE_DIGEST_MAX + 1]; /* the caller's name for the set */
};

/* An image as it lies in memory; all borrowed. */
struct sw_secret_image {
    const struct sw_secret_image_header *header;
    const struct sw_secret_image_rule *rules;
    const struct sw_secret_image_allow *allows;
    const struct sw_secret_image_text *texts;
    const char *strings;
    const void *database; /* NULL: none */
};

/* Checks and opens; `bytes` must be aligned to SW_SECRET_IMAGE_ALIGN and outlive it. -EINVAL with a
 * sentence. */
int sw_secret_image_open(
    const void *bytes, size_t n, struct sw_secret_image *ret, struct sw_err *err);

struct sw_str sw_secret_image_text(
    const struct sw_secret_image *image, struct sw_secret_image_text text);
/* Item i of a list. */
struct sw_str sw_secret_image_item(
    const struct sw_secret_image *image, struct sw_secret_image_list list, size_t i);
/* The caller's name for the set, as given to sw_secret_rules_compile. */
struct sw_str sw_secret_image_digest(const struct sw_secret_image *image);

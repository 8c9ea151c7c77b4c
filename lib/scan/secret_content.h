/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret rules compiled for the scanner, once for each content: the file is named by the digest of
 * the rules' text, and kept. Reading the rules takes milliseconds and is always done, since only
 * they know what they extend; compiling takes a second for some hundred.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"

#define SW_SECRET_FILE_MAX                                                                         \
    ((size_t)16 * 1024 * 1024) /* of one rule file; ours have 600 KB in all */

struct sw_secret_content_options {
    const char *const *paths; /* files, and folders of *.toml; together one set */
    size_t n_paths;
    const char *defaults;  /* folder of our own rules, for `extend.useDefault` */
    const char *directory; /* where compiled rules are kept; NULL: nowhere */
};

struct sw_secret_content {
    int fd; /* the caller's: sealed memory, see io/sealed.h and rules/secret_image.h */
    size_t size_bytes;
    char digest[SW_DIGEST_TEXT_BYTES]; /* of the rules and of what compiled them */
    size_t n_rules;
    size_t n_refused;    /* rules that are left out */
    bool is_cached;      /* it was there already */
    struct sw_str notes; /* in the region: a line for each thing refused or read over */
};

/* 0, or negative errno with a sentence. Rules that cannot be honoured are notes, and the others
 * stand; -EINVAL where none does. */
int sw_secret_content_load(const struct sw_secret_content_options *options,
    struct sw_region *region, struct sw_secret_content *ret, struct sw_err *err);

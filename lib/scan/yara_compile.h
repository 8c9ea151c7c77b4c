/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YARA rules compiled for the scanner, once for each content: the file is named by the digest of
 * the rules and kept. Compiling happens in a child process, since rules can make libyara crash or
 * think for ever.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "io/digest.h"

struct sw_yara_options {
    const char *const *paths; /* folders or files of rules */
    size_t n_paths;
    const char *directory; /* where compiled rules are kept; NULL: nowhere */
    const char *scratch;   /* for what is not kept: "/tmp" */
};

struct sw_yara_compiled {
    int fd;                            /* the caller's; see wire/yara_rules.h */
    char digest[SW_DIGEST_TEXT_BYTES]; /* of the rules' text and libyara's version */
    uint32_t n_rules;
    bool is_cached;      /* it was there already */
    struct sw_str notes; /* in the region: a line "FILE:LINE: what" for each thing refused */
};

/* 0, or negative errno with a sentence. Rules that libyara refuses are notes, and the others stand;
 * -EINVAL where none does. */
int sw_yara_compile(const struct sw_yara_options *options, struct sw_region *region,
    struct sw_yara_compiled *ret, struct sw_err *err);

/* Names that rules may use besides their modules', empty strings where the scanner knows nothing:
 * "filename", "filepath", "extension", "filetype", "owner". NULL at the end. */
extern const char *const sw_yara_externals[];

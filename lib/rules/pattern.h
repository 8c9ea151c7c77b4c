/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns that people write in rules: globs over paths and package URLs, and the regular
 * expressions that Grype takes for names. All become one small program that runs in time linear in
 * the text, whatever the pattern: a rule file is as little trusted as an image.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

#define SW_PATTERN_TEXT_MAX ((size_t)1024)  /* bytes of a pattern; real ones have < 200 */
#define SW_PATTERN_CODE_MAX ((size_t)4096)  /* instructions; what a pattern of 1024 needs */
#define SW_PATTERN_INPUT_MAX ((size_t)8192) /* longer text matches nothing; paths end at 4096 */

enum sw_pattern_kind {
    SW_PATTERN_LITERAL, /* the bytes themselves */
    SW_PATTERN_GLOB,    /* a star stays within a part of a path, two do not; ? [a-z] [!a-z] {a,b} */
    SW_PATTERN_STARS,   /* the stars of a glob; all else is itself */
    SW_PATTERN_REGEXP,  /* . [] () | * + ? and escapes; matches the whole text; no counts */
    _SW_PATTERN_KIND_MAX
};

struct sw_pattern;

/* Makes the pattern in the region. -EINVAL with a sentence for what is broken or not supported,
 * -EFBIG for what is too long, -ENOMEM. */
int sw_pattern_compile(enum sw_pattern_kind kind, struct sw_str text, struct sw_region *region,
    const struct sw_pattern **ret, struct sw_err *err);

/* True when the whole text matches. */
bool sw_pattern_match(const struct sw_pattern *pattern, struct sw_str text);

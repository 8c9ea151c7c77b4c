/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret rules into an image (secret_image.h): all expressions at once for Vectorscan in streaming
 * mode, as they are wherever it can take them. Measured with gitleaks' 221 expressions on a file
 * system: 650 MB/s and two hits per MB, where keywords alone gave a thousand hits per MB, each of
 * which would have wanted an exact match.
 *
 * An expression that Vectorscan cannot take is looked for by the rule's keywords; a rule that has
 * none either is refused by name. The parent does this, seconds of work; the result is kept.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "rules/secret_rule.h"

/* Appends what, besides the rules, decides what an image is: version of the format, version of
 * Vectorscan, kind of processor. For the name under which an image is kept. -ENOTSUP with a
 * sentence on a processor that Vectorscan does not run on. */
int sw_secret_compile_key(struct sw_buf *buf, struct sw_err *err);

/* Makes the image, appended to the empty `ret` (a page-aligned copy of it is needed to use it).
 * `digest` names the set. Rules that cannot be honoured are refused in `rules`. 0, -EINVAL with a
 * sentence when no rule is left, -EFBIG, -ENOMEM. */
int sw_secret_rules_compile(
    struct sw_secret_rules *rules, struct sw_str digest, struct sw_buf *ret, struct sw_err *err);

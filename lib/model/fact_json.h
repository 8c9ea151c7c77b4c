/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fact as one line of JSON (no newline inside or at the end): what the scanner child sends to its
 * parent and what the cache holds. Reading trusts nothing: the writer may be a child that an image
 * has taken over.
 *
 * A PACKAGES fact with many packages is split, so that no line grows without bound:
 *
 *     for (size_t from = 0; from == 0 || from < fact->n_packages; from +=
 * SW_FACT_JSON_PACKAGES_MAX) r = sw_fact_json_format_part(fact, from, buf);
 *
 * The parts after the first carry is_continued, and folding appends each to the fact of the same
 * section and path before it. Without that flag a later PACKAGES fact of the same section and path
 * replaces the earlier one, as the later of two entries of one name does in a tar.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/region.h"
#include "model/fact.h"

/* Packages in one line. Real fields come to some 300 bytes each. */
#define SW_FACT_JSON_PACKAGES_MAX ((size_t)2000)
/* Bytes of one line: a part of absurd packages that goes beyond it is -EFBIG on either side. */
#define SW_FACT_JSON_MAX ((size_t)16 * 1024 * 1024)

/* Appends the whole fact: 0, -ENOMEM, -EFBIG (more packages than one line may hold, or no room in
 * buf; what buf holds then is cut short and of no use). */
int sw_fact_json_format(const struct sw_fact *fact, struct sw_buf *buf);

/* Appends the packages [from, from + SW_FACT_JSON_PACKAGES_MAX) of a fact; for other kinds `from`
 * is 0. The same returns. */
int sw_fact_json_format_part(const struct sw_fact *fact, size_t from, struct sw_buf *buf);

/* One fact, everything made in the region. -EINVAL, -EFBIG or -ENOMEM with a sentence: broken
 * JSON, an unknown kind, a path that is not in normal form (sw_fact_path_is_normal), a field or a
 * list over its cap. *ret untouched on failure. */
int sw_fact_json_parse(
    struct sw_str text, struct sw_region *region, struct sw_fact *ret, struct sw_err *err);

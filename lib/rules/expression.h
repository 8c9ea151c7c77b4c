/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions with groups, as people write them in secret rules: the syntax of Go (RE2),
 * matched by PCRE2 on bytes under limits of steps, depth and memory. For text at hand that
 * something cheaper has picked out; what looks at every byte is Vectorscan (secret_compile.h).
 *
 * What Go refuses is refused here as well (look-around, back references, possessive repeats, counts
 * beyond 1000 even when nested), so that an expression means the same in both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SW_EXPRESSION_TEXT_MAX ((size_t)8192) /* bytes; the longest of gitleaks' has 744 */
#define SW_EXPRESSION_GROUPS_MAX 64           /* of which the text is handed out; others match */
#define SW_EXPRESSION_REPEAT_MAX 1000         /* Go's own limit */
#define SW_EXPRESSION_NEST_MAX 100            /* groups inside groups */

/* Rewrites Go's syntax into that which PCRE2 and Vectorscan share, appended to `ret`. *ret_unicode
 * is set when it speaks of characters beyond ASCII. -EINVAL with a sentence. */
int sw_expression_translate(
    struct sw_str text, struct sw_buf *ret, bool *ret_unicode, struct sw_err *err);

struct sw_expression;

struct sw_expression_span {
    size_t from;
    size_t to; /* from > to: the group took no part */
};

/* From Go's syntax. */
int sw_expression_new(struct sw_str text, struct sw_expression **ret, struct sw_err *err);
void sw_expression_free(struct sw_expression *expression);
void sw_expression_freep(struct sw_expression **expression);

size_t sw_expression_n_groups(const struct sw_expression *expression);

/* Where the text stands. */
#define SW_EXPRESSION_NOT_BEGIN 1u /* text goes on before it: ^ does not match at its start */
#define SW_EXPRESSION_NOT_END 2u   /* and behind: $ does not match at its end */

struct sw_expression_search {
    struct sw_str text;
    size_t from; /* the match begins here or later; what stands before is still seen by \b */
    size_t last; /* and not behind this; SIZE_MAX: anywhere */
    unsigned flags;
};

/* The leftmost match. Fills spans[0 .. n_spans): 0 is the whole. 1 when it matched, 0 when not,
 * -E2BIG when a limit was hit, -ENOMEM. One thread at a time for each expression. */
int sw_expression_find(struct sw_expression *expression, const struct sw_expression_search *search,
    struct sw_expression_span *spans, size_t n_spans);

/* Whether it matches anywhere in the text: 1, 0, or as above. */
int sw_expression_match(struct sw_expression *expression, struct sw_str text);

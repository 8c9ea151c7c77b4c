/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a comparison of two reports is written.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "diff.h"

struct sw_diff_print {
    const char *version; /* of Seawall */
    /* Which findings are shown; NULL: all. */
    bool (*is_shown)(const void *context, const struct sw_finding *finding);
    const void *context;
    bool has_color;
    bool is_all; /* also list what is unchanged */
};

struct sw_diff_format {
    const char *name;
    int (*write)(FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print,
        struct sw_err *err);
};

extern const struct sw_diff_format sw_diff_formats[];
/* NULL when there is none of that name. */
const struct sw_diff_format *sw_diff_format_find(struct sw_str name);

/* What a reader must know of the two reports before the difference: one sentence each, up to
 * *ret_n, in text that lives as long as the caller's buffers. */
#define SW_DIFF_WARNINGS_MAX 6
#define SW_DIFF_WARNING_BYTES 256
struct sw_diff_warnings {
    char v[SW_DIFF_WARNINGS_MAX][SW_DIFF_WARNING_BYTES];
    size_t n;
};
void sw_diff_warn(const struct sw_diff *diff, struct sw_diff_warnings *ret);

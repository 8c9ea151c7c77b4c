/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--filter NAME=VALUE[,VALUE]`: which events go out. Filters on different fields must all hold, on
 * the same field one of them. A field that an event does not have is empty.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "model/event.h"

#define SW_FILTER_TERMS_MAX 64

struct sw_filter_term {
    const struct sw_event_field *field;
    struct sw_str values; /* borrowed, separated by commas */
    bool is_negated;      /* NAME!=VALUE */
};

struct sw_filter {
    struct sw_filter_term terms[SW_FILTER_TERMS_MAX];
    size_t n;
};

/* Adds "NAME=VALUE" or "NAME!=VALUE"; "kind" is short for evt.kind. text is borrowed. 0, or
 * -EINVAL with a sentence. */
int sw_filter_add(struct sw_filter *filter, struct sw_str text, struct sw_err *err);
/* Kinds that it can let through, bit per kind: what the kernel need not report. */
uint64_t sw_filter_kinds(const struct sw_filter *filter);
bool sw_filter_match(const struct sw_filter *filter, const struct sw_event *event);

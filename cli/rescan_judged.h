/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each stored inventory was found to have when it was last judged: enough to say what is new
 * and what is fixed. One file in the cache.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define SW_JUDGED_FILE "judged"

struct sw_judged_finding {
    uint64_t identity; /* hash of id, source and version */
    uint8_t severity;
};

struct sw_judged_entry {
    struct sw_str name;     /* of the inventory; borrowed from the text */
    struct sw_str findings; /* packed, nine bytes each, ascending */
};

struct sw_judged {
    struct sw_buf text;
    SW_VEC(struct sw_judged_entry) entries; /* by name */
};

/* None, or a damaged one, is empty. */
int sw_judged_load(const char *cache_dir, struct sw_judged *ret);
/* The same from bytes, which are taken over from the buffer in `judged->text`. */
int sw_judged_parse(struct sw_judged *judged);
void sw_judged_done(struct sw_judged *judged);
const struct sw_judged_entry *sw_judged_find(const struct sw_judged *judged, struct sw_str name);
size_t sw_judged_count(const struct sw_judged_entry *entry);
struct sw_judged_finding sw_judged_get(const struct sw_judged_entry *entry, size_t i);

/* Writing: begin, entries in ascending order of names, end. */
void sw_judged_begin(struct sw_buf *buf);
int sw_judged_put(
    struct sw_buf *buf, struct sw_str name, const struct sw_judged_finding *findings, size_t n);
int sw_judged_put_entry(struct sw_buf *buf, const struct sw_judged_entry *entry);
int sw_judged_save(const char *cache_dir, struct sw_buf *buf, struct sw_err *err);

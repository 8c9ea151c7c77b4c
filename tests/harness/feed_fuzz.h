/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a feed reader over any bytes: it may fail, but what it hands out must be whole: every
 * string readable to its end, every record named.
 */
#pragma once

#include <stdlib.h>

#include "base/mem.h"
#include "io/reader.h"
#include "vulndb/build/feed.h"

static inline void feed_fuzz_touch(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        volatile char byte = s.p[i];
        (void)byte;
    }
}

static inline void feed_fuzz_touch_all(const struct sw_str *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        feed_fuzz_touch(items[i]);
}

static inline void feed_fuzz_affected(const struct sw_affected *a)
{
    feed_fuzz_touch(a->product);
    feed_fuzz_touch(a->package);
    feed_fuzz_touch(a->vendor_status);
    feed_fuzz_touch(a->module);
    feed_fuzz_touch(a->arch);
    feed_fuzz_touch_all(a->versions, a->n_versions);
    for (size_t i = 0; i < a->n_ranges; i++) {
        feed_fuzz_touch(a->ranges[i].introduced);
        feed_fuzz_touch(a->ranges[i].fixed);
        feed_fuzz_touch(a->ranges[i].last_affected);
    }
    if (a->product.n == 0 || a->package.n == 0 || a->status >= _SW_FIX_STATUS_MAX)
        abort();
}

static inline int feed_fuzz_advisory(void *context, const struct sw_advisory *a, struct sw_err *err)
{
    (void)context;
    (void)err;
    if (a->feed.n == 0 || a->record.n == 0 || a->id.n == 0 ||
        a->n_affected > SW_ADVISORY_AFFECTED_MAX || a->details.n > SW_ADVISORY_DETAILS_MAX)
        abort();
    feed_fuzz_touch(a->feed);
    feed_fuzz_touch(a->record);
    feed_fuzz_touch(a->id);
    feed_fuzz_touch(a->title);
    feed_fuzz_touch(a->details);
    feed_fuzz_touch(a->published);
    feed_fuzz_touch(a->modified);
    feed_fuzz_touch(a->cvss.vector);
    feed_fuzz_touch_all(a->aliases, a->n_aliases);
    feed_fuzz_touch_all(a->references, a->n_references);
    for (size_t i = 0; i < a->n_affected; i++)
        feed_fuzz_affected(&a->affected[i]);
    return 0;
}

static inline int feed_fuzz_facts(
    void *context, const struct sw_cve_facts *facts, struct sw_err *err)
{
    (void)context;
    (void)err;
    if (facts->cve.n == 0 || facts->epss > 1 || facts->epss_percentile > 1)
        abort();
    feed_fuzz_touch(facts->cve);
    feed_fuzz_touch(facts->kev_date);
    feed_fuzz_touch(facts->kev_due);
    feed_fuzz_touch(facts->kev_name);
    return 0;
}

static inline int feed_fuzz_eol(void *context, const struct sw_eol *eol, struct sw_err *err)
{
    (void)context;
    (void)err;
    if (eol->product.n == 0)
        abort();
    feed_fuzz_touch(eol->product);
    feed_fuzz_touch(eol->date);
    feed_fuzz_touch(eol->extended_date);
    return 0;
}

static inline void feed_fuzz_skipped(void *context, struct sw_str record, const char *reason)
{
    (void)context;
    feed_fuzz_touch(record);
    if (reason == NULL)
        abort();
}

static inline int feed_fuzz_run(
    const struct sw_feed *feed, const char *path, const uint8_t *data, size_t size)
{
    struct sw_str bytes = {(const char *)data, size};
    struct sw_feed_file file = {
        .path = sw_str_of(path), .head = sw_str_part(bytes, 0, SW_READER_PEEK_MAX)};
    struct sw_feed_sink sink = {.advisory = feed_fuzz_advisory,
        .cve_facts = feed_fuzz_facts,
        .eol = feed_fuzz_eol,
        .skipped = feed_fuzz_skipped};
    feed->recognise(&file);
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = sw_reader_new_memory(bytes);
    if (in != NULL)
        feed->read(in, &file, &sink, NULL);
    return 0;
}

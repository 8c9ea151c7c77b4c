/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A feed's records as text, for tests: what a reader makes of some bytes is compared as lines. Also
 * counts, so that whole feeds can be read without keeping them.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/decompress.h"
#include "io/reader.h"
#include "vulndb/build/feed.h"

struct feed_dump {
    struct sw_buf text; /* empty when only counting */
    bool is_counting;
    uint64_t n_advisories;
    uint64_t n_affected;
    uint64_t n_cve_facts;
    uint64_t n_eol;
    uint64_t n_skipped;
    char last_skip[256];
    struct sw_err err;
};

static inline void feed_dump_init(struct feed_dump *dump)
{
    *dump = (struct feed_dump){0};
    sw_buf_init(&dump->text, (size_t)64 << 20);
}

static inline void feed_dump_done(struct feed_dump *dump)
{
    sw_buf_done(&dump->text);
}

static inline void feed_dump_list(
    struct sw_buf *buf, const char *name, const struct sw_str *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sw_buf_printf(buf, "%s%.*s", i == 0 ? name : ",", SW_STR_ARG(items[i]));
}

static inline void feed_dump_affected(struct sw_buf *buf, const struct sw_affected *a)
{
    sw_buf_printf(buf, "  %.*s %s %.*s %s", SW_STR_ARG(a->product),
        a->name_kind == SW_AFFECTED_SOURCE ? "source" : "binary", SW_STR_ARG(a->package),
        sw_fix_status_name(a->status));
    if (a->severity != SW_SEVERITY_UNKNOWN)
        sw_buf_printf(buf, " severity=%s", sw_severity_name(a->severity));
    if (a->vendor_status.n > 0)
        sw_buf_printf(buf, " vendor=%.*s", SW_STR_ARG(a->vendor_status));
    if (a->module.n > 0)
        sw_buf_printf(buf, " module=%.*s", SW_STR_ARG(a->module));
    if (a->arch.n > 0)
        sw_buf_printf(buf, " arch=%.*s", SW_STR_ARG(a->arch));
    for (size_t i = 0; i < a->n_ranges; i++) {
        const struct sw_range *r = &a->ranges[i];
        sw_buf_printf(buf, " %s[%.*s,%.*s", r->type == SW_RANGE_GIT ? "git" : "",
            SW_STR_ARG(r->introduced), SW_STR_ARG(r->fixed.n > 0 ? r->fixed : r->last_affected));
        sw_buf_append_char(buf, r->last_affected.n > 0 ? ']' : ')');
    }
    feed_dump_list(buf, " versions=", a->versions, a->n_versions);
    sw_buf_append_char(buf, '\n');
}

static inline int feed_dump_on_advisory(
    void *context, const struct sw_advisory *a, struct sw_err *err)
{
    struct feed_dump *dump = context;
    (void)err;
    dump->n_advisories++;
    dump->n_affected += a->n_affected;
    if (dump->is_counting)
        return 0;
    struct sw_buf *buf = &dump->text;
    sw_buf_printf(
        buf, "%.*s %.*s %.*s", SW_STR_ARG(a->feed), SW_STR_ARG(a->record), SW_STR_ARG(a->id));
    if (a->severity != SW_SEVERITY_UNKNOWN)
        sw_buf_printf(buf, " severity=%s", sw_severity_name(a->severity));
    if (a->cvss.vector.n > 0)
        sw_buf_printf(buf, " cvss=%.*s", SW_STR_ARG(a->cvss.vector));
    if (a->is_withdrawn)
        sw_buf_append_str(buf, SW_STR(" withdrawn"));
    if (a->published.n > 0)
        sw_buf_printf(buf, " published=%.*s", SW_STR_ARG(a->published));
    feed_dump_list(buf, " aliases=", a->aliases, a->n_aliases);
    sw_buf_append_char(buf, '\n');
    for (size_t i = 0; i < a->n_affected; i++)
        feed_dump_affected(buf, &a->affected[i]);
    return 0;
}

static inline int feed_dump_on_facts(
    void *context, const struct sw_cve_facts *f, struct sw_err *err)
{
    struct feed_dump *dump = context;
    (void)err;
    dump->n_cve_facts++;
    if (!dump->is_counting)
        sw_buf_printf(&dump->text, "%.*s%s added=%.*s due=%.*s name=%.*s epss=%.5f/%.5f\n",
            SW_STR_ARG(f->cve), f->is_kev ? " kev" : "", SW_STR_ARG(f->kev_date),
            SW_STR_ARG(f->kev_due), SW_STR_ARG(f->kev_name), f->epss, f->epss_percentile);
    return 0;
}

static inline int feed_dump_on_eol(void *context, const struct sw_eol *e, struct sw_err *err)
{
    struct feed_dump *dump = context;
    (void)err;
    dump->n_eol++;
    if (!dump->is_counting)
        sw_buf_printf(&dump->text, "%.*s eol=%.*s%s extended=%.*s\n", SW_STR_ARG(e->product),
            SW_STR_ARG(e->date), e->is_ended ? " ended" : "", SW_STR_ARG(e->extended_date));
    return 0;
}

static inline void feed_dump_on_skipped(void *context, struct sw_str record, const char *reason)
{
    struct feed_dump *dump = context;
    dump->n_skipped++;
    snprintf(dump->last_skip, sizeof(dump->last_skip), "%.*s: %s", SW_STR_ARG(record), reason);
}

/* Reads `in` (consumed) as the file `path` of the feed. */
static inline int feed_dump_reader(
    struct feed_dump *dump, const struct sw_feed *feed, const char *path, struct sw_reader *in)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = in;
    if (reader == NULL)
        return -ENOMEM;
    struct sw_feed_file file = {.path = sw_str_of(path)};
    int r = sw_reader_peek(reader, SW_READER_PEEK_MAX, &file.head, &dump->err);
    if (r < 0)
        return r;
    struct sw_feed_sink sink = {.context = dump,
        .advisory = feed_dump_on_advisory,
        .cve_facts = feed_dump_on_facts,
        .eol = feed_dump_on_eol,
        .skipped = feed_dump_on_skipped};
    char head[SW_READER_PEEK_MAX]; /* the peek ends with the first read */
    memcpy(head, file.head.n > 0 ? file.head.p : "", file.head.n);
    file.head.p = head;
    return feed->read(reader, &file, &sink, &dump->err);
}

static inline int feed_dump_text(
    struct feed_dump *dump, const struct sw_feed *feed, const char *path, struct sw_str text)
{
    return feed_dump_reader(dump, feed, path, sw_reader_new_memory(text));
}

/* Reads a file on disk, decompressed by its bytes; `path` without the compression's suffix. */
static inline int feed_dump_file(
    struct feed_dump *dump, const struct sw_feed *feed, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct sw_reader *reader = NULL;
    enum sw_compression compression;
    int r = sw_reader_new_decompress(sw_reader_new_fd(fd), 0, &reader, &compression, &dump->err);
    if (r < 0)
        return r;
    char path[4096];
    snprintf(path, sizeof(path), "%s", file);
    char *dot = strrchr(path, '.');
    if (dot != NULL && compression != SW_COMPRESSION_NONE)
        *dot = '\0';
    return feed_dump_reader(dump, feed, path, reader);
}

/* How sure the feed is of these bytes. */
static inline int feed_dump_recognise(
    const struct sw_feed *feed, const char *path, struct sw_str head)
{
    struct sw_feed_file file = {.path = sw_str_of(path), .head = head};
    return feed->recognise(&file);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds by name while a database is built. Asked once per record.
 */
#include "vulndb/build/tally.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "vulndb/contents.h"

#define NAMES_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define REGION_BYTES ((size_t)64 * 1024 * 1024)
#define FILE_FEEDS_BYTES_MAX ((size_t)60000) /* names in one value */

void sw_tally_init(struct sw_tally *t)
{
    *t = (struct sw_tally){0};
    sw_numbered_init(&t->names, SW_TALLY_FEEDS_MAX, NAMES_BYTES_MAX);
}

void sw_tally_done(struct sw_tally *t)
{
    sw_vec_done(&t->feeds);
    sw_numbered_done(&t->names);
}

struct sw_feed_tally *sw_tally_find(struct sw_tally *t, struct sw_str name)
{
    int64_t i = sw_numbered_find(&t->names, name);
    return i >= 0 ? &t->feeds.v[i] : NULL;
}

struct sw_feed_tally *sw_tally_get(
    struct sw_tally *t, struct sw_str name, const struct sw_feed *reader)
{
    int64_t i = sw_numbered_put(&t->names, name);
    if (i < 0)
        return NULL;
    if ((size_t)i == t->feeds.n) {
        struct sw_feed_tally feed = {
            .record = {.name = t->names.strings.v[i],
                .title = reader != NULL ? sw_str_of(reader->title) : name},
        };
        if (sw_vec_push(&t->feeds, feed, SW_TALLY_FEEDS_MAX) < 0)
            return NULL;
    }
    return &t->feeds.v[i];
}

void sw_tally_date(struct sw_feed_tally *feed, struct sw_str date)
{
    if (date.n >= sizeof(feed->date) || sw_str_compare(date, sw_str_of(feed->date)) <= 0)
        return;
    memcpy(feed->date, date.p, date.n);
    feed->date[date.n] = '\0';
}

void sw_tally_start_file(struct sw_tally *t)
{
    SW_VEC_EACH (feed, &t->feeds)
        feed->is_in_file = false;
}

int sw_tally_end_file(
    struct sw_tally *t, struct sw_writer *writer, struct sw_str path, struct sw_err *err)
{
    struct sw_buf names;
    int r = 0;
    sw_buf_init(&names, FILE_FEEDS_BYTES_MAX);
    SW_VEC_EACH (feed, &t->feeds) {
        if (!feed->is_in_file || r < 0)
            continue;
        r = sw_buf_append_str(&names, feed->record.name);
        if (r == 0)
            r = sw_buf_append_char(&names, '\n');
    }
    if ((r == 0 || r == -EFBIG) && names.n > 0)
        r = sw_writer_add_file(writer, path, sw_buf_str(&names), err);
    sw_buf_done(&names);
    return r;
}

static void mark(struct sw_tally *t, struct sw_feed_tally *feed, const struct sw_vulndb_info *info)
{
    feed->is_broken = true;
    feed->record.is_stale = true;
    t->is_kev_broken |= feed->record.n_kev > 0;
    t->is_epss_broken |= feed->record.n_epss > 0;
    t->is_eol_broken |= feed->record.n_eol > 0;
    for (size_t i = 0; info != NULL && i < info->n_feeds; i++) {
        const struct sw_vulndb_feed_info *old = &info->feeds[i];
        if (!sw_str_equal(old->name, feed->record.name))
            continue;
        t->is_kev_broken |= old->n_kev > 0;
        t->is_epss_broken |= old->n_epss > 0;
        t->is_eol_broken |= old->n_eol > 0;
        if (feed->record.n_records == 0)
            sw_tally_date(feed, old->date);
    }
}

/* "osv" made "osv", "osv-almalinux" ... */
static bool is_of_reader(struct sw_str name, const struct sw_feed *reader)
{
    struct sw_str base = sw_str_of(reader->name);
    return sw_str_starts_with(name, base) && (name.n == base.n || name.p[base.n] == '-');
}

static int mark_name(struct sw_tally *t, struct sw_str name, const struct sw_feed *reader,
    const struct sw_vulndb_info *info)
{
    struct sw_feed_tally *feed = sw_tally_get(t, name, reader);
    if (feed == NULL)
        return -ENOMEM;
    mark(t, feed, info);
    return 0;
}

struct marking {
    struct sw_tally *tally;
    const struct sw_feed *reader;
    const struct sw_vulndb_info *info; /* of the previous database */
    struct sw_buf names;               /* that were marked, newlines between */
};

/* An archive's members say the same names over and over. */
static bool has_name(const struct marking *m, struct sw_str name)
{
    struct sw_str rest = sw_buf_str(&m->names);
    struct sw_str known;
    while (sw_str_next_line(&rest, &known))
        if (sw_str_equal(known, name))
            return true;
    return false;
}

static int mark_names(void *context, struct sw_str names)
{
    struct marking *m = context;
    struct sw_str name;
    int r = 0;
    while (r == 0 && sw_str_next_line(&names, &name)) {
        if (has_name(m, name))
            continue;
        r = mark_name(m->tally, name, m->reader, m->info);
        if (r == 0)
            r = sw_buf_printf(&m->names, "%.*s\n", SW_STR_ARG(name));
    }
    return r;
}

static int mark_previous(struct marking *m, const struct sw_vulndb *previous,
    struct sw_writer *writer, struct sw_str path, bool is_found)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_vulndb_info info = {0};
    sw_region_init(&region, REGION_BYTES);
    int r = sw_vulndb_get_info(previous, &region, &info, NULL);
    m->info = &info;
    if (r == 0)
        r = sw_contents_find_file(previous, path, mark_names, m);
    if (r > 0 && !is_found)
        r = sw_writer_add_file(writer, path, sw_buf_str(&m->names), NULL);
    is_found = is_found || m->names.n > 0;
    for (size_t i = 0; r >= 0 && i < info.n_feeds && !is_found && m->reader != NULL; i++)
        if (is_of_reader(info.feeds[i].name, m->reader))
            r = mark_name(m->tally, info.feeds[i].name, m->reader, &info);
    m->info = NULL;
    return r < 0 ? r : 0;
}

int sw_tally_break_file(struct sw_tally *t, const struct sw_vulndb *previous,
    struct sw_writer *writer, struct sw_str path, const struct sw_feed *reader)
{
    struct marking m = {.tally = t, .reader = reader};
    bool is_found = false;
    sw_buf_init(&m.names, FILE_FEEDS_BYTES_MAX);
    SW_VEC_EACH (feed, &t->feeds) {
        if (!feed->is_in_file || reader == NULL)
            continue;
        mark(t, feed, NULL);
        is_found = true;
    }
    int r = previous != NULL ? mark_previous(&m, previous, writer, path, is_found) : 0;
    if (r == 0 && reader != NULL && sw_tally_n_broken(t) == 0)
        r = mark_name(t, sw_str_of(reader->name), reader, NULL);
    sw_buf_done(&m.names);
    return r;
}

size_t sw_tally_n_broken(const struct sw_tally *t)
{
    size_t n = 0;
    SW_VEC_EACH (feed, &t->feeds)
        n += feed->is_broken;
    return n;
}

int sw_tally_write(struct sw_tally *t, struct sw_writer *writer, struct sw_err *err)
{
    int r = 0;
    SW_VEC_EACH (feed, &t->feeds) {
        feed->record.date = sw_str_of(feed->date);
        if (r == 0)
            r = sw_writer_add_feed(writer, &feed->record, err);
    }
    return r;
}

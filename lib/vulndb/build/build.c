/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a folder of feeds to one database: finds the reader of each file, counts what it makes, and
 * takes the previous database's records for a feed that broke.
 */
#include "vulndb/build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/file.h"
#include "vulndb/build/feed.h"
#include "vulndb/build/sources.h"
#include "vulndb/build/tally.h"
#include "vulndb/build/writer.h"
#include "vulndb/contents.h"

#define WARNING_BYTES 1024
#define PROGRESS_RECORDS 1024 /* often enough for a moving line */

struct build {
    const struct sw_vulndb_build_options *options;
    struct sw_writer *writer;
    struct sw_tally tally;
    struct sw_vulndb *previous; /* NULL: none */
    const struct sw_feed *feed; /* that reads now */
    struct sw_vulndb_build_result result;
    uint64_t n_bytes;
    uint64_t n_records;
};

static void __attribute__((format(printf, 2, 3))) warn(struct build *b, const char *format, ...)
{
    char message[WARNING_BYTES];
    va_list args;
    if (b->options->warning == NULL)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    b->options->warning(b->options->context, message);
}

static void show_progress(struct build *b)
{
    struct sw_vulndb_build_progress progress = {
        .feed = b->feed != NULL ? b->feed->name : "",
        .n_records = b->n_records,
        .n_skipped = b->result.n_skipped,
        .n_bytes = b->n_bytes,
    };
    if (b->options->progress != NULL)
        b->options->progress(b->options->context, &progress);
}

static void count_record(struct build *b)
{
    if (++b->n_records % PROGRESS_RECORDS == 0)
        show_progress(b);
}

static void skip(struct build *b, struct sw_str feed, struct sw_str record, const char *reason)
{
    b->result.n_skipped++;
    struct sw_feed_tally *tally = sw_tally_get(&b->tally, feed, b->feed);
    if (tally != NULL && ++tally->record.n_skipped > SW_TALLY_WARNINGS_MAX)
        return;
    warn(b, "%.*s: record '%.*s' skipped: %s", SW_STR_ARG(feed), SW_STR_ARG(record), reason);
}

static int take_advisory(void *context, const struct sw_advisory *advisory, struct sw_err *err)
{
    struct build *b = context;
    enum sw_writer_outcome outcome = SW_WRITER_REFUSED;
    const char *reason = NULL;
    int r = sw_writer_add_advisory(b->writer, advisory, &outcome, &reason, err);
    if (r < 0)
        return r;
    count_record(b);
    struct sw_feed_tally *tally = sw_tally_get(&b->tally, advisory->feed, b->feed);
    if (tally == NULL)
        return -ENOMEM;
    tally->is_in_file = true;
    switch (outcome) {
    case SW_WRITER_ADDED:
        tally->record.n_records++;
        sw_tally_date(tally, advisory->modified.n > 0 ? advisory->modified : advisory->published);
        return 0;
    case SW_WRITER_REPLACED:
        sw_tally_date(tally, advisory->modified);
        b->result.n_duplicates++;
        return 0;
    case SW_WRITER_DUPLICATE:
        b->result.n_duplicates++;
        return 0;
    case SW_WRITER_REFUSED:
        skip(b, advisory->feed, advisory->record, reason);
        return 0;
    }
    return 0;
}

/* After a record that is no advisory; r says how writing it went. *ret: the tally of the feed at
 * hand, NULL when the record was skipped. */
static int tally_record(
    struct build *b, int r, struct sw_str record, const char *reason, struct sw_feed_tally **ret)
{
    struct sw_str name = sw_str_of(b->feed->name);
    count_record(b);
    *ret = NULL;
    if (r == -EINVAL) {
        skip(b, name, record, reason);
        return 0;
    }
    struct sw_feed_tally *tally = r < 0 ? NULL : sw_tally_get(&b->tally, name, b->feed);
    if (tally == NULL)
        return r < 0 ? r : -ENOMEM;
    tally->is_in_file = true;
    tally->record.n_records++;
    *ret = tally;
    return 0;
}

static int take_facts(void *context, const struct sw_cve_facts *facts, struct sw_err *err)
{
    struct build *b = context;
    struct sw_feed_tally *tally = NULL;
    int r = sw_writer_add_facts(b->writer, facts, err);
    r = tally_record(b, r, facts->cve, "no CVE id", &tally);
    if (tally == NULL)
        return r;
    tally->record.n_kev += facts->is_kev;
    tally->record.n_epss += facts->epss >= 0;
    sw_tally_date(tally, facts->kev_date);
    return 0;
}

static int take_eol(void *context, const struct sw_eol *eol, struct sw_err *err)
{
    struct build *b = context;
    struct sw_feed_tally *tally = NULL;
    int r = sw_writer_add_eol(b->writer, eol, err);
    r = tally_record(b, r, eol->product, "no product", &tally);
    if (tally != NULL)
        tally->record.n_eol++;
    return r;
}

static void take_skipped(void *context, struct sw_str record, const char *reason)
{
    struct build *b = context;
    skip(b, sw_str_of(b->feed->name), record, reason);
}

/* The disk is full, or memory is: going on with the next file would lose records silently. */
static bool is_fatal(int r)
{
    return r == -ENOMEM || r == -ENOSPC || r == -EDQUOT || r == -EIO || r == -EROFS;
}

/* As the walk names it: "updateinfo.xml" of "updateinfo.xml.gz". */
static struct sw_str name_expected(const struct sw_vulndb_build_expected *expected)
{
    static const char *const suffixes[] = {".gz", ".zst", ".bz2", ".xz"};
    struct sw_str name = sw_str_of(expected->path);
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++)
        if (sw_str_ends_with(name, sw_str_of(suffixes[i])))
            return sw_str_part(name, 0, name.n - strlen(suffixes[i]));
    return name;
}

/* The expected file that this one is, or is a member of; NULL when there is none. */
static struct sw_vulndb_build_expected *find_expected(
    struct build *b, struct sw_str path, bool *ret_is_member)
{
    for (size_t i = 0; i < b->options->n_expected; i++) {
        struct sw_str name = name_expected(&b->options->expected[i]);
        bool is_member = path.n > name.n && path.p[name.n] == '/';
        if (!sw_str_starts_with(path, name) || (path.n > name.n && !is_member))
            continue;
        *ret_is_member = is_member;
        return &b->options->expected[i];
    }
    return NULL;
}

static int break_file(struct build *b, struct sw_str path, const struct sw_feed *feed)
{
    bool is_member = false;
    struct sw_vulndb_build_expected *expected = find_expected(b, path, &is_member);
    int r = sw_tally_break_file(&b->tally, b->previous, b->writer, path, feed);
    if (r < 0 || expected == NULL)
        return r;
    bool is_known = expected->is_broken;
    expected->is_broken = true;
    /* What follows a broken member was not read, and may be what the archive held before. */
    return is_member && !is_known ? sw_tally_break_file(&b->tally, b->previous, b->writer,
                                        name_expected(expected), NULL)
                                  : 0;
}

static void note_records(struct build *b, struct sw_str path)
{
    bool is_member = false;
    bool has_any = false;
    struct sw_vulndb_build_expected *expected = find_expected(b, path, &is_member);
    SW_VEC_EACH (feed, &b->tally.feeds)
        has_any = has_any || feed->is_in_file;
    if (expected != NULL)
        expected->has_records = expected->has_records || has_any;
}

/* What is no feed; among an archive's members nobody expects only feeds. */
static int leave_out(struct build *b, struct sw_str path)
{
    bool is_member = true;
    b->result.n_unrecognised++;
    warn(b, "'%.*s' is of no known format; left out", SW_STR_ARG(path));
    if (find_expected(b, path, &is_member) == NULL || is_member)
        return 0;
    b->result.n_broken++;
    return break_file(b, path, NULL);
}

/* Files that should be there, and are not, or say nothing. */
static int check_expected(struct build *b)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < b->options->n_expected; i++) {
        struct sw_vulndb_build_expected *expected = &b->options->expected[i];
        if (expected->is_broken || (expected->is_current && expected->has_records))
            continue;
        if (expected->is_current) {
            b->result.n_broken++;
            warn(b, "'%s' holds no record", expected->path);
        }
        r = break_file(b, name_expected(expected), NULL);
    }
    return r;
}

static int read_file(
    void *context, const struct sw_feed_file *file, struct sw_reader *in, struct sw_err *err)
{
    struct build *b = context;
    struct sw_feed_sink sink = {
        .context = b,
        .advisory = take_advisory,
        .cve_facts = take_facts,
        .eol = take_eol,
        .skipped = take_skipped,
    };
    struct sw_err damage = {0};
    b->result.n_files++;
    b->feed = sw_feed_find(file);
    if (b->feed == NULL)
        return leave_out(b, file->path);
    sw_tally_start_file(&b->tally);
    int r = b->feed->read(in, file, &sink, &damage);
    int written = sw_tally_end_file(&b->tally, b->writer, file->path, err);
    if (written < 0)
        return written;
    note_records(b, file->path);
    if (r < 0 && is_fatal(r))
        return sw_err_set(err, r, "%s", damage.message);
    if (r < 0) {
        b->result.n_broken++;
        warn(b, "'%.*s' ended early: %s", SW_STR_ARG(file->path), damage.message);
        return break_file(b, file->path, b->feed);
    }
    return 0;
}

static void note_broken(void *context, struct sw_str path, const char *reason)
{
    struct build *b = context;
    b->result.n_files++;
    b->result.n_broken++;
    warn(b, "'%.*s' cannot be read: %s", SW_STR_ARG(path), reason);
    break_file(b, path, NULL);
}

static void note_done(void *context, uint64_t n_bytes)
{
    struct build *b = context;
    b->n_bytes += n_bytes;
    show_progress(b);
}

static bool is_stale_feed(void *context, struct sw_str feed)
{
    struct build *b = context;
    const struct sw_feed_tally *tally = sw_tally_find(&b->tally, feed);
    return tally != NULL && tally->is_broken;
}

static int keep_advisory(void *context, const struct sw_advisory *advisory, struct sw_err *err)
{
    struct build *b = context;
    if (sw_writer_has(b->writer, advisory->feed, advisory->record))
        return 0;
    return take_advisory(b, advisory, err);
}

static int keep_facts(void *context, const struct sw_cve_facts *facts, struct sw_err *err)
{
    struct build *b = context;
    bool is_wanted = facts->is_kev ? b->tally.is_kev_broken : b->tally.is_epss_broken;
    return is_wanted ? sw_writer_add_facts(b->writer, facts, err) : 0;
}

static int keep_eol(void *context, const struct sw_eol *eol, struct sw_err *err)
{
    struct build *b = context;
    return b->tally.is_eol_broken ? sw_writer_add_eol(b->writer, eol, err) : 0;
}

static int keep_previous(struct build *b, struct sw_err *err)
{
    struct sw_contents_visitor visitor = {
        .context = b,
        .advisory = keep_advisory,
        .cve_facts = keep_facts,
        .eol = keep_eol,
        .wants_feed = is_stale_feed,
    };
    b->result.n_stale = sw_tally_n_broken(&b->tally);
    b->feed = NULL;
    if (b->result.n_stale == 0 || b->previous == NULL)
        return 0;
    return sw_contents_walk(b->previous, &visitor, err);
}

static int open_previous(struct build *b, struct sw_err *err)
{
    struct sw_err why = {0};
    (void)err;
    if (b->options->previous == NULL)
        return 0;
    int r = sw_vulndb_open(b->options->previous, &b->previous, &why);
    if (r < 0 && r != -ENOENT)
        warn(b, "the previous database is not used: %s", why.message);
    return 0;
}

static int64_t find_time(const struct sw_vulndb_build_options *options)
{
    const char *epoch = sw_environment_get("SOURCE_DATE_EPOCH");
    uint64_t s = 0;
    if (options->now_s != 0)
        return options->now_s;
    if (epoch != NULL && sw_str_parse_u64(sw_str_of(epoch), 10, &s) == 0 && s <= INT64_MAX)
        return (int64_t)s;
    return sw_clock_wall_s();
}

static int run(struct build *b, struct sw_err *err)
{
    struct sw_sources_visitor visitor = {
        .context = b, .file = read_file, .broken = note_broken, .done = note_done};
    struct sw_writer_counts counts = {0};
    char created[SW_CLOCK_TEXT_BYTES];
    int r = sw_sources_walk(b->options->sources, &visitor, err);
    if (r == 0)
        r = check_expected(b);
    if (r == 0)
        r = keep_previous(b, err);
    if (r == 0)
        r = sw_tally_write(&b->tally, b->writer, err);
    sw_clock_format(find_time(b->options), created);
    if (r == 0)
        r = sw_writer_finish(b->writer, created, &counts, err);
    b->result.n_advisories = counts.n_advisories;
    b->result.n_entries = counts.n_entries;
    b->result.size_bytes = counts.size_bytes;
    return r;
}

/* The first database of a machine finds no folder. */
static int make_parent(const char *path, struct sw_err *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    SW_CLEANUP(sw_mem_freep) char *parent = sw_mem_strndup(path, (size_t)(slash - path));
    if (parent == NULL)
        return -ENOMEM;
    return sw_file_make_directories(AT_FDCWD, parent, 0755, err);
}

int sw_vulndb_build(const struct sw_vulndb_build_options *options,
    struct sw_vulndb_build_result *ret, struct sw_err *err)
{
    struct build b = {.options = options};
    sw_tally_init(&b.tally);
    int r = make_parent(options->output, err);
    if (r == 0)
        r = open_previous(&b, err);
    if (r == 0)
        r = sw_writer_new(options->output, &b.writer, err);
    if (r == 0)
        r = run(&b, err);
    /* Whoever opens the new file first would otherwise have to check it. A failure to record the
     * check costs just that. */
    if (r == 0)
        r = sw_vulndb_verify(options->output, err);
    if (r == 0)
        *ret = b.result;
    sw_writer_free(b.writer);
    sw_vulndb_close(b.previous);
    sw_tally_done(&b.tally);
    return r;
}

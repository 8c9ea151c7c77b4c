/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts drawn from the changelogs of Debian packages, as JSON lines: "in release 12, source
 * openssl, CVE-2023-0464 is fixed in 3.0.9-1". Fewer than the tracker's (no open, ignored or
 * unimportant states, no severities), but to be had from any Debian mirror.
 *
 * A second file holds the changelog entries that the facts were worked out from. It alone cannot be
 * used: the version of the entry that names a CVE is not the version that fixes it, since a rebuild
 * for a stable release sorts below it. It is recognised only to say so.
 */
#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/build/debian.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

/* A line holds five short strings. */
#define LINE_MAX_BYTES ((size_t)64 << 10)
#define REGION_MAX ((size_t)1 << 20)

static int read_line(const json_t *line, struct sw_region *region, struct sw_range *range,
    struct sw_affected *affected, struct sw_advisory *advisory)
{
    struct sw_str release = sw_json_get_str(line, "release");
    struct sw_str source = sw_json_get_str(line, "source");
    struct sw_str cve = sw_json_get_str(line, "cve");
    struct sw_str fixed = sw_json_get_str(line, "fixed");
    if (release.n == 0 || source.n == 0 || cve.n == 0 || fixed.n == 0)
        return -EINVAL;
    char *product = sw_region_printf(region, "debian:%.*s", SW_STR_ARG(release));
    char *record = sw_region_printf(
        region, "%.*s/%.*s/%.*s", SW_STR_ARG(release), SW_STR_ARG(source), SW_STR_ARG(cve));
    if (product == NULL || record == NULL)
        return -ENOMEM;
    *range = (struct sw_range){.fixed = fixed};
    *affected = (struct sw_affected){.product = sw_str_of(product),
        .package = source,
        .name_kind = SW_AFFECTED_SOURCE,
        .status = SW_FIX_FIXED,
        .ranges = range,
        .n_ranges = 1};
    *advisory = (struct sw_advisory){.feed = SW_STR("debian-changelog"),
        .record = sw_str_of(record),
        .id = cve,
        .cvss.score = -1,
        .affected = affected,
        .n_affected = 1};
    return 0;
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    const struct sw_feed_sink *sink = context;
    SW_CLEANUP(sw_json_get_freep) json_t *line = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(value->text, &line, &why);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    struct sw_range range;
    struct sw_affected affected;
    struct sw_advisory advisory;
    if (r >= 0)
        r = read_line(line, &region, &range, &affected, &advisory);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        sink->skipped(sink->context, sw_str_part(value->text, 0, 64),
            why.code < 0 ? why.message : "line without release, source, CVE and version");
        return 0;
    }
    return sink->advisory(sink->context, &advisory, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    const struct sw_feed_sink *sink = context;
    sink->skipped(sink->context, sw_str_part(value->text, 0, 64), reason);
}

static int read_changelog(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    (void)file;
    struct sw_json_split split = {.max_value_bytes = LINE_MAX_BYTES,
        .value = on_value,
        .skipped = on_skipped,
        .context = (void *)sink};
    return sw_json_split_lines(in, &split, err);
}

/* The first line holds every one of the members. */
static bool has_all(const struct sw_feed_file *file, const char *const *members, size_t n)
{
    struct sw_str rest = file->head;
    struct sw_str line;
    if (!sw_str_starts_with(file->head, SW_STR("{")) || !sw_str_next_line(&rest, &line))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (sw_str_find(line, sw_str_of(members[i])) < 0)
            return false;
    }
    return true;
}

static int recognise_changelog(const struct sw_feed_file *file)
{
    static const char *const members[] = {
        "\"release\":", "\"suite\":", "\"source\":", "\"cve\":", "\"fixed\":"};
    return has_all(file, members, SW_ARRAY_SIZE(members)) ? 95 : 0;
}

static int recognise_entries(const struct sw_feed_file *file)
{
    static const char *const members[] = {
        "\"release\":", "\"suite\":", "\"source\":", "\"distribution\":", "\"cves\":"};
    return has_all(file, members, SW_ARRAY_SIZE(members)) ? 95 : 0;
}

static int read_entries(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    (void)in;
    (void)err;
    sink->skipped(sink->context, file->path,
        "changelog entries, not fixed versions: the fixed-versions file made from them is what "
        "counts");
    return 0;
}

const struct sw_feed sw_debian_changelog_feed = {
    .name = "debian-changelog",
    .title = "Debian changelogs, fixed versions",
    .recognise = recognise_changelog,
    .read = read_changelog,
};

const struct sw_feed sw_debian_entries_feed = {
    .name = "debian-changelog-entries",
    .title = "Debian changelogs, entries (not used)",
    .recognise = recognise_entries,
    .read = read_entries,
};

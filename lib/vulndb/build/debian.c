/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Debian security tracker's JSON (https://security-tracker.debian.org/tracker/data/json): one
 * object of some 100 MB, source package -> CVE -> what holds in each release. Read as a stream, one
 * CVE of one source package at a time.
 */
#include "vulndb/build/debian.h"

#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/region.h"
#include "rules/release.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"
#include "vulndb/build/osv_priv.h"

/* One CVE of one package: a description and a handful of releases. */
#define VALUE_MAX ((size_t)1 << 20)
#define REGION_MAX ((size_t)8 << 20)
/* Suites and codenames per entry; Debian keeps about six in the tracker. */
#define RELEASES_MAX ((size_t)64)
#define TITLE_MAX ((size_t)160)

struct debian_state {
    const struct sw_feed_sink *sink;
};

/* "debian:12" of "bookworm"; "debian:sid" of "sid"; a codename that is not known yet as it is. */
static int find_product(struct sw_region *region, struct sw_str codename, struct sw_str *ret)
{
    const char *known = sw_release_find_codename(SW_STR("debian"), codename);
    struct sw_str number = known != NULL ? sw_str_of(known) : codename;
    char *product = sw_region_printf(region, "debian:%.*s", SW_STR_ARG(number));
    if (product == NULL)
        return -ENOMEM;
    *ret = sw_str_of(product);
    return 0;
}

/* What an open entry means: `nodsa` is there when no advisory of its own is planned, `nodsa_reason`
 * says why ("ignored", "postponed", or empty for a minor issue left to a point release). */
static int read_open(
    const json_t *entry, struct sw_str urgency, struct sw_region *region, struct sw_affected *ret)
{
    struct sw_str nodsa = sw_json_get_str(entry, "nodsa");
    struct sw_str reason = sw_json_get_str(entry, "nodsa_reason");
    bool has_nodsa = json_object_get(entry, "nodsa") != NULL || reason.n > 0;
    ret->status = SW_FIX_AFFECTED;
    if (sw_str_equal_z(urgency, "end-of-life"))
        ret->status = SW_FIX_END_OF_LIFE;
    else if (sw_str_equal_z(reason, "ignored"))
        ret->status = SW_FIX_WILL_NOT_FIX;
    else if (sw_str_equal_z(reason, "postponed"))
        ret->status = SW_FIX_DEFERRED;
    ret->vendor_status = urgency;
    if (!has_nodsa)
        return 0;
    struct sw_str word = reason.n > 0 ? reason : SW_STR("no-dsa");
    char *text = nodsa.n > 0
                     ? sw_region_printf(region, "%.*s: %.*s", SW_STR_ARG(word), SW_STR_ARG(nodsa))
                     : sw_region_strdup(region, word);
    if (text == NULL)
        return -ENOMEM;
    ret->vendor_status = sw_str_of(text);
    return 0;
}

static int read_release(const json_t *entry, struct sw_region *region, struct sw_affected *affected)
{
    struct sw_str status = sw_json_get_str(entry, "status");
    struct sw_str urgency = sw_json_get_str(entry, "urgency");
    struct sw_str fixed = sw_json_get_str(entry, "fixed_version");
    affected->severity = osv_severity_find(urgency);
    affected->vendor_status = status;
    if (sw_str_equal_z(status, "open"))
        return read_open(entry, urgency, region, affected);
    if (!sw_str_equal_z(status, "resolved")) {
        affected->status =
            sw_str_equal_z(status, "undetermined") ? SW_FIX_UNDER_INVESTIGATION : SW_FIX_UNKNOWN;
        return 0;
    }
    /* "0": no version of this release was ever affected. */
    affected->status = SW_FIX_NOT_AFFECTED;
    if (fixed.n == 0 || sw_str_equal_z(fixed, "0"))
        return 0;
    affected->ranges = sw_region_array(region, 1, sizeof(*affected->ranges));
    if (affected->ranges == NULL)
        return -ENOMEM;
    affected->ranges[0].fixed = fixed;
    affected->n_ranges = 1;
    affected->status = SW_FIX_FIXED;
    return 0;
}

static int read_releases(
    json_t *map, struct sw_str source, struct sw_region *region, struct sw_advisory *advisory)
{
    size_t max = json_object_size(map);
    if (max > RELEASES_MAX)
        return -EFBIG;
    advisory->affected = max > 0 ? sw_region_array(region, max, sizeof(*advisory->affected)) : NULL;
    if (max > 0 && advisory->affected == NULL)
        return -ENOMEM;
    for (void *at = json_object_iter(map); at != NULL; at = json_object_iter_next(map, at)) {
        struct sw_affected *affected = &advisory->affected[advisory->n_affected];
        struct sw_str codename = {json_object_iter_key(at), json_object_iter_key_len(at)};
        affected->package = source;
        affected->name_kind = SW_AFFECTED_SOURCE;
        int r = find_product(region, codename, &affected->product);
        if (r >= 0)
            r = read_release(json_object_iter_value(at), region, affected);
        if (r < 0)
            return r;
        advisory->n_affected++;
    }
    return 0;
}

static int add_reference(struct sw_advisory *advisory, char *url)
{
    if (url == NULL)
        return -ENOMEM;
    advisory->references[advisory->n_references++] = sw_str_of(url);
    return 0;
}

/* The tracker's own page and the bug, which the feed gives as numbers. */
static int read_references(
    const json_t *record, struct sw_region *region, struct sw_advisory *advisory)
{
    advisory->references = sw_region_array(region, 2, sizeof(*advisory->references));
    if (advisory->references == NULL)
        return -ENOMEM;
    int r = add_reference(
        advisory, sw_region_printf(region, "https://security-tracker.debian.org/tracker/%.*s",
                      SW_STR_ARG(advisory->id)));
    double bug = sw_json_get_number(record, "debianbug", 0);
    if (r < 0 || bug < 1 || bug > 1e9)
        return r;
    return add_reference(advisory,
        sw_region_printf(region, "https://bugs.debian.org/%llu", (unsigned long long)bug));
}

/* At most max bytes, not ending inside a character. */
static struct sw_str cut(struct sw_str s, size_t max)
{
    size_t n = s.n < max ? s.n : max;
    while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return sw_str_part(s, 0, n);
}

/* 0; -ENOMEM; -EINVAL and -EFBIG for an entry that cannot be used. */
static int read_record(const json_t *record, struct sw_str source, struct sw_str cve,
    struct sw_region *region, struct sw_advisory *advisory)
{
    json_t *map = json_object_get(record, "releases");
    /* An entry without releases (none, or an empty array) speaks of a package that no release
     * holds any more. */
    if (json_is_array(map) && json_array_size(map) == 0)
        map = NULL;
    if (source.n == 0 || cve.n == 0 || !json_is_object(record) ||
        (map != NULL && !json_is_object(map)))
        return -EINVAL;
    char *name = sw_region_printf(region, "%.*s/%.*s", SW_STR_ARG(source), SW_STR_ARG(cve));
    if (name == NULL)
        return -ENOMEM;
    advisory->feed = SW_STR("debian-tracker");
    advisory->record = sw_str_of(name);
    advisory->id = cve;
    advisory->cvss.score = -1;
    struct sw_str description = sw_json_get_str(record, "description");
    advisory->title = cut(description, TITLE_MAX);
    advisory->details = cut(description, SW_ADVISORY_DETAILS_MAX);
    int r = read_references(record, region, advisory);
    return r < 0 ? r : read_releases(map, source, region, advisory);
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct debian_state *state = context;
    SW_CLEANUP(sw_json_get_freep) json_t *record = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(value->text, &record, &why);
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    struct sw_advisory advisory = {0};
    if (r >= 0)
        r = read_record(record, value->keys[0], value->keys[1], &region, &advisory);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        state->sink->skipped(state->sink->context, value->keys[1],
            why.code < 0 ? why.message : "entry is not a CVE with releases");
        return 0;
    }
    return state->sink->advisory(state->sink->context, &advisory, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct debian_state *state = context;
    state->sink->skipped(state->sink->context, value->keys[1], reason);
}

static int read_tracker(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    static const struct sw_json_place places[] = {{{"*", "*", NULL}}};
    (void)file;
    struct debian_state state = {.sink = sink};
    struct sw_json_split split = {.places = places,
        .n_places = 1,
        .max_value_bytes = VALUE_MAX,
        .value = on_value,
        .skipped = on_skipped,
        .context = &state};
    return sw_json_split_run(in, &split, err);
}

static bool has(struct sw_str head, const char *text)
{
    return sw_str_find(head, sw_str_of(text)) >= 0;
}

static int recognise_tracker(const struct sw_feed_file *file)
{
    struct sw_str head = sw_str_trim(file->head);
    if (!sw_str_starts_with(head, SW_STR("{")) || !has(head, "\"releases\""))
        return 0;
    if (!has(head, "\"CVE-") && !has(head, "\"TEMP-"))
        return 0;
    return has(head, "\"urgency\"") && has(head, "\"status\"") ? 95 : 0;
}

const struct sw_feed sw_debian_tracker_feed = {
    .name = "debian-tracker",
    .title = "Debian security tracker",
    .recognise = recognise_tracker,
    .read = read_tracker,
};

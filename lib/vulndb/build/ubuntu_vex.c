/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads Ubuntu's OpenVEX documents: one CVE, a statement per status, and in each the packages of
 * every release, source and binary. Only source packages are taken, by which Ubuntu is matched.
 * The version that a statement names is the one in the archive when the document was made, not the
 * first with the fix: "fixed" is left to Ubuntu's OSV feed, which is exact there. This one knows
 * why something is not fixed, and what is not affected.
 */
#include "vulndb/build/ubuntu_vex.h"

#include <errno.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "rules/release.h"
#include "vulndb/build/csaf_purl.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

/* Text and entries of one document; the largest real one names 4,000 products. */
#define DOCUMENT_BYTES_MAX ((size_t)64 << 20)
#define URLS_MAX ((size_t)16)
#define VENDOR_STATUS_MAX ((size_t)160)

enum place { PLACE_TIMESTAMP, PLACE_STATEMENT };

static const struct sw_json_place places[] = {
    [PLACE_TIMESTAMP] = {{"timestamp", NULL}},
    [PLACE_STATEMENT] = {{"statements", "*", NULL}},
};

struct reading {
    const struct sw_feed_sink *sink;
    struct sw_region region;
    struct sw_advisory advisory;
    SW_VEC(struct sw_affected) affected;
    SW_VEC(struct sw_str) urls;
};

static void reading_done(struct reading *reading)
{
    sw_vec_done(&reading->affected);
    sw_vec_done(&reading->urls);
    sw_region_done(&reading->region);
}

static int keep(struct reading *reading, struct sw_str s, struct sw_str *ret)
{
    return s.n == 0 ? 0 : sw_region_copy(&reading->region, s, ret);
}

/* "jammy" is ubuntu:22.04; "esm-infra/xenial" and "esm-apps/xenial" need a subscription and are
 * ubuntu:16.04-pro. Other archives (FIPS, real-time ...) are special builds: 0. */
static int find_product(struct reading *reading, struct sw_str distro, struct sw_str *ret)
{
    const char *suffix = "";
    ptrdiff_t slash = sw_str_find_last_char(distro, '/');
    if (slash >= 0) {
        if (!sw_str_starts_with(distro, SW_STR("esm-")))
            return 0;
        suffix = "-pro";
        distro = sw_str_skip(distro, (size_t)slash + 1);
    }
    const char *release = sw_release_find_codename(SW_STR("ubuntu"), distro);
    if (release == NULL)
        return 0;
    char *key = sw_region_printf(&reading->region, "ubuntu:%s%s", release, suffix);
    if (key == NULL)
        return -ENOMEM;
    *ret = sw_str_of(key);
    return 1;
}

static enum sw_fix_status status_of(struct sw_str status, struct sw_str words)
{
    static const struct {
        const char *words;
        enum sw_fix_status status;
    } table[] = {
        {"decided to not fix", SW_FIX_WILL_NOT_FIX},
        {"no longer supported", SW_FIX_END_OF_LIFE},
        {"end of life", SW_FIX_END_OF_LIFE},
        {"deferred", SW_FIX_DEFERRED},
    };
    if (sw_str_equal_z(status, "fixed"))
        return SW_FIX_FIXED;
    if (sw_str_equal_z(status, "not_affected"))
        return SW_FIX_NOT_AFFECTED;
    if (sw_str_equal_z(status, "under_investigation"))
        return SW_FIX_UNDER_INVESTIGATION;
    if (!sw_str_equal_z(status, "affected"))
        return SW_FIX_UNKNOWN;
    /* The security team's notes on the CVE follow, about any release. */
    ptrdiff_t notes = sw_str_find(words, SW_STR("CVE Notes"));
    if (notes >= 0)
        words = sw_str_part(words, 0, (size_t)notes);
    for (size_t i = 0; i < SW_ARRAY_SIZE(table); i++)
        if (sw_str_find(words, sw_str_of(table[i].words)) >= 0)
            return table[i].status;
    return SW_FIX_AFFECTED;
}

/* The vendor's words, without the notes, cut between characters. */
static int keep_words(struct reading *reading, struct sw_str words, struct sw_str *ret)
{
    ptrdiff_t notes = sw_str_find(words, SW_STR("CVE Notes"));
    if (notes >= 0)
        words = sw_str_part(words, 0, (size_t)notes);
    words = sw_str_trim(words);
    size_t n = 0;
    while (n < words.n) {
        size_t length = sw_text_utf8_length(sw_str_skip(words, n), NULL);
        if (length == 0 || n + length > VENDOR_STATUS_MAX)
            break;
        n += length;
    }
    return keep(reading, sw_str_part(words, 0, n), ret);
}

static int add_product(
    struct reading *reading, const struct sw_affected *statement, struct sw_str text)
{
    struct sw_csaf_purl purl;
    struct sw_str arch = SW_STR_NONE;
    struct sw_str distro = SW_STR_NONE;
    struct sw_affected affected = *statement;
    if (sw_str_find(text, SW_STR("arch=source")) < 0)
        return 0; /* most are binary packages: no need to look closer */
    int r = sw_csaf_purl_parse(&reading->region, text, &purl);
    if (r <= 0)
        return r;
    r = sw_csaf_purl_qualifier(&reading->region, &purl, "arch", &arch);
    if (r == 0)
        r = sw_csaf_purl_qualifier(&reading->region, &purl, "distro", &distro);
    if (r < 0)
        return r;
    if (!sw_str_equal_z(purl.type, "deb") || !sw_str_equal_z(purl.vendor, "ubuntu") ||
        !sw_str_equal_z(arch, "source"))
        return 0;
    r = find_product(reading, distro, &affected.product);
    if (r <= 0)
        return r;
    affected.package = purl.name;
    return sw_vec_push(&reading->affected, affected, SW_ADVISORY_AFFECTED_MAX);
}

/* The CVE itself, from the first statement. */
static int read_vulnerability(struct reading *reading, const json_t *statement)
{
    struct sw_advisory *advisory = &reading->advisory;
    const json_t *vulnerability = sw_json_get_object(statement, "vulnerability");
    struct sw_str details = sw_json_get_str(vulnerability, "description");
    int r = keep(reading, sw_json_get_str(vulnerability, "name"), &advisory->id);
    if (r == 0)
        r = keep(reading, sw_str_part(details, 0, SW_ADVISORY_DETAILS_MAX), &advisory->details);
    if (r == 0)
        r = keep(reading, sw_json_get_str(statement, "timestamp"), &advisory->published);
    const json_t *aliases = sw_json_get_array(vulnerability, "aliases");
    for (size_t i = 0; r == 0 && i < json_array_size(aliases) && i < URLS_MAX; i++) {
        struct sw_str url = sw_json_get_text(json_array_get(aliases, i));
        struct sw_str copy;
        if (!sw_str_starts_with(url, SW_STR("https://")))
            continue;
        r = keep(reading, url, &copy);
        if (r == 0)
            r = sw_vec_push(&reading->urls, copy, URLS_MAX);
    }
    return r;
}

static int read_statement(struct reading *reading, const json_t *json)
{
    struct sw_str words = sw_json_get_str(json, "action_statement");
    if (words.n == 0)
        words = sw_json_get_str(json, "impact_statement");
    struct sw_affected statement = {.name_kind = SW_AFFECTED_SOURCE};
    statement.status = status_of(sw_json_get_str(json, "status"), words);
    int r = reading->advisory.id.n == 0 ? read_vulnerability(reading, json) : 0;
    if (r < 0)
        return r;
    if (statement.status == SW_FIX_FIXED)
        return 0;
    if (statement.status == SW_FIX_UNKNOWN) {
        reading->sink->skipped(
            reading->sink->context, reading->advisory.id, "a statement has an unknown status");
        return 0;
    }
    r = keep_words(reading, words, &statement.vendor_status);
    const json_t *products = sw_json_get_array(json, "products");
    for (size_t i = 0; r >= 0 && i < json_array_size(products); i++)
        r = add_product(reading, &statement, sw_json_get_str(json_array_get(products, i), "@id"));
    return r < 0 ? r : 0;
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct reading *reading = context;
    SW_CLEANUP(sw_json_get_freep) json_t *json = NULL;
    int r = sw_json_get_parsed(value->text, &json, err);
    if (r < 0)
        return r;
    if (value->place == PLACE_TIMESTAMP)
        r = keep(reading, sw_json_get_text(json), &reading->advisory.modified);
    else
        r = read_statement(reading, json);
    if (r == -EFBIG || (r == -ENOMEM && reading->region.used_bytes > DOCUMENT_BYTES_MAX / 2))
        return sw_err_set(err, -EFBIG, "more packages than a document may have");
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct reading *reading = context;
    (void)value;
    reading->sink->skipped(reading->sink->context, reading->advisory.id, reason);
}

static int read_ubuntu_vex(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    SW_CLEANUP(reading_done) struct reading reading = {.sink = sink};
    sw_region_init(&reading.region, DOCUMENT_BYTES_MAX);
    struct sw_json_split split = {
        .places = places,
        .n_places = SW_ARRAY_SIZE(places),
        .value = on_value,
        .skipped = on_skipped,
        .context = &reading,
    };
    int r = sw_json_split_run(in, &split, err);
    if (r < 0)
        return r;
    struct sw_advisory *advisory = &reading.advisory;
    if (advisory->id.n == 0) {
        sink->skipped(sink->context, file->path, "names no CVE");
        return 0;
    }
    if (reading.affected.n == 0)
        return 0;
    advisory->feed = SW_STR("ubuntu-vex");
    advisory->record = advisory->id;
    advisory->cvss.score = -1;
    advisory->references = reading.urls.v;
    advisory->n_references = reading.urls.n;
    advisory->affected = reading.affected.v;
    advisory->n_affected = reading.affected.n;
    return sink->advisory(sink->context, advisory, err);
}

static int recognise_ubuntu_vex(const struct sw_feed_file *file)
{
    bool is_openvex = sw_str_find(file->head, SW_STR("openvex.dev/ns")) >= 0;
    bool is_ubuntu = sw_str_find(file->head, SW_STR("Canonical")) >= 0 ||
                     sw_str_find(file->head, SW_STR("pkg:deb/ubuntu/")) >= 0;
    return is_openvex && is_ubuntu ? 95 : 0;
}

const struct sw_feed sw_ubuntu_vex_feed = {
    .name = "ubuntu-vex",
    .title = "Ubuntu VEX (OpenVEX)",
    .recognise = recognise_ubuntu_vex,
    .read = read_ubuntu_vex,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads CSAF documents: a VEX file (one CVE, all products) becomes one advisory named by the CVE; a
 * security advisory (one erratum, some CVEs) one named by the erratum. Called once per document,
 * hundreds of thousands of times per build. The product tree is read value by value as it streams
 * by; vulnerabilities that stand before it, which no vendor's do, wait for the document's end.
 */
#include "vulndb/build/csaf.h"

#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vulndb/build/csaf_entries.h"
#include "vulndb/build/csaf_product.h"
#include "vulndb/build/csaf_tree.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

#define URLS_MAX ((size_t)16)
#define CVES_MAX ((size_t)4096)
#define VENDOR_STATUS_MAX ((size_t)80)
/* Vulnerabilities that wait for their product tree; the largest real document has 60 MB in all. */
#define PENDING_MAX ((size_t)128 << 20)

enum place {
    PLACE_DOCUMENT,
    PLACE_BRANCH,
    PLACE_VENDOR,
    PLACE_NAME,
    PLACE_RELATIONSHIP,
    PLACE_VULNERABILITY,
};

static const struct sw_json_place places[] = {
    [PLACE_DOCUMENT] = {{"document", NULL}},
    [PLACE_BRANCH] = {{"product_tree", "branches", "*", "branches", "*", NULL}},
    [PLACE_VENDOR] = {{"product_tree", "branches", "*", "product", NULL}},
    [PLACE_NAME] = {{"product_tree", "full_product_names", "*", NULL}},
    [PLACE_RELATIONSHIP] = {{"product_tree", "relationships", "*", NULL}},
    [PLACE_VULNERABILITY] = {{"vulnerabilities", "*", NULL}},
};

struct reading {
    const struct sw_feed_sink *sink;
    struct sw_csaf_tree tree; /* its region holds all text of the document */
    struct sw_csaf_entries entries;
    struct sw_csaf_entries sources; /* fixed source rpms, for a document that names no binaries */
    size_t n_binaries;              /* fixed binary packages so far */
    struct sw_advisory advisory;    /* of the document so far */
    struct sw_buf pending;          /* vulnerabilities that wait, one a line */
    SW_VEC(struct sw_str) cves;
    SW_VEC(struct sw_str) urls;
    struct sw_str tracking_id;
    bool is_vex;
    bool is_open; /* a document has begun */
    bool has_tree;
    size_t n_vulnerabilities;
};

static void reset(struct reading *reading)
{
    sw_csaf_tree_done(&reading->tree);
    sw_csaf_entries_done(&reading->entries);
    sw_csaf_entries_done(&reading->sources);
    sw_buf_done(&reading->pending);
    sw_vec_done(&reading->cves);
    sw_vec_done(&reading->urls);
    const struct sw_feed_sink *sink = reading->sink;
    *reading = (struct reading){.sink = sink, .advisory = {.cvss = {.score = -1}}};
    sw_csaf_tree_init(&reading->tree);
    sw_buf_init(&reading->pending, PENDING_MAX);
}

static int keep(struct reading *reading, struct sw_str s, struct sw_str *ret)
{
    return s.n == 0 ? 0 : sw_region_copy(&reading->tree.region, s, ret);
}

static int add_url(struct reading *reading, struct sw_str url)
{
    struct sw_str copy;
    if (url.n == 0 || reading->urls.n >= URLS_MAX)
        return 0;
    for (size_t i = 0; i < reading->urls.n; i++)
        if (sw_str_equal(reading->urls.v[i], url))
            return 0;
    int r = sw_region_copy(&reading->tree.region, url, &copy);
    return r < 0 ? r : sw_vec_push(&reading->urls, copy, URLS_MAX);
}

static int add_urls(struct reading *reading, const json_t *references)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(references) && i < URLS_MAX; i++)
        r = add_url(reading, sw_json_get_str(json_array_get(references, i), "url"));
    return r;
}

/* The description among the notes, else the first of them. */
static int read_details(struct reading *reading, const json_t *notes)
{
    struct sw_str text = SW_STR_NONE;
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *note = json_array_get(notes, i);
        bool is_description = sw_str_equal_z(sw_json_get_str(note, "category"), "description");
        if (is_description || text.n == 0)
            text = sw_json_get_str(note, "text");
        if (is_description)
            break;
    }
    return keep(reading, sw_str_part(text, 0, SW_ADVISORY_DETAILS_MAX), &reading->advisory.details);
}

static const char *feed_of(const json_t *document)
{
    const json_t *publisher = sw_json_get_object(document, "publisher");
    struct sw_str space = sw_json_get_str(publisher, "namespace");
    if (sw_str_find(space, SW_STR("redhat.com")) >= 0)
        return "csaf-redhat";
    if (sw_str_find(space, SW_STR("suse.com")) >= 0)
        return "csaf-suse";
    return "csaf";
}

static int read_document(struct reading *reading, const json_t *document)
{
    struct sw_advisory *advisory = &reading->advisory;
    const json_t *tracking = sw_json_get_object(document, "tracking");
    const json_t *severity = sw_json_get_object(document, "aggregate_severity");
    struct sw_str category = sw_json_get_str(document, "category");
    reading->is_open = true;
    reading->is_vex = sw_str_ends_with(category, SW_STR("vex"));
    advisory->feed = sw_str_of(feed_of(document));
    advisory->severity = sw_csaf_product_severity(sw_json_get_str(severity, "text"));
    advisory->is_withdrawn = sw_str_equal_z(sw_json_get_str(tracking, "status"), "deleted");
    int r = keep(reading, sw_json_get_str(tracking, "id"), &reading->tracking_id);
    if (r == 0)
        r = keep(reading, sw_json_get_str(document, "title"), &advisory->title);
    if (r == 0)
        r = keep(reading, sw_json_get_str(tracking, "initial_release_date"), &advisory->published);
    if (r == 0)
        r = keep(reading, sw_json_get_str(tracking, "current_release_date"), &advisory->modified);
    if (r == 0 && !reading->is_vex)
        r = add_urls(reading, sw_json_get_array(document, "references"));
    if (r == 0 && !reading->is_vex)
        r = read_details(reading, sw_json_get_array(document, "notes"));
    return r;
}

/* What the vendor's words about a product without a fix come to. */
static enum sw_fix_status status_of(struct sw_str details)
{
    static const struct {
        const char *words;
        enum sw_fix_status status;
    } table[] = {
        {"Will not fix", SW_FIX_WILL_NOT_FIX},
        {"Fix deferred", SW_FIX_DEFERRED},
        {"Out of support scope", SW_FIX_END_OF_LIFE},
        {"Under investigation", SW_FIX_UNDER_INVESTIGATION},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(table); i++)
        if (sw_str_equal_ignore_case(details, sw_str_of(table[i].words)))
            return table[i].status;
    return SW_FIX_AFFECTED;
}

/* A statement about some products of one vulnerability, by the hash of their ids: number of a
 * remediation (in the low bits) or severity. */
static int note_products(struct sw_oval_map *map, const json_t *ids, uint32_t value)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(ids); i++) {
        struct sw_str id = sw_json_get_text(json_array_get(ids, i));
        uint32_t held;
        r = sw_oval_map_add(map, sw_oval_map_key(id), value, &held);
    }
    return r;
}

static int note_remediations(
    struct reading *reading, const json_t *vulnerability, struct sw_oval_map *map)
{
    const json_t *list = sw_json_get_array(vulnerability, "remediations");
    int r = 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(list); i++) {
        const json_t *remediation = json_array_get(list, i);
        struct sw_str category = sw_json_get_str(remediation, "category");
        if (sw_str_equal_z(category, "none_available") ||
            sw_str_equal_z(category, "no_fix_planned"))
            r = note_products(map, sw_json_get_array(remediation, "product_ids"), (uint32_t)i);
        else if (sw_str_equal_z(category, "vendor_fix"))
            r = add_url(reading, sw_json_get_str(remediation, "url")); /* the erratum */
    }
    return r;
}

/* Severities of single products; the vulnerability's own comes back in *whole. */
static int note_threats(
    const json_t *vulnerability, struct sw_oval_map *map, enum sw_severity *whole)
{
    const json_t *list = sw_json_get_array(vulnerability, "threats");
    int r = 0;
    for (size_t i = 0; r >= 0 && i < json_array_size(list); i++) {
        const json_t *threat = json_array_get(list, i);
        if (!sw_str_equal_z(sw_json_get_str(threat, "category"), "impact"))
            continue;
        enum sw_severity severity = sw_csaf_product_severity(sw_json_get_str(threat, "details"));
        if (severity > *whole)
            *whole = severity;
        r = note_products(map, sw_json_get_array(threat, "product_ids"), (uint32_t)severity);
    }
    return r;
}

/* What one vulnerability says beside its lists of products. */
struct statement {
    const json_t *vulnerability;
    struct sw_oval_map remediations;
    struct sw_oval_map severities;
    enum sw_fix_status status; /* of the list at hand */
};

static void statement_done(struct statement *statement)
{
    sw_oval_map_done(&statement->remediations);
    sw_oval_map_done(&statement->severities);
}

static int read_remediation(struct reading *reading, const struct statement *statement,
    struct sw_str id, struct sw_csaf_entry *entry)
{
    const uint32_t *number = sw_oval_map_find(&statement->remediations, sw_oval_map_key(id));
    if (number == NULL)
        return 0;
    const json_t *list = sw_json_get_array(statement->vulnerability, "remediations");
    struct sw_str details = sw_json_get_str(json_array_get(list, *number), "details");
    details = sw_str_trim(details);
    if (entry->status == SW_FIX_AFFECTED)
        entry->status = status_of(details);
    if (details.n > VENDOR_STATUS_MAX)
        return 0;
    return keep(reading, details, &entry->vendor_status);
}

static int add_product(struct reading *reading, const struct statement *statement, struct sw_str id)
{
    struct sw_csaf_product product;
    if (!sw_csaf_tree_resolve(&reading->tree, id, &product) || product.key.n == 0 ||
        product.name.n == 0)
        return 0; /* not an operating system, or no package: not ours */
    bool is_fixed = statement->status == SW_FIX_FIXED;
    struct sw_csaf_entry entry = {
        .key = product.key,
        .name = product.name,
        .module = product.module,
        .status = statement->status,
        .name_kind = SW_AFFECTED_SOURCE,
    };
    const uint32_t *severity = sw_oval_map_find(&statement->severities, sw_oval_map_key(id));
    if (severity != NULL)
        entry.severity = (enum sw_severity) * severity;
    if (is_fixed) {
        if (product.evr.n == 0)
            return 0;
        entry.evr = product.evr;
        /* Built for a module, and the document does not say for which. */
        if (entry.module.n == 0 && sw_str_find(entry.evr, SW_STR(".module")) >= 0)
            entry.module = SW_STR("*");
        /* A source rpm is installed nowhere; its binaries are listed beside it as a rule. */
        if (product.is_source)
            return sw_csaf_entries_add(&reading->sources, &entry);
        reading->n_binaries++;
        entry.name_kind = SW_AFFECTED_BINARY;
        entry.arch = product.arch;
    } else {
        /* Components without a fix go by the name of their source; with an architecture they are
         * binary packages. A version says which build was looked at, no more: skip those that are
         * not affected, the others hold whatever the version. */
        if (statement->status == SW_FIX_NOT_AFFECTED && product.evr.n > 0)
            return 0;
        if (product.arch.n > 0 && !product.is_source)
            entry.name_kind = SW_AFFECTED_BINARY;
        int r = read_remediation(reading, statement, id, &entry);
        if (r < 0)
            return r;
    }
    return sw_csaf_entries_add(&reading->entries, &entry);
}

static int read_statuses(struct reading *reading, struct statement *statement)
{
    static const struct {
        const char *name;
        enum sw_fix_status status;
    } lists[] = {
        {"fixed", SW_FIX_FIXED},
        {"first_fixed", SW_FIX_FIXED},
        {"recommended", SW_FIX_FIXED}, /* SUSE */
        {"known_affected", SW_FIX_AFFECTED},
        {"known_not_affected", SW_FIX_NOT_AFFECTED},
        {"under_investigation", SW_FIX_UNDER_INVESTIGATION},
    };
    const json_t *product_status = sw_json_get_object(statement->vulnerability, "product_status");
    for (size_t i = 0; i < SW_ARRAY_SIZE(lists); i++) {
        const json_t *ids = sw_json_get_array(product_status, lists[i].name);
        statement->status = lists[i].status;
        /* An erratum speaks of what it fixes. */
        if (!reading->is_vex && statement->status != SW_FIX_FIXED)
            continue;
        for (size_t k = 0; k < json_array_size(ids); k++) {
            int r = add_product(reading, statement, sw_json_get_text(json_array_get(ids, k)));
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* The highest score, version 3 before version 2. */
static int read_scores(struct reading *reading, const json_t *vulnerability)
{
    static const char *const versions[] = {"cvss_v3", "cvss_v2"};
    const json_t *list = sw_json_get_array(vulnerability, "scores");
    struct sw_cvss *cvss = &reading->advisory.cvss;
    const json_t *best = NULL;
    for (size_t k = 0; k < SW_ARRAY_SIZE(versions) && best == NULL; k++) {
        if (k > 0 && cvss->score >= 0)
            break;
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *score = sw_json_get_object(json_array_get(list, i), versions[k]);
            double base = sw_json_get_number(score, "baseScore", -1);
            if (!(base >= 0 && base <= 10) || base <= cvss->score)
                continue;
            cvss->score = base;
            best = score;
        }
    }
    return best == NULL ? 0 : keep(reading, sw_json_get_str(best, "vectorString"), &cvss->vector);
}

static int read_vex_texts(struct reading *reading, const json_t *vulnerability)
{
    struct sw_advisory *advisory = &reading->advisory;
    int r = keep(reading, sw_json_get_str(vulnerability, "title"), &advisory->title);
    if (r == 0)
        r = keep(reading, sw_json_get_str(vulnerability, "release_date"), &advisory->published);
    if (r == 0)
        r = read_details(reading, sw_json_get_array(vulnerability, "notes"));
    if (r == 0)
        r = add_urls(reading, sw_json_get_array(vulnerability, "references"));
    return r;
}

/* "CVE-2021-0084" of the record, the vendor's own id where it has no CVE. */
static int read_cve(struct reading *reading, const json_t *vulnerability)
{
    struct sw_str cve = sw_json_get_str(vulnerability, "cve");
    struct sw_str copy;
    if (cve.n == 0)
        return 0;
    int r = sw_region_copy(&reading->tree.region, cve, &copy);
    if (r < 0)
        return r;
    r = sw_vec_push(&reading->cves, copy, CVES_MAX);
    return r == -EFBIG ? 0 : r;
}

static int send(struct reading *reading, struct sw_err *err)
{
    struct sw_advisory *advisory = &reading->advisory;
    struct sw_str id = reading->tracking_id;
    if (id.n == 0) {
        reading->sink->skipped(reading->sink->context, SW_STR("document"), "has no tracking id");
        return 0;
    }
    if (advisory->is_withdrawn) {
        reading->sink->skipped(reading->sink->context, id, "was deleted by the vendor");
        return 0;
    }
    int r = 0;
    for (size_t i = 0; r >= 0 && reading->n_binaries == 0 && i < reading->sources.list.n; i++)
        r = sw_csaf_entries_add(&reading->entries, &reading->sources.list.v[i]);
    if (r < 0)
        return r;
    r = sw_csaf_entries_group(
        &reading->entries, &reading->tree.region, &advisory->affected, &advisory->n_affected);
    if (r == -EFBIG) {
        reading->sink->skipped(reading->sink->context, id, "names too many packages");
        return 0;
    }
    /* Nothing about an operating system (OpenShift, JBoss ...): nothing to store. */
    if (r < 0 || advisory->n_affected == 0)
        return r;
    advisory->record = id;
    advisory->id = id;
    advisory->aliases = reading->cves.v;
    advisory->n_aliases = reading->cves.n;
    if (reading->is_vex && reading->cves.n == 1) {
        advisory->id = reading->cves.v[0];
        advisory->n_aliases = 0;
    }
    advisory->references = reading->urls.v;
    advisory->n_references = reading->urls.n;
    return reading->sink->advisory(reading->sink->context, advisory, err);
}

static int read_vulnerability(struct reading *reading, const json_t *vulnerability)
{
    SW_CLEANUP(statement_done) struct statement statement = {.vulnerability = vulnerability};
    enum sw_severity severity = SW_SEVERITY_UNKNOWN;
    int r = note_remediations(reading, vulnerability, &statement.remediations);
    if (r < 0)
        return r;
    r = note_threats(vulnerability, &statement.severities, &severity);
    if (r < 0)
        return r;
    if (reading->advisory.severity == SW_SEVERITY_UNKNOWN)
        reading->advisory.severity = severity;
    r = read_cve(reading, vulnerability);
    if (r < 0)
        return r;
    r = read_statuses(reading, &statement);
    if (r < 0)
        return r;
    r = read_scores(reading, vulnerability);
    if (r < 0 || !reading->is_vex || reading->n_vulnerabilities++ > 0)
        return r;
    return read_vex_texts(reading, vulnerability);
}

static int read_value(struct reading *reading, enum place place, const json_t *value)
{
    switch (place) {
    case PLACE_DOCUMENT:
        return read_document(reading, value);
    case PLACE_BRANCH:
        return sw_csaf_tree_add_branch(&reading->tree, value);
    case PLACE_VENDOR:
    case PLACE_NAME:
        return sw_csaf_tree_add_product(&reading->tree, value);
    case PLACE_RELATIONSHIP:
        return sw_csaf_tree_add_relationship(&reading->tree, value);
    case PLACE_VULNERABILITY:
        return read_vulnerability(reading, value);
    }
    return 0;
}

static int read_text(
    struct reading *reading, enum place place, struct sw_str text, struct sw_err *err)
{
    SW_CLEANUP(sw_json_get_freep) json_t *json = NULL;
    int r = sw_json_get_parsed(text, &json, err);
    if (r < 0)
        return r;
    r = read_value(reading, place, json);
    if (r == -EFBIG || (r == -ENOMEM && reading->tree.region.used_bytes > SW_CSAF_TEXT_MAX / 2))
        return sw_err_set(err, -EFBIG, "more products than a document may have");
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

/* Without the document and its tree a vulnerability cannot be understood. A line end inside a JSON
 * text is white space, so lines keep it whole. */
static int put_aside(struct reading *reading, struct sw_str text, struct sw_err *err)
{
    size_t from = reading->pending.n;
    int r = sw_buf_append_str(&reading->pending, text);
    for (size_t i = from; i < reading->pending.n; i++)
        if (reading->pending.p[i] == '\n')
            reading->pending.p[i] = ' ';
    if (r == 0)
        r = sw_buf_append_char(&reading->pending, '\n');
    if (r == -EFBIG)
        return sw_err_set(
            err, r, "more than %zu bytes of vulnerabilities before the product tree", PENDING_MAX);
    return r;
}

static int finish(struct reading *reading, struct sw_err *err)
{
    struct sw_str rest = sw_buf_str(&reading->pending);
    struct sw_str line = SW_STR_NONE;
    int r = 0;
    while (r == 0 && sw_str_next_line(&rest, &line))
        r = read_text(reading, PLACE_VULNERABILITY, line, err);
    if (r == 0 && reading->is_open)
        r = send(reading, err);
    reset(reading);
    return r;
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct reading *reading = context;
    enum place place = (enum place)value->place;
    int r = 0;
    if (place == PLACE_VULNERABILITY && !(reading->is_open && reading->has_tree))
        return put_aside(reading, value->text, err);
    /* A second document in one file. */
    if (place == PLACE_DOCUMENT && reading->is_open)
        r = finish(reading, err);
    reading->has_tree = reading->has_tree || (place != PLACE_DOCUMENT);
    return r < 0 ? r : read_text(reading, place, value->text, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct reading *reading = context;
    (void)value;
    reading->sink->skipped(reading->sink->context, reading->tracking_id, reason);
}

static void reading_done(struct reading *reading)
{
    reset(reading);
    sw_csaf_tree_done(&reading->tree);
}

static int read_csaf(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    (void)file;
    SW_CLEANUP(reading_done) struct reading reading = {.sink = sink};
    reset(&reading);
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
    r = finish(&reading, err);
    if (r < 0 && err != NULL && err->code == 0)
        return sw_err_set(err, r, "out of memory");
    return r;
}

static int recognise_csaf(const struct sw_feed_file *file)
{
    if (sw_str_find(file->head, SW_STR("\"csaf_version\"")) >= 0 ||
        sw_str_find(file->head, SW_STR("\"csaf_vex\"")) >= 0 ||
        sw_str_find(file->head, SW_STR("\"csaf_security_advisory\"")) >= 0)
        return 95;
    bool is_json = sw_str_ends_with(file->path, SW_STR(".json")) &&
                   sw_str_starts_with(sw_str_trim(file->head), SW_STR("{"));
    return is_json && sw_str_find(file->path, SW_STR("csaf")) >= 0 ? 30 : 0;
}

const struct sw_feed sw_csaf_feed = {
    .name = "csaf",
    .title = "CSAF documents (Red Hat, SUSE)",
    .recognise = recognise_csaf,
    .read = read_csaf,
};

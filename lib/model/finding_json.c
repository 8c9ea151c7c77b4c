/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of findings. Text fields stand in one table per object, so that writing and reading cannot
 * drift apart.
 */
#include "model/finding_json.h"

#include <errno.h>
#include <math.h>

#include "base/mem.h"
#include "model/field_json.h"
#include "model/image.h"
#include "model/package.h"

#define TEXT_MAX ((size_t)65536)     /* of any one field; titles and versions are shorter */
#define ITEMS_MAX ((size_t)10000)    /* aliases or references of one finding */
#define PACKAGES_MAX SW_PACKAGES_MAX /* packages of one finding */

static const struct sw_json_field fields[] = {
    {"id", offsetof(struct sw_finding, id), TEXT_MAX},
    {"advisory_id", offsetof(struct sw_finding, advisory_id), TEXT_MAX},
    {"title", offsetof(struct sw_finding, title), TEXT_MAX},
    {"severity_source", offsetof(struct sw_finding, severity_source), TEXT_MAX},
    {"vendor_status", offsetof(struct sw_finding, vendor_status), TEXT_MAX},
    {"fixed_version", offsetof(struct sw_finding, fixed_version), TEXT_MAX},
    {"published", offsetof(struct sw_finding, published), TEXT_MAX},
    {"modified", offsetof(struct sw_finding, modified), TEXT_MAX},
    {"kev_date", offsetof(struct sw_finding, kev_date), TEXT_MAX},
    {"kev_due", offsetof(struct sw_finding, kev_due), TEXT_MAX},
    {"source_name", offsetof(struct sw_finding, source_name), TEXT_MAX},
    {"installed_version", offsetof(struct sw_finding, installed_version), TEXT_MAX},
};

static const struct sw_json_field why_fields[] = {
    {"feed", offsetof(struct sw_finding, feed), TEXT_MAX},
    {"record", offsetof(struct sw_finding, record), TEXT_MAX},
    {"range", offsetof(struct sw_finding, range), TEXT_MAX},
    {"matched", offsetof(struct sw_finding, matched), TEXT_MAX},
};

/* Of a secret or malware. */
static const struct sw_json_field find_fields[] = {
    {"engine", offsetof(struct sw_finding, engine), TEXT_MAX},
    {"family", offsetof(struct sw_finding, family), TEXT_MAX},
    {"match", offsetof(struct sw_finding, match), TEXT_MAX},
    {"secret", offsetof(struct sw_finding, secret), TEXT_MAX},
    {"fingerprint", offsetof(struct sw_finding, fingerprint), TEXT_MAX},
    {"digest", offsetof(struct sw_finding, digest), TEXT_MAX},
};

static const struct sw_json_field location_fields[] = {
    {"path", offsetof(struct sw_location, path), TEXT_MAX},
    {"inner", offsetof(struct sw_location, inner), TEXT_MAX},
};

/* Members of a location that are numbers. */
static const struct {
    const char *key;
    size_t offset;
} place_fields[] = {
    {"line", offsetof(struct sw_location, line)},
    {"column", offsetof(struct sw_location, column)},
    {"end_line", offsetof(struct sw_location, end_line)},
    {"end_column", offsetof(struct sw_location, end_column)},
    {"offset", offsetof(struct sw_location, offset)},
};

static uint64_t *place_of(const struct sw_location *location, size_t i)
{
    return (uint64_t *)((char *)location + place_fields[i].offset);
}

static void write_location(struct sw_json_writer *writer, const struct sw_location *location)
{
    sw_json_write_object(writer, "location");
    sw_json_fields_write(writer, location, location_fields, SW_ARRAY_SIZE(location_fields));
    for (size_t i = 0; i < SW_ARRAY_SIZE(place_fields); i++)
        if (*place_of(location, i) != 0)
            sw_json_write_u64(writer, place_fields[i].key, *place_of(location, i));
    if (location->layer >= 0)
        sw_json_write_u64(writer, "layer", (uint64_t)location->layer);
    sw_json_write_text(writer, "presence", sw_presence_name(location->presence));
    sw_json_write_end(writer);
}

static void write_strs(
    struct sw_json_writer *writer, const char *key, const struct sw_str *items, size_t n)
{
    if (n == 0)
        return;
    sw_json_write_array(writer, key);
    for (size_t i = 0; i < n; i++)
        sw_json_write_str(writer, NULL, items[i]);
    sw_json_write_end(writer);
}

static bool has_number(double value)
{
    return isfinite(value) && value >= 0;
}

static void write_scores(struct sw_json_writer *writer, const struct sw_finding *finding)
{
    if (!sw_str_is_empty(finding->cvss.vector) || has_number(finding->cvss.score)) {
        sw_json_write_object(writer, "cvss");
        sw_json_write_optional(writer, "vector", finding->cvss.vector);
        if (has_number(finding->cvss.score))
            sw_json_write_double(writer, "score", finding->cvss.score);
        sw_json_write_end(writer);
    }
    if (has_number(finding->epss))
        sw_json_write_double(writer, "epss", finding->epss);
    if (has_number(finding->epss_percentile))
        sw_json_write_double(writer, "epss_percentile", finding->epss_percentile);
}

/* A secret or malware: rule, place and what it looks like. */
static void write_find(struct sw_json_writer *writer, const struct sw_finding *finding)
{
    sw_json_write_text(writer, "kind", sw_finding_kind_name(finding->kind));
    sw_json_write_text(writer, "severity", sw_severity_name(finding->severity));
    sw_json_write_str(writer, "id", finding->id);
    sw_json_write_optional(writer, "title", finding->title);
    sw_json_fields_write(writer, finding, find_fields, SW_ARRAY_SIZE(find_fields));
    if (finding->kind == SW_FINDING_SECRET && has_number(finding->entropy))
        sw_json_write_double(writer, "entropy", finding->entropy);
    write_location(writer, &finding->location);
    write_strs(writer, "references", finding->references, finding->n_references);
}

void sw_finding_json_format(struct sw_json_writer *writer, const struct sw_finding *finding)
{
    if (finding->kind != SW_FINDING_VULNERABILITY) {
        write_find(writer, finding);
        return;
    }
    sw_json_write_text(writer, "kind", sw_finding_kind_name(finding->kind));
    sw_json_write_text(writer, "severity", sw_severity_name(finding->severity));
    sw_json_write_text(writer, "status", sw_fix_status_name(finding->status));
    sw_json_fields_write(writer, finding, fields, SW_ARRAY_SIZE(fields));
    write_strs(writer, "aliases", finding->aliases, finding->n_aliases);
    write_scores(writer, finding);
    sw_json_write_bool(writer, "is_kev", finding->is_kev);
    sw_json_write_array(writer, "packages");
    for (size_t i = 0; i < finding->n_packages; i++)
        sw_json_write_u64(writer, NULL, finding->packages[i]);
    sw_json_write_end(writer);
    sw_json_write_object(writer, "why");
    sw_json_fields_write(writer, finding, why_fields, SW_ARRAY_SIZE(why_fields));
    sw_json_write_end(writer);
    write_strs(writer, "references", finding->references, finding->n_references);
}

static int find_kind(struct sw_str name, enum sw_finding_kind *ret)
{
    for (int i = 0; i < _SW_FINDING_KIND_MAX; i++)
        if (sw_str_equal_z(name, sw_finding_kind_name((enum sw_finding_kind)i))) {
            *ret = (enum sw_finding_kind)i;
            return 0;
        }
    return -ENOENT;
}

static int read_names(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *finding)
{
    struct sw_str kind = SW_STR_NONE;
    struct sw_str severity = SW_STR_INIT("unknown");
    struct sw_str status = SW_STR_INIT("unknown");
    int r = sw_json_read_str(reader, json, "kind", 64, &kind);
    if (r == 0)
        r = sw_json_read_str(reader, json, "severity", 64, &severity);
    if (r == 0)
        r = sw_json_read_str(reader, json, "status", 64, &status);
    if (r < 0)
        return r;
    if (find_kind(kind, &finding->kind) < 0)
        return sw_err_set(reader->err, -EINVAL, "finding of an unknown kind");
    if (sw_severity_find(severity, &finding->severity) < 0)
        return sw_err_set(reader->err, -EINVAL, "unknown severity");
    if (sw_fix_status_find(status, &finding->status) < 0)
        return sw_err_set(reader->err, -EINVAL, "unknown status");
    return 0;
}

static int read_scores(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *finding)
{
    const json_t *cvss = NULL;
    finding->cvss.score = finding->epss = finding->epss_percentile = -1;
    int r = sw_json_read_object(reader, json, "cvss", &cvss);
    if (r == 0 && cvss != NULL)
        r = sw_json_read_str(reader, cvss, "vector", TEXT_MAX, &finding->cvss.vector);
    if (r == 0 && cvss != NULL)
        r = sw_json_read_double(reader, cvss, "score", &finding->cvss.score);
    if (r == 0)
        r = sw_json_read_double(reader, json, "epss", &finding->epss);
    if (r == 0)
        r = sw_json_read_double(reader, json, "epss_percentile", &finding->epss_percentile);
    return r < 0 ? r : sw_json_read_bool(reader, json, "is_kev", &finding->is_kev);
}

static int read_packages(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *finding)
{
    const json_t *array = NULL;
    int r = sw_json_read_array(reader, json, "packages", &array);
    size_t n = json_array_size(array);
    if (r < 0)
        return r;
    if (n > PACKAGES_MAX)
        return sw_err_set(reader->err, -EFBIG, "finding with %zu packages", n);
    finding->packages = sw_region_array(reader->region, n, sizeof(*finding->packages));
    if (finding->packages == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_integer(item) || json_integer_value(item) < 0)
            return sw_err_set(reader->err, -EINVAL, "an index of 'packages' is no index");
        finding->packages[i] = (size_t)json_integer_value(item);
    }
    finding->n_packages = n;
    return 0;
}

static int read_location(
    const struct sw_json_reader *reader, const json_t *json, struct sw_location *location)
{
    const json_t *object = NULL;
    struct sw_str presence = SW_STR_INIT("final");
    int64_t layer = -1;
    int r = sw_json_read_object(reader, json, "location", &object);
    location->layer = -1;
    if (r < 0 || object == NULL)
        return r;
    r = sw_json_fields_read(
        reader, object, location, location_fields, SW_ARRAY_SIZE(location_fields));
    for (size_t i = 0; r == 0 && i < SW_ARRAY_SIZE(place_fields); i++) {
        int64_t value = 0;
        r = sw_json_read_i64(reader, object, place_fields[i].key, 0, INT64_MAX, &value);
        *place_of(location, i) = (uint64_t)value;
    }
    if (r == 0)
        r = sw_json_read_i64(reader, object, "layer", 0, SW_IMAGE_LAYERS_MAX - 1, &layer);
    if (r == 0)
        r = sw_json_read_str(reader, object, "presence", 64, &presence);
    if (r < 0)
        return r;
    location->layer = (int)layer;
    if (sw_presence_find(presence, &location->presence) < 0)
        return sw_err_set(reader->err, -EINVAL, "unknown presence");
    return 0;
}

static int read_find(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *finding)
{
    finding->entropy = -1;
    int r = sw_json_fields_read(reader, json, finding, find_fields, SW_ARRAY_SIZE(find_fields));
    if (r == 0)
        r = sw_json_read_double(reader, json, "entropy", &finding->entropy);
    return r < 0 ? r : read_location(reader, json, &finding->location);
}

int sw_finding_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_finding *ret)
{
    struct sw_finding finding = {0};
    const json_t *why = NULL;
    if (!json_is_object(json))
        return sw_err_set(reader->err, -EINVAL, "a finding is not an object");
    int r = read_names(reader, json, &finding);
    if (r == 0)
        r = sw_json_fields_read(reader, json, &finding, fields, SW_ARRAY_SIZE(fields));
    if (r == 0)
        r = sw_json_read_strs(
            reader, json, "aliases", ITEMS_MAX, TEXT_MAX, &finding.aliases, &finding.n_aliases);
    if (r == 0)
        r = sw_json_read_strs(reader, json, "references", ITEMS_MAX, TEXT_MAX, &finding.references,
            &finding.n_references);
    if (r == 0)
        r = read_scores(reader, json, &finding);
    if (r == 0)
        r = read_packages(reader, json, &finding);
    if (r == 0)
        r = sw_json_read_object(reader, json, "why", &why);
    if (r == 0 && why != NULL)
        r = sw_json_fields_read(reader, why, &finding, why_fields, SW_ARRAY_SIZE(why_fields));
    if (r == 0)
        r = read_find(reader, json, &finding);
    if (r < 0)
        return r;
    *ret = finding;
    return 0;
}

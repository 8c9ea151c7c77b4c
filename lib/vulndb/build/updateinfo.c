/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads updateinfo.xml update by update: each <update> is held until its end and handed on as one
 * advisory. Called once per repository file. Only security updates count; bug fixes are no
 * vulnerabilities.
 */
#include "vulndb/build/updateinfo.h"

#include <errno.h>

#include "base/mem.h"
#include "base/vec.h"
#include "vulndb/build/csaf_product.h"
#include "vulndb/build/updateinfo_product.h"
#include "vulndb/build/xml.h"

/* Bytes of one update: 200,000 packages are more than any repository has. */
#define UPDATE_BYTES_MAX ((size_t)64 << 20)
#define CVES_MAX ((size_t)4096)
#define URLS_MAX ((size_t)16)
#define PACKAGES_MAX SW_ADVISORY_AFFECTED_MAX
#define ARCHS_MAX_BYTES ((size_t)256)

struct package {
    struct sw_str name;
    struct sw_str evr;
    struct sw_str module;
    struct sw_str product;
    struct sw_str archs;   /* space separated */
    struct package *next;  /* of the same bucket */
    struct package *after; /* of the update */
};

#define BUCKETS 256

struct update {
    struct sw_str id, type, title, severity, issued, updated, details;
    struct sw_str collection; /* short name, else name */
    struct sw_str module;
    bool is_lost; /* beyond a cap */
    SW_VEC(struct sw_str) cves;
    SW_VEC(struct sw_str) urls;
    struct package *first; /* in the order of the file */
    struct package *last;
    size_t n_packages;
    struct package *buckets[BUCKETS];
};

struct reading {
    const struct sw_feed_file *file;
    const struct sw_feed_sink *sink;
    struct sw_region region; /* of the open update */
    struct update update;
    bool in_update;
    bool in_package;
    size_t n_unknown; /* packages of the open update whose product is not known */
};

static void reset(struct reading *reading)
{
    sw_vec_done(&reading->update.cves);
    sw_vec_done(&reading->update.urls);
    sw_region_done(&reading->region);
    sw_region_init(&reading->region, UPDATE_BYTES_MAX);
    reading->update = (struct update){0};
    reading->in_update = false;
    reading->in_package = false;
    reading->n_unknown = 0;
}

static void reading_free(struct reading **reading)
{
    if (*reading != NULL) {
        reset(*reading);
        sw_region_done(&(*reading)->region);
    }
    sw_mem_free(*reading);
    *reading = NULL;
}

/* A copy that lives as long as the update; too much text costs this update only. */
static int keep(struct reading *reading, struct sw_str s, struct sw_str *ret)
{
    s = sw_str_trim(s);
    if (sw_region_copy(&reading->region, s, ret) == 0)
        return 0;
    *ret = SW_STR_NONE;
    if (reading->region.used_bytes + s.n < UPDATE_BYTES_MAX - ((size_t)1 << 20))
        return -ENOMEM;
    reading->update.is_lost = true;
    return 0;
}

/* "2018-01-08 18:45" is no RFC 3339: the date alone is. */
static int keep_date(struct reading *reading, const char *const *attributes, struct sw_str *ret)
{
    struct sw_str date = sw_str_trim(sw_xml_attribute(attributes, "date"));
    if (date.n > 10 && date.p[10] == ' ')
        date.n = 10;
    return keep(reading, date, ret);
}

static int add_cve(struct reading *reading, struct sw_str id)
{
    id = sw_str_trim(id);
    if (!sw_str_starts_with(id, SW_STR("CVE-")) || id.n > 32)
        return 0;
    struct update *update = &reading->update;
    for (size_t i = 0; i < update->cves.n; i++)
        if (sw_str_equal(update->cves.v[i], id))
            return 0;
    struct sw_str copy;
    int r = keep(reading, id, &copy);
    if (r < 0)
        return r;
    r = sw_vec_push(&update->cves, copy, CVES_MAX);
    return r == -EFBIG ? 0 : r;
}

static int open_reference(struct reading *reading, const char *const *attributes)
{
    int r = add_cve(reading, sw_xml_attribute(attributes, "id"));
    if (r < 0)
        return r;
    /* openSUSE writes "CVE-2023-1" in the title of Bugzilla references: those are not CVEs. */
    struct sw_str url = sw_xml_attribute(attributes, "href");
    struct sw_str copy;
    if (url.n == 0 || reading->update.urls.n >= URLS_MAX)
        return 0;
    r = keep(reading, url, &copy);
    return r < 0 ? r : sw_vec_push(&reading->update.urls, copy, URLS_MAX);
}

static int open_module(struct reading *reading, const char *const *attributes)
{
    struct sw_str name = sw_xml_attribute(attributes, "name");
    struct sw_str stream = sw_xml_attribute(attributes, "stream");
    if (name.n == 0 || stream.n == 0)
        return 0;
    char *label =
        sw_region_printf(&reading->region, "%.*s:%.*s", SW_STR_ARG(name), SW_STR_ARG(stream));
    if (label == NULL)
        return -ENOMEM;
    reading->update.module = sw_str_of(label);
    return 0;
}

static bool has_word(struct sw_str words, struct sw_str word)
{
    struct sw_str token;
    while (sw_str_next_token(&words, ' ', &token))
        if (sw_str_equal(token, word))
            return true;
    return false;
}

static int add_arch(struct reading *reading, struct package *package, struct sw_str arch)
{
    if (arch.n == 0 || has_word(package->archs, arch) ||
        package->archs.n + arch.n > ARCHS_MAX_BYTES)
        return 0;
    if (package->archs.n == 0)
        return keep(reading, arch, &package->archs);
    char *joined = sw_region_printf(
        &reading->region, "%.*s %.*s", SW_STR_ARG(package->archs), SW_STR_ARG(arch));
    if (joined == NULL)
        return -ENOMEM;
    package->archs = sw_str_of(joined);
    return 0;
}

/* The package of the update with this name, version and module, made when it is new. */
static int find_package(
    struct reading *reading, struct sw_str name, struct sw_str evr, struct package **ret)
{
    struct update *update = &reading->update;
    struct sw_str module = update->module;
    /* Built for a module, and the update does not say for which. */
    if (module.n == 0 && sw_str_find(evr, SW_STR(".module")) >= 0)
        module = SW_STR("*");
    struct package **bucket = &update->buckets[sw_str_hash(name) % BUCKETS];
    for (struct package *p = *bucket; p != NULL; p = p->next) {
        if (!sw_str_equal(p->name, name) || !sw_str_equal(p->evr, evr) ||
            !sw_str_equal(p->module, module))
            continue;
        *ret = p;
        return 0;
    }
    struct package *package = sw_region_alloc(&reading->region, sizeof(*package));
    if (package == NULL)
        return -ENOMEM;
    package->evr = evr;
    package->module = module;
    int r = keep(reading, name, &package->name);
    if (r < 0)
        return r;
    r = sw_updateinfo_product_find(&reading->region,
        &(struct sw_updateinfo_origin){
            .id = update->id,
            .evr = evr,
            .collection = update->collection,
            .path = reading->file->path,
        },
        &package->product);
    if (r < 0)
        return r;
    if (r == 0) {
        reading->n_unknown++;
        *ret = NULL;
        return 0;
    }
    if (update->n_packages >= PACKAGES_MAX) {
        update->is_lost = true;
        *ret = NULL;
        return 0;
    }
    if (update->last != NULL)
        update->last->after = package;
    else
        update->first = package;
    update->last = package;
    update->n_packages++;
    package->next = *bucket;
    *bucket = package;
    *ret = package;
    return 0;
}

static int open_package(struct reading *reading, const char *const *attributes)
{
    struct sw_str name = sw_xml_attribute(attributes, "name");
    struct sw_str version = sw_xml_attribute(attributes, "version");
    struct sw_str release = sw_xml_attribute(attributes, "release");
    struct sw_str epoch = sw_xml_attribute(attributes, "epoch");
    struct sw_str arch = sw_xml_attribute(attributes, "arch");
    reading->in_package = true;
    if (name.n == 0 || version.n == 0 || sw_str_equal_z(arch, "src") ||
        sw_str_equal_z(arch, "nosrc"))
        return 0;
    char *evr = sw_region_printf(&reading->region, "%.*s:%.*s%s%.*s",
        SW_STR_ARG(epoch.n > 0 ? epoch : SW_STR("0")), SW_STR_ARG(version),
        release.n > 0 ? "-" : "", SW_STR_ARG(release));
    if (evr == NULL)
        return -ENOMEM;
    struct package *package;
    int r = find_package(reading, name, sw_str_of(evr), &package);
    if (r < 0 || package == NULL)
        return r;
    return add_arch(reading, package, arch);
}

static int open_in_update(
    struct reading *reading, struct sw_str name, const char *const *attributes)
{
    struct update *update = &reading->update;
    if (sw_str_equal_z(name, "package"))
        return open_package(reading, attributes);
    if (sw_str_equal_z(name, "reference"))
        return open_reference(reading, attributes);
    if (sw_str_equal_z(name, "issued"))
        return keep_date(reading, attributes, &update->issued);
    if (sw_str_equal_z(name, "updated"))
        return keep_date(reading, attributes, &update->updated);
    if (sw_str_equal_z(name, "module"))
        return open_module(reading, attributes);
    if (sw_str_equal_z(name, "collection")) {
        update->module = SW_STR_NONE;
        return keep(reading, sw_xml_attribute(attributes, "short"), &update->collection);
    }
    return 0;
}

static int make_affected(struct reading *reading, struct sw_advisory *advisory)
{
    const struct update *update = &reading->update;
    size_t n = update->n_packages;
    advisory->affected = sw_region_array(&reading->region, n, sizeof(*advisory->affected));
    if (advisory->affected == NULL)
        return -ENOMEM;
    size_t i = 0;
    for (const struct package *package = update->first; package != NULL; package = package->after) {
        struct sw_range *range = sw_region_alloc(&reading->region, sizeof(*range));
        if (range == NULL)
            return -ENOMEM;
        range->fixed = package->evr;
        advisory->affected[i++] = (struct sw_affected){
            .product = package->product,
            .package = package->name,
            .name_kind = SW_AFFECTED_BINARY,
            .status = SW_FIX_FIXED,
            .module = package->module,
            .arch = package->archs,
            .ranges = range,
            .n_ranges = 1,
        };
    }
    advisory->n_affected = n;
    return 0;
}

/* One id may stand in the files of several repositories, each with its own packages. */
static int send(struct reading *reading, struct sw_err *err)
{
    struct update *update = &reading->update;
    struct sw_str product = update->first->product;
    struct sw_str origin = update->collection.n > 0 ? update->collection : product;
    ptrdiff_t colon = sw_str_find_char(product, ':');
    char *record =
        sw_region_printf(&reading->region, "%.*s/%.*s", SW_STR_ARG(origin), SW_STR_ARG(update->id));
    char *feed = sw_region_printf(&reading->region, "updateinfo-%.*s",
        (int)(colon < 0 ? (ptrdiff_t)product.n : colon), product.p);
    if (record == NULL || feed == NULL)
        return -ENOMEM;
    struct sw_advisory advisory = {
        .feed = sw_str_of(feed),
        .record = sw_str_of(record),
        .id = update->id,
        .aliases = update->cves.v,
        .n_aliases = update->cves.n,
        .title = update->title,
        .details = sw_str_part(update->details, 0, SW_ADVISORY_DETAILS_MAX),
        .severity = sw_csaf_product_severity(update->severity),
        .cvss = {.score = -1},
        .published = update->issued,
        .modified = update->updated,
        .references = update->urls.v,
        .n_references = update->urls.n,
    };
    int r = make_affected(reading, &advisory);
    if (r < 0)
        return r;
    return reading->sink->advisory(reading->sink->context, &advisory, err);
}

static int close_update(struct reading *reading, struct sw_err *err)
{
    const struct update *update = &reading->update;
    void (*skipped)(void *, struct sw_str, const char *) = reading->sink->skipped;
    int r = 0;
    if (!sw_str_equal_z(update->type, "security"))
        ; /* not a vulnerability */
    else if (update->id.n == 0)
        skipped(reading->sink->context, SW_STR("update"), "has no id");
    else if (update->is_lost)
        skipped(reading->sink->context, update->id, "is larger than an update may be");
    else if (update->n_packages == 0)
        skipped(reading->sink->context, update->id,
            reading->n_unknown > 0 ? "is for a system that is not known" : "names no package");
    else
        r = send(reading, err);
    reset(reading);
    return r;
}

static int close_in_update(
    struct reading *reading, struct sw_str name, struct sw_str text, struct sw_err *err)
{
    struct update *update = &reading->update;
    if (sw_str_equal_z(name, "update"))
        return close_update(reading, err);
    if (sw_str_equal_z(name, "package")) {
        reading->in_package = false;
        return 0;
    }
    if (reading->in_package)
        return 0;
    if (sw_str_equal_z(name, "id"))
        return keep(reading, text, &update->id);
    if (sw_str_equal_z(name, "title"))
        return keep(reading, text, &update->title);
    if (sw_str_equal_z(name, "severity"))
        return keep(reading, text, &update->severity);
    if (sw_str_equal_z(name, "description"))
        return keep(reading, sw_str_part(text, 0, SW_ADVISORY_DETAILS_MAX), &update->details);
    if (sw_str_equal_z(name, "name") && update->collection.n == 0)
        return keep(reading, text, &update->collection);
    return 0;
}

static int on_open(
    void *context, struct sw_str name, const char *const *attributes, struct sw_err *err)
{
    struct reading *reading = context;
    if (reading->in_update) {
        int r = open_in_update(reading, name, attributes);
        if (r == 0 || reading->region.used_bytes < UPDATE_BYTES_MAX / 2)
            return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
        reading->update.is_lost = true;
        return 0;
    }
    if (!sw_str_equal_z(name, "update"))
        return 0;
    reset(reading);
    reading->in_update = true;
    int r = keep(reading, sw_xml_attribute(attributes, "type"), &reading->update.type);
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static int on_close(void *context, struct sw_str name, struct sw_str text, struct sw_err *err)
{
    struct reading *reading = context;
    if (!reading->in_update)
        return 0;
    int r = close_in_update(reading, name, text, err);
    if (r < 0 && err != NULL && err->code == 0)
        return sw_err_set(err, r, "out of memory");
    return r;
}

static int read_updateinfo(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    SW_CLEANUP(reading_free) struct reading *reading = sw_mem_zalloc(1, sizeof(*reading));
    if (reading == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    reading->file = file;
    reading->sink = sink;
    sw_region_init(&reading->region, UPDATE_BYTES_MAX);
    struct sw_xml_handler handler = {.context = reading, .open = on_open, .close = on_close};
    return sw_xml_read(in, &handler, err);
}

static int recognise_updateinfo(const struct sw_feed_file *file)
{
    if (sw_str_find(file->head, SW_STR("<updates")) >= 0 &&
        sw_str_find(file->head, SW_STR("<update ")) >= 0)
        return 95;
    bool is_xml = sw_str_starts_with(sw_str_trim(file->head), SW_STR("<"));
    return is_xml && sw_str_find(file->path, SW_STR("updateinfo.xml")) >= 0 ? 60 : 0;
}

const struct sw_feed sw_updateinfo_feed = {
    .name = "updateinfo",
    .title = "Repository errata (updateinfo.xml: Amazon Linux and others)",
    .recognise = recognise_updateinfo,
    .read = read_updateinfo,
};

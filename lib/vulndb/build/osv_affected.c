/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One element of an OSV record's `affected` as entries: a product, a package, ranges and versions;
 * for rpm distributions the module stream, which only the summary names.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/osv_priv.h"

/* Records list up to a few thousand; more than this is not a list that people keep. */
#define VERSIONS_MAX ((size_t)100000)
#define RANGES_MAX ((size_t)10000)
/* Module streams named in one summary; real ones name two. */
#define MODULES_MAX 8

struct range_list {
    struct sw_range *items; /* in the region */
    size_t n;
    size_t capacity;
    bool has_fixed;
    bool has_versions; /* at least one range that is matched, not a Git one */
};

/* A larger array in the region that begins with those items; NULL: out of memory. */
static void *grow(
    struct sw_region *region, const void *items, size_t n, size_t size, size_t *capacity)
{
    size_t larger = n > 0 ? 2 * n : 4;
    void *grown = sw_region_array(region, larger, size);
    if (grown == NULL)
        return NULL;
    if (n > 0)
        memcpy(grown, items, n * size);
    *capacity = larger;
    return grown;
}

static int add_range(struct sw_region *region, struct range_list *list, struct sw_range range)
{
    if (list->n == RANGES_MAX)
        return -EFBIG;
    if (list->n == list->capacity) {
        struct sw_range *items =
            grow(region, list->items, list->n, sizeof(*items), &list->capacity);
        if (items == NULL)
            return -ENOMEM;
        list->items = items;
    }
    list->items[list->n++] = range;
    list->has_versions = list->has_versions || range.type != SW_RANGE_GIT;
    list->has_fixed = list->has_fixed || (range.fixed.n > 0 && range.type != SW_RANGE_GIT);
    return 0;
}

static enum sw_range_type read_range_type(const json_t *range)
{
    struct sw_str type = sw_json_get_str(range, "type");
    if (sw_str_equal_z(type, "GIT"))
        return SW_RANGE_GIT;
    return sw_str_equal_z(type, "SEMVER") ? SW_RANGE_SEMVER : SW_RANGE_ECOSYSTEM;
}

/* The state between two events of one range. */
struct event_state {
    struct sw_range open; /* the interval that has begun */
    bool is_open;
    bool is_closed_by_fix;
    bool has_begun; /* at least one interval so far */
};

/* Events come in version order. A second end after the same beginning: several `last_affected` mean
 * the union, so each makes a range; a later `fixed` after a `fixed` adds nothing, except in Git,
 * where each branch has its own. */
static int apply_event(struct sw_region *region, struct range_list *list, struct event_state *state,
    const json_t *event)
{
    struct sw_str introduced = sw_json_get_str(event, "introduced");
    struct sw_str fixed = sw_json_get_str(event, "fixed");
    struct sw_str last = sw_json_get_str(event, "last_affected");
    struct sw_str limit = sw_json_get_str(event, "limit");
    if (introduced.n > 0 && !state->is_open) {
        state->open.introduced = introduced;
        state->is_open = true;
        state->has_begun = true;
        state->is_closed_by_fix = false;
    }
    if (fixed.n == 0 && !sw_str_equal_z(limit, "*"))
        fixed = limit;
    if (fixed.n == 0 && last.n == 0)
        return 0;
    bool is_new = state->is_open || !state->has_begun || state->open.type == SW_RANGE_GIT;
    if (fixed.n > 0 && !is_new && state->is_closed_by_fix)
        return 0;
    struct sw_range range = state->open;
    range.fixed = fixed;
    if (fixed.n == 0)
        range.last_affected = last;
    state->is_open = false;
    state->has_begun = true;
    state->is_closed_by_fix = fixed.n > 0;
    return add_range(region, list, range);
}

static int read_range(struct sw_region *region, struct range_list *list, const json_t *range)
{
    struct event_state state = {.open.type = read_range_type(range)};
    const json_t *events = sw_json_get_array(range, "events");
    size_t n = json_array_size(events);
    for (size_t i = 0; i < n; i++) {
        int r = apply_event(region, list, &state, json_array_get(events, i));
        if (r < 0)
            return r;
    }
    return state.is_open ? add_range(region, list, state.open) : 0;
}

static int read_ranges(struct sw_region *region, struct range_list *list, const json_t *element)
{
    const json_t *ranges = sw_json_get_array(element, "ranges");
    size_t n = json_array_size(ranges);
    for (size_t i = 0; i < n; i++) {
        int r = read_range(region, list, json_array_get(ranges, i));
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_affected(
    struct sw_region *region, struct osv_affected_list *list, const struct sw_affected *affected)
{
    if (list->n == SW_ADVISORY_AFFECTED_MAX)
        return -EFBIG;
    if (list->n == list->capacity) {
        struct sw_affected *items =
            grow(region, list->items, list->n, sizeof(*items), &list->capacity);
        if (items == NULL)
            return -ENOMEM;
        list->items = items;
    }
    list->items[list->n++] = *affected;
    return 0;
}

/* The module streams that a summary names: "nodejs:18" of "Important: nodejs:18 security update".
 * A word that ends in a colon ("Important:") is none; "httpd:2.4/mod_http2" names the source
 * package in the stream too. */
static size_t find_modules(struct sw_str summary, struct sw_str *ret)
{
    size_t n = 0;
    struct sw_str rest = summary;
    struct sw_str word;
    while (n < MODULES_MAX && sw_str_next_token(&rest, ' ', &word)) {
        while (word.n > 0 && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == '.'))
            word.n--;
        ptrdiff_t slash = sw_str_find_char(word, '/');
        if (slash >= 0)
            word.n = (size_t)slash;
        ptrdiff_t colon = sw_str_find_char(word, ':');
        if (colon > 0 && (size_t)colon + 1 < word.n && word.p[word.n - 1] != ':')
            ret[n++] = word;
    }
    return n;
}

/* Packages built for a module stream say so in their release: "3.module_el8.6.0+2798+...",
 * "2.module+el9.4.0+...". */
static bool is_modular(const struct sw_affected *affected)
{
    for (size_t i = 0; i < affected->n_ranges; i++) {
        if (sw_str_find(affected->ranges[i].fixed, SW_STR(".module")) >= 0)
            return true;
    }
    return false;
}

/* Once for each stream that the summary names; "*" where the release says module and the summary
 * does not say which. */
static int add_modular(struct sw_region *region, struct osv_affected_list *list,
    struct sw_affected *affected, struct sw_str summary)
{
    struct sw_str modules[MODULES_MAX];
    size_t n = find_modules(summary, modules);
    if (n == 0)
        modules[n++] = SW_STR("*");
    for (size_t i = 0; i < n; i++) {
        affected->module = modules[i];
        int r = add_affected(region, list, affected);
        if (r < 0)
            return r;
    }
    return 0;
}

/* SUSE names binary packages with their versions: one entry each. 1 when there were any. */
static int add_binaries(struct sw_region *region, struct osv_affected_list *list,
    const struct sw_affected *affected, const json_t *specific)
{
    const json_t *maps = sw_json_get_array(specific, "binaries");
    int n_added = 0;
    for (size_t i = 0; i < json_array_size(maps); i++) {
        json_t *map = json_array_get(maps, i);
        for (void *at = json_object_iter(map); at != NULL; at = json_object_iter_next(map, at)) {
            struct sw_str version = sw_json_get_text(json_object_iter_value(at));
            struct sw_affected binary = *affected;
            if (version.n == 0 || json_object_iter_key_len(at) == 0)
                continue;
            binary.package =
                (struct sw_str){json_object_iter_key(at), json_object_iter_key_len(at)};
            binary.name_kind = SW_AFFECTED_BINARY;
            binary.ranges = sw_region_array(region, 1, sizeof(*binary.ranges));
            if (binary.ranges == NULL)
                return -ENOMEM;
            binary.ranges[0].fixed = version;
            binary.n_ranges = 1;
            int r = add_affected(region, list, &binary);
            if (r < 0)
                return r;
            n_added = 1;
        }
    }
    return n_added;
}

/* "x86_64" of "pkg:apk/wolfi/curl?arch=x86_64&...". Source packages name no architecture. */
static struct sw_str read_arch(struct sw_str purl)
{
    ptrdiff_t question = sw_str_find_char(purl, '?');
    struct sw_str rest = question < 0 ? SW_STR("") : sw_str_skip(purl, (size_t)question + 1);
    struct sw_str token;
    while (sw_str_next_token(&rest, '&', &token)) {
        if (!sw_str_starts_with(token, SW_STR("arch=")))
            continue;
        struct sw_str arch = sw_str_skip(token, 5);
        bool is_source = sw_str_equal_z(arch, "source") || sw_str_equal_z(arch, "src");
        return is_source ? SW_STR("") : arch;
    }
    return SW_STR("");
}

/* What the vendor says beside the versions: Debian's urgency, Ubuntu's Pro-only fixes, RustSec's
 * "unmaintained". */
static void read_words(const json_t *element, struct sw_affected *affected)
{
    const json_t *specific = sw_json_get_object(element, "ecosystem_specific");
    const json_t *database = sw_json_get_object(element, "database_specific");
    struct sw_str urgency = sw_json_get_str(specific, "urgency");
    struct sw_str availability = sw_json_get_str(specific, "availability");
    struct sw_str informational = sw_json_get_str(database, "informational");
    affected->severity = osv_severity_find(urgency);
    if (affected->severity == SW_SEVERITY_UNKNOWN)
        affected->severity = osv_severity_find(sw_json_get_str(specific, "severity"));
    if (affected->severity == SW_SEVERITY_UNKNOWN)
        affected->severity = osv_severity_of_list(json_object_get(element, "severity"));
    if (sw_str_equal_z(urgency, "end-of-life") && affected->status != SW_FIX_FIXED)
        affected->status = SW_FIX_END_OF_LIFE;
    if (informational.n > 0)
        affected->vendor_status = informational;
    else if (sw_str_starts_with(availability, SW_STR("Available with")))
        affected->vendor_status = availability;
    else
        affected->vendor_status = urgency;
}

/* Product and package; a record about a repository only stands under "git". */
static int read_package(const json_t *element, struct sw_region *region,
    struct osv_product *product, struct sw_affected *affected)
{
    const json_t *package = sw_json_get_object(element, "package");
    struct sw_str ecosystem = sw_json_get_str(package, "ecosystem");
    affected->package = sw_json_get_str(package, "name");
    if (affected->package.n == 0) {
        const json_t *ranges = sw_json_get_array(element, "ranges");
        affected->package = sw_json_get_str(json_array_get(ranges, 0), "repo");
        ecosystem = SW_STR("GIT");
    }
    if (affected->package.n == 0 || ecosystem.n == 0)
        return -EINVAL;
    int r = osv_product_find(ecosystem, region, product);
    if (r < 0)
        return r;
    if (product->key.n == 0)
        return -EINVAL;
    affected->product = product->key;
    affected->name_kind = product->name_kind;
    affected->arch = read_arch(sw_json_get_str(package, "purl"));
    return 0;
}

int osv_affected_parse(const json_t *element, struct sw_str summary, struct sw_region *region,
    struct osv_affected_list *list)
{
    struct sw_affected affected = {0};
    struct osv_product product;
    int r = read_package(element, region, &product, &affected);
    if (r < 0)
        return r;
    struct range_list ranges = {0};
    r = read_ranges(region, &ranges, element);
    if (r < 0)
        return r;
    affected.ranges = ranges.items;
    affected.n_ranges = ranges.n;
    const json_t *versions = NULL;
    /* A distribution's list of versions only spells out its ranges, at many times their size. */
    if (!product.is_distribution || !ranges.has_versions)
        versions = sw_json_get_array(element, "versions");
    r = sw_json_get_strings(
        versions, VERSIONS_MAX, region, &affected.versions, &affected.n_versions);
    if (r < 0)
        return r;
    affected.status = ranges.has_fixed ? SW_FIX_FIXED : SW_FIX_AFFECTED;
    list->is_cut = list->is_cut || json_array_size(versions) > VERSIONS_MAX;
    read_words(element, &affected);
    const json_t *specific = sw_json_get_object(element, "ecosystem_specific");
    r = product.has_binaries_map ? add_binaries(region, list, &affected, specific) : 0;
    /* An entry without versions would speak of every version in the database. */
    if (r != 0 || (affected.n_ranges == 0 && affected.n_versions == 0))
        return r < 0 ? r : 0;
    if (product.is_distribution && is_modular(&affected))
        return add_modular(region, list, &affected, summary);
    return add_affected(region, list, &affected);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * End-of-life dates by endoflife.date, in three forms: its own product files as JSON lines, the
 * API's "products/full" document (https://endoflife.date/api/v1/products/full), and the older API's
 * array for one product ("debian.json"), whose product is the file's name. Only operating systems
 * whose packages are judged are taken.
 */
#include "vulndb/build/eol.h"

#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

/* A product with all its releases: the largest is under 100 KB. */
#define VALUE_MAX ((size_t)4 << 20)
#define REGION_MAX ((size_t)1 << 20)

/* How a release becomes the rest of the key. */
enum cycle_form {
    CYCLE_PLAIN,
    CYCLE_MAJOR, /* "5" of "5.0" */
    CYCLE_MICRO, /* SUSE changed the name with version 6 */
};

static const struct product {
    const char *name;
    const char *key;
    enum cycle_form form;
} products[] = {
    {"debian", "debian", CYCLE_PLAIN},
    {"ubuntu", "ubuntu", CYCLE_PLAIN},
    {"alpine-linux", "alpine", CYCLE_PLAIN},
    {"alpine", "alpine", CYCLE_PLAIN},
    {"almalinux", "alma", CYCLE_PLAIN},
    {"rocky-linux", "rocky", CYCLE_PLAIN},
    {"rhel", "redhat", CYCLE_PLAIN},
    {"centos", "centos", CYCLE_PLAIN},
    {"centos-stream", "centos-stream", CYCLE_PLAIN},
    {"oracle-linux", "oracle", CYCLE_PLAIN},
    {"amazon-linux", "amazon", CYCLE_PLAIN},
    {"fedora", "fedora", CYCLE_PLAIN},
    {"sles", "sles", CYCLE_PLAIN},
    {"opensuse", "opensuse-leap", CYCLE_PLAIN},
    {"suse-linux-micro", "suse-linux", CYCLE_MICRO},
    {"vmware-photon", "photon", CYCLE_MAJOR},
    {"photon", "photon", CYCLE_MAJOR},
    {"azure-linux", "azurelinux", CYCLE_MAJOR},
    {"cbl-mariner", "mariner", CYCLE_PLAIN},
    {"mariner", "mariner", CYCLE_PLAIN},
};

static const struct product *find_product(struct sw_str name)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(products); i++) {
        if (sw_str_equal_z(name, products[i].name))
            return &products[i];
    }
    return NULL;
}

static char *format_key(
    struct sw_region *region, const struct product *product, struct sw_str cycle)
{
    const char *infix = "";
    if (product->form == CYCLE_MICRO)
        infix = cycle.n > 0 && cycle.p[0] == '5' ? "-enterprise-micro" : "-micro";
    if (product->form == CYCLE_MAJOR) {
        ptrdiff_t dot = sw_str_find_char(cycle, '.');
        if (dot > 0)
            cycle = sw_str_part(cycle, 0, (size_t)dot);
    }
    return sw_region_printf(region, "%s%s:%.*s", product->key, infix, SW_STR_ARG(cycle));
}

static bool is_date(struct sw_str s)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (i != 4 && i != 7 && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    }
    return true;
}

/* The first of the members that is there. The same fact is called "eol" (a date or a boolean) in
 * the product files and "eolFrom" with "isEol" in the API. */
static struct sw_str find_date(const json_t *release, const char *a, const char *b)
{
    struct sw_str date = sw_json_get_str(release, a);
    if (is_date(date))
        return date;
    date = sw_json_get_str(release, b);
    return is_date(date) ? date : SW_STR("");
}

static int read_release(const json_t *release, const struct product *product,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    static const char *const names[] = {"releaseCycle", "cycle", "name"};
    struct sw_str cycle = SW_STR("");
    for (size_t i = 0; i < SW_ARRAY_SIZE(names) && cycle.n == 0; i++)
        cycle = sw_json_get_str(release, names[i]);
    if (cycle.n == 0 || cycle.n > 64) {
        sink->skipped(sink->context, sw_str_of(product->name), "release without a name");
        return 0;
    }
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    char *key = format_key(&region, product, cycle);
    if (key == NULL)
        return -ENOMEM;
    struct sw_eol eol = {.product = sw_str_of(key), .date = find_date(release, "eol", "eolFrom")};
    /* With a date, the date decides and not what held when the feed was written. */
    eol.is_ended =
        eol.date.n == 0 && (sw_json_get_bool(release, "eol") || sw_json_get_bool(release, "isEol"));
    eol.extended_date = find_date(release, "eoes", "eoesFrom");
    if (eol.extended_date.n == 0)
        eol.extended_date = find_date(release, "extendedSupport", "extendedSupport");
    return sink->eol(sink->context, &eol, err);
}

static int read_releases(const json_t *releases, const struct product *product,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    int r = 0;
    size_t n = json_array_size(releases);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = read_release(json_array_get(releases, i), product, sink, err);
    return r;
}

struct eol_state {
    const struct sw_feed_sink *sink;
    const struct product *product; /* of an array for one product */
};

/* A product with its releases, or (older API) one release of the product that the file names. */
static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct eol_state *state = context;
    SW_CLEANUP(sw_json_get_freep) json_t *item = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(value->text, &item, &why);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        state->sink->skipped(state->sink->context, sw_str_part(value->text, 0, 64), why.message);
        return 0;
    }
    if (state->product != NULL)
        return read_release(item, state->product, state->sink, err);
    struct sw_str name = sw_json_get_str(item, "_product");
    if (name.n == 0)
        name = sw_json_get_str(item, "name");
    const json_t *releases = sw_json_get_array(item, "releases");
    if (name.n == 0 || releases == NULL) {
        state->sink->skipped(state->sink->context, name, "product without name or releases");
        return 0;
    }
    const struct product *product = find_product(name);
    return product != NULL ? read_releases(releases, product, state->sink, err) : 0;
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct eol_state *state = context;
    state->sink->skipped(state->sink->context, sw_str_part(value->text, 0, 64), reason);
}

/* "debian" of "eol/debian.json". */
static struct sw_str name_of_file(const struct sw_feed_file *file)
{
    struct sw_str name =
        sw_str_skip(file->path, (size_t)(sw_str_find_last_char(file->path, '/') + 1));
    ptrdiff_t dot = sw_str_find_char(name, '.');
    return dot >= 0 ? sw_str_part(name, 0, (size_t)dot) : name;
}

static int read_eol(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    static const struct sw_json_place results[] = {{{"result", "*", NULL}}};
    static const struct sw_json_place elements[] = {{{"*", NULL}}};
    struct sw_str head = sw_str_trim(file->head);
    struct eol_state state = {.sink = sink};
    struct sw_json_split split = {.places = results,
        .n_places = 1,
        .max_value_bytes = VALUE_MAX,
        .value = on_value,
        .skipped = on_skipped,
        .context = &state};
    if (sw_str_starts_with(head, SW_STR("["))) {
        state.product = find_product(name_of_file(file));
        split.places = elements;
        return state.product != NULL ? sw_json_split_run(in, &split, err) : 0;
    }
    if (sw_str_find(head, SW_STR("\"_product\"")) >= 0)
        return sw_json_split_lines(in, &split, err);
    return sw_json_split_run(in, &split, err);
}

static bool has(const struct sw_feed_file *file, const char *text)
{
    return sw_str_find(file->head, sw_str_of(text)) >= 0;
}

static int recognise_eol(const struct sw_feed_file *file)
{
    struct sw_str head = sw_str_trim(file->head);
    if (sw_str_starts_with(head, SW_STR("[")))
        return has(file, "\"cycle\"") && has(file, "\"eol\"") ? 85 : 0;
    if (!sw_str_starts_with(head, SW_STR("{")))
        return 0;
    if (has(file, "\"_product\"") && (has(file, "\"releaseCycle\"") || has(file, "\"iconSlug\"")))
        return 95;
    return has(file, "\"result\"") && has(file, "\"releases\"") && has(file, "\"releaseDate\"") ? 90
                                                                                                : 0;
}

const struct sw_feed sw_eol_feed = {
    .name = "eol",
    .title = "End-of-life dates by endoflife.date",
    .recognise = recognise_eol,
    .read = read_eol,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads cve_data_photonN.0.json, one array of "package is fixed in this version". One file per
 * release of Photon OS; the release stands in the file's name only.
 */
#include "vulndb/build/photon.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

#define NAME_PREFIX "cve_data_photon"
/* One record; real ones have about 200 bytes. */
#define RECORD_BYTES_MAX ((size_t)65536)

struct reading {
    const struct sw_feed_sink *sink;
    char product[32];
};

/* "…/cve_data_photon5.0.json" is release 5. */
static struct sw_str release_of(struct sw_str path)
{
    ptrdiff_t at = sw_str_find(path, SW_STR(NAME_PREFIX));
    struct sw_str rest =
        at < 0 ? SW_STR_NONE : sw_str_skip(path, (size_t)at + sizeof(NAME_PREFIX) - 1);
    size_t n = 0;
    while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
        n++;
    return sw_str_part(rest, 0, n);
}

/* False when the record says nothing that can be compared. */
static bool read_status(const json_t *json, struct sw_affected *affected, struct sw_range *range)
{
    struct sw_str status = sw_json_get_str(json, "status");
    struct sw_str fixed = sw_str_trim(sw_json_get_str(json, "res_ver"));
    struct sw_str text = sw_json_get_str(json, "aff_ver");
    affected->vendor_status = status;
    if (sw_str_equal_ignore_case(status, SW_STR("Not Affected"))) {
        affected->status = SW_FIX_NOT_AFFECTED;
        return true;
    }
    if (fixed.n > 0 && !sw_str_equal_ignore_case(fixed, SW_STR("NA"))) {
        affected->status = SW_FIX_FIXED;
        range->fixed = fixed;
        affected->ranges = range;
        affected->n_ranges = 1;
        return true;
    }
    /* Fixed in no version that is named: neither affected nor not, for us. */
    affected->status = SW_FIX_AFFECTED;
    return text.n > 0 && !sw_str_equal_ignore_case(text, SW_STR("NA")) &&
           !sw_str_equal_ignore_case(status, SW_STR("Fixed"));
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct reading *reading = context;
    SW_CLEANUP(sw_json_get_freep) json_t *json = NULL;
    int r = sw_json_get_parsed(value->text, &json, err);
    if (r == -ENOMEM)
        return r;
    struct sw_str id = sw_json_get_str(json, "cve_id");
    struct sw_str package = sw_json_get_str(json, "pkg");
    if (r < 0 || id.n == 0 || package.n == 0) {
        reading->sink->skipped(reading->sink->context, id, "names no CVE or package");
        return 0;
    }
    struct sw_range range = {0};
    /* Mostly the name of a spec (all that is built from it is affected, also what has another
     * name), and here and there that of a package ("curl-libs"); which one is not said. */
    struct sw_affected affected[2] = {{
        .product = sw_str_of(reading->product),
        .package = package,
        .name_kind = SW_AFFECTED_BINARY,
    }};
    if (!read_status(json, &affected[0], &range)) {
        reading->sink->skipped(reading->sink->context, id, "names no version");
        return 0;
    }
    affected[1] = affected[0];
    affected[1].name_kind = SW_AFFECTED_SOURCE;
    SW_CLEANUP(sw_region_done) struct sw_region region;
    sw_region_init(&region, RECORD_BYTES_MAX * 2);
    char *record = sw_region_printf(&region, "%s/%.*s/%.*s/%.*s", reading->product, SW_STR_ARG(id),
        SW_STR_ARG(package), SW_STR_ARG(range.fixed));
    if (record == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    double score = sw_json_get_number(json, "cve_score", -1);
    struct sw_advisory advisory = {
        .feed = SW_STR("photon"),
        .record = sw_str_of(record),
        .id = id,
        .cvss = {.score = score > 0 && score <= 10 ? score : -1},
        .affected = affected,
        .n_affected = SW_ARRAY_SIZE(affected),
    };
    return reading->sink->advisory(reading->sink->context, &advisory, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct reading *reading = context;
    reading->sink->skipped(reading->sink->context, sw_str_part(value->text, 0, 64), reason);
}

static int read_photon(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    struct reading reading = {.sink = sink};
    struct sw_str release = release_of(file->path);
    if (release.n == 0 || release.n > 4)
        return sw_err_set(err, -EINVAL, "the file's name does not say which Photon OS");
    (void)snprintf(reading.product, sizeof(reading.product), "photon:%.*s", SW_STR_ARG(release));
    static const struct sw_json_place places[] = {{{"*", NULL}}};
    struct sw_json_split split = {
        .places = places,
        .n_places = 1,
        .max_value_bytes = RECORD_BYTES_MAX,
        .value = on_value,
        .skipped = on_skipped,
        .context = &reading,
    };
    return sw_json_split_run(in, &split, err);
}

static int recognise_photon(const struct sw_feed_file *file)
{
    bool is_array = sw_str_starts_with(sw_str_trim(file->head), SW_STR("["));
    return is_array && release_of(file->path).n > 0 ? 90 : 0;
}

const struct sw_feed sw_photon_feed = {
    .name = "photon",
    .title = "Photon OS CVE metadata",
    .recognise = recognise_photon,
    .read = read_photon,
};

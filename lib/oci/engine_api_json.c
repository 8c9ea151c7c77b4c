/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of an engine's API.
 */
#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "io/clock.h"
#include "io/digest.h"
#include "oci/engine_api.h"

#define SHA256 SW_STR("sha256:")

/* "sha256:<64 hex>" or the digits alone; anything else is nothing. */
static int read_id(const json_t *item, const char *key, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    struct sw_str id = SW_STR_NONE;
    int r = sw_oci_json_str(item, key, SW_OCI_TEXT_MAX, region, &id, err);
    if (r < 0)
        return r;
    if (sw_str_starts_with(id, SHA256))
        id = sw_str_skip(id, SHA256.n);
    *ret = sw_engine_is_hex64(id) ? id : SW_STR_NONE;
    return 0;
}

/* Strings of an array that are no "<none>:<none>". */
static int add_names(const json_t *item, const char *key, struct sw_region *region,
    struct sw_engine_image *image, struct sw_err *err)
{
    const json_t *array = NULL;
    struct sw_str *names = NULL;
    size_t n = 0;
    int r = sw_oci_json_array(item, key, SW_ENGINE_NAMES_MAX, &array, err);
    if (r == 0)
        r = sw_oci_json_strs(array, SW_ENGINE_TEXT_MAX, region, &names, &n, err);
    if (r < 0)
        return r;
    struct sw_str *all = sw_region_array(region, image->n_names + n, sizeof(*all));
    if (all == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    size_t n_all = 0;
    for (size_t i = 0; i < image->n_names; i++)
        all[n_all++] = image->names[i];
    for (size_t i = 0; i < n; i++)
        if (!sw_str_starts_with(names[i], SW_STR("<none>")))
            all[n_all++] = names[i];
    image->names = all;
    image->n_names = n_all;
    return 0;
}

/* The one digest that all names with a digest agree on. */
static void find_digest(struct sw_engine_image *image)
{
    struct sw_str found = SW_STR_NONE;
    for (size_t i = 0; i < image->n_names; i++) {
        ptrdiff_t at = sw_str_find_char(image->names[i], '@');
        struct sw_str digest = at < 0 ? SW_STR_NONE : sw_str_skip(image->names[i], (size_t)at + 1);
        if (digest.n == 0 || sw_digest_parse(digest, NULL, NULL) < 0)
            continue;
        if (found.n > 0 && !sw_str_equal(found, digest))
            return;
        found = digest;
    }
    image->digest = found;
}

/* Seconds, as Docker has them. */
static int read_created(const json_t *item, struct sw_region *region, struct sw_engine_image *image)
{
    const json_t *value = json_object_get(item, "Created");
    char text[SW_CLOCK_TEXT_BYTES];
    if (!json_is_integer(value) || json_integer_value(value) <= 0 ||
        json_integer_value(value) > INT32_MAX * INT64_C(64))
        return 0;
    sw_clock_format(json_integer_value(value), text);
    return sw_region_copy(region, sw_str_of(text), &image->created);
}

static int parse_image(
    const json_t *item, struct sw_region *region, struct sw_engine_image *image, struct sw_err *err)
{
    int r = read_id(item, "Id", region, &image->id, err);
    if (r == 0 && image->id.n == 0)
        r = sw_err_set(err, -EINVAL, "an image without an id");
    if (r == 0)
        r = add_names(item, "RepoTags", region, image, err);
    if (r == 0)
        r = add_names(item, "RepoDigests", region, image, err);
    if (r == 0 && sw_oci_json_size(item, "Size", &image->size_bytes, NULL) < 0)
        image->size_bytes = 0;
    if (r == 0)
        r = read_created(item, region, image);
    if (r == 0)
        find_digest(image);
    return r;
}

int sw_engine_api_image_parse(
    struct sw_str text, struct sw_region *region, struct sw_engine_image *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    struct sw_engine_image image = {0};
    int r = sw_oci_json_load(text, &json, err);
    if (r == 0)
        r = parse_image(json, region, &image, err);
    if (r == 0)
        *ret = image;
    return r;
}

int sw_engine_api_container_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret_image, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    return r < 0 ? r : read_id(json, "ImageID", region, ret_image, err);
}

int sw_engine_api_root_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r == 0)
        r = sw_oci_json_str(json, "DockerRootDir", SW_ENGINE_TEXT_MAX, region, ret, err);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON files of Docker's data root.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "io/digest.h"
#include "oci/docker_store.h"

#define SHA256 SW_STR("sha256:")

/* The digits of "sha256:<64 hex>"; empty for anything else. */
static struct sw_str hex_of(const json_t *value)
{
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    struct sw_str hex = sw_str_skip(text, SHA256.n);
    return sw_str_starts_with(text, SHA256) && sw_engine_is_hex64(hex) ? hex : SW_STR_NONE;
}

/* One name and what it stands for, before they are put together by id. */
struct pair {
    struct sw_str id;
    struct sw_str name;
};

struct pairs {
    struct pair *v;
    size_t n;
    size_t capacity;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a;
    const struct pair *right = b;
    int r = sw_str_compare(left->id, right->id);
    return r != 0 ? r : sw_str_compare(left->name, right->name);
}

static int take_repository(
    const json_t *repository, struct sw_region *region, struct pairs *pairs, struct sw_err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)repository, name, value)
    {
        struct sw_str hex = hex_of(value);
        struct sw_str text = sw_str_of(name);
        if (hex.n == 0 || text.n > SW_ENGINE_TEXT_MAX)
            return sw_err_set(err, -EINVAL, "the name '%.100s' stands for no image id", name);
        if (pairs->n == pairs->capacity)
            return sw_err_set(err, -EFBIG, "more than %zu names", pairs->capacity);
        struct pair *pair = &pairs->v[pairs->n++];
        if (sw_region_copy(region, hex, &pair->id) < 0 ||
            sw_region_copy(region, text, &pair->name) < 0)
            return sw_err_set(err, -ENOMEM, "out of memory");
    }
    return 0;
}

/* "debian@sha256:..." is where it was fetched; with two of those nobody can say which. */
static void take_digest(struct sw_str name, struct sw_engine_image *image, bool *is_several)
{
    ptrdiff_t at = sw_str_find_char(name, '@');
    struct sw_str digest = at < 0 ? SW_STR_NONE : sw_str_skip(name, (size_t)at + 1);
    if (digest.n == 0 || sw_digest_parse(digest, NULL, NULL) < 0)
        return;
    *is_several = *is_several || (image->digest.n > 0 && !sw_str_equal(image->digest, digest));
    image->digest = digest;
}

/* Names of one id, tags before digests. */
static int add_image(struct sw_engine_images *images, const struct pair *pairs, size_t n,
    size_t place, struct sw_region *region, struct sw_err *err)
{
    struct sw_engine_image image = {.id = pairs[0].id, .place = place};
    bool is_several = false;
    if (n > SW_ENGINE_NAMES_MAX)
        return sw_err_set(err, -EFBIG, "an image of %zu names", n);
    image.names = sw_region_array(region, n, sizeof(*image.names));
    if (image.names == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        if (sw_str_find_char(pairs[i].name, '@') < 0)
            image.names[image.n_names++] = pairs[i].name;
    for (size_t i = 0; i < n; i++)
        if (sw_str_find_char(pairs[i].name, '@') >= 0) {
            image.names[image.n_names++] = pairs[i].name;
            take_digest(pairs[i].name, &image, &is_several);
        }
    if (is_several)
        image.digest = SW_STR_NONE;
    return sw_engine_images_add(images, region, &image, err);
}

static size_t count_names(const json_t *repositories)
{
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)repositories, key, value) n += json_object_size(value);
    return n;
}

static int take_names(const json_t *repositories, size_t place, struct sw_region *region,
    struct sw_engine_images *images, struct sw_err *err)
{
    struct pairs pairs = {.capacity = count_names(repositories)};
    const char *key;
    json_t *value;
    pairs.v = sw_region_array(region, pairs.capacity, sizeof(*pairs.v));
    if (pairs.v == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    json_object_foreach((json_t *)(uintptr_t)repositories, key, value)
    {
        int r = json_is_object(value) ? take_repository(value, region, &pairs, err)
                                      : sw_err_set(err, -EINVAL, "'%.100s' has no names", key);
        if (r < 0)
            return r;
    }
    qsort(pairs.v, pairs.n, sizeof(*pairs.v), compare_pairs);
    for (size_t i = 0, n; i < pairs.n; i += n) {
        for (n = 1; i + n < pairs.n && sw_str_equal(pairs.v[i].id, pairs.v[i + n].id); n++)
            ;
        int r = add_image(images, pairs.v + i, n, place, region, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_docker_names_parse(struct sw_str text, size_t place, struct sw_region *region,
    struct sw_engine_images *images, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    const json_t *repositories = json_object_get(json, "Repositories");
    if (!json_is_object(json) || (repositories != NULL && !json_is_object(repositories)))
        return sw_err_set(err, -EINVAL, "no JSON object, or its 'Repositories' is none");
    return take_names(repositories, place, region, images, err);
}

int sw_docker_container_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_container *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    struct sw_docker_container container = {0};
    struct sw_str hex = hex_of(json_object_get(json, "Image"));
    const json_t *state = json_object_get(json, "State");
    if (hex.n == 0)
        return sw_err_set(err, -EINVAL, "a container of no image");
    container.is_running = json_is_true(json_object_get(state, "Running"));
    r = sw_region_copy(region, hex, &container.image);
    if (r == 0)
        *ret = container;
    return r;
}

int sw_docker_settings_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    if (sw_str_trim(text).n == 0)
        return 0;
    int r = sw_oci_json_load(text, &json, err);
    struct sw_str root = SW_STR_NONE;
    if (r == 0)
        r = sw_oci_json_str(json, "graph", SW_ENGINE_TEXT_MAX, region, &root, err);
    if (r == 0)
        r = sw_oci_json_str(json, "data-root", SW_ENGINE_TEXT_MAX, region, &root, err);
    if (r == 0 && root.n > 0 && memchr(root.p, '\0', root.n) == NULL)
        *ret = root;
    return r;
}

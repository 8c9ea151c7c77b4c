/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of the lists of containers/storage.
 */
#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "io/digest.h"
#include "oci/podman_store.h"

#define ID_MAX ((size_t)128)

/* It becomes part of a path. */
static int read_id(const json_t *item, const char *key, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    struct sw_str id = SW_STR_NONE;
    int r = sw_oci_json_str(item, key, ID_MAX, region, &id, err);
    for (size_t i = 0; r == 0 && i < id.n; i++) {
        char c = id.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && c != '-' && c != '_')
            r = sw_err_set(err, -EINVAL, "'%s' is no id", key);
    }
    if (r == 0)
        *ret = id;
    return r;
}

/* A digest, or nothing where it is none of ours. */
static int read_digest(const json_t *item, const char *key, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    struct sw_str digest = SW_STR_NONE;
    int r = sw_oci_json_str(item, key, SW_OCI_TEXT_MAX, region, &digest, err);
    if (r == 0 && digest.n < SW_DIGEST_TEXT_BYTES && sw_digest_parse(digest, NULL, NULL) == 0)
        *ret = digest;
    return r;
}

static int parse_image(
    const json_t *item, struct sw_region *region, struct sw_engine_image *image, struct sw_err *err)
{
    const json_t *names = NULL;
    int r = read_id(item, "id", region, &image->id, err);
    if (r == 0 && image->id.n == 0)
        r = sw_err_set(err, -EINVAL, "an image without an id");
    if (r == 0)
        r = read_digest(item, "digest", region, &image->digest, err);
    if (r == 0)
        r = read_id(item, "layer", region, &image->layer, err);
    if (r == 0)
        r = sw_oci_json_str(item, "created", SW_OCI_TEXT_MAX, region, &image->created, err);
    if (r == 0)
        r = sw_oci_json_array(item, "names", SW_ENGINE_NAMES_MAX, &names, err);
    if (r == 0)
        r = sw_oci_json_strs(
            names, SW_ENGINE_TEXT_MAX, region, &image->names, &image->n_names, err);
    return r;
}

int sw_podman_image_parse(
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

int sw_podman_layer_parse(
    struct sw_str text, struct sw_region *region, struct sw_podman_layer *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    struct sw_podman_layer layer = {0};
    int r = sw_oci_json_load(text, &json, err);
    if (r == 0)
        r = read_id(json, "id", region, &layer.id, err);
    if (r == 0 && layer.id.n == 0)
        r = sw_err_set(err, -EINVAL, "a layer without an id");
    if (r == 0)
        r = read_id(json, "parent", region, &layer.parent, err);
    if (r == 0)
        r = read_digest(json, "diff-digest", region, &layer.diff_id, err);
    /* It may be -1: not known. */
    if (r == 0 && sw_oci_json_size(json, "diff-size", &layer.diff_size, NULL) < 0)
        layer.diff_size = 0;
    if (r == 0)
        *ret = layer;
    return r;
}

int sw_podman_container_parse(struct sw_str text, struct sw_region *region,
    struct sw_podman_container *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    struct sw_podman_container container = {0};
    int r = sw_oci_json_load(text, &json, err);
    if (r == 0)
        r = read_id(json, "id", region, &container.id, err);
    if (r == 0)
        r = read_id(json, "image", region, &container.image, err);
    if (r == 0)
        *ret = container;
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the index files of `docker save`. Called in the sandboxed child, once per archive.
 */
#include "oci/docker.h"

#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "model/image.h"
#include "oci/manifest.h"

static int parse_image(const json_t *object, struct sw_region *region,
    struct sw_docker_image *image, struct sw_err *err)
{
    if (!json_is_object(object))
        return sw_err_set(err, -EINVAL, "not an object");
    const json_t *tags = NULL;
    const json_t *layers = NULL;
    int r = sw_oci_json_str(object, "Config", SW_OCI_TEXT_MAX, region, &image->config, err);
    if (r == 0)
        r = sw_oci_json_array(object, "RepoTags", SW_DOCKER_TAGS_MAX, &tags, err);
    if (r == 0)
        r = sw_oci_json_array(object, "Layers", SW_IMAGE_LAYERS_MAX, &layers, err);
    if (r == 0)
        r = sw_oci_json_strs(
            layers, SW_OCI_TEXT_MAX, region, &image->layers, &image->n_layers, err);
    const json_t *tag = json_array_get(tags, 0);
    struct sw_str name = {json_string_value(tag), json_string_length(tag)};
    return r < 0 ? r : sw_region_copy(region, sw_str_part(name, 0, SW_OCI_TEXT_MAX), &image->name);
}

int sw_docker_manifest_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_image **ret, size_t *ret_n, struct sw_err *err)
{
    if (text.n > SW_MANIFEST_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "a manifest of %zu bytes", text.n);
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > SW_DOCKER_IMAGES_MAX)
        return sw_err_set(err, -EINVAL, "not a list of at most %zu images", SW_DOCKER_IMAGES_MAX);
    struct sw_docker_image *images = sw_region_array(region, n, sizeof(*images));
    if (images == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct sw_err failure = {0};
        r = parse_image(json_array_get(json, i), region, &images[i], &failure);
        if (r == -ENOMEM)
            return r;
        char *problem = sw_region_printf(region, "image %zu: %s", i + 1, failure.message);
        if (problem == NULL)
            return -ENOMEM;
        if (r < 0)
            images[i].problem = sw_str_of(problem);
    }
    *ret = images;
    *ret_n = n;
    return 0;
}

/* Every "repository": {"tag": "top layer"} is one image. */
static int add_tags(const char *repository, const json_t *tags, struct sw_region *region,
    struct sw_docker_image *images, size_t *n)
{
    const char *tag;
    json_t *top;
    json_object_foreach((json_t *)tags, tag, top)
    {
        if (*n == SW_DOCKER_IMAGES_MAX || !json_is_string(top))
            return -EINVAL;
        struct sw_docker_image *image = &images[(*n)++];
        image->name = sw_str_of(sw_region_printf(region, "%s:%s", repository, tag));
        struct sw_str id = {json_string_value(top), json_string_length(top)};
        if (image->name.p == NULL || sw_region_copy(region, id, &image->top) < 0)
            return -ENOMEM;
    }
    return 0;
}

int sw_docker_repositories_parse(struct sw_str text, struct sw_region *region,
    struct sw_docker_image **ret, size_t *ret_n, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    struct sw_docker_image *images = sw_region_array(region, SW_DOCKER_IMAGES_MAX, sizeof(*images));
    if (images == NULL)
        return -ENOMEM;
    size_t n = 0;
    const char *repository;
    json_t *tags;
    json_object_foreach(json, repository, tags)
    {
        r = add_tags(repository, tags, region, images, &n);
        if (r < 0)
            return sw_err_wrap(err, r, "repository '%.200s'", repository);
    }
    *ret = images;
    *ret_n = n;
    return 0;
}

int sw_docker_parent_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret_parent, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    struct sw_str parent = SW_STR_NONE;
    r = sw_oci_json_str(json, "parent", SW_OCI_TEXT_MAX, region, &parent, err);
    if (r < 0)
        return r;
    *ret_parent = parent;
    return 0;
}

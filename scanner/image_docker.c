/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of a `docker save` archive, new form and old. Once per archive.
 */
#include "image.h"

#include <errno.h>

#include "base/mem.h"
#include "io/digest.h"
#include "oci/docker.h"
#include "oci/manifest.h"
#include "oci/path.h"

/* "blobs/sha256/<hex>" and "<hex>.json" carry their digest in the name; empty for other names. */
static int digest_of_name(struct sw_region *region, struct sw_str name, struct sw_str *ret)
{
    struct sw_str hex = sw_path_base(name);
    bool is_blob = sw_str_starts_with(name, SW_STR("blobs/sha256/"));
    bool is_config = sw_str_ends_with(hex, SW_STR(".json"));
    if (is_config)
        hex = sw_str_part(hex, 0, hex.n - SW_STR(".json").n);
    if (!is_blob && !is_config)
        return 0;
    char *text = sw_region_printf(region, "sha256:%.*s", SW_STR_ARG(hex));
    if (text == NULL)
        return -ENOMEM;
    if (sw_digest_parse(sw_str_of(text), NULL, NULL) == 0)
        *ret = sw_str_of(text);
    return 0;
}

static int add_image(struct sw_plan *plan, const struct sw_docker_image *image, struct sw_err *err)
{
    struct sw_region *region = plan->engine->region;
    struct sw_image_parts parts = {
        .kind = SW_TARGET_DOCKER_ARCHIVE,
        .name = image->name,
        .config_name = image->config,
        .layer_names = image->layers,
        .n_layers = image->n_layers,
        .layers = sw_region_array(region, image->n_layers, sizeof(struct sw_layer)),
    };
    if (parts.layers == NULL)
        return -ENOMEM;
    int r = digest_of_name(region, image->config, &parts.config_digest);
    for (size_t i = 0; r == 0 && i < parts.n_layers; i++)
        r = digest_of_name(region, image->layers[i], &parts.layers[i].digest);
    return r < 0 ? r : sw_image_add(plan, &parts, err);
}

/* What is wrong with one image is a note where others remain. */
static int pass_over(struct sw_plan *plan, const struct sw_err *failure, int r)
{
    if (r == -ENOMEM || r == -EPIPE)
        return r;
    plan->failure = *failure;
    return sw_engine_note(plan->engine, SW_NOTE_UNREADABLE, SW_STR_NONE, "%s", failure->message);
}

int sw_image_add_docker(struct sw_plan *plan, struct sw_str manifest, struct sw_err *err)
{
    struct sw_docker_image *images = NULL;
    size_t n = 0;
    int r = sw_docker_manifest_parse(manifest, plan->engine->region, &images, &n, err);
    if (r < 0)
        return sw_err_wrap(err, r, "manifest.json");
    for (size_t i = 0; i < n; i++) {
        struct sw_err failure = {0};
        if (images[i].problem.n > 0)
            r = sw_err_set(&failure, -EINVAL, "manifest.json: %.*s", SW_STR_ARG(images[i].problem));
        else
            r = add_image(plan, &images[i], &failure);
        if (r < 0 && images[i].problem.n == 0)
            sw_err_wrap(&failure, r, "image %zu", i + 1);
        r = r < 0 ? pass_over(plan, &failure, r) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* <id>/json of one layer of the old form: which one is below. */
static int load_parent(
    struct sw_plan *plan, struct sw_str id, struct sw_str *ret_parent, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    char *name = sw_region_printf(plan->engine->region, "%.*s/json", SW_STR_ARG(id));
    if (name == NULL)
        return -ENOMEM;
    int r = plan->source->load(plan->source->context, sw_str_of(name), &text, err);
    if (r < 0)
        return r;
    return sw_docker_parent_parse(sw_buf_str(&text), plan->engine->region, ret_parent, err);
}

/* Follows the chain from the top layer down, then turns it over. */
static int find_chain(struct sw_plan *plan, struct sw_docker_image *image, struct sw_err *err)
{
    struct sw_region *region = plan->engine->region;
    struct sw_str *layers = sw_region_array(region, SW_IMAGE_LAYERS_MAX, sizeof(*layers));
    if (layers == NULL)
        return -ENOMEM;
    size_t n = 0;
    struct sw_str id = image->top;
    while (id.n > 0) {
        if (n == SW_IMAGE_LAYERS_MAX)
            return sw_err_set(err, -EINVAL, "a chain of more than %zu layers", n);
        layers[n++] = sw_str_of(sw_region_printf(region, "%.*s/layer.tar", SW_STR_ARG(id)));
        struct sw_str parent = SW_STR_NONE;
        int r = load_parent(plan, id, &parent, err);
        if (r < 0)
            return sw_err_wrap(err, r, "layer '%.*s'", SW_STR_ARG(id));
        id = parent;
    }
    for (size_t i = 0; i < n / 2; i++) {
        struct sw_str swap = layers[i];
        layers[i] = layers[n - 1 - i];
        layers[n - 1 - i] = swap;
    }
    image->layers = layers;
    image->n_layers = n;
    /* The top layer's own file is as near to a config as this form comes. */
    image->config = sw_str_of(sw_region_printf(region, "%.*s/json", SW_STR_ARG(image->top)));
    return image->config.p == NULL ? -ENOMEM : 0;
}

int sw_image_add_repositories(struct sw_plan *plan, struct sw_str repositories, struct sw_err *err)
{
    struct sw_docker_image *images = NULL;
    size_t n = 0;
    int r = sw_docker_repositories_parse(repositories, plan->engine->region, &images, &n, err);
    if (r < 0)
        return sw_err_wrap(err, r, "repositories");
    for (size_t i = 0; i < n; i++) {
        struct sw_err failure = {0};
        r = find_chain(plan, &images[i], &failure);
        if (r == 0)
            r = add_image(plan, &images[i], &failure);
        if (r < 0)
            sw_err_wrap(&failure, r, "image '%.*s'", SW_STR_ARG(images[i].name));
        r = r < 0 ? pass_over(plan, &failure, r) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses image configs: platform, diff ids, and the build step of each layer. Called in the
 * sandboxed child, once per image.
 */
#include "oci/manifest.h"

#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "model/image.h"

/* Steps that made a layer, in order; steps that made none are passed over. */
static int parse_history(const json_t *history, struct sw_region *region,
    struct sw_image_config *config, struct sw_err *err)
{
    size_t n = config->n_diff_ids;
    struct sw_str *instructions = sw_region_array(region, n, sizeof(*instructions));
    if (instructions == NULL)
        return -ENOMEM;
    size_t n_found = 0;
    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *step = json_array_get(history, i);
        if (json_is_true(json_object_get(step, "empty_layer")))
            continue;
        if (n_found == n)
            return 0; /* more steps than layers: no pairing can be trusted */
        int r = sw_oci_json_str(
            step, "created_by", SW_INSTRUCTION_MAX, region, &instructions[n_found], err);
        if (r == -ENOMEM)
            return r;
        n_found++;
    }
    if (n_found != n)
        return 0;
    config->instructions = instructions;
    config->n_instructions = n;
    return 0;
}

static int parse_platform(const json_t *json, struct sw_region *region,
    struct sw_image_config *config, struct sw_err *err)
{
    int r = sw_oci_json_str(json, "os", SW_OCI_TEXT_MAX, region, &config->platform.os, err);
    if (r == 0)
        r = sw_oci_json_str(
            json, "architecture", SW_OCI_TEXT_MAX, region, &config->platform.architecture, err);
    if (r == 0)
        r = sw_oci_json_str(
            json, "variant", SW_OCI_TEXT_MAX, region, &config->platform.variant, err);
    if (r == 0)
        r = sw_oci_json_str(json, "created", SW_OCI_TEXT_MAX, region, &config->created, err);
    return r;
}

int sw_image_config_parse(
    struct sw_str text, struct sw_region *region, struct sw_image_config *ret, struct sw_err *err)
{
    if (text.n > SW_MANIFEST_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "a config of %zu bytes", text.n);
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    if (!json_is_object(json))
        return sw_err_set(err, -EINVAL, "not a JSON object");
    struct sw_image_config config = {0};
    r = parse_platform(json, region, &config, err);
    if (r < 0)
        return r;
    const json_t *diff_ids = NULL;
    r = sw_oci_json_array(
        json_object_get(json, "rootfs"), "diff_ids", SW_IMAGE_LAYERS_MAX, &diff_ids, err);
    if (r == 0)
        r = sw_oci_json_strs(
            diff_ids, SW_OCI_TEXT_MAX, region, &config.diff_ids, &config.n_diff_ids, err);
    const json_t *history = NULL;
    if (r == 0)
        r = sw_oci_json_array(json, "history", SW_HISTORY_MAX, &history, err);
    if (r == 0 && history != NULL)
        r = parse_history(history, region, &config, err);
    if (r < 0)
        return r;
    *ret = config;
    return 0;
}

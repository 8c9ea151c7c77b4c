/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses image configs: platform, diff ids, and the build step of each layer. Called in the
 * sandboxed child, once per image.
 */
#include "oci/manifest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
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

/* Gathers texts as they are met. */
struct texts {
    struct sw_region *region;
    SW_VEC(struct sw_image_text) v;
    uint64_t n_dropped;
};

/* Takes a text that is one; everything else is passed over. */
static int add_text(struct texts *texts, const json_t *value, int layer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int add_text(struct texts *texts, const json_t *value, int layer, const char *format, ...)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return 0;
    struct sw_image_text text = {.layer = layer};
    char member[SW_OCI_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(member, sizeof(member), format, args);
    va_end(args);
    struct sw_str bytes = {json_string_value(value), json_string_length(value)};
    if (sw_region_copy(texts->region, sw_str_part(bytes, 0, SW_INSTRUCTION_MAX), &text.text) < 0 ||
        sw_region_copy(texts->region, sw_str_of(member), &text.member) < 0)
        return -ENOMEM;
    int r = sw_vec_push(&texts->v, text, SW_IMAGE_TEXTS_MAX);
    texts->n_dropped += r == -EFBIG ? 1 : 0;
    return r == -EFBIG ? 0 : r;
}

static int add_list(struct texts *texts, const json_t *config, const char *name)
{
    const json_t *list = json_object_get(config, name);
    int r = add_text(texts, list, -1, "%s", name);
    for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
        r = add_text(texts, json_array_get(list, i), -1, "%s[%zu]", name, i);
    return r;
}

static int add_labels(struct texts *texts, json_t *config)
{
    const char *name;
    json_t *value;
    int r = 0;
    json_object_foreach(json_object_get(config, "Labels"), name, value) r =
        r == 0 ? add_text(texts, value, -1, "Labels[%s]", name) : r;
    return r;
}

/* Every step, those too that made no layer. */
static int add_history(struct texts *texts, const json_t *history, bool is_paired)
{
    int layer = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < json_array_size(history); i++) {
        const json_t *step = json_array_get(history, i);
        bool is_empty = json_is_true(json_object_get(step, "empty_layer"));
        int made = is_paired && !is_empty ? layer : -1;
        layer += is_empty ? 0 : 1;
        r = add_text(texts, json_object_get(step, "created_by"), made, "history[%zu]", i);
        if (r == 0)
            r = add_text(texts, json_object_get(step, "comment"), made, "history[%zu].comment", i);
    }
    return r;
}

static int gather_texts(json_t *json, struct sw_region *region, struct sw_image_config *config)
{
    static const char *const lists[] = {"Env", "Cmd", "Entrypoint", "OnBuild", "Shell"};
    struct texts texts = {.region = region};
    json_t *inner = json_object_get(json, "config");
    const json_t *health = json_object_get(inner, "Healthcheck");
    int r = 0;
    for (size_t i = 0; r == 0 && i < SW_ARRAY_SIZE(lists); i++)
        r = add_list(&texts, inner, lists[i]);
    if (r == 0)
        r = add_list(&texts, health, "Test");
    if (r == 0)
        r = add_labels(&texts, inner);
    if (r == 0)
        r = add_history(&texts, json_object_get(json, "history"), config->n_instructions > 0);
    if (r == 0) {
        config->n_texts = texts.v.n;
        config->n_texts_dropped = texts.n_dropped;
        config->texts = sw_region_array(region, texts.v.n, sizeof(*config->texts));
        if (config->texts == NULL)
            r = -ENOMEM;
        else if (texts.v.n > 0)
            memcpy(config->texts, texts.v.v, texts.v.n * sizeof(*config->texts));
    }
    sw_vec_done(&texts.v);
    return r;
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
    if (r == 0)
        r = gather_texts(json, region, &config);
    if (r < 0)
        return r;
    *ret = config;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of images and layers; one table per noun names the text fields for both directions.
 */
#include "model/image_json.h"

#include <errno.h>
#include <inttypes.h>

#include "base/mem.h"
#include "model/field_json.h"

#define TEXT_MAX ((size_t)65536) /* build instructions can be long scripts: cut */

static const struct sw_json_field image_fields[] = {
    {"name", offsetof(struct sw_image, name), TEXT_MAX},
    {"digest", offsetof(struct sw_image, digest), TEXT_MAX},
    {"config_digest", offsetof(struct sw_image, config_digest), TEXT_MAX},
    {"os", offsetof(struct sw_image, os), TEXT_MAX},
    {"architecture", offsetof(struct sw_image, architecture), TEXT_MAX},
    {"variant", offsetof(struct sw_image, variant), TEXT_MAX},
    {"created", offsetof(struct sw_image, created), TEXT_MAX},
};

static const struct sw_json_field layer_fields[] = {
    {"digest", offsetof(struct sw_layer, digest), TEXT_MAX},
    {"diff_id", offsetof(struct sw_layer, diff_id), TEXT_MAX},
    {"media_type", offsetof(struct sw_layer, media_type), TEXT_MAX},
    {"instruction", offsetof(struct sw_layer, instruction), TEXT_MAX},
};

void sw_image_json_format(struct sw_json_writer *writer, const struct sw_image *image)
{
    sw_json_fields_write(writer, image, image_fields, SW_ARRAY_SIZE(image_fields));
    sw_json_write_array(writer, "layers");
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct sw_layer *layer = &image->layers[i];
        sw_json_write_object(writer, NULL);
        sw_json_fields_write(writer, layer, layer_fields, SW_ARRAY_SIZE(layer_fields));
        sw_json_write_u64(writer, "size_bytes", layer->size_bytes);
        sw_json_write_u64(writer, "n_files", layer->n_files);
        sw_json_write_u64(writer, "n_bytes", layer->n_bytes);
        sw_json_write_bool(writer, "is_cached", layer->is_cached);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
}

static int read_u64(
    const struct sw_json_reader *reader, const json_t *json, const char *key, uint64_t *ret)
{
    int64_t value = 0;
    int r = sw_json_read_i64(reader, json, key, 0, INT64_MAX, &value);
    if (r == 0)
        *ret = (uint64_t)value;
    return r;
}

static int read_layer(
    const struct sw_json_reader *reader, const json_t *json, struct sw_layer *layer)
{
    int r = sw_json_fields_read(reader, json, layer, layer_fields, SW_ARRAY_SIZE(layer_fields));
    if (r == 0)
        r = read_u64(reader, json, "size_bytes", &layer->size_bytes);
    if (r == 0)
        r = read_u64(reader, json, "n_files", &layer->n_files);
    if (r == 0)
        r = read_u64(reader, json, "n_bytes", &layer->n_bytes);
    return r < 0 ? r : sw_json_read_bool(reader, json, "is_cached", &layer->is_cached);
}

int sw_image_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_image *ret)
{
    struct sw_image image = {0};
    const json_t *array = NULL;
    int r = sw_json_fields_read(reader, json, &image, image_fields, SW_ARRAY_SIZE(image_fields));
    if (r == 0)
        r = sw_json_read_array(reader, json, "layers", &array);
    if (r < 0)
        return r;
    size_t n = json_array_size(array);
    if (n > SW_IMAGE_LAYERS_MAX)
        return sw_err_set(reader->err, -EFBIG, "more than %zu layers", SW_IMAGE_LAYERS_MAX);
    image.layers = sw_region_array(reader->region, n, sizeof(*image.layers));
    if (image.layers == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    image.n_layers = n;
    for (size_t i = 0; i < n; i++) {
        r = read_layer(reader, json_array_get(array, i), &image.layers[i]);
        if (r < 0)
            return sw_err_wrap(reader->err, r, "layer %zu", i);
    }
    *ret = image;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of images and layers; one table per noun names the text fields for both directions.
 */
#include "model/image_json.h"

#include <errno.h>
#include <inttypes.h>

#include "base/mem.h"

#define TEXT_MAX ((size_t)65536) /* build instructions can be long scripts */

struct text_field {
    const char *key;
    size_t offset;
};

static const struct text_field image_fields[] = {
    {"name", offsetof(struct sw_image, name)},
    {"digest", offsetof(struct sw_image, digest)},
    {"config_digest", offsetof(struct sw_image, config_digest)},
    {"os", offsetof(struct sw_image, os)},
    {"architecture", offsetof(struct sw_image, architecture)},
    {"variant", offsetof(struct sw_image, variant)},
    {"created", offsetof(struct sw_image, created)},
};

static const struct text_field layer_fields[] = {
    {"digest", offsetof(struct sw_layer, digest)},
    {"diff_id", offsetof(struct sw_layer, diff_id)},
    {"media_type", offsetof(struct sw_layer, media_type)},
    {"instruction", offsetof(struct sw_layer, instruction)},
};

/* Cut to what is read back: instructions come from the image. */
static void write_texts(
    struct sw_json_writer *writer, const void *noun, const struct text_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct sw_str *s = (const void *)((const char *)noun + fields[i].offset);
        sw_json_write_optional(writer, fields[i].key, sw_str_part(*s, 0, TEXT_MAX));
    }
}

static int read_texts(const struct sw_json_reader *reader, const json_t *json, void *noun,
    const struct text_field *fields, size_t n)
{
    if (!json_is_object(json))
        return sw_err_set(reader->err, -EINVAL, "not an object");
    for (size_t i = 0; i < n; i++) {
        struct sw_str *s = (void *)((char *)noun + fields[i].offset);
        int r = sw_json_read_str(reader, json, fields[i].key, TEXT_MAX, s);
        if (r < 0)
            return r;
    }
    return 0;
}

void sw_image_json_format(struct sw_json_writer *writer, const struct sw_image *image)
{
    write_texts(writer, image, image_fields, SW_ARRAY_SIZE(image_fields));
    sw_json_write_array(writer, "layers");
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct sw_layer *layer = &image->layers[i];
        sw_json_write_object(writer, NULL);
        write_texts(writer, layer, layer_fields, SW_ARRAY_SIZE(layer_fields));
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
    int r = read_texts(reader, json, layer, layer_fields, SW_ARRAY_SIZE(layer_fields));
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
    int r = read_texts(reader, json, &image, image_fields, SW_ARRAY_SIZE(image_fields));
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

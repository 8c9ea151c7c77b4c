/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as JSON. The parent reads here what a child sends that may have been taken over by an
 * image, so every field has a type, a cap and a sentence; unknown members are passed over.
 */
#include "wire/message.h"

#include <assert.h>
#include <errno.h>

#include <jansson.h>

#include "base/mem.h"
#include "model/reader_json.h"
#include "model/json_writer.h"
#include "model/names.h"

static const char *const mode_names[] = {
    [SW_SCAN_ARCHIVE] = "archive",
    [SW_SCAN_STREAM] = "stream",
    [SW_SCAN_BLOBS] = "blobs",
    [SW_SCAN_DIRECTORY] = "directory",
    [SW_SCAN_LAYER] = "layer",
};
static_assert(SW_ARRAY_SIZE(mode_names) == _SW_SCAN_MODE_MAX, "a name for each value");

static const char *const open_names[] = {
    [SW_OPEN_WHOLE] = "whole",
    [SW_OPEN_RANGE] = "range",
    [SW_OPEN_BLOB] = "blob",
    [SW_OPEN_CLAMD] = "clamd",
};
static_assert(SW_ARRAY_SIZE(open_names) == _SW_OPEN_KIND_MAX, "a name for each value");

static const char *const content_names[] = {
    [SW_CONTENT_SECRET_RULES] = "secret-rules",
    [SW_CONTENT_YARA_RULES] = "yara-rules",
    [SW_CONTENT_HASH_LIST] = "hash-list",
};
static_assert(SW_ARRAY_SIZE(content_names) == _SW_CONTENT_MAX, "a name for each value");

static const enum sw_aspect content_aspects[] = {
    [SW_CONTENT_SECRET_RULES] = SW_ASPECT_SECRETS,
    [SW_CONTENT_YARA_RULES] = SW_ASPECT_MALWARE,
    [SW_CONTENT_HASH_LIST] = SW_ASPECT_MALWARE,
};
static_assert(SW_ARRAY_SIZE(content_aspects) == _SW_CONTENT_MAX, "a aspect for each value");

const char *sw_content_kind_name(enum sw_content_kind kind)
{
    return content_names[kind];
}

enum sw_aspect sw_content_kind_aspect(enum sw_content_kind kind)
{
    return content_aspects[kind];
}

static void write_hello(struct sw_json_writer *w, const struct sw_message_hello *hello)
{
    sw_json_write_u64(w, "protocol", hello->protocol);
    sw_json_write_str(w, "version", hello->version);
    sw_json_write_object(w, "analyzers");
    for (int i = 0; i < _SW_ASPECT_MAX; i++)
        sw_json_write_optional(w, sw_aspect_name((enum sw_aspect)i), hello->analyzers[i]);
    sw_json_write_end(w);
    sw_json_write_str(w, "sandbox", hello->sandbox);
}

static void write_scan(struct sw_json_writer *w, const struct sw_message_scan *scan)
{
    sw_json_write_text(w, "mode", mode_names[scan->mode]);
    sw_json_write_optional(w, "form", scan->form);
    sw_json_write_optional(w, "platform", scan->platform);
    sw_json_write_bool(w, "all_platforms", scan->is_all_platforms);
    sw_json_write_bool(w, "cross_mounts", scan->is_crossing_mounts);
    sw_json_write_u64(w, "memory_limit_bytes", scan->memory_limit_bytes);
    sw_json_write_u64(w, "threads", scan->n_threads);
    sw_json_write_u64(w, "size_bytes", scan->size_bytes);
    sw_json_write_optional(w, "index", scan->index);
    sw_json_write_bool(w, "diff_id", scan->is_diff_id_wanted);
    sw_json_write_u64(w, "aspects", scan->aspects);
    sw_json_write_bool(w, "show_secrets", scan->is_showing_secrets);
    sw_json_write_bool(w, "clamd", scan->has_clamd);
}

static void write_open(struct sw_json_writer *w, const struct sw_message_open *open)
{
    sw_json_write_text(w, "kind", open_names[open->kind]);
    sw_json_write_u64(w, "layer", open->layer);
    sw_json_write_optional(w, "digest", open->digest);
    sw_json_write_u64(w, "offset", open->offset);
    sw_json_write_u64(w, "length", open->length);
    sw_json_write_bool(w, "again", open->is_again);
    sw_json_write_bool(w, "diff_id", open->is_diff_id_wanted);
    sw_json_write_bool(w, "manifest", open->is_manifest);
}

static void write_opened(struct sw_json_writer *w, const struct sw_message_opened *opened)
{
    sw_json_write_i64(w, "code", opened->code);
    sw_json_write_optional(w, "message", opened->message);
    sw_json_write_bool(w, "cached", opened->is_cached);
    sw_json_write_u64(w, "size_bytes", opened->size_bytes);
}

static void write_layers(struct sw_json_writer *w, const struct sw_message_image *message)
{
    sw_json_write_array(w, "layers");
    for (size_t i = 0; i < message->image.n_layers; i++) {
        const struct sw_layer *layer = &message->image.layers[i];
        sw_json_write_object(w, NULL);
        sw_json_write_u64(w, "id", message->layer_ids[i]);
        sw_json_write_optional(w, "digest", layer->digest);
        sw_json_write_optional(w, "diff_id", layer->diff_id);
        sw_json_write_optional(w, "media_type", layer->media_type);
        sw_json_write_optional(
            w, "instruction", sw_str_part(layer->instruction, 0, SW_MESSAGE_INSTRUCTION_MAX));
        sw_json_write_u64(w, "size_bytes", layer->size_bytes);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
}

static void write_image(struct sw_json_writer *w, const struct sw_message_image *message)
{
    const struct sw_image *image = &message->image;
    sw_json_write_u64(w, "kind", message->kind);
    sw_json_write_optional(w, "name", image->name);
    sw_json_write_optional(w, "digest", image->digest);
    sw_json_write_optional(w, "config_digest", image->config_digest);
    sw_json_write_optional(w, "os", image->os);
    sw_json_write_optional(w, "architecture", image->architecture);
    sw_json_write_optional(w, "variant", image->variant);
    sw_json_write_optional(w, "created", image->created);
    write_layers(w, message);
    sw_json_write_optional(w, "config_facts", message->config_facts);
}

static void write_layer_done(struct sw_json_writer *w, const struct sw_message_layer_done *done)
{
    sw_json_write_i64(w, "code", done->code);
    sw_json_write_optional(w, "message", done->message);
    sw_json_write_optional(w, "compression", done->compression);
    sw_json_write_optional(w, "digest", done->digest);
    sw_json_write_optional(w, "diff_id", done->diff_id);
    sw_json_write_u64(w, "files", done->n_files);
    sw_json_write_u64(w, "bytes", done->n_bytes);
    sw_json_write_bool(w, "whole", done->is_whole);
}

static void write_body(struct sw_json_writer *w, const struct sw_message *message)
{
    switch (message->type) {
    case SW_MESSAGE_HELLO:
        write_hello(w, &message->hello);
        break;
    case SW_MESSAGE_SCAN:
        write_scan(w, &message->scan);
        break;
    case SW_MESSAGE_OPEN:
        write_open(w, &message->open);
        break;
    case SW_MESSAGE_OPENED:
        write_opened(w, &message->opened);
        break;
    case SW_MESSAGE_IMAGE:
        write_image(w, &message->image);
        break;
    case SW_MESSAGE_LAYER_DONE:
        write_layer_done(w, &message->layer_done);
        break;
    case SW_MESSAGE_NOTE:
        sw_json_write_text(w, "kind", sw_note_kind_name(message->note.kind));
        sw_json_write_optional(w, "subject", message->note.subject);
        sw_json_write_str(w, "message", message->note.message);
        break;
    case SW_MESSAGE_PROGRESS:
        sw_json_write_u64(w, "layer", message->progress.layer);
        sw_json_write_u64(w, "files", message->progress.n_files);
        sw_json_write_optional(w, "subject", message->progress.subject);
        break;
    case SW_MESSAGE_FAILED:
        sw_json_write_i64(w, "code", message->failed.code);
        sw_json_write_str(w, "message", message->failed.message);
        break;
    case SW_MESSAGE_CONTENT:
        sw_json_write_text(w, "kind", content_names[message->content.kind]);
        sw_json_write_u64(w, "size_bytes", message->content.size_bytes);
        break;
    case SW_MESSAGE_FACTS:
    case SW_MESSAGE_DONE:
    case _SW_MESSAGE_MAX:
        break;
    }
}

int sw_message_format(const struct sw_message *message, struct sw_buf *buf)
{
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, buf, NULL, NULL);
    sw_json_write_object(&writer, NULL);
    write_body(&writer, message);
    sw_json_write_end(&writer);
    return sw_json_writer_finish(&writer);
}

/* What travels together through the readers below: the object at hand and the first failure. */
struct fields {
    struct sw_json_reader reader;
    const json_t *object;
    int r;
};

static void read_str(struct fields *f, const char *key, size_t max, struct sw_str *ret)
{
    if (f->r == 0)
        f->r = sw_json_read_str(&f->reader, f->object, key, max, ret);
}

static void read_text(struct fields *f, const char *key, struct sw_str *ret)
{
    read_str(f, key, SW_MESSAGE_TEXT_MAX, ret);
}

static void read_u64(struct fields *f, const char *key, uint64_t max, uint64_t *ret)
{
    int64_t value = (int64_t)*ret;
    int64_t cap = max > INT64_MAX ? INT64_MAX : (int64_t)max;
    if (f->r == 0)
        f->r = sw_json_read_i64(&f->reader, f->object, key, 0, cap, &value);
    if (f->r == 0)
        *ret = (uint64_t)value;
}

static void read_u32(struct fields *f, const char *key, uint32_t *ret)
{
    uint64_t value = *ret;
    read_u64(f, key, UINT32_MAX, &value);
    *ret = (uint32_t)value;
}

static void read_code(struct fields *f, int64_t *ret)
{
    if (f->r == 0)
        f->r = sw_json_read_i64(&f->reader, f->object, "code", -4095, 0, ret);
}

static void read_bool(struct fields *f, const char *key, bool *ret)
{
    if (f->r == 0)
        f->r = sw_json_read_bool(&f->reader, f->object, key, ret);
}

/* One of n names, which must be there. */
static int read_name(struct fields *f, const char *key, const char *const *names, size_t n)
{
    struct sw_str name = SW_STR_NONE;
    read_text(f, key, &name);
    int i = f->r == 0 ? sw_names_find(names, n, name) : 0;
    if (f->r == 0 && i < 0)
        f->r = sw_err_set(f->reader.err, -EINVAL, "member '%s' has an unknown value", key);
    return i < 0 ? 0 : i;
}

static void read_hello(struct fields *f, struct sw_message_hello *hello)
{
    read_u64(f, "protocol", UINT32_MAX, &hello->protocol);
    read_text(f, "version", &hello->version);
    struct fields analyzers = {.reader = f->reader, .r = f->r};
    if (f->r == 0)
        f->r = sw_json_read_object(&f->reader, f->object, "analyzers", &analyzers.object);
    for (int i = 0; analyzers.object != NULL && i < _SW_ASPECT_MAX; i++)
        read_text(&analyzers, sw_aspect_name((enum sw_aspect)i), &hello->analyzers[i]);
    f->r = f->r < 0 ? f->r : analyzers.r;
    read_text(f, "sandbox", &hello->sandbox);
}

static void read_scan(struct fields *f, struct sw_message_scan *scan)
{
    scan->mode = (enum sw_scan_mode)read_name(f, "mode", mode_names, SW_ARRAY_SIZE(mode_names));
    read_text(f, "form", &scan->form);
    read_text(f, "platform", &scan->platform);
    read_bool(f, "all_platforms", &scan->is_all_platforms);
    read_bool(f, "cross_mounts", &scan->is_crossing_mounts);
    read_u64(f, "memory_limit_bytes", INT64_MAX, &scan->memory_limit_bytes);
    read_u64(f, "threads", 1024, &scan->n_threads);
    read_u64(f, "size_bytes", INT64_MAX, &scan->size_bytes);
    read_str(f, "index", SW_MESSAGE_INDEX_MAX, &scan->index);
    read_bool(f, "diff_id", &scan->is_diff_id_wanted);
    uint64_t aspects = 0;
    read_u64(f, "aspects", SW_ASPECTS_ALL, &aspects);
    scan->aspects = (unsigned)aspects;
    read_bool(f, "show_secrets", &scan->is_showing_secrets);
    read_bool(f, "clamd", &scan->has_clamd);
}

static void read_content(struct fields *f, struct sw_message_content *content)
{
    content->kind =
        (enum sw_content_kind)read_name(f, "kind", content_names, SW_ARRAY_SIZE(content_names));
    read_u64(f, "size_bytes", INT64_MAX, &content->size_bytes);
}

static void read_open(struct fields *f, struct sw_message_open *open)
{
    open->kind = (enum sw_open_kind)read_name(f, "kind", open_names, SW_ARRAY_SIZE(open_names));
    open->layer = SW_MESSAGE_NO_LAYER;
    read_u32(f, "layer", &open->layer);
    read_text(f, "digest", &open->digest);
    read_u64(f, "offset", INT64_MAX, &open->offset);
    read_u64(f, "length", INT64_MAX, &open->length);
    read_bool(f, "again", &open->is_again);
    read_bool(f, "diff_id", &open->is_diff_id_wanted);
    read_bool(f, "manifest", &open->is_manifest);
}

static void read_opened(struct fields *f, struct sw_message_opened *opened)
{
    read_code(f, &opened->code);
    read_text(f, "message", &opened->message);
    read_bool(f, "cached", &opened->is_cached);
    read_u64(f, "size_bytes", INT64_MAX, &opened->size_bytes);
}

static void read_layer(struct fields *f, struct sw_layer *layer, uint32_t *ret_id)
{
    read_u32(f, "id", ret_id);
    read_text(f, "digest", &layer->digest);
    read_text(f, "diff_id", &layer->diff_id);
    read_text(f, "media_type", &layer->media_type);
    read_text(f, "instruction", &layer->instruction);
    read_u64(f, "size_bytes", INT64_MAX, &layer->size_bytes);
}

static void read_layers(struct fields *f, struct sw_message_image *message)
{
    const json_t *array = NULL;
    if (f->r == 0)
        f->r = sw_json_read_array(&f->reader, f->object, "layers", &array);
    size_t n = json_array_size(array);
    if (f->r < 0 || n == 0)
        return;
    if (n > SW_IMAGE_LAYERS_MAX) {
        f->r = sw_err_set(f->reader.err, -EINVAL, "an image with %zu layers", n);
        return;
    }
    message->image.layers = sw_region_array(f->reader.region, n, sizeof(struct sw_layer));
    message->layer_ids = sw_region_array(f->reader.region, n, sizeof(uint32_t));
    if (message->image.layers == NULL || message->layer_ids == NULL) {
        f->r = -ENOMEM;
        return;
    }
    for (size_t i = 0; f->r == 0 && i < n; i++) {
        struct fields item = {.reader = f->reader, .object = json_array_get(array, i)};
        if (!json_is_object(item.object))
            item.r = sw_err_set(f->reader.err, -EINVAL, "a layer is not an object");
        read_layer(&item, &message->image.layers[i], &message->layer_ids[i]);
        f->r = item.r;
    }
    message->image.n_layers = n;
}

static void read_image(struct fields *f, struct sw_message_image *message)
{
    uint64_t kind = 0;
    read_u64(f, "kind", _SW_TARGET_KIND_MAX - 1, &kind);
    message->kind = (enum sw_target_kind)kind;
    struct sw_image *image = &message->image;
    read_text(f, "name", &image->name);
    read_text(f, "digest", &image->digest);
    read_text(f, "config_digest", &image->config_digest);
    read_text(f, "os", &image->os);
    read_text(f, "architecture", &image->architecture);
    read_text(f, "variant", &image->variant);
    read_text(f, "created", &image->created);
    read_layers(f, message);
    read_str(f, "config_facts", SW_MESSAGE_CONFIG_FACTS_MAX, &message->config_facts);
}

static void read_layer_done(struct fields *f, struct sw_message_layer_done *done)
{
    read_code(f, &done->code);
    read_text(f, "message", &done->message);
    read_text(f, "compression", &done->compression);
    read_text(f, "digest", &done->digest);
    read_text(f, "diff_id", &done->diff_id);
    read_u64(f, "files", INT64_MAX, &done->n_files);
    read_u64(f, "bytes", INT64_MAX, &done->n_bytes);
    read_bool(f, "whole", &done->is_whole);
}

static void read_note(struct fields *f, struct sw_message_note *note)
{
    struct sw_str kind = SW_STR_NONE;
    read_text(f, "kind", &kind);
    if (f->r == 0 && sw_note_kind_find(kind, &note->kind) < 0)
        f->r = sw_err_set(f->reader.err, -EINVAL, "a note of an unknown kind");
    read_text(f, "subject", &note->subject);
    read_text(f, "message", &note->message);
}

static void read_body(struct fields *f, struct sw_message *message)
{
    switch (message->type) {
    case SW_MESSAGE_HELLO:
        read_hello(f, &message->hello);
        break;
    case SW_MESSAGE_SCAN:
        read_scan(f, &message->scan);
        break;
    case SW_MESSAGE_OPEN:
        read_open(f, &message->open);
        break;
    case SW_MESSAGE_OPENED:
        read_opened(f, &message->opened);
        break;
    case SW_MESSAGE_IMAGE:
        read_image(f, &message->image);
        break;
    case SW_MESSAGE_LAYER_DONE:
        read_layer_done(f, &message->layer_done);
        break;
    case SW_MESSAGE_NOTE:
        read_note(f, &message->note);
        break;
    case SW_MESSAGE_PROGRESS:
        message->progress.layer = SW_MESSAGE_NO_LAYER;
        read_u32(f, "layer", &message->progress.layer);
        read_u64(f, "files", INT64_MAX, &message->progress.n_files);
        read_text(f, "subject", &message->progress.subject);
        break;
    case SW_MESSAGE_FAILED:
        read_code(f, &message->failed.code);
        read_text(f, "message", &message->failed.message);
        break;
    case SW_MESSAGE_CONTENT:
        read_content(f, &message->content);
        break;
    case SW_MESSAGE_DONE:
        break;
    case SW_MESSAGE_FACTS:
    case _SW_MESSAGE_MAX:
        f->r = -ENOSYS;
        break;
    }
}

int sw_message_parse(enum sw_message_type type, struct sw_str payload, struct sw_region *region,
    struct sw_message *ret, struct sw_err *err)
{
    if ((int)type < SW_MESSAGE_HELLO || type >= _SW_MESSAGE_MAX || type == SW_MESSAGE_FACTS)
        return sw_err_set(err, -ENOSYS, "message type %d is unknown", (int)type);
    SW_CLEANUP(sw_json_drop) json_t *json = NULL;
    int r = sw_json_load(payload, &json, err);
    if (r < 0)
        return r;
    if (!json_is_object(json))
        return sw_err_set(err, -EINVAL, "a message is not a JSON object");
    struct sw_message message = {.type = type};
    struct fields f = {.reader = {.region = region, .err = err}, .object = json};
    read_body(&f, &message);
    if (f.r < 0)
        return f.r;
    *ret = message;
    return 0;
}

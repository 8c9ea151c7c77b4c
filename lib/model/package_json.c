/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of the nouns that facts and reports share. One table per noun names its text fields, so that
 * writing and reading cannot drift apart.
 */
#include "model/package_json.h"

#include <errno.h>

#include "base/mem.h"
#include "model/field_json.h"
#include "model/image.h"

#define OS_TEXT_MAX ((size_t)4096)   /* a line of os-release; real ones have < 200 bytes */
#define NOTE_TEXT_MAX ((size_t)4096) /* a path, or a sentence of SW_REPORT_NOTE_TEXT_MAX */

static const struct sw_json_field package_fields[] = {
    {"name", offsetof(struct sw_package, name), SW_PACKAGE_TEXT_MAX},
    {"version", offsetof(struct sw_package, version), SW_PACKAGE_TEXT_MAX},
    {"arch", offsetof(struct sw_package, arch), SW_PACKAGE_TEXT_MAX},
    {"source_name", offsetof(struct sw_package, source_name), SW_PACKAGE_TEXT_MAX},
    {"source_version", offsetof(struct sw_package, source_version), SW_PACKAGE_TEXT_MAX},
    {"module", offsetof(struct sw_package, module), SW_PACKAGE_TEXT_MAX},
    {"vendor", offsetof(struct sw_package, vendor), SW_PACKAGE_TEXT_MAX},
    {"maintainer", offsetof(struct sw_package, maintainer), SW_PACKAGE_TEXT_MAX},
    {"licence", offsetof(struct sw_package, licence), SW_PACKAGE_TEXT_MAX},
    {"database", offsetof(struct sw_package, database), SW_PACKAGE_TEXT_MAX},
};

static const struct sw_json_field os_fields[] = {
    {"id", offsetof(struct sw_os, id), OS_TEXT_MAX},
    {"version_id", offsetof(struct sw_os, version_id), OS_TEXT_MAX},
    {"codename", offsetof(struct sw_os, codename), OS_TEXT_MAX},
    {"name", offsetof(struct sw_os, name), OS_TEXT_MAX},
    {"id_like", offsetof(struct sw_os, id_like), OS_TEXT_MAX},
    {"cpe", offsetof(struct sw_os, cpe), OS_TEXT_MAX},
    {"variant", offsetof(struct sw_os, variant), OS_TEXT_MAX},
    {"path", offsetof(struct sw_os, path), OS_TEXT_MAX},
};

static const struct sw_json_field note_fields[] = {
    {"subject", offsetof(struct sw_note, subject), NOTE_TEXT_MAX},
    {"message", offsetof(struct sw_note, message), NOTE_TEXT_MAX},
    {"analyzer", offsetof(struct sw_note, analyzer), NOTE_TEXT_MAX},
};

void sw_package_json_format(struct sw_json_writer *writer, const struct sw_package *package)
{
    sw_json_write_text(writer, "type", sw_package_type_name(package->type));
    sw_json_fields_write(writer, package, package_fields, SW_ARRAY_SIZE(package_fields));
    if (package->layer != SW_PACKAGE_NO_LAYER)
        sw_json_write_i64(writer, "layer", package->layer);
}

int sw_package_json_parse(
    const struct sw_json_reader *reader, const json_t *json, struct sw_package *ret)
{
    struct sw_package package = {0};
    int r =
        sw_json_fields_read(reader, json, &package, package_fields, SW_ARRAY_SIZE(package_fields));
    if (r < 0)
        return r;
    struct sw_str type = SW_STR_NONE;
    int64_t layer = SW_PACKAGE_NO_LAYER;
    r = sw_json_read_str(reader, json, "type", 16, &type);
    if (r == 0)
        r = sw_json_read_i64(reader, json, "layer", 0, (int64_t)SW_IMAGE_LAYERS_MAX - 1, &layer);
    if (r < 0)
        return r;
    if (sw_package_type_find(type, &package.type) < 0)
        return sw_err_set(reader->err, -EINVAL, "package of an unknown type");
    if (sw_str_is_empty(package.name))
        return sw_err_set(reader->err, -EINVAL, "package without a name");
    package.layer = (int)layer;
    *ret = package;
    return 0;
}

void sw_os_json_format(struct sw_json_writer *writer, const struct sw_os *os)
{
    sw_json_fields_write(writer, os, os_fields, SW_ARRAY_SIZE(os_fields));
}

int sw_os_json_parse(const struct sw_json_reader *reader, const json_t *json, struct sw_os *ret)
{
    struct sw_os os = {0};
    int r = sw_json_fields_read(reader, json, &os, os_fields, SW_ARRAY_SIZE(os_fields));
    if (r < 0)
        return r;
    *ret = os;
    return 0;
}

void sw_note_json_format(struct sw_json_writer *writer, const struct sw_note *note)
{
    sw_json_write_text(writer, "kind", sw_note_kind_name(note->kind));
    sw_json_fields_write(writer, note, note_fields, SW_ARRAY_SIZE(note_fields));
    if (note->layer >= 0)
        sw_json_write_i64(writer, "layer", note->layer);
}

int sw_note_json_parse(const struct sw_json_reader *reader, const json_t *json, struct sw_note *ret)
{
    struct sw_note note = {0};
    int r = sw_json_fields_read(reader, json, &note, note_fields, SW_ARRAY_SIZE(note_fields));
    if (r < 0)
        return r;
    struct sw_str kind = SW_STR_NONE;
    int64_t layer = -1;
    r = sw_json_read_str(reader, json, "kind", 32, &kind);
    if (r == 0)
        r = sw_json_read_i64(reader, json, "layer", 0, (int64_t)SW_IMAGE_LAYERS_MAX - 1, &layer);
    if (r < 0)
        return r;
    if (sw_note_kind_find(kind, &note.kind) < 0)
        return sw_err_set(reader->err, -EINVAL, "note of an unknown kind");
    note.layer = (int)layer;
    *ret = note;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts and JSON. Called once per fact on both sides of the scanner's socket and by the cache.
 */
#include "model/fact_json.h"

#include <errno.h>

#include "base/mem.h"
#include "model/finding_json.h"
#include "model/package_json.h"

#define SECTION_MAX ((size_t)64)      /* names of analyzers */
#define NAME_MAX_BYTES ((size_t)4096) /* a path component, by which a licence names its package */
#define TEXT_MAX SW_PACKAGE_TEXT_MAX  /* a licence; a link target is shorter */

static void write_packages(
    struct sw_json_writer *writer, const struct sw_fact *fact, size_t from, size_t n)
{
    sw_json_write_array(writer, "packages");
    for (size_t i = from; i < from + n; i++) {
        sw_json_write_object(writer, NULL);
        sw_package_json_format(writer, &fact->packages[i]);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
}

static int format(
    const struct sw_fact *fact, size_t from, size_t n, bool is_continued, struct sw_buf *buf)
{
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, buf, NULL, NULL);
    sw_json_write_object(&writer, NULL);
    sw_json_write_text(&writer, "kind", sw_fact_kind_name(fact->kind));
    sw_json_write_str(&writer, "section", fact->section);
    sw_json_write_str(&writer, "path", fact->path);
    sw_json_write_optional(&writer, "package_name", fact->package_name);
    sw_json_write_optional(&writer, "text", fact->text);
    if (is_continued)
        sw_json_write_bool(&writer, "is_continued", true);
    if (fact->kind == SW_FACT_OS) {
        sw_json_write_object(&writer, "os");
        sw_os_json_format(&writer, &fact->os);
        sw_json_write_end(&writer);
    }
    if (fact->kind == SW_FACT_NOTE) {
        sw_json_write_object(&writer, "note");
        sw_note_json_format(&writer, &fact->note);
        sw_json_write_end(&writer);
    }
    if (fact->kind == SW_FACT_FINDING) {
        sw_json_write_object(&writer, "finding");
        sw_finding_json_format(&writer, fact->finding);
        sw_json_write_end(&writer);
    }
    if (fact->kind == SW_FACT_PACKAGES)
        write_packages(&writer, fact, from, n);
    sw_json_write_end(&writer);
    return sw_json_writer_finish(&writer);
}

int sw_fact_json_format(const struct sw_fact *fact, struct sw_buf *buf)
{
    if (fact->n_packages > SW_FACT_JSON_PACKAGES_MAX)
        return -EFBIG;
    return format(fact, 0, fact->n_packages, fact->is_continued, buf);
}

int sw_fact_json_format_part(const struct sw_fact *fact, size_t from, struct sw_buf *buf)
{
    size_t n = from < fact->n_packages ? fact->n_packages - from : 0;
    if (n > SW_FACT_JSON_PACKAGES_MAX)
        n = SW_FACT_JSON_PACKAGES_MAX;
    return format(fact, from, n, fact->is_continued || from > 0, buf);
}

static int parse_packages(
    const struct sw_json_reader *reader, const json_t *json, struct sw_fact *fact)
{
    const json_t *array = NULL;
    int r = sw_json_read_array(reader, json, "packages", &array);
    if (r < 0)
        return r;
    if (array == NULL)
        return sw_err_set(reader->err, -EINVAL, "no 'packages'");
    size_t n = json_array_size(array);
    if (n > SW_FACT_JSON_PACKAGES_MAX)
        return sw_err_set(reader->err, -EFBIG, "more than %zu packages", SW_FACT_JSON_PACKAGES_MAX);
    fact->packages = sw_region_array(reader->region, n, sizeof(*fact->packages));
    if (fact->packages == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        r = sw_package_json_parse(reader, json_array_get(array, i), &fact->packages[i]);
        if (r < 0)
            return sw_err_wrap(reader->err, r, "package %zu", i);
    }
    fact->n_packages = n;
    return 0;
}

static int parse_finding(
    const struct sw_json_reader *reader, const json_t *json, struct sw_fact *fact)
{
    const json_t *part = NULL;
    int r = sw_json_read_object(reader, json, "finding", &part);
    if (r < 0)
        return r;
    fact->finding = sw_region_array(reader->region, 1, sizeof(*fact->finding));
    if (fact->finding == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    r = sw_finding_json_parse(reader, part, fact->finding);
    if (r < 0)
        return r;
    enum sw_finding_kind kind = fact->finding->kind;
    if (kind != SW_FINDING_SECRET && kind != SW_FINDING_MALWARE)
        return sw_err_set(reader->err, -EINVAL, "a layer has no finding of that kind");
    if (fact->finding->n_packages > 0)
        return sw_err_set(reader->err, -EINVAL, "a layer knows no packages of the report");
    return 0;
}

/* The part that only some kinds have. */
static int parse_kind(const struct sw_json_reader *reader, const json_t *json, struct sw_fact *fact)
{
    const json_t *part = NULL;
    int r = 0;
    switch (fact->kind) {
    case SW_FACT_OS:
        r = sw_json_read_object(reader, json, "os", &part);
        return r < 0 ? r : sw_os_json_parse(reader, part, &fact->os);
    case SW_FACT_NOTE:
        r = sw_json_read_object(reader, json, "note", &part);
        return r < 0 ? r : sw_note_json_parse(reader, part, &fact->note);
    case SW_FACT_PACKAGES:
        return parse_packages(reader, json, fact);
    case SW_FACT_FINDING:
        return parse_finding(reader, json, fact);
    case SW_FACT_SEEN:
    case SW_FACT_PATHS:
    case SW_FACT_DIGESTS:
    case SW_FACT_SYMLINK:
        if (sw_str_is_empty(fact->text))
            return sw_err_set(reader->err, -EINVAL, "no 'text'");
        return 0;
    case SW_FACT_LICENCE:
    case SW_FACT_WHITEOUT:
    case SW_FACT_OPAQUE:
    case SW_FACT_OBJECT:
    case SW_FACT_DIRECTORY:
    case _SW_FACT_KIND_MAX:
        return 0;
    }
    return 0;
}

static int parse(const struct sw_json_reader *reader, const json_t *json, struct sw_fact *fact)
{
    struct sw_str kind = SW_STR_NONE;
    if (!json_is_object(json))
        return sw_err_set(reader->err, -EINVAL, "not an object");
    int r = sw_json_read_str(reader, json, "kind", 32, &kind);
    if (r == 0)
        r = sw_json_read_str(reader, json, "section", SECTION_MAX, &fact->section);
    if (r == 0)
        r = sw_json_read_str(reader, json, "path", SW_FACT_PATH_MAX, &fact->path);
    if (r == 0)
        r = sw_json_read_str(reader, json, "package_name", NAME_MAX_BYTES, &fact->package_name);
    if (r == 0)
        r = sw_json_read_str(reader, json, "text", TEXT_MAX, &fact->text);
    if (r == 0)
        r = sw_json_read_bool(reader, json, "is_continued", &fact->is_continued);
    if (r < 0)
        return r;
    if (sw_fact_kind_find(kind, &fact->kind) < 0)
        return sw_err_set(reader->err, -EINVAL, "unknown kind of fact");
    if (sw_str_is_empty(fact->section))
        return sw_err_set(reader->err, -EINVAL, "no 'section'");
    if (!sw_fact_path_is_normal(fact->path))
        return sw_err_set(reader->err, -EINVAL, "path is not in normal form");
    return parse_kind(reader, json, fact);
}

int sw_fact_json_parse(
    struct sw_str text, struct sw_region *region, struct sw_fact *ret, struct sw_err *err)
{
    if (text.n > SW_FACT_JSON_MAX)
        return sw_err_set(err, -EFBIG, "fact of %zu bytes", text.n);
    SW_CLEANUP(sw_json_drop) json_t *json = NULL;
    int r = sw_json_load(text, &json, err);
    if (r < 0)
        return sw_err_wrap(err, r, "fact");
    struct sw_json_reader reader = {.region = region, .err = err};
    struct sw_fact fact = {0};
    r = parse(&reader, json, &fact);
    if (r < 0)
        return sw_err_wrap(err, r, "fact");
    *ret = fact;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports and JSON. The long lists are written and read member by member; only the short rest is
 * ever a tree.
 */
#include "model/report_json.h"

#include <errno.h>
#include <limits.h>

#include "base/mem.h"
#include "model/finding_json.h"
#include "model/image_json.h"
#include "model/json_pieces.h"
#include "model/package_json.h"
#include "model/purl.h"

#define TEXT_MAX ((size_t)65536)
#define PIECE_MAX ((size_t)16 * 1024 * 1024) /* one member of a list, and the writer's buffer */
#define UNEXAMINED_MAX ((size_t)1000)        /* kinds; this version knows some twenty */

/* ---- writing ---- */

static void write_target(struct sw_json_writer *writer, const struct sw_report *report)
{
    sw_json_write_object(writer, "target");
    sw_json_write_str(writer, "name", report->target);
    sw_json_write_text(writer, "kind", sw_target_kind_name(report->target_kind));
    sw_json_write_end(writer);
    sw_json_write_optional(writer, "scanned_at", report->scanned_at);
    sw_json_write_array(writer, "looked_for");
    for (int i = 0; i < _SW_ASPECT_MAX; i++)
        if (sw_report_has_aspect(report, (enum sw_aspect)i))
            sw_json_write_text(writer, NULL, sw_aspect_name((enum sw_aspect)i));
    sw_json_write_end(writer);
    if (report->image.n_layers > 0) {
        sw_json_write_object(writer, "image");
        sw_image_json_format(writer, &report->image);
        sw_json_write_end(writer);
    }
    sw_json_write_object(writer, "os");
    sw_os_json_format(writer, &report->os);
    sw_json_write_end(writer);
}

static void write_verdict(struct sw_json_writer *writer, const struct sw_report *report)
{
    sw_json_write_object(writer, "support");
    sw_json_write_text(writer, "verdict", sw_support_name(report->support));
    sw_json_write_optional(writer, "text", report->support_text);
    sw_json_write_optional(writer, "eol_date", report->eol_date);
    sw_json_write_end(writer);
    sw_json_write_bool(writer, "is_incomplete", sw_report_is_incomplete(report));
    sw_json_write_object(writer, "database");
    sw_json_write_bool(writer, "is_present", report->database.is_present);
    sw_json_write_optional(writer, "path", report->database.path);
    sw_json_write_optional(writer, "created", report->database.created);
    if (report->database.is_present)
        sw_json_write_i64(writer, "age_s", report->database.age_s);
    sw_json_write_optional(writer, "digest", report->database.digest);
    sw_json_write_end(writer);
}

static int write_packages(struct sw_json_writer *writer, const struct sw_report *report)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf purl = {0};
    sw_buf_init(&purl, PIECE_MAX);
    sw_json_write_array(writer, "packages");
    SW_VEC_EACH (package, &report->packages) {
        sw_buf_clear(&purl);
        int r = sw_purl_format_package(package, &report->os, &purl);
        if (r < 0)
            return r;
        sw_json_write_newline(writer);
        sw_json_write_object(writer, NULL);
        sw_package_json_format(writer, package);
        sw_json_write_str(writer, "purl", sw_buf_str(&purl));
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
    return 0;
}

static void write_ignored(struct sw_json_writer *writer, const struct sw_report *report)
{
    if (report->n_ignore_expired > 0)
        sw_json_write_u64(writer, "n_ignore_expired", report->n_ignore_expired);
    if (report->ignored.n == 0)
        return;
    sw_json_write_array(writer, "ignored");
    SW_VEC_EACH (ignored, &report->ignored) {
        sw_json_write_newline(writer);
        sw_json_write_object(writer, NULL);
        sw_json_write_str(writer, "rule", ignored->origin);
        sw_json_write_str(writer, "status", ignored->status);
        sw_json_write_optional(writer, "reason", ignored->reason);
        sw_json_write_optional(writer, "until", ignored->until);
        sw_json_write_object(writer, "finding");
        sw_finding_json_format(writer, &ignored->finding);
        sw_json_write_end(writer);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
}

static void write_lists(struct sw_json_writer *writer, const struct sw_report *report)
{
    sw_json_write_array(writer, "findings");
    SW_VEC_EACH (finding, &report->findings) {
        sw_json_write_newline(writer);
        sw_json_write_object(writer, NULL);
        sw_finding_json_format(writer, finding);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
    write_ignored(writer, report);
    sw_json_write_array(writer, "notes");
    SW_VEC_EACH (note, &report->notes) {
        sw_json_write_newline(writer);
        sw_json_write_object(writer, NULL);
        sw_note_json_format(writer, note);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
    sw_json_write_u64(writer, "n_notes_dropped", report->n_notes_dropped);
    sw_json_write_array(writer, "unexamined");
    SW_VEC_EACH (unexamined, &report->unexamined) {
        sw_json_write_newline(writer);
        sw_json_write_object(writer, NULL);
        sw_json_write_str(writer, "kind", unexamined->kind);
        sw_json_write_u64(writer, "n", unexamined->n);
        sw_json_write_optional(writer, "example", unexamined->example);
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
}

int sw_report_json_format(const struct sw_report *report, const char *version,
    int (*write)(void *context, struct sw_str text), void *context, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, PIECE_MAX);
    struct sw_json_writer writer;
    sw_json_writer_init(&writer, &buf, write, context);
    sw_json_write_object(&writer, NULL);
    sw_json_write_u64(&writer, "schema_version", SW_REPORT_SCHEMA_VERSION);
    sw_json_write_object(&writer, "generator");
    sw_json_write_text(&writer, "name", "seawall");
    sw_json_write_text(&writer, "version", version);
    sw_json_write_end(&writer);
    write_target(&writer, report);
    write_verdict(&writer, report);
    int r = write_packages(&writer, report);
    if (r < 0)
        return sw_err_set(err, r, "cannot write the package list");
    write_lists(&writer, report);
    sw_json_write_end(&writer);
    sw_json_write_newline(&writer);
    r = sw_json_writer_finish(&writer);
    return r < 0 ? sw_err_wrap(err, r, "cannot write the report") : 0;
}

/* ---- reading ---- */

static int parse_package(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_package package = {0};
    int r = sw_package_json_parse(reader, json, &package);
    return r < 0 ? r : sw_vec_push(&report->packages, package, SW_REPORT_PACKAGES_MAX);
}

static int parse_finding(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_finding finding = {0};
    int r = sw_finding_json_parse(reader, json, &finding);
    return r < 0 ? r : sw_vec_push(&report->findings, finding, SW_REPORT_FINDINGS_MAX);
}

static int parse_ignored(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_ignored ignored = {0};
    const json_t *finding = NULL;
    int r = sw_json_read_object(reader, json, "finding", &finding);
    if (r == 0 && finding == NULL)
        r = sw_err_set(reader->err, -EINVAL, "no 'finding'");
    if (r == 0)
        r = sw_finding_json_parse(reader, finding, &ignored.finding);
    if (r == 0)
        r = sw_json_read_str(reader, json, "rule", TEXT_MAX, &ignored.origin);
    if (r == 0)
        r = sw_json_read_str(reader, json, "status", TEXT_MAX, &ignored.status);
    if (r == 0)
        r = sw_json_read_str(reader, json, "reason", TEXT_MAX, &ignored.reason);
    if (r == 0)
        r = sw_json_read_str(reader, json, "until", TEXT_MAX, &ignored.until);
    return r < 0 ? r : sw_vec_push(&report->ignored, ignored, SW_REPORT_FINDINGS_MAX);
}

static int parse_note(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_note note = {0};
    int r = sw_note_json_parse(reader, json, &note);
    return r < 0 ? r : sw_vec_push(&report->notes, note, SW_REPORT_NOTES_MAX);
}

static int parse_unexamined(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_unexamined item = {0};
    int64_t n = 0;
    int r = sw_json_read_str(reader, json, "kind", TEXT_MAX, &item.kind);
    if (r == 0)
        r = sw_json_read_i64(reader, json, "n", 0, INT64_MAX, &n);
    if (r == 0)
        r = sw_json_read_str(reader, json, "example", TEXT_MAX, &item.example);
    item.n = (uint64_t)n;
    return r < 0 ? r : sw_vec_push(&report->unexamined, item, UNEXAMINED_MAX);
}

static const struct {
    const char *key;
    int (*parse)(const struct sw_json_reader *reader, const json_t *json, struct sw_report *report);
} lists[] = {
    {"packages", parse_package},
    {"findings", parse_finding},
    {"ignored", parse_ignored},
    {"notes", parse_note},
    {"unexamined", parse_unexamined},
};

static int parse_list(
    const struct sw_json_reader *reader, struct sw_str text, size_t list, struct sw_report *report)
{
    struct sw_json_pieces pieces = {0};
    struct sw_str key = SW_STR_NONE;
    struct sw_str value = SW_STR_NONE;
    int r = sw_json_pieces_init(&pieces, text, '[', reader->err);
    if (r < 0)
        return sw_err_wrap(reader->err, r, "'%s'", lists[list].key);
    for (size_t i = 0; (r = sw_json_pieces_next(&pieces, &key, &value, reader->err)) > 0; i++) {
        SW_CLEANUP(sw_json_drop) json_t *json = NULL;
        if (value.n > PIECE_MAX)
            return sw_err_set(
                reader->err, -EFBIG, "item %zu of '%s' is too long", i, lists[list].key);
        r = sw_json_load(value, &json, reader->err);
        if (r == 0)
            r = lists[list].parse(reader, json, report);
        if (r < 0)
            return sw_err_wrap(reader->err, r, "item %zu of '%s'", i, lists[list].key);
    }
    return r < 0 ? sw_err_wrap(reader->err, r, "'%s'", lists[list].key) : 0;
}

static int find_target_kind(struct sw_str name, enum sw_target_kind *ret)
{
    for (int i = 0; i < _SW_TARGET_KIND_MAX; i++)
        if (sw_str_equal_z(name, sw_target_kind_name((enum sw_target_kind)i))) {
            *ret = (enum sw_target_kind)i;
            return 0;
        }
    return -EINVAL;
}

static int find_support(struct sw_str name, enum sw_support *ret)
{
    for (int i = 0; i < _SW_SUPPORT_MAX; i++)
        if (sw_str_equal_z(name, sw_support_name((enum sw_support)i))) {
            *ret = (enum sw_support)i;
            return 0;
        }
    return -EINVAL;
}

static int parse_target(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_str kind = SW_STR_NONE;
    int r = sw_json_read_str(reader, json, "name", TEXT_MAX, &report->target);
    if (r == 0)
        r = sw_json_read_str(reader, json, "kind", 64, &kind);
    if (r == 0 && find_target_kind(kind, &report->target_kind) < 0)
        r = sw_err_set(reader->err, -EINVAL, "unknown kind of target");
    return r;
}

static int parse_support(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_str verdict = SW_STR_NONE;
    int r = sw_json_read_str(reader, json, "verdict", 64, &verdict);
    if (r == 0 && find_support(verdict, &report->support) < 0)
        r = sw_err_set(reader->err, -EINVAL, "unknown verdict");
    if (r == 0)
        r = sw_json_read_str(reader, json, "text", TEXT_MAX, &report->support_text);
    return r < 0 ? r : sw_json_read_str(reader, json, "eol_date", TEXT_MAX, &report->eol_date);
}

static int parse_database(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    struct sw_database_info *info = &report->database;
    int r = sw_json_read_bool(reader, json, "is_present", &info->is_present);
    if (r == 0)
        r = sw_json_read_str(reader, json, "path", TEXT_MAX, &info->path);
    if (r == 0)
        r = sw_json_read_str(reader, json, "created", TEXT_MAX, &info->created);
    if (r == 0)
        r = sw_json_read_i64(reader, json, "age_s", INT64_MIN, INT64_MAX, &info->age_s);
    return r < 0 ? r : sw_json_read_str(reader, json, "digest", TEXT_MAX, &info->digest);
}

static int parse_image(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    return sw_image_json_parse(reader, json, &report->image);
}

static int parse_os(
    const struct sw_json_reader *reader, const json_t *json, struct sw_report *report)
{
    return sw_os_json_parse(reader, json, &report->os);
}

static int parse_objects(
    const struct sw_json_reader *reader, const json_t *rest, struct sw_report *report)
{
    static const struct {
        const char *key;
        bool is_needed;
        int (*parse)(
            const struct sw_json_reader *reader, const json_t *json, struct sw_report *report);
    } objects[] = {
        {"target", true, parse_target},
        {"image", false, parse_image},
        {"os", false, parse_os},
        {"support", true, parse_support},
        {"database", false, parse_database},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(objects); i++) {
        const json_t *object = NULL;
        int r = sw_json_read_object(reader, rest, objects[i].key, &object);
        if (r == 0 && object == NULL && objects[i].is_needed)
            r = sw_err_set(reader->err, -EINVAL, "no '%s'", objects[i].key);
        if (r == 0 && object != NULL)
            r = objects[i].parse(reader, object, report);
        if (r < 0)
            return sw_err_wrap(reader->err, r, "'%s'", objects[i].key);
    }
    return 0;
}

/* A name that is not known is of a later version, which looked for more than this one knows. */
static int parse_aspects(
    const struct sw_json_reader *reader, const json_t *rest, struct sw_report *report)
{
    struct sw_str *names = NULL;
    size_t n = 0;
    int r = sw_json_read_strs(reader, rest, "looked_for", 64, 64, &names, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        enum sw_aspect aspect;
        if (sw_aspect_find(names[i], &aspect) == 0)
            report->aspects |= SW_ASPECT_BIT(aspect);
    }
    return r;
}

static int parse_rest(
    const struct sw_json_reader *reader, const json_t *rest, struct sw_report *report)
{
    int64_t version = 0;
    int64_t n_dropped = 0;
    int64_t n_expired = 0;
    int r = sw_json_read_i64(reader, rest, "schema_version", 0, INT_MAX, &version);
    if (r < 0)
        return r;
    if (version != SW_REPORT_SCHEMA_VERSION)
        return sw_err_set(reader->err, -EPROTONOSUPPORT,
            "schema_version %lld is not %d, which this program reads", (long long)version,
            SW_REPORT_SCHEMA_VERSION);
    r = sw_json_read_i64(reader, rest, "n_notes_dropped", 0, INT64_MAX, &n_dropped);
    if (r == 0)
        r = sw_json_read_str(reader, rest, "scanned_at", TEXT_MAX, &report->scanned_at);
    if (r == 0)
        r = sw_json_read_i64(reader, rest, "n_ignore_expired", 0, INT64_MAX, &n_expired);
    report->n_notes_dropped = (uint64_t)n_dropped;
    report->n_ignore_expired = (uint64_t)n_expired;
    if (r == 0)
        r = parse_aspects(reader, rest, report);
    return r < 0 ? r : parse_objects(reader, rest, report);
}

static int check_packages(
    const struct sw_report *report, const struct sw_finding *finding, struct sw_err *err)
{
    if (finding->location.layer >= (int)report->image.n_layers &&
        finding->kind != SW_FINDING_VULNERABILITY)
        return sw_err_set(err, -EINVAL, "a finding is in layer %d, which does not exist",
            finding->location.layer);
    for (size_t i = 0; i < finding->n_packages; i++)
        if (finding->packages[i] >= report->packages.n)
            return sw_err_set(err, -EINVAL, "a finding names package %zu of %zu",
                finding->packages[i], report->packages.n);
    return 0;
}

/* What one part says of another: indices of packages and layers. */
static int check_indices(const struct sw_report *report, struct sw_err *err)
{
    SW_VEC_EACH (package, &report->packages)
        if (package->layer >= 0 && (size_t)package->layer >= report->image.n_layers)
            return sw_err_set(
                err, -EINVAL, "a package is of layer %d, which does not exist", package->layer);
    SW_VEC_EACH (note, &report->notes)
        if (note->layer >= 0 && (size_t)note->layer >= report->image.n_layers)
            return sw_err_set(
                err, -EINVAL, "a note is about layer %d, which does not exist", note->layer);
    int r = 0;
    SW_VEC_EACH (finding, &report->findings)
        r = r < 0 ? r : check_packages(report, finding, err);
    SW_VEC_EACH (ignored, &report->ignored)
        r = r < 0 ? r : check_packages(report, &ignored->finding, err);
    return r;
}

/* The member goes to its list, or into the tree of short members. */
static int take_member(const struct sw_json_reader *reader, struct sw_str key, struct sw_str value,
    json_t *rest, struct sw_report *report)
{
    static const char *const short_members[] = {"schema_version", "scanned_at", "n_notes_dropped",
        "n_ignore_expired", "looked_for", "target", "image", "os", "support", "database"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lists); i++)
        if (sw_str_equal_z(key, lists[i].key))
            return parse_list(reader, value, i, report);
    for (size_t i = 0; i < SW_ARRAY_SIZE(short_members); i++) {
        if (!sw_str_equal_z(key, short_members[i]))
            continue;
        SW_CLEANUP(sw_json_drop) json_t *json = NULL;
        int r = value.n > PIECE_MAX ? sw_err_set(reader->err, -EFBIG, "too long")
                                    : sw_json_load(value, &json, reader->err);
        if (r == 0 && json_object_set(rest, short_members[i], json) < 0)
            r = sw_err_set(reader->err, -ENOMEM, "out of memory");
        return r < 0 ? sw_err_wrap(reader->err, r, "'%s'", short_members[i]) : 0;
    }
    return 0;
}

static int parse(const struct sw_json_reader *reader, struct sw_str text, struct sw_report *report)
{
    struct sw_json_pieces pieces = {0};
    struct sw_str key = SW_STR_NONE;
    struct sw_str value = SW_STR_NONE;
    SW_CLEANUP(sw_json_drop) json_t *rest = json_object();
    if (rest == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    int r = sw_json_pieces_init(&pieces, text, '{', reader->err);
    if (r < 0)
        return r;
    while ((r = sw_json_pieces_next(&pieces, &key, &value, reader->err)) > 0) {
        r = take_member(reader, key, value, rest, report);
        if (r < 0)
            return r;
    }
    if (r == 0)
        r = parse_rest(reader, rest, report);
    return r < 0 ? r : check_indices(report, reader->err);
}

int sw_report_json_parse(struct sw_str text, struct sw_report *report, struct sw_err *err)
{
    if (text.n > SW_REPORT_JSON_MAX)
        return sw_err_set(err, -EFBIG, "report of %zu bytes", text.n);
    struct sw_json_reader reader = {.region = report->region, .err = err};
    int r = parse(&reader, text, report);
    if (r < 0) {
        sw_report_done(report);
        sw_report_init(report, report->region);
        return sw_err_wrap(err, r, "report");
    }
    return 0;
}

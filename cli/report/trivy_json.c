/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of Trivy's JSON report (SchemaVersion 2), so that what reads that report goes on
 * reading. One entry per CVE and installed package, as there. What Seawall does not know (CWE
 * numbers, other vendors' scores) is left out rather than made up; docs/reports.md lists it.
 */
#include "report/format.h"

#include "base/mem.h"
#include "io/clock.h"
#include "report/identity.h"
#include "report/sink.h"
#include "report/trivy_json_priv.h"
#include "report/trivy_names.h"

#define TEXT_MAX ((size_t)1024 * 1024)

void sw_trivy_write_time(struct sw_json_writer *w, const char *key, struct sw_str time)
{
    int64_t seconds = 0;
    char text[SW_CLOCK_TEXT_BYTES];
    if (time.n == 0 || sw_clock_parse(time, &seconds) < 0)
        return;
    sw_clock_format(seconds, text);
    sw_json_write_text(w, key, text);
}

static void write_diff_ids(struct sw_json_writer *w, const char *key, const struct sw_image *image)
{
    sw_json_write_array(w, key);
    for (size_t i = 0; i < image->n_layers; i++)
        sw_json_write_str(w, NULL, image->layers[i].diff_id);
    sw_json_write_end(w);
}

static void write_image_config(struct sw_json_writer *w, const struct sw_image *image)
{
    sw_json_write_object(w, "ImageConfig");
    sw_json_write_str(w, "architecture", image->architecture);
    sw_trivy_write_time(w, "created", image->created);
    if (image->n_layers > 0) {
        sw_json_write_array(w, "history");
        for (size_t i = 0; i < image->n_layers; i++) {
            sw_json_write_object(w, NULL);
            sw_trivy_write_time(w, "created", image->created);
            sw_json_write_optional(w, "created_by", image->layers[i].instruction);
            sw_json_write_end(w);
        }
        sw_json_write_end(w);
    }
    sw_json_write_str(w, "os", image->os);
    sw_json_write_object(w, "rootfs");
    sw_json_write_text(w, "type", image->n_layers > 0 ? "layers" : "");
    if (image->n_layers > 0)
        write_diff_ids(w, "diff_ids", image);
    else
        sw_json_write_null(w, "diff_ids");
    sw_json_write_end(w);
    sw_json_write_object(w, "config");
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_layers(struct sw_json_writer *w, const struct sw_image *image)
{
    sw_json_write_array(w, "Layers");
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct sw_layer *layer = &image->layers[i];
        sw_json_write_object(w, NULL);
        sw_json_write_u64(w, "Size", layer->n_bytes);
        sw_json_write_optional(w, "Digest", layer->digest);
        sw_json_write_optional(w, "DiffID", layer->diff_id);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
}

static void write_names(struct sw_trivy *t, const struct sw_image *image)
{
    if (image->name.n == 0)
        return;
    bool is_digest = sw_str_find_char(image->name, '@') >= 0;
    sw_json_write_array(t->w, is_digest ? "RepoDigests" : "RepoTags");
    sw_json_write_str(t->w, NULL, image->name);
    sw_json_write_end(t->w);
    sw_json_write_str(t->w, "Reference", image->name);
}

static void write_metadata(struct sw_trivy *t)
{
    const struct sw_report *report = t->report;
    const struct sw_image *image = &report->image;
    struct sw_json_writer *w = t->w;
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < image->n_layers; i++)
        n_bytes += image->layers[i].n_bytes;
    sw_json_write_object(w, "Metadata");
    if (image->n_layers > 0)
        sw_json_write_u64(w, "Size", n_bytes);
    if (report->os.id.n > 0) {
        sw_json_write_object(w, "OS");
        sw_json_write_str(w, "Family", sw_trivy_family(&report->os));
        sw_json_write_str(w, "Name", report->os.version_id);
        if (report->support == SW_SUPPORT_END_OF_LIFE)
            sw_json_write_bool(w, "EOSL", true);
        sw_json_write_end(w);
    }
    sw_json_write_optional(w, "ImageID", image->config_digest);
    if (image->n_layers > 0)
        write_diff_ids(w, "DiffIDs", image);
    write_names(t, image);
    write_image_config(w, image);
    if (image->n_layers > 0)
        write_layers(w, image);
    sw_json_write_end(w);
}

static int write_results(struct sw_trivy *t)
{
    const struct sw_os *os = &t->report->os;
    sw_json_write_array(t->w, "Results");
    if (os->id.n > 0 || t->report->packages.n > 0) {
        struct sw_str family = os->id.n > 0 ? sw_trivy_family(os) : SW_STR("unknown");
        sw_buf_clear(t->scratch);
        sw_json_write_object(t->w, NULL);
        if (sw_buf_append_str(t->scratch, t->report->target) == 0 &&
            sw_buf_append_str(t->scratch, SW_STR(" (")) == 0 &&
            sw_buf_append_str(t->scratch, family) == 0 &&
            (os->version_id.n == 0 || (sw_buf_append_char(t->scratch, ' ') == 0 &&
                                          sw_buf_append_str(t->scratch, os->version_id) == 0)) &&
            sw_buf_append_char(t->scratch, ')') == 0)
            sw_json_write_str(t->w, "Target", sw_buf_str(t->scratch));
        sw_json_write_text(t->w, "Class", "os-pkgs");
        sw_json_write_str(t->w, "Type", family);
        sw_trivy_write_packages(t);
        sw_trivy_write_vulnerabilities(t);
        sw_trivy_write_modified(t);
        sw_json_write_end(t->w);
    }
    int r = sw_trivy_write_finds(t);
    sw_json_write_end(t->w);
    return r;
}

static int write_document(struct sw_trivy *t)
{
    const struct sw_report *report = t->report;
    bool is_directory = report->target_kind == SW_TARGET_ROOTFS;
    char id[64];
    sw_report_identity(report, id, sizeof(id));
    sw_json_write_object(t->w, NULL);
    sw_json_write_u64(t->w, "SchemaVersion", 2);
    sw_json_write_text(t->w, "ReportID", id);
    sw_trivy_write_time(t->w, "CreatedAt", report->scanned_at);
    sw_json_write_optional(t->w, "ArtifactID", report->image.config_digest);
    sw_json_write_str(t->w, "ArtifactName", report->target);
    sw_json_write_text(t->w, "ArtifactType", is_directory ? "filesystem" : "container_image");
    write_metadata(t);
    int r = write_results(t);
    sw_json_write_end(t->w);
    sw_json_write_newline(t->w);
    return r;
}

static int write_trivy(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    (void)options;
    SW_CLEANUP(sw_buf_done) struct sw_buf scratch = {0};
    sw_buf_init(&scratch, TEXT_MAX);
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct sw_trivy t = {.w = &sink.writer, .report = report, .scratch = &scratch};
    int r = sw_trivy_collect(&t);
    if (r == 0)
        r = write_document(&t);
    sw_vec_done(&t.rows);
    int finished = sw_report_sink_finish(&sink, err);
    return r < 0 ? sw_err_set(err, r, "too many findings for trivy-json") : finished;
}

const struct sw_report_format sw_report_trivy_json = {
    .name = "trivy-json",
    .summary = "the shape of Trivy's JSON report, for what reads that",
    .is_document = true,
    .write = write_trivy,
};

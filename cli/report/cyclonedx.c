/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CycloneDX 1.6 as JSON (ECMA-424): the inventory as components, findings as vulnerabilities.
 */
#include "report/format.h"

#include <inttypes.h>

#include "base/mem.h"
#include "model/purl.h"
#include "report/find.h"
#include "report/identity.h"
#include "report/ignored_text.h"
#include "report/sink.h"

/* Use of hard-coded credentials; embedded malicious code. */
#define CWE_CREDENTIALS 798
#define CWE_MALICIOUS 506

static void write_property(struct sw_json_writer *w, const char *name, struct sw_str value)
{
    if (value.n == 0)
        return;
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "name", name);
    sw_json_write_str(w, "value", value);
    sw_json_write_end(w);
}

static void write_reference(struct sw_json_writer *w, const char *key, const char *prefix, size_t i)
{
    char text[32];
    snprintf(text, sizeof(text), "%s-%zu", prefix, i);
    sw_json_write_text(w, key, text);
}

static void write_metadata(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_print_options *options)
{
    sw_json_write_object(w, "metadata");
    sw_json_write_str(w, "timestamp", report->scanned_at);
    sw_json_write_object(w, "tools");
    sw_json_write_array(w, "components");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "application");
    sw_json_write_text(w, "name", "seawall");
    sw_json_write_text(w, "version", options->version);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_object(w, "component");
    sw_json_write_text(
        w, "type", report->target_kind == SW_TARGET_ROOTFS ? "operating-system" : "container");
    sw_json_write_text(w, "bom-ref", "target");
    sw_json_write_str(w, "name", report->target);
    sw_json_write_optional(w, "version", report->image.digest);
    sw_json_write_end(w);
    sw_json_write_array(w, "properties");
    write_property(w, "seawall:support", sw_str_of(sw_support_name(report->support)));
    SW_VEC_EACH (note, &report->notes)
        if (sw_note_is_incomplete(note->kind))
            write_property(w, "seawall:incomplete", note->message);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_os(struct sw_json_writer *w, const struct sw_os *os)
{
    if (os->id.n == 0)
        return;
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "operating-system");
    sw_json_write_text(w, "bom-ref", "os");
    sw_json_write_str(w, "name", os->id);
    sw_json_write_optional(w, "version", os->version_id);
    sw_json_write_optional(w, "description", os->name);
    sw_json_write_end(w);
}

static void write_licence(struct sw_json_writer *w, struct sw_str licence)
{
    if (licence.n == 0)
        return;
    sw_json_write_array(w, "licenses");
    sw_json_write_object(w, NULL);
    sw_json_write_object(w, "license");
    sw_json_write_str(w, "name", licence);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_component(
    struct sw_json_writer *w, const struct sw_report *report, size_t i, struct sw_buf *purl)
{
    const struct sw_package *package = &report->packages.v[i];
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "library");
    write_reference(w, "bom-ref", "package", i);
    sw_json_write_str(w, "name", package->name);
    sw_json_write_str(w, "version", package->version);
    write_licence(w, package->licence);
    sw_buf_clear(purl);
    if (sw_purl_format_package(package, &report->os, purl) == 0)
        sw_json_write_str(w, "purl", sw_buf_str(purl));
    sw_json_write_array(w, "properties");
    write_property(w, "seawall:source_name", package->source_name);
    write_property(w, "seawall:source_version", package->source_version);
    write_property(w, "seawall:module", package->module);
    if (package->layer >= 0 && (size_t)package->layer < report->image.n_layers)
        write_property(w, "seawall:layer", report->image.layers[package->layer].diff_id);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

static void write_rating(struct sw_json_writer *w, const struct sw_finding *finding)
{
    static const char *const names[] = {"unknown", "info", "low", "medium", "high", "critical"};
    sw_json_write_array(w, "ratings");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "severity", names[finding->severity]);
    if (finding->cvss.vector.n > 0) {
        struct sw_str v = finding->cvss.vector;
        const char *method = sw_str_starts_with(v, SW_STR("CVSS:4.0"))   ? "CVSSv4"
                             : sw_str_starts_with(v, SW_STR("CVSS:3.1")) ? "CVSSv31"
                             : sw_str_starts_with(v, SW_STR("CVSS:3.0")) ? "CVSSv3"
                                                                         : "CVSSv2";
        if (finding->cvss.score >= 0)
            sw_json_write_double(w, "score", finding->cvss.score);
        sw_json_write_text(w, "method", method);
        sw_json_write_str(w, "vector", v);
    }
    sw_json_write_end(w);
    sw_json_write_end(w);
}

/* A statement's words are states of CycloneDX; somebody's wish to live with a flaw is none: it is a
 * response. */
static void write_analysis(struct sw_json_writer *w, const struct sw_ignored *ignored)
{
    char text[2048];
    sw_json_write_object(w, "analysis");
    if (sw_str_equal_z(ignored->status, "not_affected"))
        sw_json_write_text(w, "state", "not_affected");
    else if (sw_str_equal_z(ignored->status, "fixed"))
        sw_json_write_text(w, "state", "resolved");
    else {
        sw_json_write_array(w, "response");
        sw_json_write_text(w, NULL, "will_not_fix");
        sw_json_write_end(w);
    }
    sw_json_write_str(w, "detail", sw_ignored_text(ignored, text, sizeof(text)));
    sw_json_write_end(w);
}

/* ignored: NULL when it is not. */
static void write_vulnerability(
    struct sw_json_writer *w, const struct sw_finding *finding, const struct sw_ignored *ignored)
{
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "id", finding->id);
    sw_json_write_object(w, "source");
    sw_json_write_str(w, "name", finding->feed);
    sw_json_write_end(w);
    write_rating(w, finding);
    sw_json_write_optional(w, "description", finding->title);
    if (finding->status == SW_FIX_FIXED) {
        char text[600];
        snprintf(text, sizeof(text), "update %.*s to %.*s",
            SW_STR_ARG(sw_str_part(finding->source_name, 0, 200)),
            SW_STR_ARG(sw_str_part(finding->fixed_version, 0, 200)));
        sw_json_write_str(w, "recommendation", sw_str_of(text));
    }
    if (ignored != NULL)
        write_analysis(w, ignored);
    sw_json_write_array(w, "affects");
    for (size_t i = 0; i < finding->n_packages; i++) {
        sw_json_write_object(w, NULL);
        write_reference(w, "ref", "package", finding->packages[i]);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
    sw_json_write_array(w, "properties");
    write_property(w, "seawall:status", sw_str_of(sw_fix_status_name(finding->status)));
    write_property(w, "seawall:fixed_version", finding->fixed_version);
    write_property(w, "seawall:advisory", finding->advisory_id);
    write_property(w, "seawall:record", finding->record);
    if (finding->is_kev)
        write_property(w, "seawall:known_exploited", finding->kev_date);
    if (ignored != NULL)
        write_property(w, "seawall:ignored", ignored->origin);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

/* The file in which a secret or malware is. */
static void write_file(struct sw_json_writer *w, const struct sw_report *report, size_t i)
{
    const struct sw_finding *finding = &report->findings.v[i];
    const struct sw_layer *layer = sw_report_find_layer(report, finding);
    SW_CLEANUP(sw_buf_done) struct sw_buf place = {0};
    sw_buf_init(&place, 65536);
    struct sw_finding plain = *finding;
    plain.location.line = 0;
    sw_report_find_place(&plain, &place);
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", "file");
    write_reference(w, "bom-ref", "file", i);
    sw_json_write_str(w, "name", sw_buf_str(&place));
    sw_json_write_array(w, "properties");
    write_property(w, "seawall:presence", sw_str_of(sw_presence_name(finding->location.presence)));
    if (layer != NULL)
        write_property(w, "seawall:layer", layer->diff_id);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

/* CycloneDX has no place of its own for these: weaknesses, named by CWE's numbers. */
static void write_find(struct sw_json_writer *w, const struct sw_report *report, size_t i)
{
    const struct sw_finding *finding = &report->findings.v[i];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "id", finding->id);
    sw_json_write_object(w, "source");
    sw_json_write_text(w, "name", "seawall");
    sw_json_write_end(w);
    write_rating(w, finding);
    sw_json_write_array(w, "cwes");
    sw_json_write_u64(
        w, NULL, finding->kind == SW_FINDING_SECRET ? CWE_CREDENTIALS : CWE_MALICIOUS);
    sw_json_write_end(w);
    sw_json_write_str(w, "description", sw_report_find_title(finding));
    sw_report_find_story(report, finding, &text);
    sw_json_write_optional(w, "detail", sw_buf_str(&text));
    sw_json_write_array(w, "affects");
    sw_json_write_object(w, NULL);
    write_reference(w, "ref", "file", i);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_array(w, "properties");
    write_property(w, "seawall:kind", sw_str_of(sw_finding_kind_name(finding->kind)));
    write_property(w, "seawall:engine", finding->engine);
    write_property(w, "seawall:found", finding->secret.n > 0 ? finding->secret : finding->match);
    write_property(w, "seawall:fingerprint", finding->fingerprint);
    if (finding->location.line > 0) {
        char line[32];
        snprintf(line, sizeof(line), "%" PRIu64, finding->location.line);
        write_property(w, "seawall:line", sw_str_of(line));
    }
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

static int write_cyclonedx(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    char serial[64];
    sw_report_identity(report, serial, sizeof(serial));
    SW_CLEANUP(sw_buf_done) struct sw_buf purl = {0};
    sw_buf_init(&purl, 65536);
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct sw_json_writer *w = &sink.writer;
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
    sw_json_write_text(w, "bomFormat", "CycloneDX");
    sw_json_write_text(w, "specVersion", "1.6");
    char urn[80];
    snprintf(urn, sizeof(urn), "urn:uuid:%s", serial);
    sw_json_write_text(w, "serialNumber", urn);
    sw_json_write_u64(w, "version", 1);
    write_metadata(w, report, options);
    sw_json_write_array(w, "components");
    write_os(w, &report->os);
    for (size_t i = 0; i < report->packages.n; i++)
        write_component(w, report, i, &purl);
    for (size_t i = 0; i < report->findings.n; i++)
        if (sw_report_is_find(&report->findings.v[i]))
            write_file(w, report, i);
    sw_json_write_end(w);
    sw_json_write_array(w, "vulnerabilities");
    for (size_t i = 0; i < report->findings.n; i++) {
        if (sw_report_is_find(&report->findings.v[i]))
            write_find(w, report, i);
        else
            write_vulnerability(w, &report->findings.v[i], NULL);
    }
    SW_VEC_EACH (ignored, &report->ignored)
        if (!sw_report_is_find(&ignored->finding))
            write_vulnerability(w, &ignored->finding, ignored);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
    return sw_report_sink_finish(&sink, err);
}

const struct sw_report_format sw_report_cyclonedx = {
    .name = "cyclonedx",
    .summary = "CycloneDX 1.6 (JSON): inventory and vulnerabilities",
    .is_document = true,
    .write = write_cyclonedx,
};

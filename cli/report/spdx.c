/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPDX 2.3 as JSON (ISO/IEC 5962): packages, what contains them, and a security reference from each
 * package to its advisories.
 */
#include "report/format.h"

#include <errno.h>

#include "base/mem.h"
#include "model/purl.h"
#include "report/find.h"
#include "report/identity.h"
#include "report/sink.h"

static void write_id(struct sw_json_writer *w, const char *key, size_t i)
{
    char text[48];
    snprintf(text, sizeof(text), "SPDXRef-Package-%zu", i);
    sw_json_write_text(w, key, text);
}

static void write_external(
    struct sw_json_writer *w, const char *category, const char *type, struct sw_str locator)
{
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "referenceCategory", category);
    sw_json_write_text(w, "referenceType", type);
    sw_json_write_str(w, "referenceLocator", locator);
    sw_json_write_end(w);
}

/* SPDX wants a URL: an advisory that brings none gets the address of its id's own register. */
static void write_advisory(struct sw_json_writer *w, const struct sw_finding *finding)
{
    if (finding->n_references > 0) {
        write_external(w, "SECURITY", "advisory", finding->references[0]);
        return;
    }
    bool is_cve = sw_str_starts_with(finding->id, SW_STR("CVE-"));
    char url[300];
    snprintf(url, sizeof(url), "%s%.*s",
        is_cve ? "https://www.cve.org/CVERecord?id=" : "https://osv.dev/vulnerability/",
        SW_STR_ARG(sw_str_part(finding->id, 0, 200)));
    write_external(w, "SECURITY", "advisory", sw_str_of(url));
}

/* For each package the findings that name it, as offsets into one array. */
struct links {
    size_t *first; /* n_packages + 1 */
    size_t *finding;
};

static int link_findings(const struct sw_report *report, struct links *ret)
{
    size_t n = report->packages.n;
    size_t total = 0;
    ret->first = sw_mem_zalloc(n + 2, sizeof(*ret->first));
    if (ret->first == NULL)
        return -ENOMEM;
    SW_VEC_EACH (finding, &report->findings) {
        total += finding->n_packages;
        for (size_t i = 0; i < finding->n_packages; i++)
            if (finding->packages[i] < n)
                ret->first[finding->packages[i] + 2]++;
    }
    for (size_t i = 2; i <= n + 1; i++)
        ret->first[i] += ret->first[i - 1];
    ret->finding = sw_mem_zalloc(total, sizeof(*ret->finding));
    if (ret->finding == NULL)
        return -ENOMEM;
    for (size_t f = 0; f < report->findings.n; f++) {
        const struct sw_finding *finding = &report->findings.v[f];
        for (size_t i = 0; i < finding->n_packages; i++)
            if (finding->packages[i] < n)
                ret->finding[ret->first[finding->packages[i] + 1]++] = f;
    }
    return 0;
}

static void write_head(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_print_options *options)
{
    char identity[64];
    char text[160];
    sw_report_identity(report, identity, sizeof(identity));
    sw_json_write_text(w, "spdxVersion", "SPDX-2.3");
    sw_json_write_text(w, "dataLicense", "CC0-1.0");
    sw_json_write_text(w, "SPDXID", "SPDXRef-DOCUMENT");
    sw_json_write_str(w, "name", report->target);
    snprintf(text, sizeof(text), "urn:uuid:%s", identity);
    sw_json_write_text(w, "documentNamespace", text);
    sw_json_write_object(w, "creationInfo");
    sw_json_write_str(w, "created", report->scanned_at);
    sw_json_write_array(w, "creators");
    snprintf(text, sizeof(text), "Tool: seawall-%s", options->version);
    sw_json_write_text(w, NULL, text);
    sw_json_write_end(w);
    sw_json_write_end(w);
    if (!sw_report_is_incomplete(report))
        return;
    SW_CLEANUP(sw_buf_done) struct sw_buf comment = {0};
    sw_buf_init(&comment, 65536);
    SW_VEC_EACH (note, &report->notes)
        if (sw_note_is_incomplete(note->kind) && (sw_buf_append_str(&comment, note->message) < 0 ||
                                                     sw_buf_append(&comment, "; ", 2) < 0))
            break;
    sw_json_write_str(w, "comment", sw_buf_str(&comment));
}

static void write_package(struct sw_json_writer *w, const struct sw_report *report, size_t i,
    const struct links *links, struct sw_buf *purl)
{
    const struct sw_package *package = &report->packages.v[i];
    sw_json_write_object(w, NULL);
    write_id(w, "SPDXID", i);
    sw_json_write_str(w, "name", package->name);
    sw_json_write_str(w, "versionInfo", package->version);
    sw_json_write_text(w, "downloadLocation", "NOASSERTION");
    sw_json_write_bool(w, "filesAnalyzed", false);
    sw_json_write_text(w, "licenseConcluded", "NOASSERTION");
    sw_json_write_text(w, "licenseDeclared", "NOASSERTION");
    if (package->licence.n > 0)
        sw_json_write_str(w, "licenseComments", package->licence);
    sw_json_write_text(w, "copyrightText", "NOASSERTION");
    if (package->source_name.n > 0) {
        SW_CLEANUP(sw_buf_done) struct sw_buf source = {0};
        sw_buf_init(&source, 200000);
        if (sw_buf_printf(&source, "built from %.*s %.*s", SW_STR_ARG(package->source_name),
                SW_STR_ARG(package->source_version)) == 0)
            sw_json_write_str(w, "sourceInfo", sw_buf_str(&source));
    }
    sw_json_write_array(w, "externalRefs");
    sw_buf_clear(purl);
    if (sw_purl_format_package(package, &report->os, purl) == 0)
        write_external(w, "PACKAGE-MANAGER", "purl", sw_buf_str(purl));
    for (size_t f = links->first[i]; f < links->first[i + 1]; f++)
        write_advisory(w, &report->findings.v[links->finding[f]]);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

static void write_target(struct sw_json_writer *w, const struct sw_report *report)
{
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "SPDXID", "SPDXRef-Target");
    sw_json_write_str(w, "name", report->target);
    sw_json_write_optional(w, "versionInfo", report->image.config_digest);
    sw_json_write_text(w, "downloadLocation", "NOASSERTION");
    sw_json_write_bool(w, "filesAnalyzed", false);
    sw_json_write_text(w, "primaryPackagePurpose",
        report->target_kind == SW_TARGET_ROOTFS ? "OPERATING-SYSTEM" : "CONTAINER");
    sw_json_write_text(w, "licenseConcluded", "NOASSERTION");
    sw_json_write_text(w, "licenseDeclared", "NOASSERTION");
    sw_json_write_text(w, "copyrightText", "NOASSERTION");
    sw_json_write_end(w);
}

static void write_relationships(struct sw_json_writer *w, const struct sw_report *report)
{
    sw_json_write_array(w, "relationships");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "spdxElementId", "SPDXRef-DOCUMENT");
    sw_json_write_text(w, "relationshipType", "DESCRIBES");
    sw_json_write_text(w, "relatedSpdxElement", "SPDXRef-Target");
    sw_json_write_end(w);
    for (size_t i = 0; i < report->packages.n; i++) {
        sw_json_write_object(w, NULL);
        sw_json_write_text(w, "spdxElementId", "SPDXRef-Target");
        sw_json_write_text(w, "relationshipType", "CONTAINS");
        write_id(w, "relatedSpdxElement", i);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
}

/* Secrets and malware are no packages: remarks on the document. */
static void write_annotations(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_print_options *options)
{
    char tool[100];
    snprintf(tool, sizeof(tool), "Tool: seawall-%s", options->version);
    bool has_any = false;
    SW_VEC_EACH (finding, &report->findings) {
        if (!sw_report_is_find(finding))
            continue;
        if (!has_any)
            sw_json_write_array(w, "annotations");
        has_any = true;
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        sw_buf_init(&text, 65536);
        if (sw_buf_printf(&text, "%s, %s: %.*s: ", sw_finding_kind_name(finding->kind),
                sw_severity_name(finding->severity), SW_STR_ARG(finding->id)) == 0)
            sw_report_find_place(finding, &text);
        sw_json_write_object(w, NULL);
        sw_json_write_str(w, "annotationDate", report->scanned_at);
        sw_json_write_text(w, "annotationType", "OTHER");
        sw_json_write_text(w, "annotator", tool);
        sw_json_write_str(w, "comment", sw_buf_str(&text));
        sw_json_write_end(w);
    }
    if (has_any)
        sw_json_write_end(w);
}

static int write_spdx(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    struct links links = {0};
    if (link_findings(report, &links) < 0) {
        sw_mem_free(links.first);
        return sw_err_set(err, -ENOMEM, "out of memory");
    }
    SW_CLEANUP(sw_buf_done) struct sw_buf purl = {0};
    sw_buf_init(&purl, 65536);
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct sw_json_writer *w = &sink.writer;
    sw_json_write_object(w, NULL);
    write_head(w, report, options);
    write_annotations(w, report, options);
    sw_json_write_array(w, "packages");
    write_target(w, report);
    for (size_t i = 0; i < report->packages.n; i++)
        write_package(w, report, i, &links, &purl);
    sw_json_write_end(w);
    write_relationships(w, report);
    sw_json_write_end(w);
    sw_json_write_newline(w);
    sw_mem_free(links.first);
    sw_mem_free(links.finding);
    return sw_report_sink_finish(&sink, err);
}

const struct sw_report_format sw_report_spdx = {
    .name = "spdx",
    .summary = "SPDX 2.3 (JSON): inventory with security references",
    .is_document = true,
    .write = write_spdx,
};

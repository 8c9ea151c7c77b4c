/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GitLab's container-scanning report, schema 15.0.7: a vulnerability per finding and installed
 * package. GitLab refuses a whole report for one value that its schema does not allow, so lengths
 * and forms are kept here.
 */
#include "report/format.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "report/find.h"
#include "report/identity.h"
#include "report/sink.h"
#include "report/trivy_names.h"
#include "rules/cvss.h"

/* The schema counts characters of what is written; a byte becomes four at most. */
#define NAME_MAX_BYTES ((size_t)60)           /* 255 */
#define DESCRIPTION_MAX_BYTES ((size_t)65536) /* 1048576 */
#define SOLUTION_MAX_BYTES ((size_t)1700)     /* 7000 */
#define VECTOR_MAX ((size_t)128)
#define VECTOR_MIN ((size_t)32)

static void write_tool(
    struct sw_json_writer *w, const char *key, const struct sw_print_options *options)
{
    sw_json_write_object(w, key);
    sw_json_write_text(w, "id", "seawall");
    sw_json_write_text(w, "name", "Seawall");
    sw_json_write_object(w, "vendor");
    sw_json_write_text(w, "name", "Seawall");
    sw_json_write_end(w);
    sw_json_write_text(w, "version", options->version);
    sw_json_write_end(w);
}

/* "2020-01-28T03:26:02": UTC, and without a zone. */
static void write_time(struct sw_json_writer *w, const char *key, struct sw_str time)
{
    int64_t seconds = 0;
    char text[SW_CLOCK_TEXT_BYTES];
    if (sw_clock_parse(time, &seconds) < 0)
        seconds = 0;
    sw_clock_format(seconds, text);
    sw_json_write_str(w, key, sw_str_part(sw_str_of(text), 0, 19));
}

static void write_message(struct sw_json_writer *w, const struct sw_note *note)
{
    char text[2048];
    snprintf(text, sizeof(text), "%.*s%s%.*s", SW_STR_ARG(note->subject),
        note->subject.n > 0 ? ": " : "", SW_STR_ARG(note->message));
    if (text[0] == '\0')
        return;
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "level", sw_note_is_incomplete(note->kind) ? "warn" : "info");
    sw_json_write_str(w, "value", sw_str_of(text));
    sw_json_write_end(w);
}

/* A container-scanning report holds packages alone; what else there is must not vanish. */
static void write_left_out(
    struct sw_json_writer *w, const struct sw_report *report, enum sw_finding_kind kind)
{
    char text[200];
    size_t n = sw_report_count_kind(report, kind);
    if (n == 0)
        return;
    snprintf(text, sizeof(text), "%zu %s found, which this kind of report cannot hold", n,
        sw_report_kind_text(kind, n));
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "level", "warn");
    sw_json_write_text(w, "value", text);
    sw_json_write_end(w);
}

static void write_scan(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_print_options *options)
{
    sw_json_write_object(w, "scan");
    write_tool(w, "analyzer", options);
    write_tool(w, "scanner", options);
    write_time(w, "start_time", report->scanned_at);
    write_time(w, "end_time", report->scanned_at);
    sw_json_write_array(w, "messages");
    SW_VEC_EACH (note, &report->notes)
        write_message(w, note);
    write_left_out(w, report, SW_FINDING_SECRET);
    write_left_out(w, report, SW_FINDING_MALWARE);
    if (report->ignored.n > 0) {
        char text[64];
        snprintf(
            text, sizeof(text), "findings ignored by rules, and left out: %zu", report->ignored.n);
        sw_json_write_object(w, NULL);
        sw_json_write_text(w, "level", "info");
        sw_json_write_text(w, "value", text);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
    sw_json_write_text(w, "status", sw_report_is_incomplete(report) ? "failure" : "success");
    sw_json_write_text(w, "type", "container_scanning");
    sw_json_write_end(w);
}

static bool is_link(struct sw_str s)
{
    bool is_known = sw_str_starts_with(s, SW_STR("https://")) ||
                    sw_str_starts_with(s, SW_STR("http://")) ||
                    sw_str_starts_with(s, SW_STR("ftp://"));
    ptrdiff_t at = sw_str_find(s, SW_STR("://"));
    return is_known && s.n > (size_t)at + 3 && (unsigned char)s.p[at + 3] > ' ';
}

static void write_identifier(struct sw_json_writer *w, struct sw_str id)
{
    static const char *const types[][2] = {{"CVE-", "cve"}, {"GHSA-", "ghsa"}, {"USN-", "usn"},
        {"RHSA-", "rhsa"}, {"ELSA-", "elsa"}, {"DSA-", "dsa"}, {"DLA-", "dla"}, {"ALSA-", "alsa"},
        {"RLSA-", "rlsa"}, {"ALAS", "alas"}, {"SUSE-", "suse"}, {"openSUSE-", "suse"}};
    const char *type = "seawall";
    if (id.n == 0)
        return;
    for (size_t i = 0; i < SW_ARRAY_SIZE(types); i++)
        if (sw_str_starts_with(id, sw_str_of(types[i][0])))
            type = types[i][1];
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "type", type);
    sw_json_write_str(w, "name", id);
    sw_json_write_str(w, "value", id);
    char url[128];
    if (strcmp(type, "cve") == 0 && id.n < 64) {
        snprintf(url, sizeof(url), "https://nvd.nist.gov/vuln/detail/%.*s", SW_STR_ARG(id));
        sw_json_write_str(w, "url", sw_str_of(url));
    }
    sw_json_write_end(w);
}

static void write_vector(struct sw_json_writer *w, const struct sw_finding *finding)
{
    struct sw_str vector = finding->cvss.vector;
    double score = 0;
    enum sw_severity severity;
    if (!sw_str_starts_with(vector, SW_STR("CVSS:3.")) || vector.n < VECTOR_MIN ||
        vector.n > VECTOR_MAX || sw_cvss_score(vector, &score, &severity, NULL) < 0)
        return;
    const struct sw_trivy_source *source = sw_trivy_source_find(finding->feed);
    sw_json_write_array(w, "cvss_vectors");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "vendor", source != NULL ? source->id : "unknown");
    sw_json_write_str(w, "vector", vector);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_location(
    struct sw_json_writer *w, const struct sw_report *report, const struct sw_package *package)
{
    char os[256];
    snprintf(os, sizeof(os), "%.*s%s%.*s",
        SW_STR_ARG(report->os.id.n > 0 ? sw_str_part(report->os.id, 0, 100) : SW_STR("unknown")),
        report->os.version_id.n > 0 ? " " : "",
        SW_STR_ARG(sw_str_part(report->os.version_id, 0, 100)));
    sw_json_write_object(w, "location");
    sw_json_write_object(w, "dependency");
    sw_json_write_object(w, "package");
    sw_json_write_str(w, "name", package->name);
    sw_json_write_end(w);
    sw_json_write_str(w, "version", package->version);
    sw_json_write_end(w);
    sw_json_write_str(w, "operating_system", sw_str_of(os));
    sw_json_write_str(w, "image", report->target.n > 0 ? report->target : SW_STR("unknown"));
    sw_json_write_end(w);
}

/* The same for the same finding in the same image, so that GitLab follows it. */
static void write_id(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_finding *finding, const struct sw_package *package)
{
    char text[4096];
    char id[64];
    snprintf(text, sizeof(text), "%.*s\n%.*s\n%.*s\n%.*s\n%.*s",
        SW_STR_ARG(sw_str_part(report->target, 0, 800)),
        SW_STR_ARG(sw_str_part(finding->id, 0, 800)),
        SW_STR_ARG(sw_str_part(package->name, 0, 800)),
        SW_STR_ARG(sw_str_part(package->arch, 0, 800)),
        SW_STR_ARG(sw_str_part(package->database, 0, 800)));
    sw_report_identity_of(sw_str_of(text), id, sizeof(id));
    sw_json_write_text(w, "id", id);
}

static void write_solution(
    struct sw_json_writer *w, const struct sw_finding *finding, const struct sw_package *package)
{
    char text[SOLUTION_MAX_BYTES];
    if (finding->status != SW_FIX_FIXED)
        return;
    snprintf(text, sizeof(text), "Upgrade %.*s to %.*s (source package %.*s)",
        SW_STR_ARG(sw_str_part(package->name, 0, 500)),
        SW_STR_ARG(sw_str_part(finding->fixed_version, 0, 500)),
        SW_STR_ARG(sw_str_part(finding->source_name, 0, 500)));
    sw_json_write_str(w, "solution", sw_str_of(text));
}

static void write_vulnerability(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_finding *finding, const struct sw_package *package)
{
    static const char *const severities[] = {
        "Unknown", "Info", "Low", "Medium", "High", "Critical"};
    struct sw_str title = finding->title.n > 0 ? finding->title : finding->id;
    sw_json_write_object(w, NULL);
    write_id(w, report, finding, package);
    sw_json_write_str(w, "name", sw_str_part(finding->id, 0, NAME_MAX_BYTES));
    sw_json_write_str(w, "description", sw_str_part(title, 0, DESCRIPTION_MAX_BYTES));
    sw_json_write_text(w, "severity", severities[finding->severity]);
    write_solution(w, finding, package);
    sw_json_write_array(w, "identifiers");
    write_identifier(w, finding->id);
    if (!sw_str_equal(finding->advisory_id, finding->id))
        write_identifier(w, finding->advisory_id);
    for (size_t i = 0; i < finding->n_aliases; i++)
        write_identifier(w, finding->aliases[i]);
    sw_json_write_end(w);
    write_vector(w, finding);
    sw_json_write_array(w, "links");
    for (size_t i = 0; i < finding->n_references; i++) {
        if (!is_link(finding->references[i]))
            continue;
        sw_json_write_object(w, NULL);
        sw_json_write_str(w, "url", finding->references[i]);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
    write_location(w, report, package);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

static int write_gitlab(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct sw_json_writer *w = &sink.writer;
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "version", "15.0.7");
    sw_json_write_text(w, "schema",
        "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/"
        "dist/container-scanning-report-format.json");
    write_scan(w, report, options);
    sw_json_write_array(w, "vulnerabilities");
    SW_VEC_EACH (finding, &report->findings)
        for (size_t i = 0; i < finding->n_packages && finding->id.n > 0; i++)
            if (finding->packages[i] < report->packages.n)
                write_vulnerability(w, report, finding, &report->packages.v[finding->packages[i]]);
    sw_json_write_end(w);
    sw_json_write_array(w, "remediations");
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
    return sw_report_sink_finish(&sink, err);
}

const struct sw_report_format sw_report_gitlab = {
    .name = "gitlab",
    .summary = "GitLab's container-scanning report (schema 15.0.7)",
    .is_document = true,
    .write = write_gitlab,
};

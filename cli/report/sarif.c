/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0 (OASIS), for code-scanning dashboards: a rule per advisory, a result per finding, and
 * a notification per note, so that "incomplete" is not lost on the way.
 */
#include "report/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/find.h"
#include "report/ignored_text.h"
#include "report/sink.h"

#define TEXT_MAX ((size_t)65536)

static int begin(FILE *out, const struct sw_print_options *options)
{
    (void)options;
    fprintf(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                 "\"version\":\"2.1.0\",\"runs\":[");
    return 0;
}

static int end(FILE *out, const struct sw_print_options *options)
{
    (void)options;
    fprintf(out, "]}\n");
    return 0;
}

static const char *level_of(enum sw_severity severity)
{
    if (severity >= SW_SEVERITY_HIGH)
        return "error";
    return severity == SW_SEVERITY_MEDIUM ? "warning" : "note";
}

/* The number that dashboards sort by: CVSS where there is one, else the middle of the level. */
static double security_severity(const struct sw_finding *finding)
{
    static const double middles[] = {0.0, 0.1, 2.0, 5.5, 8.0, 9.5};
    if (finding->cvss.score >= 0 && finding->cvss.vector.n > 0)
        return finding->cvss.score;
    return middles[finding->severity];
}

static int compare_ids(const void *a, const void *b)
{
    const struct sw_finding *const *x = a;
    const struct sw_finding *const *y = b;
    return sw_str_compare((*x)->id, (*y)->id);
}

static void write_message(struct sw_json_writer *w, const char *key, struct sw_str text)
{
    sw_json_write_object(w, key);
    sw_json_write_str(w, "text", text);
    sw_json_write_end(w);
}

static void write_rule(struct sw_json_writer *w, const struct sw_finding *finding)
{
    char severity[16];
    snprintf(severity, sizeof(severity), "%.1f", security_severity(finding));
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "id", finding->id);
    write_message(w, "shortDescription", finding->title.n > 0 ? finding->title : finding->id);
    if (finding->n_references > 0)
        sw_json_write_str(w, "helpUri", finding->references[0]);
    sw_json_write_object(w, "properties");
    sw_json_write_text(w, "security-severity", severity);
    sw_json_write_array(w, "tags");
    sw_json_write_text(w, NULL, sw_finding_kind_name(finding->kind));
    sw_json_write_text(w, NULL, sw_severity_name(finding->severity));
    if (finding->is_kev)
        sw_json_write_text(w, NULL, "known-exploited");
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static int write_rules(struct sw_json_writer *w, const struct sw_report *report)
{
    size_t n = report->findings.n + report->ignored.n;
    SW_CLEANUP(sw_mem_freep)
    const struct sw_finding **sorted = sw_mem_zalloc(n + 1, sizeof(*sorted));
    if (sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = i < report->findings.n ? &report->findings.v[i]
                                           : &report->ignored.v[i - report->findings.n].finding;
    qsort(sorted, n, sizeof(*sorted), compare_ids);
    sw_json_write_array(w, "rules");
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !sw_str_equal(sorted[i]->id, sorted[i - 1]->id))
            write_rule(w, sorted[i]);
    sw_json_write_end(w);
    return 0;
}

static void write_location(
    struct sw_json_writer *w, const struct sw_report *report, const struct sw_finding *finding)
{
    sw_json_write_array(w, "locations");
    if (finding->n_packages > 0 && finding->packages[0] < report->packages.n) {
        const struct sw_package *package = &report->packages.v[finding->packages[0]];
        sw_json_write_object(w, NULL);
        sw_json_write_object(w, "physicalLocation");
        sw_json_write_object(w, "artifactLocation");
        sw_json_write_str(w, "uri", package->database);
        sw_json_write_end(w);
        sw_json_write_object(w, "region");
        sw_json_write_u64(w, "startLine", 1);
        sw_json_write_end(w);
        sw_json_write_end(w);
        write_message(w, "message", package->name);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
}

static void write_suppression(struct sw_json_writer *w, const struct sw_ignored *ignored)
{
    char text[2048];
    sw_json_write_array(w, "suppressions");
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "kind", "external");
    sw_json_write_text(w, "status", "accepted");
    sw_json_write_str(w, "justification", sw_ignored_text(ignored, text, sizeof(text)));
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_find(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_finding *finding, const struct sw_ignored *ignored)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, TEXT_MAX);
    const struct sw_location *location = &finding->location;
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "ruleId", finding->id);
    sw_json_write_text(w, "level", level_of(finding->severity));
    struct sw_str title = sw_report_find_title(finding);
    struct sw_str detail = finding->secret.n > 0 ? finding->secret : finding->match;
    if (sw_buf_append_str(&text, title) == 0 && detail.n > 0 &&
        sw_buf_append_str(&text, SW_STR(": ")) == 0 && sw_buf_append_str(&text, detail) == 0 &&
        sw_buf_append_str(&text, SW_STR("; ")) == 0)
        sw_report_find_story(report, finding, &text);
    write_message(w, "message", sw_buf_str(&text));
    sw_json_write_array(w, "locations");
    sw_json_write_object(w, NULL);
    sw_json_write_object(w, "physicalLocation");
    sw_json_write_object(w, "artifactLocation");
    sw_buf_clear(&text);
    if (sw_report_find_uri(finding, &text) == 0)
        sw_json_write_str(w, "uri", sw_buf_str(&text));
    sw_json_write_end(w);
    sw_json_write_object(w, "region");
    sw_json_write_u64(w, "startLine", location->line > 0 ? location->line : 1);
    if (location->line > 0 && location->column > 0)
        sw_json_write_u64(w, "startColumn", location->column);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_object(w, "partialFingerprints");
    sw_json_write_str(w, "seawall/v1", finding->fingerprint);
    sw_json_write_end(w);
    if (ignored != NULL)
        write_suppression(w, ignored);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

/* ignored: NULL when it is not. */
static void write_result(struct sw_json_writer *w, const struct sw_report *report,
    const struct sw_finding *finding, const struct sw_ignored *ignored)
{
    if (sw_report_is_find(finding)) {
        write_find(w, report, finding, ignored);
        return;
    }
    char text[1024];
    bool is_fixed = finding->status == SW_FIX_FIXED;
    snprintf(text, sizeof(text), "%.*s %.*s: %s%.*s", SW_STR_ARG(finding->source_name),
        SW_STR_ARG(finding->installed_version),
        is_fixed ? "fixed in " : sw_fix_status_name(finding->status),
        SW_STR_ARG(is_fixed ? finding->fixed_version : SW_STR_NONE));
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "ruleId", finding->id);
    sw_json_write_text(w, "level", level_of(finding->severity));
    write_message(w, "message", sw_str_of(text));
    write_location(w, report, finding);
    sw_json_write_object(w, "partialFingerprints");
    snprintf(text, sizeof(text), "%.*s:%.*s:%.*s", SW_STR_ARG(finding->id),
        SW_STR_ARG(finding->source_name), SW_STR_ARG(finding->installed_version));
    sw_json_write_str(w, "seawall/v1", sw_str_of(text));
    sw_json_write_end(w);
    if (ignored != NULL)
        write_suppression(w, ignored);
    sw_json_write_end(w);
    sw_json_write_newline(w);
}

static void write_invocation(struct sw_json_writer *w, const struct sw_report *report)
{
    sw_json_write_array(w, "invocations");
    sw_json_write_object(w, NULL);
    sw_json_write_bool(w, "executionSuccessful", !sw_report_is_incomplete(report));
    sw_json_write_array(w, "toolExecutionNotifications");
    SW_VEC_EACH (note, &report->notes) {
        char text[2048];
        snprintf(text, sizeof(text), "%.*s%s%.*s", SW_STR_ARG(note->subject),
            note->subject.n > 0 ? ": " : "", SW_STR_ARG(note->message));
        sw_json_write_object(w, NULL);
        sw_json_write_text(w, "level", sw_note_is_incomplete(note->kind) ? "error" : "note");
        write_message(w, "message", sw_str_of(text));
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static int write_sarif(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    if (index > 0)
        fputc(',', out);
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct sw_json_writer *w = &sink.writer;
    sw_json_write_object(w, NULL);
    sw_json_write_object(w, "tool");
    sw_json_write_object(w, "driver");
    sw_json_write_text(w, "name", "Seawall");
    sw_json_write_text(w, "version", options->version);
    int r = write_rules(w, report);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_array(w, "results");
    SW_VEC_EACH (finding, &report->findings)
        write_result(w, report, finding, NULL);
    SW_VEC_EACH (ignored, &report->ignored)
        write_result(w, report, &ignored->finding, ignored);
    sw_json_write_end(w);
    write_invocation(w, report);
    sw_json_write_object(w, "automationDetails");
    sw_json_write_str(w, "id", report->target);
    sw_json_write_end(w);
    sw_json_write_end(w);
    int finished = sw_report_sink_finish(&sink, err);
    return r < 0 ? r : finished;
}

const struct sw_report_format sw_report_sarif = {
    .name = "sarif",
    .summary = "SARIF 2.1.0, for code scanning",
    .begin = begin,
    .end = end,
    .write = write_sarif,
};

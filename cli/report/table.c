/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people: 80 columns, one line per source package and advisory, what to fix first
 * on top. Every byte from the image passes sw_text_terminal.
 */
#include "report/format.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/finding.h"
#include "report/explain.h"
#include "report/find.h"
#include "report/table_finds.h"
#include "report/table_priv.h"

#define RED SW_TABLE_RED
#define YELLOW SW_TABLE_YELLOW
#define BOLD SW_TABLE_BOLD
#define DIM SW_TABLE_DIM
#define RESET SW_TABLE_RESET

struct columns {
    int package;
    int version;
    int id;
};

const char *sw_table_paint(const struct sw_print_options *options, const char *code)
{
    return options->has_color ? code : "";
}

/* Display width of plain text: code points; double-width scripts do not occur in versions. */
static size_t width_of(struct sw_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
    return n;
}

/* Prints s in exactly `width` columns, cut with an ellipsis where it is longer. */
static void print_cell(FILE *out, struct sw_str s, int width)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 4096)) < 0)
        sw_buf_clear(&text);
    struct sw_str t = sw_buf_str(&text);
    size_t n = width_of(t);
    if (n <= (size_t)width) {
        fprintf(out, "%.*s%*s", SW_STR_ARG(t), (int)((size_t)width - n), "");
        return;
    }
    size_t bytes = 0;
    for (size_t columns = 0; bytes < t.n; bytes++) {
        columns += ((uint8_t)t.p[bytes] & 0xc0) != 0x80;
        if (columns == (size_t)width)
            break;
    }
    fprintf(out, "%.*s\u2026", (int)bytes, t.p);
}

void sw_table_print_text(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 8192)) == 0)
        fwrite(text.p, 1, text.n, out);
}

const char *sw_table_severity_label(enum sw_severity severity)
{
    switch (severity) {
    case SW_SEVERITY_UNKNOWN:
        return "?";
    case SW_SEVERITY_NEGLIGIBLE:
        return "NEGL";
    case SW_SEVERITY_LOW:
        return "LOW";
    case SW_SEVERITY_MEDIUM:
        return "MED";
    case SW_SEVERITY_HIGH:
        return "HIGH";
    case SW_SEVERITY_CRITICAL:
        return "CRIT";
    case _SW_SEVERITY_MAX:
        break;
    }
    return "?";
}

const char *sw_table_severity_color(
    const struct sw_print_options *options, enum sw_severity severity)
{
    if (severity >= SW_SEVERITY_HIGH)
        return sw_table_paint(options, RED);
    return severity == SW_SEVERITY_MEDIUM ? sw_table_paint(options, YELLOW) : "";
}

/* What stands in the column of fixed versions when there is none. */
static struct sw_str fix_text(const struct sw_finding *finding)
{
    switch (finding->status) {
    case SW_FIX_FIXED:
        return finding->fixed_version;
    case SW_FIX_WILL_NOT_FIX:
        return SW_STR("(will not fix)");
    case SW_FIX_DEFERRED:
        return SW_STR("(deferred)");
    case SW_FIX_UNDER_INVESTIGATION:
        return SW_STR("(under review)");
    case SW_FIX_END_OF_LIFE:
        return SW_STR("(end of life)");
    case SW_FIX_NOT_AFFECTED:
        return SW_STR("(not affected)");
    case SW_FIX_UNKNOWN:
    case SW_FIX_AFFECTED:
    case _SW_FIX_STATUS_MAX:
        break;
    }
    return SW_STR("(no fix yet)");
}

/* Of the list of packages: the others have lists of their own. */
static bool is_listed(const struct sw_finding *finding)
{
    return !sw_report_is_find(finding);
}

static bool is_folded(const struct sw_finding *finding, const struct sw_print_options *options)
{
    return !options->is_all && finding->status != SW_FIX_FIXED && !finding->is_kev &&
           (finding->severity == SW_SEVERITY_LOW || finding->severity == SW_SEVERITY_NEGLIGIBLE);
}

static struct columns measure(const struct sw_print_options *options)
{
    /* mark 1, severity 4, EPSS 4, five gaps; the rest is shared: 80 gives 17, 16, 16, 16. */
    int extra = options->width > 80 ? (int)(options->width < 140 ? options->width : 140) - 80 : 0;
    return (struct columns){
        .package = 15 + extra / 4, .version = 17 + extra / 4, .id = 16 + extra / 4};
}

static void print_finding(FILE *out, const struct sw_finding *finding,
    const struct columns *columns, const struct sw_print_options *options)
{
    fprintf(out, "%s%s%s%-4s%s ", sw_table_paint(options, finding->is_kev ? RED : ""),
        finding->is_kev ? "!" : " ", sw_table_severity_color(options, finding->severity),
        sw_table_severity_label(finding->severity), sw_table_paint(options, RESET));
    print_cell(out, finding->source_name, columns->package);
    fputc(' ', out);
    print_cell(out, finding->installed_version, columns->version);
    fputc(' ', out);
    print_cell(out, fix_text(finding), columns->version);
    fputc(' ', out);
    print_cell(out, finding->id, columns->id);
    if (finding->epss >= 0)
        fprintf(out, " %3.0f%%", finding->epss * 100);
    fputc('\n', out);
}

static void print_header(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options)
{
    fprintf(out, "%s", sw_table_paint(options, BOLD));
    sw_table_print_text(out, report->target);
    fprintf(
        out, "%s  (%s", sw_table_paint(options, RESET), sw_target_kind_name(report->target_kind));
    if (report->image.architecture.n > 0) {
        fprintf(out, ", ");
        sw_table_print_text(out, report->image.os);
        fputc('/', out);
        sw_table_print_text(out, report->image.architecture);
    }
    if (report->image.n_layers > 0)
        fprintf(
            out, ", %zu layer%s", report->image.n_layers, report->image.n_layers == 1 ? "" : "s");
    fprintf(out, ")\n");
    if (report->os.name.n > 0 || report->os.id.n > 0) {
        sw_table_print_text(out, report->os.name.n > 0 ? report->os.name : report->os.id);
        fprintf(out, ", ");
    }
    char looked_for[SW_ASPECTS_TEXT_BYTES];
    if (sw_report_has_aspect(report, SW_ASPECT_VULN))
        fprintf(out, "%zu package%s", report->packages.n, report->packages.n == 1 ? "" : "s");
    else
        fprintf(out, "looked for %s alone", sw_aspects_text(report->aspects, looked_for));
    if (report->database.is_present) {
        fprintf(out, ", database of ");
        sw_table_print_text(out, sw_str_part(report->database.created, 0, 10));
    }
    fprintf(out, "\n");
    if (report->support_text.n > 0) {
        fprintf(out, "%s", sw_table_paint(options, YELLOW));
        sw_table_print_text(out, report->support_text);
        fprintf(out, "%s\n", sw_table_paint(options, RESET));
    }
}

static void print_counts(FILE *out, const struct sw_report *report)
{
    size_t counts[_SW_SEVERITY_MAX] = {0};
    size_t n = 0;
    size_t n_kev = 0;
    size_t n_fixable = 0;
    SW_VEC_EACH (finding, &report->findings) {
        if (!is_listed(finding))
            continue;
        n++;
        counts[finding->severity]++;
        n_kev += finding->is_kev;
        n_fixable += finding->status == SW_FIX_FIXED;
    }
    if (n == 0)
        return;
    fprintf(out, "%zu finding%s: ", n, n == 1 ? "" : "s");
    bool is_first = true;
    for (int s = SW_SEVERITY_CRITICAL; s >= SW_SEVERITY_UNKNOWN; s--) {
        if (counts[s] == 0)
            continue;
        fprintf(out, "%s%zu %s", is_first ? "" : ", ", counts[s], sw_severity_name(s));
        is_first = false;
    }
    fprintf(out, "; %zu fixable, %zu known exploited\n", n_fixable, n_kev);
}

/* "3 secrets: 1 critical, 2 low" */
static void print_find_counts(FILE *out, const struct sw_report *report, enum sw_finding_kind kind)
{
    size_t counts[_SW_SEVERITY_MAX] = {0};
    size_t n = 0;
    SW_VEC_EACH (finding, &report->findings)
        if (finding->kind == kind) {
            n++;
            counts[finding->severity]++;
        }
    if (n == 0)
        return;
    fprintf(out, "%zu %s: ", n, sw_report_kind_text(kind, n));
    bool is_first = true;
    for (int s = SW_SEVERITY_CRITICAL; s >= SW_SEVERITY_UNKNOWN; s--) {
        if (counts[s] == 0)
            continue;
        fprintf(out, "%s%zu %s", is_first ? "" : ", ", counts[s], sw_severity_name(s));
        is_first = false;
    }
    fprintf(out, "\n");
}

static void print_findings(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options)
{
    struct columns columns = measure(options);
    size_t n_folded = 0;
    bool has_line = false;
    SW_VEC_EACH (finding, &report->findings) {
        if (!is_listed(finding))
            continue;
        if (is_folded(finding, options)) {
            n_folded++;
            continue;
        }
        if (!has_line)
            fprintf(out, "\n%s SEV  %-*s %-*s %-*s %-*s EPSS%s\n", sw_table_paint(options, DIM),
                columns.package, "PACKAGE", columns.version, "INSTALLED", columns.version,
                "FIXED IN", columns.id, "ADVISORY", sw_table_paint(options, RESET));
        has_line = true;
        print_finding(out, finding, &columns, options);
    }
    sw_table_print_finds(out, report, SW_FINDING_SECRET, options);
    sw_table_print_finds(out, report, SW_FINDING_MALWARE, options);
    fprintf(out, "\n");
    if (n_folded > 0)
        fprintf(out, "%zu low without a fix not shown; --all lists them\n", n_folded);
    print_counts(out, report);
    if (sw_report_count_kind(report, SW_FINDING_VULNERABILITY) == 0 &&
        report->support == SW_SUPPORT_YES)
        fprintf(out, "no known vulnerabilities in %zu packages\n", report->packages.n);
    print_find_counts(out, report, SW_FINDING_SECRET);
    print_find_counts(out, report, SW_FINDING_MALWARE);
}

/* What somebody decided to live with: its number always, each on a line of its own when asked. */
static void print_ignored(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options)
{
    if (report->ignored.n == 0)
        return;
    fprintf(out, "%zu ignored%s\n", report->ignored.n,
        options->has_ignored ? ":" : "; --show-ignored lists them");
    if (!options->has_ignored)
        return;
    SW_VEC_EACH (ignored, &report->ignored) {
        fprintf(out, "  ");
        sw_table_print_text(out, ignored->finding.id);
        fprintf(out, " in ");
        sw_table_print_text(out, is_listed(&ignored->finding) ? ignored->finding.source_name
                                                              : ignored->finding.location.path);
        fprintf(out, ", %s, by ", sw_severity_name(ignored->finding.severity));
        sw_table_print_text(out, ignored->origin);
        if (ignored->until.n > 0) {
            fprintf(out, " until ");
            sw_table_print_text(out, ignored->until);
        }
        if (ignored->reason.n > 0) {
            fprintf(out, ": ");
            sw_table_print_text(out, ignored->reason);
        }
        fprintf(out, "\n");
    }
}

static void print_unexamined(FILE *out, const struct sw_report *report)
{
    if (report->unexamined.n == 0)
        return;
    fprintf(out, "application packages not examined: ");
    SW_VEC_EACH (item, &report->unexamined) {
        fprintf(out, "%s%" PRIu64 " ", item == report->unexamined.v ? "" : ", ", item->n);
        sw_table_print_text(out, item->kind);
    }
    fprintf(out, "\n");
}

#define NOTES_SHOWN_MAX 20

static void print_notes(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options)
{
    size_t n_shown = 0;
    SW_VEC_EACH (note, &report->notes) {
        bool is_incomplete = sw_note_is_incomplete(note->kind);
        if (n_shown == NOTES_SHOWN_MAX && !options->is_all) {
            fprintf(out, "%zu more notes; --all lists them\n", report->notes.n - n_shown);
            return;
        }
        fprintf(out, "%s%s%s: ", is_incomplete ? sw_table_paint(options, YELLOW) : "",
            is_incomplete ? "incomplete" : "note",
            is_incomplete ? sw_table_paint(options, RESET) : "");
        if (note->subject.n > 0) {
            fputc('\'', out);
            sw_table_print_text(out, note->subject);
            fprintf(out, "': ");
        }
        sw_table_print_text(out, note->message);
        fprintf(out, "\n");
        n_shown++;
    }
}

static int write_table(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)err;
    if (index > 0)
        fprintf(out, "\n");
    print_header(out, report, options);
    if (options->explain != NULL)
        sw_report_explain(out, report, options);
    else
        print_findings(out, report, options);
    print_ignored(out, report, options);
    print_unexamined(out, report);
    print_notes(out, report, options);
    return 0;
}

const struct sw_report_format sw_report_table = {
    .name = "table",
    .summary = "for people, 80 columns (the default)",
    .write = write_table,
};

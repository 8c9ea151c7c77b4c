/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JUnit's XML, in the form that Ant, Jenkins and GitLab read: a suite per report, a failed case per
 * finding, and a case in error per note that makes the report incomplete.
 */
#include "report/format.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/clock.h"
#include "report/find.h"
#include "report/ignored_text.h"

/* U+FFFE and U+FFFF are UTF-8, but no characters of XML. */
static size_t bad_length(struct sw_str s)
{
    bool is_bad = s.n >= 3 && (unsigned char)s.p[0] == 0xef && (unsigned char)s.p[1] == 0xbf &&
                  (unsigned char)s.p[2] >= 0xbe;
    return is_bad ? 3 : 0;
}

/* For text and for values of attributes. */
static void print_xml(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 8192)) < 0)
        return;
    struct sw_str rest = sw_buf_str(&text);
    while (rest.n > 0) {
        size_t n = bad_length(rest);
        if (n > 0)
            fputc('?', out);
        else if (rest.p[0] == '&')
            fputs("&amp;", out);
        else if (rest.p[0] == '<')
            fputs("&lt;", out);
        else if (rest.p[0] == '>')
            fputs("&gt;", out);
        else if (rest.p[0] == '"')
            fputs("&quot;", out);
        else
            fputc(rest.p[0], out);
        rest = sw_str_skip(rest, n > 0 ? n : 1);
    }
}

static int begin(FILE *out, const struct sw_print_options *options)
{
    (void)options;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
    return 0;
}

static int end(FILE *out, const struct sw_print_options *options)
{
    (void)options;
    fputs("</testsuites>\n", out);
    return 0;
}

static void open_case(FILE *out, const struct sw_report *report, struct sw_str class)
{
    fputs("    <testcase classname=\"", out);
    print_xml(out, report->target);
    if (class.n > 0) {
        fputs(" ", out);
        print_xml(out, class);
    }
    fputs("\" name=\"", out);
}

static void print_find(FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    const char *severity = sw_severity_name(finding->severity);
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    sw_report_find_place(finding, &text);
    open_case(out, report, sw_str_of(sw_finding_kind_name(finding->kind)));
    fprintf(out, "[%s] ", severity);
    print_xml(out, finding->id);
    fputs(" ", out);
    print_xml(out, sw_buf_str(&text));
    fprintf(out, "\" time=\"0\">\n      <failure type=\"%s\" message=\"", severity);
    print_xml(out, sw_report_find_title(finding));
    fputs("\">", out);
    print_xml(out, finding->secret.n > 0 ? finding->secret : finding->match);
    sw_buf_clear(&text);
    sw_report_find_story(report, finding, &text);
    fputs("\n", out);
    print_xml(out, sw_buf_str(&text));
    fputs("</failure>\n    </testcase>\n", out);
}

static void print_finding(
    FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    if (sw_report_is_find(finding)) {
        print_find(out, report, finding);
        return;
    }
    const char *severity = sw_severity_name(finding->severity);
    open_case(out, report, finding->source_name);
    fprintf(out, "[%s] ", severity);
    print_xml(out, finding->id);
    fputs("\" time=\"0\">\n      <failure type=\"", out);
    fputs(severity, out);
    fputs("\" message=\"", out);
    print_xml(out, finding->title.n > 0 ? finding->title : finding->id);
    fputs("\">", out);
    print_xml(out, finding->source_name);
    fputs(" ", out);
    print_xml(out, finding->installed_version);
    if (finding->status == SW_FIX_FIXED) {
        fputs(": fixed in ", out);
        print_xml(out, finding->fixed_version);
    } else {
        fprintf(out, ": %s", sw_fix_status_name(finding->status));
    }
    fputs("\nInstalled:", out);
    for (size_t i = 0; i < finding->n_packages; i++) {
        fputs(" ", out);
        print_xml(out, report->packages.v[finding->packages[i]].name);
    }
    fputs("</failure>\n    </testcase>\n", out);
}

static void print_ignored(
    FILE *out, const struct sw_report *report, const struct sw_ignored *ignored)
{
    char text[2048];
    const struct sw_finding *finding = &ignored->finding;
    open_case(out, report, finding->source_name);
    fprintf(out, "[%s] ", sw_severity_name(finding->severity));
    print_xml(out, finding->id);
    fputs("\" time=\"0\">\n      <skipped message=\"", out);
    print_xml(out, sw_ignored_text(ignored, text, sizeof(text)));
    fputs("\"/>\n    </testcase>\n", out);
}

static void print_note(FILE *out, const struct sw_report *report, const struct sw_note *note)
{
    const char *kind = sw_note_kind_name(note->kind);
    open_case(out, report, SW_STR_NONE);
    fprintf(out, "incomplete: %s", kind);
    if (note->subject.n > 0) {
        fputs(" ", out);
        print_xml(out, note->subject);
    }
    fprintf(out, "\" time=\"0\">\n      <error type=\"%s\" message=\"", kind);
    print_xml(out, note->message);
    fputs("\"/>\n    </testcase>\n", out);
}

static void open_suite(FILE *out, const struct sw_report *report, size_t index, size_t n_errors)
{
    int64_t seconds = 0;
    char time[SW_CLOCK_TEXT_BYTES];
    if (sw_clock_parse(report->scanned_at, &seconds) < 0)
        seconds = 0;
    sw_clock_format(seconds, time);
    size_t n_cases = report->findings.n + report->ignored.n + n_errors;
    fprintf(out, "  <testsuite id=\"%zu\" package=\"seawall\" name=\"", index);
    print_xml(out, report->target.n > 0 ? report->target : SW_STR("unknown"));
    fprintf(out,
        "\" timestamp=\"%.19s\" hostname=\"localhost\" tests=\"%zu\" failures=\"%zu\" "
        "errors=\"%zu\" skipped=\"%zu\" time=\"0\">\n    <properties>\n",
        time, n_cases > 0 ? n_cases : 1, report->findings.n, n_errors, report->ignored.n);
    fputs("      <property name=\"os\" value=\"", out);
    print_xml(out, report->os.id);
    fputs(" ", out);
    print_xml(out, report->os.version_id);
    fputs("\"/>\n      <property name=\"image\" value=\"", out);
    print_xml(out, report->image.config_digest);
    fputs("\"/>\n    </properties>\n", out);
}

static int write_junit(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)options;
    (void)err;
    size_t n_errors = 0;
    SW_VEC_EACH (note, &report->notes)
        n_errors += sw_note_is_incomplete(note->kind);
    open_suite(out, report, index, n_errors);
    SW_VEC_EACH (finding, &report->findings)
        print_finding(out, report, finding);
    SW_VEC_EACH (ignored, &report->ignored)
        print_ignored(out, report, ignored);
    SW_VEC_EACH (note, &report->notes)
        if (sw_note_is_incomplete(note->kind))
            print_note(out, report, note);
    if (report->findings.n + report->ignored.n + n_errors == 0) {
        open_case(out, report, SW_STR_NONE);
        fputs("no findings\" time=\"0\"/>\n", out);
    }
    fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n", out);
    return 0;
}

const struct sw_report_format sw_report_junit = {
    .name = "junit",
    .summary = "JUnit XML: a failed case per finding",
    .begin = begin,
    .end = end,
    .write = write_junit,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One self-contained HTML file: no script, no request to anywhere. Everything from the image is
 * escaped for HTML after it was escaped for terminals.
 */
#include "report/format.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/find.h"
#include "report/ignored_text.h"

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;"
    "color:#1c2733;background:#fff}"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}"
    "p.sub{color:#5a6a7a;margin:.2rem 0 1rem}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e3e8ee;vertical-align:top}"
    "th{color:#5a6a7a;font-weight:600}td.v{font-family:ui-monospace,monospace;font-size:.85rem}"
    ".c{display:inline-block;min-width:5.5rem;padding:.1rem .5rem;border-radius:.3rem;"
    "text-align:center;background:#e9eef3}"
    ".critical{background:#8d1420;color:#fff}.high{background:#d64545;color:#fff}"
    ".medium{background:#f0b429}.low{background:#cfe3f7}"
    ".warn{border-left:4px solid #f0b429;padding:.3rem .8rem;background:#fff8e6;margin:.3rem 0}"
    ".kev{color:#8d1420;font-weight:600}"
    "@media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe7ef}"
    "th,td{border-color:#2a3541}.c{background:#2a3541}.low{background:#23405c}"
    ".warn{background:#2d2614}p.sub,th{color:#93a4b5}.kev{color:#ff8a8a}.medium{color:#222}}";

static void print_html(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 8192)) < 0)
        return;
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(text.p[i], out);
        }
    }
}

static bool is_web_link(struct sw_str s)
{
    return sw_str_starts_with(s, SW_STR("https://")) || sw_str_starts_with(s, SW_STR("http://"));
}

static void print_id(FILE *out, const struct sw_finding *finding)
{
    bool has_link = finding->n_references > 0 && is_web_link(finding->references[0]);
    if (has_link) {
        fputs("<a rel=\"noreferrer\" href=\"", out);
        print_html(out, finding->references[0]);
        fputs("\">", out);
    }
    print_html(out, finding->id);
    if (has_link)
        fputs("</a>", out);
}

static void print_finding(FILE *out, const struct sw_finding *finding)
{
    const char *severity = sw_severity_name(finding->severity);
    fprintf(out, "<tr><td><span class=\"c %s\">%s</span></td><td>", severity, severity);
    print_html(out, finding->source_name);
    fputs("</td><td class=v>", out);
    print_html(out, finding->installed_version);
    fputs("</td><td class=v>", out);
    if (finding->status == SW_FIX_FIXED)
        print_html(out, finding->fixed_version);
    else
        print_html(out, sw_str_of(sw_fix_status_name(finding->status)));
    fputs("</td><td>", out);
    print_id(out, finding);
    if (finding->is_kev)
        fputs(" <span class=kev>known exploited</span>", out);
    fputs("</td><td>", out);
    if (finding->epss >= 0)
        fprintf(out, "%.1f%%", finding->epss * 100);
    fputs("</td><td>", out);
    print_html(out, sw_str_part(finding->title, 0, 160));
    fputs("</td></tr>\n", out);
}

static void print_find(FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    const char *severity = sw_severity_name(finding->severity);
    sw_report_find_place(finding, &text);
    fprintf(out, "<tr><td><span class=\"c %s\">%s</span></td><td>", severity, severity);
    print_html(out, sw_report_find_title(finding));
    fputs("</td><td>", out);
    print_html(out, finding->id);
    fputs("</td><td class=v>", out);
    print_html(out, sw_buf_str(&text));
    fputs("</td><td class=v>", out);
    print_html(out, sw_str_part(finding->secret.n > 0 ? finding->secret : finding->match, 0, 300));
    fputs("</td><td>", out);
    sw_buf_clear(&text);
    sw_report_find_story(report, finding, &text);
    print_html(out, sw_buf_str(&text));
    fputs("</td></tr>\n", out);
}

static void print_finds(FILE *out, const struct sw_report *report, enum sw_finding_kind kind)
{
    if (sw_report_count_kind(report, kind) == 0)
        return;
    fprintf(out,
        "<h2>%s</h2><table><tr><th>Severity<th>What<th>Rule<th>Where<th>Found<th>History</tr>\n",
        kind == SW_FINDING_SECRET ? "Secrets" : "Malware");
    SW_VEC_EACH (finding, &report->findings)
        if (finding->kind == kind)
            print_find(out, report, finding);
    fputs("</table>\n", out);
}

static void print_ignored(FILE *out, const struct sw_report *report)
{
    if (report->ignored.n == 0)
        return;
    fprintf(out,
        "<h2>Ignored (%zu)</h2><details><summary>show</summary><table><tr><th>Severity<th>Package"
        "<th>Installed<th>Advisory<th>Why</tr>\n",
        report->ignored.n);
    SW_VEC_EACH (ignored, &report->ignored) {
        char text[2048];
        const struct sw_finding *finding = &ignored->finding;
        const char *severity = sw_severity_name(finding->severity);
        fprintf(out, "<tr><td><span class=\"c %s\">%s</span></td><td>", severity, severity);
        print_html(out, finding->source_name);
        fputs("</td><td class=v>", out);
        print_html(out, finding->installed_version);
        fputs("</td><td>", out);
        print_id(out, finding);
        fputs("</td><td>", out);
        print_html(out, sw_ignored_text(ignored, text, sizeof(text)));
        fputs("</td></tr>\n", out);
    }
    fputs("</table></details>\n", out);
}

static void print_packages(FILE *out, const struct sw_report *report)
{
    fprintf(out,
        "<h2>Packages (%zu)</h2><details><summary>show</summary><table><tr><th>Package<th>Version"
        "<th>Source<th>Architecture<th>Layer</tr>\n",
        report->packages.n);
    SW_VEC_EACH (package, &report->packages) {
        fputs("<tr><td>", out);
        print_html(out, package->name);
        fputs("</td><td class=v>", out);
        print_html(out, package->version);
        fputs("</td><td>", out);
        print_html(out, package->source_name);
        fputs("</td><td>", out);
        print_html(out, package->arch);
        fputs("</td><td>", out);
        if (package->layer >= 0)
            fprintf(out, "%d", package->layer + 1);
        fputs("</td></tr>\n", out);
    }
    fputs("</table></details>\n", out);
}

static void print_notes(FILE *out, const struct sw_report *report)
{
    if (report->support_text.n > 0) {
        fputs("<p class=warn>", out);
        print_html(out, report->support_text);
        fputs("</p>\n", out);
    }
    SW_VEC_EACH (note, &report->notes) {
        fprintf(out, "<p%s>", sw_note_is_incomplete(note->kind) ? " class=warn" : "");
        if (note->subject.n > 0) {
            print_html(out, note->subject);
            fputs(": ", out);
        }
        print_html(out, note->message);
        fputs("</p>\n", out);
    }
    if (report->unexamined.n == 0)
        return;
    fputs("<p>Application packages not examined:", out);
    SW_VEC_EACH (item, &report->unexamined) {
        fprintf(out, " %" PRIu64 " ", item->n);
        print_html(out, item->kind);
    }
    fputs("</p>\n", out);
}

static int write_html(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    (void)err;
    fputs("<!doctype html><html lang=en><meta charset=utf-8>"
          "<meta name=viewport content=\"width=device-width\">"
          "<meta http-equiv=Content-Security-Policy "
          "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>",
        out);
    print_html(out, report->target);
    fprintf(out, "</title><style>%s</style>\n<h1>", style);
    print_html(out, report->target);
    fputs("</h1><p class=sub>", out);
    print_html(out, report->os.name.n > 0 ? report->os.name : report->os.id);
    fprintf(out, ", %zu packages, %zu findings; scanned ", report->packages.n, report->findings.n);
    print_html(out, report->scanned_at);
    fprintf(out, " by Seawall %s", options->version);
    if (report->database.is_present) {
        fputs(", database of ", out);
        print_html(out, sw_str_part(report->database.created, 0, 10));
    }
    fputs("</p>\n", out);
    print_notes(out, report);
    print_finds(out, report, SW_FINDING_MALWARE);
    print_finds(out, report, SW_FINDING_SECRET);
    if (sw_report_count_kind(report, SW_FINDING_VULNERABILITY) > 0) {
        fputs("<h2>Vulnerabilities</h2><table><tr><th>Severity<th>Package<th>Installed<th>Fixed in"
              "<th>Advisory<th>EPSS<th>Title</tr>\n",
            out);
        SW_VEC_EACH (finding, &report->findings)
            if (!sw_report_is_find(finding))
                print_finding(out, finding);
        fputs("</table>\n", out);
    }
    print_ignored(out, report);
    print_packages(out, report);
    fputs("</html>\n", out);
    return 0;
}

const struct sw_report_format sw_report_html = {
    .name = "html",
    .summary = "one self-contained page",
    .is_document = true,
    .write = write_html,
};

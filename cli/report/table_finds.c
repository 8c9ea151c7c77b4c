/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds in the table: rule and place, and below them what it looks like and how it got there.
 */
#include "report/table_finds.h"

#include "base/mem.h"
#include "report/find.h"
#include "report/table_priv.h"

#define TEXT_MAX ((size_t)65536)

static void print_find(FILE *out, const struct sw_report *report, const struct sw_finding *finding,
    const struct sw_print_options *options)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf place = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf story = {0};
    sw_buf_init(&place, TEXT_MAX);
    sw_buf_init(&story, TEXT_MAX);
    sw_report_find_place(finding, &place);
    sw_report_find_story(report, finding, &story);
    fprintf(out, " %s%-4s%s ", sw_table_severity_color(options, finding->severity),
        sw_table_severity_label(finding->severity), sw_table_paint(options, SW_TABLE_RESET));
    sw_table_print_text(out, sw_buf_str(&place));
    fprintf(out, "\n      ");
    sw_table_print_text(out, sw_report_find_title(finding));
    if (finding->title.n > 0) {
        fprintf(out, " (");
        sw_table_print_text(out, finding->id);
        fputc(')', out);
    }
    if (finding->secret.n > 0) {
        fprintf(out, ": ");
        sw_table_print_text(out, finding->secret);
    } else if (finding->match.n > 0) {
        fprintf(out, ": ");
        sw_table_print_text(out, sw_str_part(finding->match, 0, 200));
    }
    if (story.n > 0) {
        fprintf(out, "\n      %s", sw_table_paint(options, SW_TABLE_DIM));
        sw_table_print_text(out, sw_buf_str(&story));
        fprintf(out, "%s", sw_table_paint(options, SW_TABLE_RESET));
    }
    fputc('\n', out);
}

static bool is_folded(const struct sw_finding *finding, const struct sw_print_options *options)
{
    return !options->is_all && finding->severity <= SW_SEVERITY_LOW;
}

void sw_table_print_finds(FILE *out, const struct sw_report *report, enum sw_finding_kind kind,
    const struct sw_print_options *options)
{
    size_t n_folded = 0;
    bool has_line = false;
    for (int severity = _SW_SEVERITY_MAX - 1; severity >= 0; severity--)
        SW_VEC_EACH (finding, &report->findings) {
            if (finding->kind != kind || (int)finding->severity != severity)
                continue;
            if (is_folded(finding, options)) {
                n_folded++;
                continue;
            }
            if (!has_line)
                fprintf(out, "\n%s SEV  %s%s\n", sw_table_paint(options, SW_TABLE_DIM),
                    kind == SW_FINDING_SECRET ? "SECRET" : "MALWARE",
                    sw_table_paint(options, SW_TABLE_RESET));
            has_line = true;
            print_find(out, report, finding, options);
        }
    if (n_folded > 0)
        fprintf(out, "%s%zu low %s not shown; --all lists them\n", has_line ? "" : "\n", n_folded,
            sw_report_kind_text(kind, n_folded));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Markdown for a comment on a pull request: the numbers, what makes it incomplete, a table. GitHub
 * takes 65,536 characters, so the table ends before and says how many rows it leaves out.
 */
#include "report/format.h"

#include "base/buf.h"
#include "base/mem.h"
#include "report/find.h"
#include "report/markdown_text.h"

#define TABLE_MAX_BYTES 40000
#define FINDS_MAX 50
#define NOTES_MAX 20

static void print_heading(FILE *out, const struct sw_report *report)
{
    fputs("### Seawall: ", out);
    sw_markdown_print_code(out, report->target);
    if (report->image.architecture.n > 0) {
        fputs(" ", out);
        sw_markdown_print_text(out, report->image.os);
        fputs("/", out);
        sw_markdown_print_text(out, report->image.architecture);
    }
    fputs("\n\n", out);
}

static void print_counts(FILE *out, const struct sw_report *report)
{
    size_t counts[_SW_SEVERITY_MAX] = {0};
    size_t n_fixable = 0;
    size_t n_kev = 0;
    SW_VEC_EACH (finding, &report->findings) {
        counts[finding->severity]++;
        n_fixable += finding->status == SW_FIX_FIXED;
        n_kev += finding->is_kev;
    }
    fprintf(out, "**%zu finding%s**", report->findings.n, report->findings.n == 1 ? "" : "s");
    for (int i = _SW_SEVERITY_MAX - 1; i >= 0; i--)
        if (counts[i] > 0)
            fprintf(out, ", %zu %s", counts[i], sw_severity_name((enum sw_severity)i));
    fprintf(out, "; %zu fixable, %zu known exploited. %zu packages", n_fixable, n_kev,
        report->packages.n);
    if (report->ignored.n > 0)
        fprintf(out, ", %zu ignored", report->ignored.n);
    if (report->os.id.n > 0) {
        fputs(" of ", out);
        sw_markdown_print_code(out, report->os.name.n > 0 ? report->os.name : report->os.id);
    }
    fputs(".\n\n", out);
}

static void print_notes(FILE *out, const struct sw_report *report)
{
    size_t n = 0;
    SW_VEC_EACH (note, &report->notes) {
        if (!sw_note_is_incomplete(note->kind) && note->kind != SW_NOTE_DATABASE)
            continue;
        if (++n > NOTES_MAX)
            continue;
        fputs(sw_note_is_incomplete(note->kind) ? "> **Incomplete:** " : "> **Note:** ", out);
        if (note->subject.n > 0) {
            sw_markdown_print_code(out, note->subject);
            fputs(": ", out);
        }
        sw_markdown_print_text(out, note->message);
        fputs("  \n", out);
    }
    if (n > NOTES_MAX)
        fprintf(out, "> %zu more are in the full report.\n", n - NOTES_MAX);
    if (n > 0)
        fputs("\n", out);
}

static void print_row(FILE *out, const struct sw_finding *finding)
{
    sw_markdown_print_finding(out, finding);
    fputc(' ', out);
    sw_markdown_print_text(out, sw_str_part(finding->title, 0, 200));
    fputs(" |\n", out);
}

static void print_table(FILE *out, const struct sw_report *report)
{
    if (sw_report_count_kind(report, SW_FINDING_VULNERABILITY) == 0)
        return;
    fputs("| Severity | Package | Installed | Fixed in | Id | Title |\n"
          "| --- | --- | --- | --- | --- | --- |\n",
        out);
    size_t n_bytes = 0;
    size_t n = 0;
    for (; n < report->findings.n && n_bytes < TABLE_MAX_BYTES; n++) {
        if (sw_report_is_find(&report->findings.v[n]))
            continue;
        size_t size = 0;
        SW_CLEANUP(sw_mem_freep) char *row = NULL;
        FILE *memory = open_memstream(&row, &size);
        if (memory == NULL)
            return;
        print_row(memory, &report->findings.v[n]);
        bool has_failed = fclose(memory) != 0;
        n_bytes += size;
        if (has_failed || n_bytes > TABLE_MAX_BYTES)
            break;
        fwrite(row, 1, size, out);
    }
    if (n < report->findings.n)
        fprintf(out, "\n%zu more are in the full report.\n", report->findings.n - n);
    fputs("\n", out);
}

/* Secrets and malware: few, or something is very wrong; the first hundred say so. */
static void print_finds(FILE *out, const struct sw_report *report, enum sw_finding_kind kind)
{
    size_t n_all = sw_report_count_kind(report, kind);
    size_t n = 0;
    if (n_all == 0)
        return;
    fprintf(out, "**%zu %s**\n\n| Severity | Rule | Where | What |\n| --- | --- | --- | --- |\n",
        n_all, sw_report_kind_text(kind, n_all));
    SW_VEC_EACH (finding, &report->findings) {
        if (finding->kind != kind || n == FINDS_MAX)
            continue;
        n++;
        SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
        sw_buf_init(&text, 65536);
        sw_report_find_place(finding, &text);
        fprintf(out, "| %s | ", sw_severity_name(finding->severity));
        sw_markdown_print_code(out, finding->id);
        fputs(" | ", out);
        sw_markdown_print_code(out, sw_str_part(sw_buf_str(&text), 0, 200));
        fputs(" | ", out);
        sw_buf_clear(&text);
        sw_report_find_story(report, finding, &text);
        sw_markdown_print_text(out, sw_str_part(sw_report_find_title(finding), 0, 120));
        if (text.n > 0)
            fputs("; ", out);
        sw_markdown_print_text(out, sw_str_part(sw_buf_str(&text), 0, 120));
        fputs(" |\n", out);
    }
    if (n < n_all)
        fprintf(out, "\n%zu more are in the full report.\n", n_all - n);
    fputs("\n", out);
}

static int write_markdown(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    (void)options;
    (void)err;
    print_heading(out, report);
    print_counts(out, report);
    print_notes(out, report);
    print_finds(out, report, SW_FINDING_SECRET);
    print_finds(out, report, SW_FINDING_MALWARE);
    print_table(out, report);
    return 0;
}

const struct sw_report_format sw_report_markdown = {
    .name = "markdown",
    .summary = "a comment for a pull request",
    .write = write_markdown,
};

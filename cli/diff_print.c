/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison for people: what is new first, then what is gone, then numbers and packages.
 */
#include "diff_print.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "diff_print_priv.h"
#include "report/markdown_text.h"

static void warn(struct sw_diff_warnings *warnings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct sw_diff_warnings *warnings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (warnings->n < SW_DIFF_WARNINGS_MAX)
        vsnprintf(warnings->v[warnings->n++], SW_DIFF_WARNING_BYTES, format, arguments);
    va_end(arguments);
}

static void warn_of_side(
    struct sw_diff_warnings *warnings, const struct sw_report *report, const char *side)
{
    if (!report->database.is_present)
        warn(warnings,
            "the %s one was not judged: it had no database, so all its findings are missing", side);
    if (sw_report_is_incomplete(report))
        warn(warnings, "the %s one is incomplete: see its notes", side);
}

void sw_diff_warn(const struct sw_diff *diff, struct sw_diff_warnings *ret)
{
    const struct sw_database_info *before = &diff->before->database;
    const struct sw_database_info *after = &diff->after->database;
    ret->n = 0;
    warn_of_side(ret, diff->before, "old");
    warn_of_side(ret, diff->after, "new");
    if (before->is_present && after->is_present && !sw_str_equal(before->digest, after->digest))
        warn(ret,
            "they were judged by different databases (of %.*s and of %.*s): part of the difference "
            "may be theirs",
            SW_STR_ARG(sw_str_part(before->created, 0, 20)),
            SW_STR_ARG(sw_str_part(after->created, 0, 20)));
    if (!sw_str_equal(diff->before->os.id, diff->after->os.id))
        warn(ret, "they are different systems: '%.*s' and '%.*s'",
            SW_STR_ARG(sw_str_part(diff->before->os.id, 0, 40)),
            SW_STR_ARG(sw_str_part(diff->after->os.id, 0, 40)));
}

bool sw_diff_is_shown(const struct sw_diff_print *print, const struct sw_diff_finding *entry)
{
    return print->is_shown == NULL || print->is_shown(print->context, entry->finding);
}

size_t sw_diff_count(
    const struct sw_diff *diff, const struct sw_diff_print *print, enum sw_diff_change change)
{
    size_t n = 0;
    SW_VEC_EACH (entry, &diff->findings)
        n += entry->change == change && sw_diff_is_shown(print, entry);
    return n;
}

void sw_diff_count_packages(const struct sw_diff *diff, struct sw_diff_package_counts *ret)
{
    *ret = (struct sw_diff_package_counts){.n_same = diff->n_same_packages};
    SW_VEC_EACH (pair, &diff->packages) {
        ret->n_added += pair->before == NULL;
        ret->n_removed += pair->after == NULL;
        ret->n_changed += pair->before != NULL && pair->after != NULL;
    }
}

/* ---- table ---- */

static void print_text(FILE *out, struct sw_str s)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (s.n > 0 && sw_text_terminal(&text, sw_str_part(s, 0, 8192)) == 0)
        fwrite(text.p, 1, text.n, out);
}

/* In at least so many columns; what is longer pushes the rest to the right rather than being cut.
 */
static void print_padded(FILE *out, struct sw_str s, size_t width)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 4096)) < 0)
        return;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    fwrite(text.n > 0 ? text.p : "", 1, text.n, out);
    fprintf(out, "%*s ", n < width ? (int)(width - n) : 0, "");
}

static void print_side(FILE *out, const char *label, const struct sw_report *report)
{
    fprintf(out, "%s  ", label);
    print_text(out, report->target);
    fputs(", ", out);
    print_text(out, report->os.name.n > 0 ? report->os.name : report->os.id);
    fprintf(out, ", %zu packages, scanned ", report->packages.n);
    print_text(out, report->scanned_at);
    fputc('\n', out);
}

static void print_finding(
    FILE *out, const struct sw_diff_print *print, const struct sw_diff_finding *entry)
{
    const struct sw_finding *finding = entry->finding;
    bool is_red =
        print->has_color && entry->change == SW_DIFF_NEW && finding->severity >= SW_SEVERITY_HIGH;
    fprintf(out, "%c%s%-10s%s ", finding->is_kev ? '!' : ' ', is_red ? "\033[31m" : "",
        sw_severity_name(finding->severity), is_red ? "\033[0m" : "");
    print_padded(out, finding->source_name, 15);
    print_padded(out, finding->installed_version, 17);
    print_padded(out,
        finding->status == SW_FIX_FIXED ? finding->fixed_version
                                        : sw_str_of(sw_fix_status_name(finding->status)),
        17);
    print_text(out, finding->id);
    fputc('\n', out);
}

static void print_change(FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print,
    enum sw_diff_change change)
{
    size_t n = sw_diff_count(diff, print, change);
    bool is_listed = change != SW_DIFF_UNCHANGED || print->is_all;
    fprintf(out, "\n%s: %zu\n", sw_diff_change_name(change), n);
    SW_VEC_EACH (entry, &diff->findings)
        if (is_listed && entry->change == change && sw_diff_is_shown(print, entry))
            print_finding(out, print, entry);
}

static void print_package(FILE *out, const struct sw_diff_package *pair)
{
    const struct sw_package *either = pair->after != NULL ? pair->after : pair->before;
    fprintf(out, " %c ", pair->before == NULL ? '+' : pair->after == NULL ? '-' : '~');
    print_padded(out, either->name, 24);
    print_text(out, pair->before != NULL ? pair->before->version : pair->after->version);
    if (pair->before != NULL && pair->after != NULL) {
        fputs(" -> ", out);
        print_text(out, pair->after->version);
    }
    fputc('\n', out);
}

static int write_table(
    FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print, struct sw_err *err)
{
    (void)err;
    struct sw_diff_warnings warnings;
    struct sw_diff_package_counts counts;
    sw_diff_warn(diff, &warnings);
    sw_diff_count_packages(diff, &counts);
    print_side(out, "old", diff->before);
    print_side(out, "new", diff->after);
    for (size_t i = 0; i < warnings.n; i++) {
        fputs("note: ", out);
        print_text(out, sw_str_of(warnings.v[i]));
        fputc('\n', out);
    }
    for (int i = 0; i < _SW_DIFF_CHANGE_MAX; i++)
        print_change(out, diff, print, (enum sw_diff_change)i);
    fprintf(out, "\npackages: %zu added, %zu removed, %zu changed, %zu the same\n", counts.n_added,
        counts.n_removed, counts.n_changed, counts.n_same);
    SW_VEC_EACH (pair, &diff->packages)
        print_package(out, pair);
    return 0;
}

/* ---- markdown ---- */

#define ROWS_MAX 100

static void print_markdown_change(FILE *out, const struct sw_diff *diff,
    const struct sw_diff_print *print, enum sw_diff_change change)
{
    size_t n = sw_diff_count(diff, print, change);
    size_t n_rows = 0;
    if (n == 0 || (change == SW_DIFF_UNCHANGED && !print->is_all))
        return;
    fprintf(out,
        "#### %s\n\n| Severity | Package | Installed | Fixed in | Id |\n"
        "| --- | --- | --- | --- | --- |\n",
        sw_diff_change_name(change));
    SW_VEC_EACH (entry, &diff->findings)
        if (entry->change == change && sw_diff_is_shown(print, entry) && n_rows++ < ROWS_MAX) {
            sw_markdown_print_finding(out, entry->finding);
            fputc('\n', out);
        }
    if (n > ROWS_MAX)
        fprintf(out, "\n%zu more.\n", n - ROWS_MAX);
    fputc('\n', out);
}

static void print_markdown_packages(FILE *out, const struct sw_diff *diff)
{
    size_t n_rows = 0;
    if (diff->packages.n == 0)
        return;
    fputs("<details><summary>Packages</summary>\n\n| Package | Old | New |\n| --- | --- | --- |\n",
        out);
    SW_VEC_EACH (pair, &diff->packages) {
        if (n_rows++ >= ROWS_MAX)
            break;
        fputs("| ", out);
        sw_markdown_print_code(out, pair->after != NULL ? pair->after->name : pair->before->name);
        fputs(" | ", out);
        sw_markdown_print_code(out, pair->before != NULL ? pair->before->version : SW_STR_NONE);
        fputs(" | ", out);
        sw_markdown_print_code(out, pair->after != NULL ? pair->after->version : SW_STR_NONE);
        fputs(" |\n", out);
    }
    if (diff->packages.n > ROWS_MAX)
        fprintf(out, "\n%zu more.\n", diff->packages.n - ROWS_MAX);
    fputs("\n</details>\n", out);
}

static int write_markdown(
    FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print, struct sw_err *err)
{
    (void)err;
    struct sw_diff_warnings warnings;
    struct sw_diff_package_counts counts;
    sw_diff_warn(diff, &warnings);
    sw_diff_count_packages(diff, &counts);
    fputs("### Seawall: ", out);
    sw_markdown_print_code(out, diff->before->target);
    fputs(" to ", out);
    sw_markdown_print_code(out, diff->after->target);
    fprintf(out, "\n\n**%zu new**, %zu fixed, %zu unchanged",
        sw_diff_count(diff, print, SW_DIFF_NEW), sw_diff_count(diff, print, SW_DIFF_FIXED),
        sw_diff_count(diff, print, SW_DIFF_UNCHANGED));
    fprintf(out, "; packages: %zu added, %zu removed, %zu changed.\n\n", counts.n_added,
        counts.n_removed, counts.n_changed);
    for (size_t i = 0; i < warnings.n; i++) {
        fputs("> **Note:** ", out);
        sw_markdown_print_text(out, sw_str_of(warnings.v[i]));
        fputs("  \n", out);
    }
    if (warnings.n > 0)
        fputc('\n', out);
    for (int i = 0; i < _SW_DIFF_CHANGE_MAX; i++)
        print_markdown_change(out, diff, print, (enum sw_diff_change)i);
    print_markdown_packages(out, diff);
    return 0;
}

const struct sw_diff_format sw_diff_formats[] = {
    {"table", write_table},
    {"json", sw_diff_write_json},
    {"markdown", write_markdown},
    {NULL, NULL},
};

const struct sw_diff_format *sw_diff_format_find(struct sw_str name)
{
    for (const struct sw_diff_format *format = sw_diff_formats; format->name != NULL; format++)
        if (sw_str_equal_z(name, format->name))
            return format;
    return NULL;
}

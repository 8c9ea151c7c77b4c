/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated values (RFC 4180, lines end in a newline): a row per finding and installed
 * package. Names come from images, and people open this in a spreadsheet: what one would take for a
 * formula gets an apostrophe before it, which makes it text.
 */
#include "report/format.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/find.h"
#include "report/ignored_text.h"

static const char *const columns[] = {"target", "platform", "package", "version", "type", "arch",
    "source", "id", "severity", "status", "fixed_version", "cvss", "epss", "known_exploited",
    "title", "advisory", "layer", "path", "reference", "kind", "line", "ignored"};

/* After spaces, which some programs pass over; in the wide forms of East Asian text too. */
static bool is_formula(struct sw_str s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = sw_str_skip(s, 1);
    if (s.n > 0 && strchr("=+-@\t\r\n", s.p[0]) != NULL)
        return true;
    static const char *const wide[] = {
        "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(wide); i++)
        if (sw_str_starts_with(s, sw_str_of(wide[i])))
            return true;
    return false;
}

static void print_cell(FILE *out, struct sw_str s, char after)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    fputc('"', out);
    if (is_formula(s))
        fputc('\'', out);
    if (sw_text_terminal(&text, sw_str_part(s, 0, 8192)) == 0)
        for (size_t i = 0; i < text.n; i++) {
            if (text.p[i] == '"')
                fputc('"', out);
            fputc(text.p[i], out);
        }
    fputc('"', out);
    fputc(after, out);
}

static void print_number(FILE *out, int n_decimals, double value)
{
    if (value >= 0)
        fprintf(out, "%.*f", n_decimals, value);
    fputc(',', out);
}

static int begin(FILE *out, const struct sw_print_options *options)
{
    (void)options;
    for (size_t i = 0; i < SW_ARRAY_SIZE(columns); i++)
        fprintf(out, "%s%c", columns[i], i + 1 < SW_ARRAY_SIZE(columns) ? ',' : '\n');
    return 0;
}

static void print_platform(FILE *out, const struct sw_image *image)
{
    char text[256];
    snprintf(text, sizeof(text), "%.*s%s%.*s%s%.*s", SW_STR_ARG(sw_str_part(image->os, 0, 60)),
        image->architecture.n > 0 ? "/" : "", SW_STR_ARG(sw_str_part(image->architecture, 0, 60)),
        image->variant.n > 0 ? "/" : "", SW_STR_ARG(sw_str_part(image->variant, 0, 60)));
    print_cell(out, sw_str_of(text), ',');
}

/* The last cell; ignored: NULL when it is not, here and below. */
static void print_why(FILE *out, const struct sw_ignored *ignored)
{
    char text[2048];
    print_cell(
        out, ignored != NULL ? sw_ignored_text(ignored, text, sizeof(text)) : SW_STR_NONE, '\n');
}

static void print_row(FILE *out, const struct sw_report *report, const struct sw_finding *finding,
    const struct sw_package *package, const struct sw_ignored *ignored)
{
    const struct sw_image *image = &report->image;
    print_cell(out, report->target, ',');
    print_platform(out, image);
    print_cell(out, package->name, ',');
    print_cell(out, package->version, ',');
    fprintf(out, "%s,", sw_package_type_name(package->type));
    print_cell(out, package->arch, ',');
    print_cell(out, finding->source_name, ',');
    print_cell(out, finding->id, ',');
    fprintf(out, "%s,", sw_severity_name(finding->severity));
    fprintf(out, "%s,", sw_fix_status_name(finding->status));
    print_cell(out, finding->fixed_version, ',');
    print_number(out, 1, finding->cvss.vector.n > 0 ? finding->cvss.score : -1);
    print_number(out, 5, finding->epss);
    fprintf(out, "%s,", finding->is_kev ? "yes" : "no");
    print_cell(out, finding->title, ',');
    print_cell(out, finding->advisory_id, ',');
    bool has_layer = package->layer >= 0 && (size_t)package->layer < image->n_layers;
    print_cell(out, has_layer ? image->layers[package->layer].diff_id : SW_STR_NONE, ',');
    print_cell(out, package->database, ',');
    print_cell(out, finding->n_references > 0 ? finding->references[0] : SW_STR_NONE, ',');
    fprintf(out, "%s,,", sw_finding_kind_name(finding->kind));
    print_why(out, ignored);
}

/* A secret or malware: a file, and no package. */
static void print_find(FILE *out, const struct sw_report *report, const struct sw_finding *finding,
    const struct sw_ignored *ignored)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    sw_buf_init(&path, 65536);
    const struct sw_location *location = &finding->location;
    const struct sw_layer *layer = sw_report_find_layer(report, finding);
    print_cell(out, report->target, ',');
    print_platform(out, &report->image);
    fputs(",,,,,", out);
    print_cell(out, finding->id, ',');
    fprintf(out, "%s,%s,,,,,", sw_severity_name(finding->severity),
        sw_presence_name(location->presence));
    print_cell(out, sw_report_find_title(finding), ',');
    fputc(',', out);
    print_cell(out, layer != NULL ? layer->diff_id : SW_STR_NONE, ',');
    struct sw_location file = *location;
    file.line = 0;
    struct sw_finding plain = *finding;
    plain.location = file;
    sw_report_find_place(&plain, &path);
    print_cell(out, sw_buf_str(&path), ',');
    print_cell(out, finding->n_references > 0 ? finding->references[0] : SW_STR_NONE, ',');
    fprintf(out, "%s,", sw_finding_kind_name(finding->kind));
    if (location->line > 0)
        fprintf(out, "%" PRIu64, location->line);
    fputc(',', out);
    print_why(out, ignored);
}

static int write_csv(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    (void)options;
    (void)err;
    SW_VEC_EACH (finding, &report->findings) {
        if (sw_report_is_find(finding))
            print_find(out, report, finding, NULL);
        for (size_t i = 0; i < finding->n_packages; i++)
            print_row(out, report, finding, &report->packages.v[finding->packages[i]], NULL);
    }
    SW_VEC_EACH (ignored, &report->ignored) {
        if (sw_report_is_find(&ignored->finding))
            print_find(out, report, &ignored->finding, ignored);
        for (size_t i = 0; i < ignored->finding.n_packages; i++)
            print_row(out, report, &ignored->finding,
                &report->packages.v[ignored->finding.packages[i]], ignored);
    }
    return 0;
}

const struct sw_report_format sw_report_csv = {
    .name = "csv",
    .summary = "a row per finding and package, for spreadsheets",
    .begin = begin,
    .write = write_csv,
};

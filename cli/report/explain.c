/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --explain: a paragraph per finding instead of a line.
 */
#include "report/explain.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/find.h"

static void print_field(FILE *out, const char *label, struct sw_str value)
{
    if (value.n == 0)
        return;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    if (sw_text_terminal(&text, sw_str_part(value, 0, 8192)) < 0)
        return;
    fprintf(out, "  %-10s %.*s\n", label, (int)text.n, text.p);
}

static void print_layer(FILE *out, const struct sw_report *report, int layer)
{
    if (layer < 0 || (size_t)layer >= report->image.n_layers)
        return;
    const struct sw_layer *l = &report->image.layers[layer];
    fprintf(out, "             in layer %d of %zu\n", layer + 1, report->image.n_layers);
    print_field(out, "", l->digest.n > 0 ? l->digest : l->diff_id);
    print_field(out, "built by", l->instruction);
}

static void print_packages(
    FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    for (size_t i = 0; i < finding->n_packages; i++) {
        if (finding->packages[i] >= report->packages.n)
            continue;
        const struct sw_package *package = &report->packages.v[finding->packages[i]];
        print_field(out, "package", package->name);
        print_field(out, "installed", package->version);
        print_field(out, "listed in", package->database);
        print_layer(out, report, package->layer);
    }
}

static bool is_named(const struct sw_finding *finding, struct sw_str id)
{
    if (id.n == 0 || sw_str_equal(finding->id, id) || sw_str_equal(finding->advisory_id, id))
        return true;
    for (size_t i = 0; i < finding->n_aliases; i++)
        if (sw_str_equal(finding->aliases[i], id))
            return true;
    return sw_str_equal(finding->source_name, id);
}

/* Of a secret or malware. */
static void print_find(FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 65536);
    sw_report_find_place(finding, &text);
    print_field(out, "where", sw_buf_str(&text));
    print_field(out, "found by", finding->engine);
    print_field(out, "family", finding->family);
    print_field(out, "secret", finding->secret);
    print_field(out, "match", finding->match);
    print_field(out, "file", finding->digest);
    print_field(out, "fingerprint", finding->fingerprint);
    print_field(out, "now", sw_str_of(sw_presence_name(finding->location.presence)));
    print_layer(out, report, finding->location.layer);
}

static void print_one(FILE *out, const struct sw_report *report, const struct sw_finding *finding)
{
    fprintf(out, "\n");
    print_field(out, "finding", finding->id);
    print_field(out, "title", finding->title);
    print_field(out, "severity", sw_str_of(sw_severity_name(finding->severity)));
    if (sw_report_is_find(finding)) {
        print_find(out, report, finding);
        return;
    }
    print_field(out, "rated by", finding->severity_source);
    print_field(out, "CVSS", finding->cvss.vector);
    print_field(out, "status", sw_str_of(sw_fix_status_name(finding->status)));
    print_field(out, "vendor", finding->vendor_status);
    print_field(out, "fixed in", finding->fixed_version);
    if (finding->is_kev)
        print_field(out, "exploited", finding->kev_date);
    print_field(out, "feed", finding->feed);
    print_field(out, "record", finding->record);
    print_field(out, "range", finding->range);
    print_field(out, "compared", finding->installed_version);
    print_field(out, "looked up", finding->matched);
    print_packages(out, report, finding);
}

void sw_report_explain(
    FILE *out, const struct sw_report *report, const struct sw_print_options *options)
{
    struct sw_str id = sw_str_of(options->explain);
    size_t n = 0;
    SW_VEC_EACH (finding, &report->findings) {
        if (!is_named(finding, id))
            continue;
        print_one(out, report, finding);
        n++;
    }
    fprintf(out, "\n");
    if (n == 0)
        fprintf(out, "no finding '%s' in this report\n", options->explain);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harbor's own report: an item per CVE and package, for that is what its allow-lists and its tables
 * know. SBOMs are those of `seawall scan`, wrapped.
 */
#include "harbor/render.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "model/report_json.h"
#include "report/format.h"

/* As in trivy-json: an erratum of 100 CVEs in 100 packages makes 10,000 of them. */
#define ITEMS_MAX ((size_t)1000000)
#define LINKS_MAX 32

struct item {
    const struct sw_finding *finding;
    const struct sw_package *package;
    struct sw_str id;
};

struct items {
    SW_VEC(struct item) list;
};

static const char *const severity_words[] = {
    "Unknown", "Negligible", "Low", "Medium", "High", "Critical"};
static_assert(SW_ARRAY_SIZE(severity_words) == _SW_SEVERITY_MAX, "Harbor's words");

/* ---- items ---- */

static bool is_cve(struct sw_str id)
{
    return sw_str_starts_with(id, SW_STR("CVE-"));
}

static int add_item(struct items *items, const struct sw_report *report,
    const struct sw_finding *finding, struct sw_str id)
{
    for (size_t i = 0; i < finding->n_packages; i++) {
        size_t at = finding->packages[i];
        if (at >= report->packages.n)
            continue;
        struct item item = {finding, &report->packages.v[at], id};
        int r = sw_vec_push(&items->list, item, ITEMS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_finding(
    struct items *items, const struct sw_report *report, const struct sw_finding *finding)
{
    size_t n = 0;
    if (finding->kind != SW_FINDING_VULNERABILITY)
        return 0;
    for (size_t i = 0; !is_cve(finding->id) && i < finding->n_aliases; i++) {
        if (!is_cve(finding->aliases[i]))
            continue;
        int r = add_item(items, report, finding, finding->aliases[i]);
        if (r < 0)
            return r;
        n++;
    }
    return n > 0 ? 0 : add_item(items, report, finding, finding->id);
}

/* By what Harbor takes for the same, worst first. */
static int compare_items(const void *x, const void *y)
{
    const struct item *a = x;
    const struct item *b = y;
    int r = sw_str_compare(a->id, b->id);
    if (r == 0)
        r = sw_str_compare(a->package->name, b->package->name);
    if (r == 0)
        r = sw_str_compare(a->package->version, b->package->version);
    if (r == 0)
        r = (int)b->finding->severity - (int)a->finding->severity;
    return r != 0 ? r : sw_str_compare(a->finding->record, b->finding->record);
}

static bool is_same_item(const struct item *a, const struct item *b)
{
    return sw_str_equal(a->id, b->id) && sw_str_equal(a->package->name, b->package->name) &&
           sw_str_equal(a->package->version, b->package->version);
}

static int collect(struct items *items, const struct sw_report *report)
{
    SW_VEC_EACH (finding, &report->findings) {
        int r = add_finding(items, report, finding);
        if (r < 0)
            return r;
    }
    if (items->list.n == 0)
        return 0;
    qsort(items->list.v, items->list.n, sizeof(items->list.v[0]), compare_items);
    size_t n = 1;
    for (size_t i = 1; i < items->list.n; i++)
        if (!is_same_item(&items->list.v[n - 1], &items->list.v[i]))
            items->list.v[n++] = items->list.v[i];
    items->list.n = n;
    return 0;
}

/* ---- Harbor's vulnerability report ---- */

void sw_harbor_render_scanner(struct sw_json_writer *w)
{
    sw_json_write_object(w, "scanner");
    sw_json_write_text(w, "name", "Seawall");
    sw_json_write_text(w, "vendor", "Seawall");
    sw_json_write_text(w, "version", SEAWALL_VERSION);
    sw_json_write_end(w);
}

static void write_head(struct sw_json_writer *w, const struct sw_harbor_request *request,
    const struct sw_report *report)
{
    sw_json_write_str(w, "generated_at", report->scanned_at);
    sw_json_write_object(w, "artifact");
    sw_json_write_str(w, "repository", request->repository);
    sw_json_write_optional(w, "digest", request->digest);
    sw_json_write_optional(w, "tag", request->tag);
    sw_json_write_optional(w, "mime_type", request->mime_type);
    sw_json_write_end(w);
    sw_harbor_render_scanner(w);
}

static void write_layer(
    struct sw_json_writer *w, const struct sw_report *report, const struct sw_package *package)
{
    if (package->layer < 0 || (size_t)package->layer >= report->image.n_layers)
        return;
    const struct sw_layer *layer = &report->image.layers[package->layer];
    sw_json_write_object(w, "layer");
    sw_json_write_optional(w, "digest", layer->digest);
    sw_json_write_optional(w, "diff_id", layer->diff_id);
    sw_json_write_end(w);
}

static bool is_link(struct sw_str text)
{
    return sw_str_starts_with(text, SW_STR("https://")) ||
           sw_str_starts_with(text, SW_STR("http://"));
}

/* Harbor shows the first one; a CVE without any gets the one that every CVE has. */
static void write_links(struct sw_json_writer *w, const struct item *item)
{
    const struct sw_finding *finding = item->finding;
    size_t n = 0;
    sw_json_write_array(w, "links");
    for (size_t i = 0; i < finding->n_references && n < LINKS_MAX; i++) {
        if (!is_link(finding->references[i]))
            continue;
        sw_json_write_str(w, NULL, finding->references[i]);
        n++;
    }
    if (n == 0 && is_cve(item->id)) {
        char link[128];
        snprintf(link, sizeof(link), "https://nvd.nist.gov/vuln/detail/%.*s",
            SW_STR_ARG(sw_str_part(item->id, 0, 64)));
        sw_json_write_str(w, NULL, sw_str_of(link));
    }
    sw_json_write_end(w);
}

static void write_cvss(struct sw_json_writer *w, const struct sw_cvss *cvss)
{
    bool is_v3 = sw_str_starts_with(cvss->vector, SW_STR("CVSS:3"));
    bool is_other = !is_v3 && sw_str_starts_with(cvss->vector, SW_STR("CVSS:"));
    if (cvss->vector.n == 0 || is_other)
        return;
    sw_json_write_object(w, "preferred_cvss");
    if (cvss->score >= 0)
        sw_json_write_double(w, is_v3 ? "score_v3" : "score_v2", cvss->score);
    sw_json_write_str(w, is_v3 ? "vector_v3" : "vector_v2", cvss->vector);
    sw_json_write_end(w);
}

/* What else is known, for whoever reads more than Harbor's table. */
static void write_attributes(struct sw_json_writer *w, const struct sw_finding *finding)
{
    sw_json_write_object(w, "vendor_attributes");
    sw_json_write_text(w, "status", sw_fix_status_name(finding->status));
    sw_json_write_optional(w, "vendor_status", finding->vendor_status);
    sw_json_write_optional(w, "advisory", finding->advisory_id);
    sw_json_write_optional(w, "feed", finding->feed);
    sw_json_write_optional(w, "record", finding->record);
    sw_json_write_optional(w, "severity_source", finding->severity_source);
    if (sw_str_starts_with(finding->cvss.vector, SW_STR("CVSS:4")))
        sw_json_write_str(w, "cvss_v4", finding->cvss.vector);
    if (finding->is_kev)
        sw_json_write_str(w, "known_exploited", finding->kev_date);
    if (finding->epss >= 0)
        sw_json_write_double(w, "epss", finding->epss);
    sw_json_write_end(w);
}

static void write_item(
    struct sw_json_writer *w, const struct sw_report *report, const struct item *item)
{
    const struct sw_finding *finding = item->finding;
    bool is_fixed = finding->status == SW_FIX_FIXED;
    sw_json_write_newline(w);
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "id", item->id);
    sw_json_write_str(w, "package", item->package->name);
    sw_json_write_str(w, "version", item->package->version);
    sw_json_write_str(w, "fix_version", is_fixed ? finding->fixed_version : SW_STR_NONE);
    sw_json_write_text(w, "severity", severity_words[finding->severity]);
    sw_json_write_str(w, "description", finding->title);
    write_links(w, item);
    write_layer(w, report, item->package);
    write_cvss(w, &finding->cvss);
    /* The feeds name none. */
    sw_json_write_array(w, "cwe_ids");
    sw_json_write_end(w);
    write_attributes(w, finding);
    sw_json_write_end(w);
}

static int render_vulnerabilities(const struct sw_harbor_request *request,
    const struct sw_report *report, struct sw_buf *out, struct sw_err *err)
{
    struct items items = {0};
    int r = collect(&items, report);
    enum sw_severity worst = SW_SEVERITY_UNKNOWN;
    SW_VEC_EACH (item, &items.list)
        worst = item->finding->severity > worst ? item->finding->severity : worst;
    struct sw_json_writer w;
    sw_json_writer_init(&w, out, NULL, NULL);
    sw_json_write_object(&w, NULL);
    write_head(&w, request, report);
    sw_json_write_text(&w, "severity", severity_words[worst]);
    sw_json_write_array(&w, "vulnerabilities");
    SW_VEC_EACH (item, &items.list)
        write_item(&w, report, item);
    sw_json_write_end(&w);
    sw_json_write_end(&w);
    int finished = sw_json_writer_finish(&w);
    sw_vec_done(&items.list);
    r = r < 0 ? r : finished;
    return r < 0 ? sw_err_set(err, r, "cannot write the report: %s", strerror(-r)) : 0;
}

/* ---- documents of `seawall scan` ---- */

static int append(void *context, struct sw_str text)
{
    return sw_buf_append_str(context, text);
}

static ssize_t write_cookie(void *cookie, const char *p, size_t n)
{
    int r = sw_buf_append(cookie, p, n);
    if (r == 0)
        return (ssize_t)n;
    errno = -r;
    return 0;
}

static int render_format(
    const char *name, const struct sw_report *report, struct sw_buf *out, struct sw_err *err)
{
    const struct sw_report_format *format = sw_report_format_find(sw_str_of(name));
    const struct sw_print_options print = {.version = SEAWALL_VERSION, .width = 80};
    FILE *stream = fopencookie(out, "w", (cookie_io_functions_t){.write = write_cookie});
    if (format == NULL || stream == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = format->write(stream, report, 0, &print, err);
    bool has_failed = ferror(stream) != 0;
    has_failed = fclose(stream) != 0 || has_failed;
    if (r == 0 && has_failed)
        r = sw_err_set(err, -EFBIG, "the report is too large to be kept");
    return r;
}

/* {..., "sbom": DOCUMENT}: the document is JSON as it stands. */
static int render_sbom(const struct sw_harbor_request *request, const struct sw_report *report,
    enum sw_harbor_document document, struct sw_buf *out, struct sw_err *err)
{
    bool is_spdx = document == SW_HARBOR_SPDX;
    struct sw_json_writer w;
    sw_json_writer_init(&w, out, NULL, NULL);
    sw_json_write_object(&w, NULL);
    write_head(&w, request, report);
    sw_json_write_text(&w, "media_type", is_spdx ? SW_HARBOR_SBOM_SPDX : SW_HARBOR_SBOM_CYCLONEDX);
    sw_json_write_end(&w);
    int r = sw_json_writer_finish(&w);
    if (r < 0)
        return sw_err_set(err, r, "cannot write the report: %s", strerror(-r));
    /* The object is open again. */
    while (out->n > 0 && out->p[out->n - 1] != '}')
        out->n--;
    out->n -= out->n > 0 ? 1 : 0;
    r = sw_buf_append_str(out, SW_STR(",\"sbom\":"));
    if (r == 0)
        r = render_format(is_spdx ? "spdx" : "cyclonedx", report, out, err);
    return r == 0 ? sw_buf_append_str(out, SW_STR("}\n")) : r;
}

int sw_harbor_render(const struct sw_harbor_request *request, const struct sw_report *report,
    struct sw_harbor_result *result, struct sw_err *err)
{
    int r = 0;
    for (int i = 0; r == 0 && i < _SW_HARBOR_DOCUMENT_MAX; i++) {
        struct sw_buf *out = &result->documents[i];
        if (!request->is_wanted[i])
            continue;
        switch ((enum sw_harbor_document)i) {
        case SW_HARBOR_VULNERABILITIES:
            r = render_vulnerabilities(request, report, out, err);
            break;
        case SW_HARBOR_RAW:
            r = sw_report_json_format(report, SEAWALL_VERSION, append, out, err);
            break;
        case SW_HARBOR_SPDX:
        case SW_HARBOR_CYCLONEDX:
            r = render_sbom(request, report, (enum sw_harbor_document)i, out, err);
            break;
        case _SW_HARBOR_DOCUMENT_MAX:
            break;
        }
    }
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in the shape of Trivy's report: a result of class "secret" per file. Trivy knows no
 * malware; what there is goes into its "custom" class, where tools keep what is their own.
 */
#include "report/trivy_json_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/find.h"

static const char *const severities[] = {"UNKNOWN", "LOW", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

static void write_target(struct sw_trivy *t, const struct sw_finding *finding)
{
    struct sw_finding plain = *finding;
    plain.location.line = 0;
    sw_buf_clear(t->scratch);
    bool is_config = finding->location.presence == SW_PRESENCE_CONFIG;
    if (!is_config)
        sw_buf_append_char(t->scratch, '/');
    sw_report_find_place(&plain, t->scratch);
    sw_json_write_str(t->w, "Target", sw_buf_str(t->scratch));
}

static void write_layer(struct sw_trivy *t, const struct sw_finding *finding)
{
    const struct sw_layer *layer = sw_report_find_layer(t->report, finding);
    if (layer == NULL)
        return;
    sw_json_write_object(t->w, "Layer");
    sw_json_write_optional(t->w, "Digest", layer->digest);
    sw_json_write_optional(t->w, "DiffID", layer->diff_id);
    sw_json_write_optional(t->w, "CreatedBy", layer->instruction);
    sw_json_write_end(t->w);
}

static void write_secret(struct sw_trivy *t, const struct sw_finding *finding)
{
    const struct sw_location *location = &finding->location;
    struct sw_str match = finding->match.n > 0 ? finding->match : finding->secret;
    sw_json_write_object(t->w, NULL);
    sw_json_write_str(t->w, "RuleID", finding->id);
    sw_json_write_str(t->w, "Category", finding->family.n > 0 ? finding->family : finding->id);
    sw_json_write_text(t->w, "Severity", severities[finding->severity]);
    sw_json_write_str(t->w, "Title", sw_report_find_title(finding));
    sw_json_write_u64(t->w, "StartLine", location->line);
    sw_json_write_u64(
        t->w, "EndLine", location->end_line > 0 ? location->end_line : location->line);
    sw_json_write_object(t->w, "Code");
    sw_json_write_null(t->w, "Lines");
    sw_json_write_end(t->w);
    sw_json_write_str(t->w, "Match", match);
    write_layer(t, finding);
    sw_json_write_end(t->w);
}

static int compare_files(const void *left, const void *right)
{
    const struct sw_finding *a = *(const struct sw_finding *const *)left;
    const struct sw_finding *b = *(const struct sw_finding *const *)right;
    int r = sw_str_compare(a->location.path, b->location.path);
    if (r == 0)
        r = sw_str_compare(a->location.inner, b->location.inner);
    return r != 0 ? r : (a > b) - (a < b);
}

static bool is_same_file(const struct sw_finding *a, const struct sw_finding *b)
{
    return sw_str_equal(a->location.path, b->location.path) &&
           sw_str_equal(a->location.inner, b->location.inner);
}

static int write_secrets(struct sw_trivy *t)
{
    size_t n = 0;
    SW_CLEANUP(sw_mem_freep)
    const struct sw_finding **v = sw_mem_zalloc(t->report->findings.n + 1, sizeof(*v));
    if (v == NULL)
        return -ENOMEM;
    SW_VEC_EACH (finding, &t->report->findings)
        if (finding->kind == SW_FINDING_SECRET)
            v[n++] = finding;
    qsort(v, n, sizeof(*v), compare_files);
    for (size_t i = 0; i < n;) {
        size_t first = i;
        sw_json_write_object(t->w, NULL);
        write_target(t, v[first]);
        sw_json_write_text(t->w, "Class", "secret");
        sw_json_write_array(t->w, "Secrets");
        for (; i < n && is_same_file(v[first], v[i]); i++)
            write_secret(t, v[i]);
        sw_json_write_end(t->w);
        sw_json_write_end(t->w);
    }
    return 0;
}

static void write_malware(struct sw_trivy *t, const struct sw_finding *finding)
{
    sw_json_write_object(t->w, NULL);
    sw_json_write_text(t->w, "Type", "malware");
    sw_json_write_str(t->w, "FilePath", finding->location.path);
    write_layer(t, finding);
    sw_json_write_object(t->w, "Data");
    sw_json_write_str(t->w, "RuleID", finding->id);
    sw_json_write_text(t->w, "Severity", severities[finding->severity]);
    sw_json_write_str(t->w, "Title", sw_report_find_title(finding));
    sw_json_write_optional(t->w, "Family", finding->family);
    sw_json_write_optional(t->w, "Inner", finding->location.inner);
    sw_json_write_end(t->w);
    sw_json_write_end(t->w);
}

int sw_trivy_write_finds(struct sw_trivy *t)
{
    int r = write_secrets(t);
    if (r < 0 || sw_report_count_kind(t->report, SW_FINDING_MALWARE) == 0)
        return r;
    sw_json_write_object(t->w, NULL);
    sw_json_write_str(t->w, "Target", t->report->target);
    sw_json_write_text(t->w, "Class", "custom");
    sw_json_write_array(t->w, "CustomResources");
    SW_VEC_EACH (finding, &t->report->findings)
        if (finding->kind == SW_FINDING_MALWARE)
            write_malware(t, finding);
    sw_json_write_end(t->w);
    sw_json_write_end(t->w);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison as JSON: an object, schema_version 1; the lists are in docs/reports.md.
 */
#include "diff_print_priv.h"

#include "base/mem.h"
#include "report/sink.h"

static void write_side(struct sw_json_writer *w, const char *key, const struct sw_report *report)
{
    sw_json_write_object(w, key);
    sw_json_write_str(w, "name", report->target);
    sw_json_write_text(w, "kind", sw_target_kind_name(report->target_kind));
    sw_json_write_optional(w, "scanned_at", report->scanned_at);
    sw_json_write_optional(w, "digest", report->image.digest);
    sw_json_write_optional(w, "config_digest", report->image.config_digest);
    sw_json_write_optional(w, "os", report->os.id);
    sw_json_write_optional(w, "os_version", report->os.version_id);
    sw_json_write_bool(w, "is_incomplete", sw_report_is_incomplete(report));
    sw_json_write_bool(w, "has_database", report->database.is_present);
    sw_json_write_optional(w, "database_created", report->database.created);
    sw_json_write_optional(w, "database_digest", report->database.digest);
    sw_json_write_end(w);
}

static void write_finding(struct sw_json_writer *w, const struct sw_diff_finding *entry)
{
    const struct sw_finding *finding = entry->finding;
    sw_json_write_newline(w);
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "change", sw_diff_change_name(entry->change));
    sw_json_write_text(w, "kind", sw_finding_kind_name(finding->kind));
    sw_json_write_str(w, "id", finding->id);
    sw_json_write_text(w, "severity", sw_severity_name(finding->severity));
    sw_json_write_text(w, "status", sw_fix_status_name(finding->status));
    sw_json_write_str(w, "source_name", finding->source_name);
    sw_json_write_optional(w, "installed_version", finding->installed_version);
    sw_json_write_optional(w, "fixed_version", finding->fixed_version);
    sw_json_write_optional(w, "advisory_id", finding->advisory_id);
    sw_json_write_optional(w, "title", finding->title);
    sw_json_write_bool(w, "is_kev", finding->is_kev);
    if (finding->epss >= 0)
        sw_json_write_double(w, "epss", finding->epss);
    sw_json_write_array(w, "packages");
    for (size_t i = 0; i < finding->n_packages; i++)
        if (finding->packages[i] < entry->report->packages.n)
            sw_json_write_str(w, NULL, entry->report->packages.v[finding->packages[i]].name);
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_package(struct sw_json_writer *w, const struct sw_diff_package *pair)
{
    const struct sw_package *either = pair->after != NULL ? pair->after : pair->before;
    const char *change = pair->before == NULL  ? "added"
                         : pair->after == NULL ? "removed"
                                               : "changed";
    sw_json_write_newline(w);
    sw_json_write_object(w, NULL);
    sw_json_write_text(w, "change", change);
    sw_json_write_text(w, "type", sw_package_type_name(either->type));
    sw_json_write_str(w, "name", either->name);
    sw_json_write_optional(w, "arch", either->arch);
    if (pair->before != NULL)
        sw_json_write_str(w, "old_version", pair->before->version);
    if (pair->after != NULL)
        sw_json_write_str(w, "new_version", pair->after->version);
    sw_json_write_end(w);
}

static void write_counts(
    struct sw_json_writer *w, const struct sw_diff *diff, const struct sw_diff_print *print)
{
    struct sw_diff_package_counts counts;
    sw_diff_count_packages(diff, &counts);
    sw_json_write_object(w, "counts");
    for (int i = 0; i < _SW_DIFF_CHANGE_MAX; i++)
        sw_json_write_u64(w, sw_diff_change_name((enum sw_diff_change)i),
            sw_diff_count(diff, print, (enum sw_diff_change)i));
    sw_json_write_u64(w, "packages_added", counts.n_added);
    sw_json_write_u64(w, "packages_removed", counts.n_removed);
    sw_json_write_u64(w, "packages_changed", counts.n_changed);
    sw_json_write_u64(w, "packages_same", counts.n_same);
    sw_json_write_end(w);
}

int sw_diff_write_json(
    FILE *out, const struct sw_diff *diff, const struct sw_diff_print *print, struct sw_err *err)
{
    struct sw_diff_warnings warnings;
    struct sw_report_sink sink;
    struct sw_json_writer *w = &sink.writer;
    sw_diff_warn(diff, &warnings);
    sw_report_sink_init(&sink, out);
    sw_json_write_object(w, NULL);
    sw_json_write_u64(w, "schema_version", 1);
    sw_json_write_object(w, "generator");
    sw_json_write_text(w, "name", "seawall");
    sw_json_write_text(w, "version", print->version);
    sw_json_write_end(w);
    write_side(w, "old", diff->before);
    write_side(w, "new", diff->after);
    sw_json_write_array(w, "notes");
    for (size_t i = 0; i < warnings.n; i++)
        sw_json_write_str(w, NULL, sw_str_of(warnings.v[i]));
    sw_json_write_end(w);
    write_counts(w, diff, print);
    sw_json_write_array(w, "findings");
    SW_VEC_EACH (entry, &diff->findings)
        if (sw_diff_is_shown(print, entry))
            write_finding(w, entry);
    sw_json_write_end(w);
    sw_json_write_array(w, "packages");
    SW_VEC_EACH (pair, &diff->packages)
        write_package(w, pair);
    sw_json_write_end(w);
    sw_json_write_end(w);
    sw_json_write_newline(w);
    return sw_report_sink_finish(&sink, err);
}

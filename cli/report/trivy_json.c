/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of Trivy's JSON report (SchemaVersion 2), so that what reads that report goes on
 * reading. One entry per CVE and installed package, as there. What Seawall does not know (CWE
 * numbers, other vendors' scores) is left out rather than made up; docs/migrate.md lists it.
 */
#include "report/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/clock.h"
#include "io/digest.h"
#include "model/purl.h"
#include "report/identity.h"
#include "report/sink.h"
#include "report/trivy_names.h"

/* An erratum of 100 CVEs in 100 packages makes 10,000 of them; a report read from a file could ask
 * for more than memory holds. */
#define ROWS_MAX ((size_t)4000000)
#define TEXT_MAX ((size_t)1024 * 1024)

struct row {
    const struct sw_finding *finding;
    const struct sw_package *package;
    struct sw_str id;
    struct sw_str vendor_id; /* may be empty */
};

/* What travels through all writers. */
struct trivy {
    struct sw_json_writer *w;
    const struct sw_report *report;
    struct sw_buf *scratch;
    SW_VEC(struct row) rows;
};

static bool is_cve(struct sw_str id)
{
    return sw_str_starts_with(id, SW_STR("CVE-"));
}

/* Readers written in Go refuse a whole report for one time that is not RFC 3339. */
static void write_time(struct sw_json_writer *w, const char *key, struct sw_str time)
{
    int64_t seconds = 0;
    char text[SW_CLOCK_TEXT_BYTES];
    if (time.n == 0 || sw_clock_parse(time, &seconds) < 0)
        return;
    sw_clock_format(seconds, text);
    sw_json_write_text(w, key, text);
}

/* ---- rows ---- */

static int add_rows(struct trivy *t, const struct sw_finding *finding, size_t package)
{
    if (package >= t->report->packages.n)
        return 0;
    struct row row = {.finding = finding, .package = &t->report->packages.v[package]};
    bool has_cves = false;
    for (size_t i = 0; i < finding->n_aliases && !is_cve(finding->id); i++) {
        if (!is_cve(finding->aliases[i]))
            continue;
        has_cves = true;
        row.id = finding->aliases[i];
        row.vendor_id = finding->id;
        if (sw_vec_push(&t->rows, row, ROWS_MAX) < 0)
            return -EFBIG;
    }
    if (has_cves)
        return 0;
    row.id = finding->id;
    if (!sw_str_equal(finding->advisory_id, finding->id))
        row.vendor_id = finding->advisory_id;
    return sw_vec_push(&t->rows, row, ROWS_MAX);
}

/* By package and id; of one CVE in two errata the fixed one first. */
static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;
    int r = sw_str_compare(a->package->name, b->package->name);
    if (r == 0)
        r = sw_str_compare(a->package->version, b->package->version);
    if (r == 0)
        r = a->package < b->package ? -1 : a->package > b->package;
    if (r == 0)
        r = sw_str_compare(a->id, b->id);
    if (r == 0)
        r = (b->finding->status == SW_FIX_FIXED) - (a->finding->status == SW_FIX_FIXED);
    return r != 0 ? r : a->finding < b->finding ? -1 : a->finding > b->finding;
}

static int collect_rows(struct trivy *t)
{
    int r = 0;
    SW_VEC_EACH (finding, &t->report->findings)
        for (size_t i = 0; i < finding->n_packages && r == 0; i++)
            if (finding->kind == SW_FINDING_VULNERABILITY)
                r = add_rows(t, finding, finding->packages[i]);
    if (r < 0 || t->rows.n == 0)
        return r;
    qsort(t->rows.v, t->rows.n, sizeof(*t->rows.v), compare_rows);
    size_t n = 1;
    for (size_t i = 1; i < t->rows.n; i++) {
        const struct row *before = &t->rows.v[n - 1];
        const struct row *row = &t->rows.v[i];
        if (row->package != before->package || !sw_str_equal(row->id, before->id))
            t->rows.v[n++] = *row;
    }
    t->rows.n = n;
    return 0;
}

/* ---- packages ---- */

static struct sw_str without_epoch(const struct sw_package *package)
{
    ptrdiff_t colon = sw_str_find_char(package->version, ':');
    bool has_epoch = package->type == SW_PACKAGE_RPM && colon >= 0;
    return has_epoch ? sw_str_skip(package->version, (size_t)colon + 1) : package->version;
}

/* "bash@5.0-4"; rpm: "bash@5.0-4.el8.x86_64". */
static void write_package_id(struct trivy *t, const char *key, const struct sw_package *package)
{
    sw_buf_clear(t->scratch);
    int r = sw_buf_append_str(t->scratch, package->name);
    r = r < 0 ? r : sw_buf_append_char(t->scratch, '@');
    r = r < 0 ? r : sw_buf_append_str(t->scratch, without_epoch(package));
    if (r == 0 && package->type == SW_PACKAGE_RPM && package->arch.n > 0) {
        r = sw_buf_append_char(t->scratch, '.');
        r = r < 0 ? r : sw_buf_append_str(t->scratch, package->arch);
    }
    if (r == 0)
        sw_json_write_str(t->w, key, sw_buf_str(t->scratch));
}

/* The package URL in scratch, with Trivy's names of systems. */
static int format_purl(struct trivy *t, const struct sw_package *package)
{
    struct sw_str family = sw_trivy_family(&t->report->os);
    struct sw_str version = t->report->os.version_id;
    struct sw_str epoch = SW_STR_NONE;
    if (package->type == SW_PACKAGE_RPM && without_epoch(package).n < package->version.n)
        epoch = sw_str_part(package->version, 0, package->version.n - without_epoch(package).n - 1);
    SW_CLEANUP(sw_buf_done) struct sw_buf distro = {0};
    sw_buf_init(&distro, TEXT_MAX);
    int r = 0;
    if (package->type != SW_PACKAGE_APK)
        r = sw_buf_append_str(&distro, family);
    if (r == 0 && distro.n > 0 && version.n > 0)
        r = sw_buf_append_char(&distro, '-');
    r = r < 0 ? r : sw_buf_append_str(&distro, version);
    const struct sw_purl_qualifier qualifiers[] = {
        {"arch", package->arch},
        {"distro", sw_buf_str(&distro)},
        {"epoch", epoch},
        {"modularitylabel", package->module},
    };
    const struct sw_purl purl = {
        .type = sw_package_type_name(package->type),
        .name_space = sw_str_starts_with(family, SW_STR("opensuse")) ? SW_STR("opensuse") : family,
        .name = package->name,
        .version = without_epoch(package),
        .qualifiers = qualifiers,
        .n_qualifiers = SW_ARRAY_SIZE(qualifiers),
    };
    sw_buf_clear(t->scratch);
    return r < 0 ? r : sw_purl_format(&purl, t->scratch);
}

/* The UID joins the two lists of one report; that is all it means. */
static void write_identifier(struct trivy *t, const char *key, const struct sw_package *package)
{
    if (format_purl(t, package) < 0)
        return;
    char uid[24];
    struct sw_str purl = sw_buf_str(t->scratch);
    uint64_t place = sw_str_hash(package->database) + (uint64_t)(package->layer + 1);
    snprintf(
        uid, sizeof(uid), "%016" PRIx64, sw_str_hash(purl) ^ place * UINT64_C(0x9e3779b97f4a7c15));
    sw_json_write_object(t->w, key);
    sw_json_write_str(t->w, "PURL", purl);
    sw_json_write_text(t->w, "UID", uid);
    sw_json_write_end(t->w);
}

static void write_layer(struct trivy *t, const struct sw_package *package)
{
    const struct sw_image *image = &t->report->image;
    sw_json_write_object(t->w, "Layer");
    if (package->layer >= 0 && (size_t)package->layer < image->n_layers) {
        sw_json_write_optional(t->w, "Digest", image->layers[package->layer].digest);
        sw_json_write_optional(t->w, "DiffID", image->layers[package->layer].diff_id);
    }
    sw_json_write_end(t->w);
}

static void write_packages(struct trivy *t)
{
    if (t->report->packages.n == 0)
        return;
    sw_json_write_array(t->w, "Packages");
    SW_VEC_EACH (package, &t->report->packages) {
        sw_json_write_newline(t->w);
        sw_json_write_object(t->w, NULL);
        write_package_id(t, "ID", package);
        sw_json_write_str(t->w, "Name", package->name);
        write_identifier(t, "Identifier", package);
        sw_json_write_str(t->w, "Version", package->version);
        sw_json_write_optional(t->w, "Arch", package->arch);
        sw_json_write_optional(t->w, "SrcName", package->source_name);
        sw_json_write_optional(t->w, "SrcVersion", package->source_version);
        sw_json_write_optional(t->w, "Modularitylabel", package->module);
        if (package->licence.n > 0) {
            sw_json_write_array(t->w, "Licenses");
            sw_json_write_str(t->w, NULL, package->licence);
            sw_json_write_end(t->w);
        }
        sw_json_write_optional(t->w, "Maintainer", package->maintainer);
        write_layer(t, package);
        sw_json_write_end(t->w);
    }
    sw_json_write_end(t->w);
}

/* ---- vulnerabilities ---- */

static void write_source(struct trivy *t, const struct sw_finding *finding)
{
    const struct sw_trivy_source *source = sw_trivy_source_find(finding->feed);
    sw_json_write_object(t->w, "DataSource");
    sw_json_write_str(t->w, "ID", source != NULL ? sw_str_of(source->id) : finding->feed);
    sw_json_write_str(t->w, "Name", source != NULL ? sw_str_of(source->name) : finding->feed);
    if (source != NULL)
        sw_json_write_text(t->w, "URL", source->url);
    sw_json_write_end(t->w);
}

/* Keys of an object: what the writer takes must end in NUL, and feeds in reports are bytes. */
static const char *source_key(struct sw_str feed)
{
    const struct sw_trivy_source *source = sw_trivy_source_find(feed);
    return source != NULL ? source->id : "seawall";
}

static void write_severity(struct trivy *t, const struct sw_finding *finding)
{
    static const char *const words[] = {"UNKNOWN", "LOW", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
    static const uint8_t numbers[] = {0, 1, 1, 2, 3, 4};
    sw_json_write_text(t->w, "Severity", words[finding->severity]);
    if (finding->severity_source.n > 0) {
        sw_json_write_object(t->w, "VendorSeverity");
        sw_json_write_u64(t->w, source_key(finding->severity_source), numbers[finding->severity]);
        sw_json_write_end(t->w);
    }
    struct sw_str vector = finding->cvss.vector;
    if (vector.n == 0)
        return;
    bool is_v4 = sw_str_starts_with(vector, SW_STR("CVSS:4"));
    bool is_v3 = sw_str_starts_with(vector, SW_STR("CVSS:3"));
    sw_json_write_object(t->w, "CVSS");
    sw_json_write_object(t->w, source_key(finding->feed));
    sw_json_write_str(t->w, is_v4 ? "V40Vector" : is_v3 ? "V3Vector" : "V2Vector", vector);
    if (finding->cvss.score >= 0)
        sw_json_write_double(t->w,
            is_v4   ? "V40Score"
            : is_v3 ? "V3Score"
                    : "V2Score",
            finding->cvss.score);
    sw_json_write_end(t->w);
    sw_json_write_end(t->w);
}

static void write_address(struct trivy *t, const struct row *row)
{
    const struct sw_finding *finding = row->finding;
    sw_buf_clear(t->scratch);
    if (!is_cve(row->id)) {
        if (finding->n_references > 0)
            sw_json_write_str(t->w, "PrimaryURL", finding->references[0]);
        return;
    }
    if (sw_buf_append_str(t->scratch, SW_STR("https://nvd.nist.gov/vuln/detail/")) == 0 &&
        sw_buf_append_str(t->scratch, row->id) == 0)
        sw_json_write_str(t->w, "PrimaryURL", sw_buf_str(t->scratch));
}

/* The same for the same finding in the same target, whatever else is in the report. */
static void write_fingerprint(struct trivy *t, const struct row *row)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    sw_buf_clear(t->scratch);
    const struct sw_str parts[] = {
        t->report->target, row->package->database, row->package->name, row->package->arch, row->id};
    for (size_t i = 0; i < SW_ARRAY_SIZE(parts); i++)
        if (sw_buf_append_str(t->scratch, parts[i]) < 0 || sw_buf_append_char(t->scratch, '\0') < 0)
            return;
    if (sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(t->scratch), digest) == 0)
        sw_json_write_text(t->w, "Fingerprint", digest);
}

static void write_vulnerability(struct trivy *t, const struct row *row)
{
    const struct sw_finding *finding = row->finding;
    struct sw_json_writer *w = t->w;
    sw_json_write_newline(w);
    sw_json_write_object(w, NULL);
    sw_json_write_str(w, "VulnerabilityID", row->id);
    if (row->vendor_id.n > 0) {
        sw_json_write_array(w, "VendorIDs");
        sw_json_write_str(w, NULL, row->vendor_id);
        sw_json_write_end(w);
    }
    write_package_id(t, "PkgID", row->package);
    sw_json_write_str(w, "PkgName", row->package->name);
    write_identifier(t, "PkgIdentifier", row->package);
    sw_json_write_str(w, "InstalledVersion", row->package->version);
    bool is_deferred = finding->status == SW_FIX_DEFERRED;
    if (finding->status == SW_FIX_FIXED)
        sw_json_write_optional(w, "FixedVersion", finding->fixed_version);
    sw_json_write_text(
        w, "Status", is_deferred ? "fix_deferred" : sw_fix_status_name(finding->status));
    write_layer(t, row->package);
    if (finding->severity_source.n > 0)
        sw_json_write_text(w, "SeveritySource", source_key(finding->severity_source));
    write_address(t, row);
    write_source(t, finding);
    write_fingerprint(t, row);
    sw_json_write_optional(w, "Title", finding->title);
    sw_json_write_optional(w, "Description", finding->title);
    write_severity(t, finding);
    if (finding->n_references > 0) {
        sw_json_write_array(w, "References");
        for (size_t i = 0; i < finding->n_references; i++)
            sw_json_write_str(w, NULL, finding->references[i]);
        sw_json_write_end(w);
    }
    write_time(w, "PublishedDate", finding->published);
    write_time(w, "LastModifiedDate", finding->modified);
    sw_json_write_end(w);
}

/* ---- the target ---- */

static void write_diff_ids(struct sw_json_writer *w, const char *key, const struct sw_image *image)
{
    sw_json_write_array(w, key);
    for (size_t i = 0; i < image->n_layers; i++)
        sw_json_write_str(w, NULL, image->layers[i].diff_id);
    sw_json_write_end(w);
}

static void write_image_config(struct sw_json_writer *w, const struct sw_image *image)
{
    sw_json_write_object(w, "ImageConfig");
    sw_json_write_str(w, "architecture", image->architecture);
    write_time(w, "created", image->created);
    if (image->n_layers > 0) {
        sw_json_write_array(w, "history");
        for (size_t i = 0; i < image->n_layers; i++) {
            sw_json_write_object(w, NULL);
            write_time(w, "created", image->created);
            sw_json_write_optional(w, "created_by", image->layers[i].instruction);
            sw_json_write_end(w);
        }
        sw_json_write_end(w);
    }
    sw_json_write_str(w, "os", image->os);
    sw_json_write_object(w, "rootfs");
    sw_json_write_text(w, "type", image->n_layers > 0 ? "layers" : "");
    if (image->n_layers > 0)
        write_diff_ids(w, "diff_ids", image);
    else
        sw_json_write_null(w, "diff_ids");
    sw_json_write_end(w);
    sw_json_write_object(w, "config");
    sw_json_write_end(w);
    sw_json_write_end(w);
}

static void write_layers(struct sw_json_writer *w, const struct sw_image *image)
{
    sw_json_write_array(w, "Layers");
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct sw_layer *layer = &image->layers[i];
        sw_json_write_object(w, NULL);
        sw_json_write_u64(w, "Size", layer->n_bytes);
        sw_json_write_optional(w, "Digest", layer->digest);
        sw_json_write_optional(w, "DiffID", layer->diff_id);
        sw_json_write_end(w);
    }
    sw_json_write_end(w);
}

static void write_names(struct trivy *t, const struct sw_image *image)
{
    if (image->name.n == 0)
        return;
    bool is_digest = sw_str_find_char(image->name, '@') >= 0;
    sw_json_write_array(t->w, is_digest ? "RepoDigests" : "RepoTags");
    sw_json_write_str(t->w, NULL, image->name);
    sw_json_write_end(t->w);
    sw_json_write_str(t->w, "Reference", image->name);
}

static void write_metadata(struct trivy *t)
{
    const struct sw_report *report = t->report;
    const struct sw_image *image = &report->image;
    struct sw_json_writer *w = t->w;
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < image->n_layers; i++)
        n_bytes += image->layers[i].n_bytes;
    sw_json_write_object(w, "Metadata");
    if (image->n_layers > 0)
        sw_json_write_u64(w, "Size", n_bytes);
    if (report->os.id.n > 0) {
        sw_json_write_object(w, "OS");
        sw_json_write_str(w, "Family", sw_trivy_family(&report->os));
        sw_json_write_str(w, "Name", report->os.version_id);
        if (report->support == SW_SUPPORT_END_OF_LIFE)
            sw_json_write_bool(w, "EOSL", true);
        sw_json_write_end(w);
    }
    sw_json_write_optional(w, "ImageID", image->config_digest);
    if (image->n_layers > 0)
        write_diff_ids(w, "DiffIDs", image);
    write_names(t, image);
    write_image_config(w, image);
    if (image->n_layers > 0)
        write_layers(w, image);
    sw_json_write_end(w);
}

static void write_results(struct trivy *t)
{
    const struct sw_os *os = &t->report->os;
    sw_json_write_array(t->w, "Results");
    if (os->id.n > 0 || t->report->packages.n > 0) {
        struct sw_str family = os->id.n > 0 ? sw_trivy_family(os) : SW_STR("unknown");
        sw_buf_clear(t->scratch);
        sw_json_write_object(t->w, NULL);
        if (sw_buf_append_str(t->scratch, t->report->target) == 0 &&
            sw_buf_append_str(t->scratch, SW_STR(" (")) == 0 &&
            sw_buf_append_str(t->scratch, family) == 0 &&
            (os->version_id.n == 0 || (sw_buf_append_char(t->scratch, ' ') == 0 &&
                                          sw_buf_append_str(t->scratch, os->version_id) == 0)) &&
            sw_buf_append_char(t->scratch, ')') == 0)
            sw_json_write_str(t->w, "Target", sw_buf_str(t->scratch));
        sw_json_write_text(t->w, "Class", "os-pkgs");
        sw_json_write_str(t->w, "Type", family);
        write_packages(t);
        if (t->rows.n > 0) {
            sw_json_write_array(t->w, "Vulnerabilities");
            SW_VEC_EACH (row, &t->rows)
                write_vulnerability(t, row);
            sw_json_write_end(t->w);
        }
        sw_json_write_end(t->w);
    }
    sw_json_write_end(t->w);
}

static void write_document(struct trivy *t)
{
    const struct sw_report *report = t->report;
    bool is_directory = report->target_kind == SW_TARGET_ROOTFS;
    char id[64];
    sw_report_identity(report, id, sizeof(id));
    sw_json_write_object(t->w, NULL);
    sw_json_write_u64(t->w, "SchemaVersion", 2);
    sw_json_write_text(t->w, "ReportID", id);
    write_time(t->w, "CreatedAt", report->scanned_at);
    sw_json_write_optional(t->w, "ArtifactID", report->image.config_digest);
    sw_json_write_str(t->w, "ArtifactName", report->target);
    sw_json_write_text(t->w, "ArtifactType", is_directory ? "filesystem" : "container_image");
    write_metadata(t);
    write_results(t);
    sw_json_write_end(t->w);
    sw_json_write_newline(t->w);
}

static int write_trivy(FILE *out, const struct sw_report *report, size_t index,
    const struct sw_print_options *options, struct sw_err *err)
{
    (void)index;
    (void)options;
    SW_CLEANUP(sw_buf_done) struct sw_buf scratch = {0};
    sw_buf_init(&scratch, TEXT_MAX);
    struct sw_report_sink sink;
    sw_report_sink_init(&sink, out);
    struct trivy t = {.w = &sink.writer, .report = report, .scratch = &scratch};
    int r = collect_rows(&t);
    if (r == 0)
        write_document(&t);
    sw_vec_done(&t.rows);
    int finished = sw_report_sink_finish(&sink, err);
    return r < 0 ? sw_err_set(err, r, "too many findings for trivy-json") : finished;
}

const struct sw_report_format sw_report_trivy_json = {
    .name = "trivy-json",
    .summary = "the shape of Trivy's JSON report, for what reads that",
    .is_document = true,
    .write = write_trivy,
};

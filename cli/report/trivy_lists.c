/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two lists of Trivy's report: installed packages, and an entry per CVE and package.
 */
#include "report/trivy_json_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/digest.h"
#include "model/purl.h"
#include "report/trivy_names.h"

/* An erratum of 100 CVEs in 100 packages makes 10,000 of them; a report read from a file could ask
 * for more than memory holds. */
#define ROWS_MAX ((size_t)4000000)
#define TEXT_MAX ((size_t)1024 * 1024)

static bool is_cve(struct sw_str id)
{
    return sw_str_starts_with(id, SW_STR("CVE-"));
}

/* ---- rows ---- */

static int add_rows(struct sw_trivy *t, const struct sw_finding *finding, size_t package,
    const struct sw_ignored *ignored)
{
    if (package >= t->report->packages.n)
        return 0;
    struct sw_trivy_row row = {
        .finding = finding, .package = &t->report->packages.v[package], .ignored = ignored};
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
    const struct sw_trivy_row *a = left;
    const struct sw_trivy_row *b = right;
    int r = (a->ignored != NULL) - (b->ignored != NULL);
    if (r == 0)
        r = sw_str_compare(a->package->name, b->package->name);
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

int sw_trivy_collect(struct sw_trivy *t)
{
    int r = 0;
    SW_VEC_EACH (finding, &t->report->findings)
        for (size_t i = 0; i < finding->n_packages && r == 0; i++)
            if (finding->kind == SW_FINDING_VULNERABILITY)
                r = add_rows(t, finding, finding->packages[i], NULL);
    SW_VEC_EACH (ignored, &t->report->ignored)
        for (size_t i = 0; i < ignored->finding.n_packages && r == 0; i++)
            if (ignored->finding.kind == SW_FINDING_VULNERABILITY)
                r = add_rows(t, &ignored->finding, ignored->finding.packages[i], ignored);
    if (r < 0 || t->rows.n == 0)
        return r;
    qsort(t->rows.v, t->rows.n, sizeof(*t->rows.v), compare_rows);
    size_t n = 1;
    for (size_t i = 1; i < t->rows.n; i++) {
        const struct sw_trivy_row *before = &t->rows.v[n - 1];
        const struct sw_trivy_row *row = &t->rows.v[i];
        if (row->package != before->package || !sw_str_equal(row->id, before->id) ||
            (row->ignored != NULL) != (before->ignored != NULL))
            t->rows.v[n++] = *row;
    }
    t->rows.n = n;
    SW_VEC_EACH (row, &t->rows)
        t->n_shown += row->ignored == NULL;
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
static void write_package_id(struct sw_trivy *t, const char *key, const struct sw_package *package)
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
static int format_purl(struct sw_trivy *t, const struct sw_package *package)
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
static void write_identifier(struct sw_trivy *t, const char *key, const struct sw_package *package)
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

static void write_layer(struct sw_trivy *t, const struct sw_package *package)
{
    const struct sw_image *image = &t->report->image;
    sw_json_write_object(t->w, "Layer");
    if (package->layer >= 0 && (size_t)package->layer < image->n_layers) {
        sw_json_write_optional(t->w, "Digest", image->layers[package->layer].digest);
        sw_json_write_optional(t->w, "DiffID", image->layers[package->layer].diff_id);
    }
    sw_json_write_end(t->w);
}

void sw_trivy_write_packages(struct sw_trivy *t)
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

static void write_source(struct sw_trivy *t, const struct sw_finding *finding)
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

static void write_severity(struct sw_trivy *t, const struct sw_finding *finding)
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

static void write_address(struct sw_trivy *t, const struct sw_trivy_row *row)
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
static void write_fingerprint(struct sw_trivy *t, const struct sw_trivy_row *row)
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

static void write_vulnerability(struct sw_trivy *t, const char *key, const struct sw_trivy_row *row)
{
    const struct sw_finding *finding = row->finding;
    struct sw_json_writer *w = t->w;
    if (key == NULL)
        sw_json_write_newline(w);
    sw_json_write_object(w, key);
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
    sw_trivy_write_time(w, "PublishedDate", finding->published);
    sw_trivy_write_time(w, "LastModifiedDate", finding->modified);
    sw_json_write_end(w);
}

void sw_trivy_write_vulnerabilities(struct sw_trivy *t)
{
    if (t->n_shown == 0)
        return;
    sw_json_write_array(t->w, "Vulnerabilities");
    for (size_t i = 0; i < t->n_shown; i++)
        write_vulnerability(t, NULL, &t->rows.v[i]);
    sw_json_write_end(t->w);
}

void sw_trivy_write_modified(struct sw_trivy *t)
{
    if (t->n_shown == t->rows.n)
        return;
    sw_json_write_array(t->w, "ExperimentalModifiedFindings");
    for (size_t i = t->n_shown; i < t->rows.n; i++) {
        const struct sw_ignored *ignored = t->rows.v[i].ignored;
        sw_json_write_newline(t->w);
        sw_json_write_object(t->w, NULL);
        sw_json_write_text(t->w, "Type", "vulnerability");
        sw_json_write_str(
            t->w, "Status", ignored->status.n > 0 ? ignored->status : SW_STR("ignored"));
        sw_json_write_str(t->w, "Statement", ignored->reason);
        sw_json_write_str(t->w, "Source", ignored->origin);
        write_vulnerability(t, "Finding", &t->rows.v[i]);
        sw_json_write_end(t->w);
    }
    sw_json_write_end(t->w);
}

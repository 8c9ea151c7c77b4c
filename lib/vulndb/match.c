/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching a report against the database: whether its system can be judged at all, then every
 * package. What could not be judged is said in notes, never left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/finding_order.h"
#include "vulndb/match_priv.h"

#define EXAMPLES_MAX 3 /* names in a note */

/* Packages that were not looked up, for one note per reason. */
struct left_out {
    size_t n;
    size_t examples[EXAMPLES_MAX];
};

struct match {
    const struct sw_vulndb *db;
    struct sw_report *report;
    const struct sw_release_family *family;
    struct sw_match_products products;
    struct sw_groups groups;
    struct left_out foreign;
    struct left_out headers;
};

static struct sw_str system_name(const struct sw_report *report)
{
    return report->os.name.n > 0 ? report->os.name : report->os.id;
}

static int set_support(struct sw_report *report, enum sw_support support, const char *text)
{
    report->support = support;
    return sw_region_copy(report->region, sw_str_of(text), &report->support_text);
}

static int note_support(
    struct sw_report *report, enum sw_support support, enum sw_note_kind kind, const char *text)
{
    int r = set_support(report, support, text);
    return r < 0 ? r : sw_report_note(report, kind, system_name(report), "%s", text);
}

/* Those keys of the system under which the database has entries. */
static int find_products(const struct sw_vulndb *db, struct sw_report *report,
    struct sw_match_products *products, struct sw_str **ret_keys, size_t *ret_n)
{
    struct sw_str *keys = NULL;
    size_t n = 0;
    int r = sw_release_products(&report->os, report->region, &keys, &n);
    products->n = 0;
    for (size_t i = 0; i < n && i < SW_RELEASE_PRODUCTS_MAX && r >= 0; i++) {
        uint16_t number = 0;
        r = sw_store_find_product(db, keys[i], &number);
        if (r != 1)
            continue;
        products->keys[products->n] = keys[i];
        products->numbers[products->n++] = number;
    }
    *ret_keys = keys;
    *ret_n = n;
    return r < 0 ? r : 0;
}

/* Debian's long-term support is for everybody and comes through the same feed; what other vendors
 * call extended must be bought, and most systems do not have it. */
static bool is_extension_free(const struct sw_release_family *family)
{
    return strcmp(family->name, "debian") == 0;
}

static bool is_before(struct sw_str date, struct sw_str today)
{
    return date.n > 0 && today.n > 0 && sw_str_compare(date, today) < 0;
}

static int note_end(struct match *m, const struct sw_eol *eol, struct sw_str today)
{
    struct sw_report *report = m->report;
    bool is_extended = is_extension_free(m->family) && eol->extended_date.n > 0;
    struct sw_str end = is_extended ? eol->extended_date : eol->date;
    if (sw_region_copy(report->region, end, &report->eol_date) < 0)
        return -ENOMEM;
    if (end.n == 0 ? eol->is_ended : is_before(end, today)) {
        char *text = sw_region_printf(report->region,
            end.n > 0 ? "%.*s reached its end of life on %.*s; newer vulnerabilities are not listed"
                      : "%.*s reached its end of life%.*s; newer vulnerabilities are not listed",
            SW_STR_ARG(system_name(report)), SW_STR_ARG(end));
        if (text == NULL)
            return -ENOMEM;
        return note_support(report, SW_SUPPORT_END_OF_LIFE, SW_NOTE_END_OF_LIFE, text);
    }
    if (is_extended && is_before(eol->date, today))
        return sw_report_note(report, SW_NOTE_INFO, system_name(report),
            "regular support ended on %.*s, long-term support ends on %.*s", SW_STR_ARG(eol->date),
            SW_STR_ARG(end));
    return 0;
}

static int judge_end(struct match *m, const struct sw_str *keys, size_t n, struct sw_str today)
{
    for (size_t i = 0; i < n; i++) {
        struct sw_str value;
        struct sw_eol eol = {.product = keys[i]};
        int r = sw_store_get(m->db, SW_TABLE_EOL, keys[i], &value);
        if (r == 1)
            r = sw_eol_unpack(value, &eol);
        else if (r == 0)
            continue;
        return r < 0 ? r : note_end(m, &eol, today);
    }
    return 0;
}

static void leave_out(struct left_out *left_out, size_t index)
{
    if (left_out->n < EXAMPLES_MAX)
        left_out->examples[left_out->n] = index;
    left_out->n++;
}

static int note_left_out(
    struct sw_report *report, const struct left_out *left_out, const char *one, const char *many)
{
    struct sw_buf names;
    if (left_out->n == 0)
        return 0;
    sw_buf_init(&names, SW_REPORT_NOTE_TEXT_MAX);
    int r = 0;
    for (size_t i = 0; i < left_out->n && i < EXAMPLES_MAX && r == 0; i++)
        r = sw_buf_printf(&names, "%s%.*s", i > 0 ? ", " : "",
            SW_STR_ARG(report->packages.v[left_out->examples[i]].name));
    if (r == 0 && left_out->n > EXAMPLES_MAX)
        r = sw_buf_append_str(&names, SW_STR(" ..."));
    if (r == 0 || r == -EFBIG)
        r = sw_report_note(report, SW_NOTE_INFO, SW_STR_NONE, "%zu %s: %.*s", left_out->n,
            left_out->n == 1 ? one : many, SW_STR_ARG(sw_buf_str(&names)));
    sw_buf_done(&names);
    return r;
}

static int match_package(struct match *m, size_t index, struct sw_candidates *candidates)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    const struct sw_package *package = &m->report->packages.v[index];
    sw_region_init(&region, SW_MATCH_REGION_BYTES);
    int r = sw_candidates_find(m->db, m->family, &m->products, package, &region, candidates);
    SW_VEC_EACH (c, &candidates->v)
        if (r == 0 && c->verdict == SW_VERDICT_AFFECTED && !c->is_dropped)
            r = sw_groups_add(&m->groups, m->db, m->report, index, &m->products, c);
    return r;
}

static int match_packages(struct match *m)
{
    struct sw_candidates candidates = {.kept = m->groups.kept};
    int r = 0;
    for (size_t i = 0; i < m->report->packages.n && r == 0; i++) {
        const struct sw_package *package = &m->report->packages.v[i];
        if (package->type != m->family->package_type ||
            !sw_release_is_vendor_package(&m->report->os, package))
            leave_out(&m->foreign, i);
        else if (sw_release_is_kernel_headers(package))
            leave_out(&m->headers, i);
        else
            r = match_package(m, i, &candidates);
    }
    sw_candidates_done(&candidates);
    return r;
}

static int compare_findings(const void *a, const void *b)
{
    return sw_finding_compare(a, b);
}

static int finish(struct match *m)
{
    struct sw_report *report = m->report;
    int r = sw_groups_finish(&m->groups, report);
    if (r < 0)
        return r;
    if (report->findings.n > 1)
        qsort(report->findings.v, report->findings.n, sizeof(report->findings.v[0]),
            compare_findings);
    r = note_left_out(report, &m->foreign,
        "package of another vendor is listed, not judged by the distribution's advisories",
        "packages of other vendors are listed, not judged by the distribution's advisories");
    return r < 0 ? r
                 : note_left_out(report, &m->headers,
                       "package holds only kernel headers; flaws of the kernel are not its own",
                       "packages hold only kernel headers; flaws of the kernel are not their own");
}

static int match_system(struct match *m, struct sw_str today)
{
    struct sw_report *report = m->report;
    struct sw_str *keys = NULL;
    size_t n = 0;
    int r = find_products(m->db, report, &m->products, &keys, &n);
    if (r < 0)
        return r;
    if (m->products.n == 0) {
        r = note_support(report, SW_SUPPORT_NO_FEED, SW_NOTE_UNSUPPORTED,
            "the vulnerability database has no feed for this release; packages are listed, not "
            "judged");
        return r < 0 ? r : judge_end(m, keys, n, today);
    }
    report->support = SW_SUPPORT_YES;
    report->support_text = SW_STR_NONE;
    r = judge_end(m, keys, n, today);
    if (r == 0)
        r = match_packages(m);
    return r == 0 ? finish(m) : r;
}

static int match(const struct sw_vulndb *db, struct sw_vulndb_kept *kept, struct sw_report *report,
    struct sw_str today, struct sw_err *err)
{
    struct match m = {.db = db, .report = report, .groups = {.kept = kept}};
    const char *unsupported = sw_release_explain_unsupported(&report->os);
    int r = 0;
    if (unsupported != NULL)
        r = note_support(report, report->os.id.n == 0 ? SW_SUPPORT_UNKNOWN : SW_SUPPORT_UNSUPPORTED,
            SW_NOTE_UNSUPPORTED, unsupported);
    if (db == NULL && r == 0)
        r = note_support(report, SW_SUPPORT_NO_DATABASE, SW_NOTE_DATABASE,
            "no vulnerability database; packages are listed, not judged");
    if (db != NULL && unsupported == NULL) {
        m.family = sw_release_find_family(&report->os);
        r = m.family != NULL ? match_system(&m, today) : -EINVAL;
    }
    sw_groups_done(&m.groups);
    if (r == -EBADMSG)
        return sw_err_set(err, r, "database damaged: a record cannot be read");
    return r < 0 ? sw_err_set(err, r, "cannot match: %s", strerrordesc_np(-r)) : 0;
}

int sw_vulndb_match(
    const struct sw_vulndb *db, struct sw_report *report, struct sw_str today, struct sw_err *err)
{
    return match(db, NULL, report, today, err);
}

int sw_vulndb_match_brief(const struct sw_vulndb *db, struct sw_vulndb_kept *kept,
    struct sw_report *report, struct sw_str today, struct sw_err *err)
{
    return match(db, kept, report, today, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings about files that are not what their packages installed. How bad one is depends on what
 * the file can do and on who else may have changed it: npm, pip and gem bring newer versions over
 * those of packages, a program in usr/bin has no such excuse.
 */
#include "scan/fold_integrity_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* So many files of a package, changed alike by one layer, are told one by one; more are one find.
 */
#define GROUP_MAX ((size_t)8)
#define FINDINGS_MAX ((size_t)2000)

static bool has_any_suffix(struct sw_str path)
{
    static const char *const suffixes[] = {".so", ".ko", ".ko.xz", ".ko.zst", ".py", ".pl", ".pm",
        ".rb", ".sh", ".js", ".php", ".jar", ".class"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(suffixes); i++)
        if (sw_str_ends_with(path, sw_str_of(suffixes[i])))
            return true;
    return sw_str_find(path, SW_STR(".so.")) >= 0;
}

/* Folders whose files managers of languages replace as well. */
static bool is_of_language(struct sw_str path)
{
    static const char *const folders[] = {
        "/node_modules/", "/dist-packages/", "/site-packages/", "/gems/", "/pear/"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(folders); i++)
        if (sw_str_find(path, sw_str_of(folders[i])) >= 0)
            return true;
    return false;
}

static enum sw_severity grade(const struct sw_fold_changed *changed)
{
    bool is_program = (changed->flags & (SW_FILE_ELF | SW_FILE_EXECUTABLE)) != 0;
    bool is_code = is_program || has_any_suffix(changed->path);
    if (changed->rewritten_layer != SW_FOLD_NOT_REWRITTEN)
        return is_code ? SW_SEVERITY_CRITICAL : SW_SEVERITY_HIGH;
    if (changed->is_link)
        return is_program && !is_of_language(changed->path) ? SW_SEVERITY_MEDIUM : SW_SEVERITY_LOW;
    if (is_of_language(changed->path))
        return (changed->flags & SW_FILE_ELF) != 0 ? SW_SEVERITY_MEDIUM : SW_SEVERITY_LOW;
    if (is_program)
        return SW_SEVERITY_HIGH;
    return is_code ? SW_SEVERITY_MEDIUM : SW_SEVERITY_LOW;
}

static int compare_numbers(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* By package, layer and kind; then by path. */
static int compare_group(const struct sw_fold_changed *a, const struct sw_fold_changed *b)
{
    int order = sw_str_compare(a->package->name, b->package->name);
    if (order == 0)
        order = sw_str_compare(a->package->version, b->package->version);
    if (order == 0)
        order = sw_str_compare(a->package->arch, b->package->arch);
    if (order == 0)
        order = compare_numbers(a->layer, b->layer);
    if (order == 0)
        order = compare_numbers(a->rewritten_layer, b->rewritten_layer);
    if (order == 0)
        order = (int)grade(b) - (int)grade(a);
    if (order == 0)
        order = (int)a->is_link - (int)b->is_link;
    return order != 0 ? order : (int)a->is_compared - (int)b->is_compared;
}

static int compare_changed(const void *a, const void *b)
{
    const struct sw_fold_changed *x = a;
    const struct sw_fold_changed *y = b;
    int order = compare_group(x, y);
    return order != 0 ? order : sw_str_compare(x->path, y->path);
}

static char *describe(
    const struct sw_fold_changed *changed, size_t n_more, const struct sw_report *report)
{
    const struct sw_fold_package_lists *package = changed->package;
    char more[64] = "";
    char where[128] = "";
    char why[200] = "";
    if (n_more > 0)
        (void)snprintf(more, sizeof(more), ", and so do %zu more of its files", n_more);
    if (report->image.n_layers > 0)
        (void)snprintf(where, sizeof(where), ", listed by layer %zu, changed by layer %zu",
            changed->listed_layer + 1, changed->layer + 1);
    if (changed->rewritten_layer != SW_FOLD_NOT_REWRITTEN)
        (void)snprintf(why, sizeof(why),
            "; layer %zu rewrote the package's list, at the same version, to match",
            changed->rewritten_layer + 1);
    else if (!changed->is_compared)
        (void)snprintf(why, sizeof(why),
            "; could not be compared: the layer looks like another system's, or the file is a hard "
            "link to one that no package can own");
    const char *what = changed->is_link ? "is a link or device now, and no longer" : "differs from";
    return sw_region_printf(report->region, "%s what package '%.*s' %.*s installed%s%s%s", what,
        SW_STR_ARG(package->name), SW_STR_ARG(package->version), where, more, why);
}

static struct sw_str rule_of(const struct sw_fold_changed *changed)
{
    if (changed->rewritten_layer != SW_FOLD_NOT_REWRITTEN)
        return SW_STR("package-file-and-list-changed");
    return changed->is_link ? SW_STR("package-file-replaced-by-link")
                            : SW_STR("package-file-changed");
}

static struct sw_str title_of(const struct sw_fold_changed *changed)
{
    if (changed->rewritten_layer != SW_FOLD_NOT_REWRITTEN)
        return SW_STR("A file of a package was changed, and the package's list with it");
    return changed->is_link ? SW_STR("A link or device stands in the place of a package's file")
                            : SW_STR("A file differs from what its package installed");
}

static int add_finding(
    const struct sw_fold_changed *changed, size_t n_more, struct sw_report *report)
{
    struct sw_finding finding = {
        .kind = SW_FINDING_MALWARE,
        .id = rule_of(changed),
        .title = title_of(changed),
        .engine = SW_STR("integrity"),
        .severity = grade(changed),
        .entropy = -1,
        .location = {.layer = report->image.n_layers > 0 ? (int)changed->layer : -1,
            .presence = SW_PRESENCE_FINAL},
    };
    const char *match = describe(changed, n_more, report);
    const char *fingerprint = sw_region_printf(report->region, "%.*s:%.*s:%.*s",
        SW_STR_ARG(finding.id), SW_STR_ARG(changed->path), SW_STR_ARG(changed->package->name));
    if (match == NULL || fingerprint == NULL ||
        sw_region_copy(report->region, changed->path, &finding.location.path) < 0)
        return -ENOMEM;
    finding.match = sw_str_of(match);
    finding.fingerprint = sw_str_of(fingerprint);
    int r = sw_vec_push(&report->findings, finding, SW_REPORT_FINDINGS_MAX);
    return r == -EFBIG ? 0 : r;
}

int sw_fold_changed_emit(
    struct sw_fold_changed *changed, size_t n_changed, struct sw_report *report)
{
    size_t n_added = 0;
    size_t n_group;
    if (n_changed > 0)
        qsort(changed, n_changed, sizeof(*changed), compare_changed);
    for (size_t i = 0; i < n_changed; i += n_group) {
        n_group = 1;
        while (i + n_group < n_changed && compare_group(&changed[i], &changed[i + n_group]) == 0)
            n_group++;
        bool is_one = n_group > GROUP_MAX;
        for (size_t k = 0; k < (is_one ? 1 : n_group); k++) {
            if (n_added++ >= FINDINGS_MAX)
                return sw_report_note(report, SW_NOTE_LIMIT, SW_STR_NONE,
                    "more than %zu groups of files differ from what their packages installed",
                    FINDINGS_MAX);
            int r = add_finding(&changed[i + k], is_one ? n_group - 1 : 0, report);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

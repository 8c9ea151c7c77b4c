/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What survives the layers becomes the inventory: the system, the packages with their licences, the
 * notes, and counts of what was seen and not examined. Everything is copied into the report's
 * region.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Kinds of artefacts seen; this version knows some twenty. */
#define KINDS_MAX ((size_t)1000)
#define ITEMS_MAX ((size_t)100000000)

/* Something found by name: the licence of a package, the count of a kind. */
struct named {
    struct sw_fold_link link;
    struct sw_str name;
    struct sw_str text;
    size_t index;
};

struct survivor {
    const struct sw_fold_item *item;
};

struct emit {
    struct sw_fold_tree *tree;
    struct sw_fold_packages *packages;
    struct sw_report *report;
    SW_VEC(struct survivor) items; /* all that survived, in order */
    struct sw_fold_table licences;
    struct sw_fold_table kinds;
    size_t n_lists;       /* package lists, empty ones included */
    size_t n_info;        /* file lists that dpkg keeps beside its status */
    bool is_list_damaged; /* a package list could not be read */
};

static int collect(void *context, const struct sw_fold_item *item)
{
    struct emit *emit = context;
    return sw_vec_push(&emit->items, (struct survivor){item}, ITEMS_MAX);
}

/* Lowest layer first, then by path, then as the layer had it: the same for every run. */
static int compare_items(const void *a, const void *b)
{
    const struct sw_fold_item *x = ((const struct survivor *)a)->item;
    const struct sw_fold_item *y = ((const struct survivor *)b)->item;
    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    int order = sw_str_compare(x->fact->path, y->fact->path);
    if (order != 0)
        return order;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int layer_in_report(const struct emit *emit, int layer)
{
    return layer >= 0 && (size_t)layer < emit->report->image.n_layers ? layer : -1;
}

static struct named *find_named(
    const struct emit *emit, const struct sw_fold_table *table, struct sw_str name)
{
    uint64_t hash = sw_fold_hash(emit->tree->seed, name);
    for (struct sw_fold_link *link = sw_fold_table_chain(table, hash); link != NULL;
         link = link->next)
        if (link->hash == hash && sw_str_equal(((struct named *)link)->name, name))
            return (struct named *)link;
    return NULL;
}

static struct named *add_named(struct emit *emit, struct sw_fold_table *table, struct sw_str name)
{
    struct named *named = sw_region_alloc(emit->tree->region, sizeof(*named));
    if (named == NULL)
        return NULL;
    named->link.hash = sw_fold_hash(emit->tree->seed, name);
    named->name = name;
    return sw_fold_table_add(table, &named->link) < 0 ? NULL : named;
}

/* ---- the system ---- */

static int emit_os(struct emit *emit)
{
    struct sw_region *region = emit->report->region;
    SW_VEC(struct sw_os) candidates = {0};
    int r = 0;
    SW_VEC_EACH (survivor, &emit->items)
        if (r == 0 && survivor->item->fact->kind == SW_FACT_OS)
            r = sw_vec_push(&candidates, survivor->item->fact->os, ITEMS_MAX);
    if (r == 0) {
        struct sw_os os = sw_fold_os_pick(candidates.v, candidates.n);
        struct sw_os *to = &emit->report->os;
        if (sw_region_copy(region, os.id, &to->id) < 0 ||
            sw_region_copy(region, os.version_id, &to->version_id) < 0 ||
            sw_region_copy(region, os.codename, &to->codename) < 0 ||
            sw_region_copy(region, os.name, &to->name) < 0 ||
            sw_region_copy(region, os.id_like, &to->id_like) < 0 ||
            sw_region_copy(region, os.cpe, &to->cpe) < 0 ||
            sw_region_copy(region, os.variant, &to->variant) < 0 ||
            sw_region_copy(region, os.path, &to->path) < 0)
            r = -ENOMEM;
    }
    sw_vec_done(&candidates);
    return r;
}

/* ---- packages ---- */

static int learn_licences(struct emit *emit)
{
    SW_VEC_EACH (survivor, &emit->items) {
        const struct sw_fact *fact = survivor->item->fact;
        if (fact->kind != SW_FACT_LICENCE || sw_str_is_empty(fact->text))
            continue;
        struct named *named = find_named(emit, &emit->licences, fact->package_name);
        if (named == NULL)
            named = add_named(emit, &emit->licences, fact->package_name);
        if (named == NULL)
            return -ENOMEM;
        named->text = fact->text;
    }
    return 0;
}

static int copy_package(struct sw_region *region, const struct sw_package *from,
    const struct sw_package *last, struct sw_package *to)
{
    *to = *from;
    if (sw_region_copy(region, from->name, &to->name) < 0 ||
        sw_region_copy(region, from->version, &to->version) < 0 ||
        sw_region_copy_shared(region, from->source_name, &to->name, &to->source_name) < 0 ||
        sw_region_copy_shared(region, from->source_version, &to->version, &to->source_version) <
            0 ||
        sw_region_copy_shared(region, from->arch, last ? &last->arch : NULL, &to->arch) < 0 ||
        sw_region_copy_shared(region, from->module, last ? &last->module : NULL, &to->module) < 0 ||
        sw_region_copy_shared(region, from->vendor, last ? &last->vendor : NULL, &to->vendor) < 0 ||
        sw_region_copy_shared(
            region, from->maintainer, last ? &last->maintainer : NULL, &to->maintainer) < 0 ||
        sw_region_copy_shared(region, from->licence, last ? &last->licence : NULL, &to->licence) <
            0 ||
        sw_region_copy_shared(
            region, from->database, last ? &last->database : NULL, &to->database) < 0)
        return -ENOMEM;
    return 0;
}

/* Packages of one source may share a folder: usr/share/doc/libstdc++6 is a link to gcc-12-base. */
static struct sw_str follow_licence(const struct emit *emit, struct sw_str package)
{
    char path[SW_FACT_PATH_MAX];
    struct sw_fold_trace trace;
    int n = snprintf(path, sizeof(path), "usr/share/doc/%.*s/copyright", SW_STR_ARG(package));
    if (n < 0 || (size_t)n >= sizeof(path) ||
        sw_fold_tree_trace(emit->tree, sw_str_of(path), &trace) < 0 || trace.node == NULL)
        return SW_STR_NONE;
    for (const struct sw_fold_item *item = trace.node->items; item != NULL; item = item->next)
        if (item->fact->kind == SW_FACT_LICENCE)
            return item->fact->text;
    return SW_STR_NONE;
}

static int emit_package(
    struct emit *emit, const struct sw_fact *fact, const struct sw_package *package)
{
    struct sw_report *report = emit->report;
    struct sw_fold_package *entry = sw_fold_packages_find(emit->packages, package);
    if (entry == NULL || entry->is_listed)
        return 0;
    entry->is_listed = true;
    struct sw_package from = *package;
    from.database = fact->path;
    from.layer = layer_in_report(emit, entry->since);
    if (from.type == SW_PACKAGE_DPKG && sw_str_is_empty(from.licence)) {
        const struct named *named = find_named(emit, &emit->licences, from.name);
        from.licence = named != NULL ? named->text : follow_licence(emit, from.name);
    }
    const struct sw_package *last =
        report->packages.n > 0 ? &report->packages.v[report->packages.n - 1] : NULL;
    struct sw_package to = {0};
    int r = copy_package(report->region, &from, last, &to);
    return r < 0 ? r : sw_vec_push(&report->packages, to, SW_REPORT_PACKAGES_MAX);
}

static int emit_list(struct emit *emit, const struct sw_fact *fact)
{
    for (size_t i = 0; i < fact->n_packages; i++) {
        int r = emit_package(emit, fact, &fact->packages[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A list that another form of the same database stands for. The scanner has said so where both are
 * in one layer, and read none of it. */
static int pass_over(
    struct emit *emit, const struct sw_fact *fact, const struct sw_fold_node *better)
{
    if (fact->n_packages == 0 || fact->is_continued)
        return 0;
    return sw_report_note(emit->report, SW_NOTE_INFO, fact->path,
        "another rpm database in the same directory, not used: packages are listed from '%.*s'",
        SW_STR_ARG(better->name));
}

static int emit_packages(struct emit *emit)
{
    SW_VEC_EACH (survivor, &emit->items) {
        const struct sw_fact *fact = survivor->item->fact;
        if (fact->kind != SW_FACT_PACKAGES)
            continue;
        emit->n_lists++;
        const struct sw_fold_node *better = sw_fold_rpm_find_better(emit->tree, survivor->item);
        int r = better != NULL ? pass_over(emit, fact, better) : emit_list(emit, fact);
        if (r == -EFBIG)
            return sw_report_note(emit->report, SW_NOTE_LIMIT, fact->path,
                "more than %zu packages: the rest is left out", SW_REPORT_PACKAGES_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- notes, and what was not examined ---- */

static bool lists_packages(struct sw_str section)
{
    return sw_str_equal_z(section, "dpkg") || sw_str_equal_z(section, "apk") ||
           sw_str_equal_z(section, "rpm");
}

/* What several layers say of no file in particular is said once. */
static bool is_told(const struct sw_report *report, const struct sw_note *note)
{
    SW_VEC_EACH (told, &report->notes)
        if (told->kind == note->kind && sw_str_is_empty(told->subject) &&
            sw_str_equal(told->message, note->message))
            return true;
    return false;
}

static int emit_note(struct emit *emit, const struct sw_fold_item *item)
{
    struct sw_report *report = emit->report;
    const struct sw_note *note = &item->fact->note;
    struct sw_str subject = sw_str_is_empty(note->subject) ? item->fact->path : note->subject;
    if (sw_str_is_empty(subject) && is_told(report, note))
        return 0;
    size_t n_before = report->notes.n;
    uint64_t n_dropped_before = report->n_notes_dropped;
    int r = sw_report_note(report, note->kind, subject, "%.*s",
        (int)sw_str_part(note->message, 0, 4096).n, note->message.p != NULL ? note->message.p : "");
    if (r < 0)
        return r;
    if (lists_packages(item->fact->section) && sw_note_is_incomplete(note->kind))
        emit->is_list_damaged = true;
    if (report->notes.n != n_before + 1 || report->n_notes_dropped != n_dropped_before)
        return 0;
    struct sw_note *added = &report->notes.v[report->notes.n - 1];
    added->layer = layer_in_report(emit, item->layer);
    return sw_region_copy(report->region, item->fact->section, &added->analyzer);
}

static int emit_seen(struct emit *emit, const struct sw_fact *fact)
{
    struct sw_report *report = emit->report;
    if (sw_str_equal_z(fact->section, "dpkg-info")) {
        emit->n_info++;
        return 0;
    }
    struct named *kind = find_named(emit, &emit->kinds, fact->text);
    if (kind != NULL) {
        report->unexamined.v[kind->index].n++;
        return 0;
    }
    struct sw_unexamined unexamined = {.n = 1};
    if (sw_region_copy(report->region, fact->text, &unexamined.kind) < 0 ||
        sw_region_copy(report->region, fact->path, &unexamined.example) < 0)
        return -ENOMEM;
    int r = sw_vec_push(&report->unexamined, unexamined, KINDS_MAX);
    if (r == -EFBIG)
        return 0;
    kind = r == 0 ? add_named(emit, &emit->kinds, fact->text) : NULL;
    if (kind == NULL)
        return -ENOMEM;
    kind->index = report->unexamined.n - 1;
    return 0;
}

static int compare_unexamined(const void *a, const void *b)
{
    const struct sw_unexamined *x = a;
    const struct sw_unexamined *y = b;
    return sw_str_compare(x->kind, y->kind);
}

static int emit_rest(struct emit *emit)
{
    struct sw_report *report = emit->report;
    SW_VEC_EACH (survivor, &emit->items) {
        int r = 0;
        if (survivor->item->fact->kind == SW_FACT_NOTE)
            r = emit_note(emit, survivor->item);
        else if (survivor->item->fact->kind == SW_FACT_SEEN)
            r = emit_seen(emit, survivor->item->fact);
        if (r < 0)
            return r;
    }
    if (report->unexamined.n > 0)
        qsort(report->unexamined.v, report->unexamined.n, sizeof(*report->unexamined.v),
            compare_unexamined);
    if (emit->n_lists > 0 || !sw_report_has_aspect(report, SW_ASPECT_VULN))
        return 0;
    if (emit->n_info > 0)
        return sw_report_note(report, SW_NOTE_UNSUPPORTED, SW_STR("var/lib/dpkg/status"),
            "dpkg's status file is missing, though file lists of %zu packages are there",
            emit->n_info);
    if (emit->is_list_damaged)
        return 0;
    return sw_report_note(report, SW_NOTE_UNSUPPORTED, SW_STR_NONE, "no package database");
}

int sw_fold_emit(
    struct sw_fold_tree *tree, struct sw_fold_packages *packages, struct sw_report *report)
{
    struct emit emit = {.tree = tree, .packages = packages, .report = report};
    int r = sw_fold_tree_visit(tree, collect, &emit);
    if (r == 0 && emit.items.n > 0)
        qsort(emit.items.v, emit.items.n, sizeof(*emit.items.v), compare_items);
    if (r == 0)
        r = emit_os(&emit);
    if (r == 0)
        r = learn_licences(&emit);
    if (r == 0)
        r = emit_packages(&emit);
    if (r == 0)
        r = sw_fold_links_note(tree, report);
    if (r == 0)
        r = emit_rest(&emit);
    sw_fold_table_done(&emit.licences);
    sw_fold_table_done(&emit.kinds);
    sw_vec_done(&emit.items);
    return r;
}

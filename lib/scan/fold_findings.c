/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets and malware of all layers into the report. Other facts end with the file that they speak
 * of; these stay, since whoever has the image has its lower layers too, and are told with what
 * became of the file. Runs once per image, after the tree is folded.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/path_set.h"

/* What one layer does to paths of those below it. */
struct deeds {
    SW_VEC(uint64_t) whiteouts; /* hashes, sorted */
    SW_VEC(uint64_t) opaques;
    SW_VEC(struct sw_str) paths; /* texts of model/path_set.h */
};

struct found {
    const struct sw_finding *finding;
    size_t layer;
    size_t order;
    enum sw_presence presence;
};

struct gathering {
    struct deeds *deeds; /* owned; one per layer */
    size_t n_layers;
    SW_VEC(struct found) found;
};

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int add_deed(struct deeds *deeds, const struct sw_fact *fact)
{
    uint64_t hash = sw_path_set_hash(fact->path);
    if (fact->kind == SW_FACT_WHITEOUT)
        return sw_vec_push(&deeds->whiteouts, hash, SW_FACTS_PER_LAYER_MAX);
    if (fact->kind == SW_FACT_OPAQUE)
        return sw_vec_push(&deeds->opaques, hash, SW_FACTS_PER_LAYER_MAX);
    if (fact->kind == SW_FACT_PATHS)
        return sw_vec_push(&deeds->paths, fact->text, SW_FACTS_PER_LAYER_MAX);
    return 0;
}

static int gather_layer(struct gathering *gathering, const struct sw_facts *facts, size_t layer)
{
    struct deeds *deeds = &gathering->deeds[layer];
    int r = 0;
    SW_VEC_EACH (fact, &facts->facts) {
        if (fact->kind == SW_FACT_FINDING) {
            struct found found = {fact->finding, layer, gathering->found.n, SW_PRESENCE_FINAL};
            r = sw_vec_push(&gathering->found, found, SW_REPORT_FINDINGS_MAX);
        } else {
            r = add_deed(deeds, fact);
        }
        if (r < 0)
            return r;
    }
    if (deeds->whiteouts.n > 0)
        qsort(deeds->whiteouts.v, deeds->whiteouts.n, sizeof(uint64_t), compare_hashes);
    if (deeds->opaques.n > 0)
        qsort(deeds->opaques.v, deeds->opaques.n, sizeof(uint64_t), compare_hashes);
    return 0;
}

static bool has_hash(const uint64_t *v, size_t n, uint64_t hash)
{
    return n > 0 && bsearch(&hash, v, n, sizeof(*v), compare_hashes) != NULL;
}

static bool has_path(const struct deeds *deeds, uint64_t hash)
{
    SW_VEC_EACH (text, &deeds->paths)
        if (sw_path_set_has(*text, hash))
            return true;
    return false;
}

/* What a higher layer makes of a file. */
static enum sw_presence judge_layer(const struct deeds *deeds, struct sw_str path)
{
    uint64_t own = sw_path_set_hash(path);
    if (has_path(deeds, own))
        return SW_PRESENCE_REPLACED;
    if (has_hash(deeds->whiteouts.v, deeds->whiteouts.n, own))
        return SW_PRESENCE_DELETED;
    for (size_t n = path.n; n-- > 0;) {
        if (path.p[n] != '/')
            continue;
        uint64_t hash = sw_path_set_hash(sw_str_part(path, 0, n));
        if (has_hash(deeds->whiteouts.v, deeds->whiteouts.n, hash) ||
            has_hash(deeds->opaques.v, deeds->opaques.n, hash) || has_path(deeds, hash))
            return SW_PRESENCE_DELETED;
    }
    bool is_all_gone = has_hash(deeds->opaques.v, deeds->opaques.n, sw_path_set_hash(SW_STR("")));
    return is_all_gone ? SW_PRESENCE_DELETED : SW_PRESENCE_FINAL;
}

static void judge(struct gathering *gathering, struct found *found)
{
    for (size_t i = found->layer + 1; i < gathering->n_layers; i++) {
        found->presence = judge_layer(&gathering->deeds[i], found->finding->location.path);
        if (found->presence != SW_PRESENCE_FINAL)
            return;
    }
}

static int compare_finds(const struct sw_finding *a, const struct sw_finding *b)
{
    int order = sw_str_compare(a->location.path, b->location.path);
    if (order == 0)
        order = sw_str_compare(a->location.inner, b->location.inner);
    if (order == 0)
        order = sw_str_compare(a->engine, b->engine);
    if (order == 0)
        order = sw_str_compare(a->id, b->id);
    if (order == 0)
        order = sw_str_compare(a->fingerprint, b->fingerprint);
    if (order == 0 && a->location.offset != b->location.offset)
        order = a->location.offset < b->location.offset ? -1 : 1;
    return order;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    int order = compare_finds(x->finding, y->finding);
    return order != 0 ? order : (x->order < y->order ? -1 : x->order > y->order);
}

/* The same find in several layers is one: of the lowest layer, as it stands in the highest. */
static int emit(struct gathering *gathering, struct sw_report *report)
{
    size_t i = 0;
    while (i < gathering->found.n) {
        struct found *first = &gathering->found.v[i];
        enum sw_presence presence = first->presence;
        for (i++; i < gathering->found.n; i++) {
            const struct found *next = &gathering->found.v[i];
            if (compare_finds(first->finding, next->finding) != 0)
                break;
            presence = next->presence;
        }
        struct sw_finding *copy = sw_region_array(report->region, 1, sizeof(*copy));
        int r = copy == NULL ? -ENOMEM : sw_finding_copy(first->finding, report->region, copy);
        if (r < 0)
            return r;
        copy->location.presence = presence;
        copy->location.layer = report->image.n_layers > 0 ? (int)first->layer : -1;
        r = sw_vec_push(&report->findings, *copy, SW_REPORT_FINDINGS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_fold_findings(const struct sw_facts *layers, size_t n_layers, struct sw_report *report)
{
    struct gathering gathering = {
        .deeds = sw_mem_zalloc(n_layers > 0 ? n_layers : 1, sizeof(struct deeds)),
        .n_layers = n_layers,
    };
    int r = gathering.deeds == NULL ? -ENOMEM : 0;
    for (size_t i = 0; r == 0 && i < n_layers; i++)
        r = gather_layer(&gathering, &layers[i], i);
    SW_VEC_EACH (found, &gathering.found)
        judge(&gathering, found);
    if (r == 0 && gathering.found.n > 0) {
        qsort(gathering.found.v, gathering.found.n, sizeof(struct found), compare_found);
        r = emit(&gathering, report);
    }
    for (size_t i = 0; gathering.deeds != NULL && i < n_layers; i++) {
        sw_vec_done(&gathering.deeds[i].whiteouts);
        sw_vec_done(&gathering.deeds[i].opaques);
        sw_vec_done(&gathering.deeds[i].paths);
    }
    sw_mem_free(gathering.deeds);
    sw_vec_done(&gathering.found);
    return r;
}

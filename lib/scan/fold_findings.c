/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets and malware of all layers into the report. Other facts end with the file that they speak
 * of; these stay, since whoever has the image has its lower layers too, and are told with what
 * became of the file. Runs once per image, after the tree is folded.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <stdlib.h>

struct found {
    const struct sw_finding *finding;
    size_t layer;
    size_t order;
    enum sw_presence presence;
};

struct gathering {
    struct sw_fold_deeds deeds;
    SW_VEC(struct found) found;
};

static int gather_layer(struct gathering *gathering, const struct sw_facts *facts, size_t layer)
{
    SW_VEC_EACH (fact, &facts->facts) {
        if (fact->kind != SW_FACT_FINDING)
            continue;
        struct found found = {fact->finding, layer, gathering->found.n, SW_PRESENCE_FINAL};
        int r = sw_vec_push(&gathering->found, found, SW_REPORT_FINDINGS_MAX);
        if (r < 0)
            return r;
    }
    return 0;
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
    struct gathering gathering = {0};
    int r = sw_fold_deeds_init(&gathering.deeds, layers, n_layers);
    for (size_t i = 0; r == 0 && i < n_layers; i++)
        r = gather_layer(&gathering, &layers[i], i);
    SW_VEC_EACH (found, &gathering.found)
        if (r == 0)
            found->presence =
                sw_fold_deeds_judge(&gathering.deeds, found->layer, found->finding->location.path);
    if (r == 0 && gathering.found.n > 0) {
        qsort(gathering.found.v, gathering.found.n, sizeof(struct found), compare_found);
        r = emit(&gathering, report);
    }
    sw_fold_deeds_done(&gathering.deeds);
    sw_vec_done(&gathering.found);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what a lower layer holds is still there in the image as it runs: whiteouts, opaque
 * folders and entries of the layers above it.
 */
#include "scan/fold_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/path_set.h"

/* What one layer does to paths of those below it. */
struct sw_fold_deed {
    SW_VEC(uint64_t) whiteouts; /* hashes, sorted */
    SW_VEC(uint64_t) opaques;
    SW_VEC(struct sw_str) paths; /* texts of model/path_set.h */
};

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int add_fact(struct sw_fold_deed *deed, const struct sw_fact *fact)
{
    uint64_t hash = sw_path_set_hash(fact->path);
    if (fact->kind == SW_FACT_WHITEOUT)
        return sw_vec_push(&deed->whiteouts, hash, SW_FACTS_PER_LAYER_MAX);
    if (fact->kind == SW_FACT_OPAQUE)
        return sw_vec_push(&deed->opaques, hash, SW_FACTS_PER_LAYER_MAX);
    if (fact->kind == SW_FACT_PATHS)
        return sw_vec_push(&deed->paths, fact->text, SW_FACTS_PER_LAYER_MAX);
    return 0;
}

static int add_layer(struct sw_fold_deed *deed, const struct sw_facts *facts)
{
    SW_VEC_EACH (fact, &facts->facts) {
        int r = add_fact(deed, fact);
        if (r < 0)
            return r;
    }
    if (deed->whiteouts.n > 0)
        qsort(deed->whiteouts.v, deed->whiteouts.n, sizeof(uint64_t), compare_hashes);
    if (deed->opaques.n > 0)
        qsort(deed->opaques.v, deed->opaques.n, sizeof(uint64_t), compare_hashes);
    return 0;
}

int sw_fold_deeds_init(struct sw_fold_deeds *deeds, const struct sw_facts *layers, size_t n_layers)
{
    *deeds = (struct sw_fold_deeds){
        .layers = sw_mem_zalloc(n_layers > 0 ? n_layers : 1, sizeof(struct sw_fold_deed)),
        .n_layers = n_layers,
    };
    if (deeds->layers == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n_layers; i++) {
        int r = add_layer(&deeds->layers[i], &layers[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

void sw_fold_deeds_done(struct sw_fold_deeds *deeds)
{
    for (size_t i = 0; deeds->layers != NULL && i < deeds->n_layers; i++) {
        sw_vec_done(&deeds->layers[i].whiteouts);
        sw_vec_done(&deeds->layers[i].opaques);
        sw_vec_done(&deeds->layers[i].paths);
    }
    sw_mem_free(SW_TAKE(deeds->layers));
}

static bool has_hash(const uint64_t *v, size_t n, uint64_t hash)
{
    return n > 0 && bsearch(&hash, v, n, sizeof(*v), compare_hashes) != NULL;
}

static bool has_path(const struct sw_fold_deed *deed, uint64_t hash)
{
    SW_VEC_EACH (text, &deed->paths)
        if (sw_path_set_has(*text, hash))
            return true;
    return false;
}

/* What one higher layer makes of a file. */
static enum sw_presence judge_layer(const struct sw_fold_deed *deed, struct sw_str path)
{
    uint64_t own = sw_path_set_hash(path);
    if (has_path(deed, own))
        return SW_PRESENCE_REPLACED;
    if (has_hash(deed->whiteouts.v, deed->whiteouts.n, own))
        return SW_PRESENCE_DELETED;
    for (size_t n = path.n; n-- > 0;) {
        if (path.p[n] != '/')
            continue;
        uint64_t hash = sw_path_set_hash(sw_str_part(path, 0, n));
        if (has_hash(deed->whiteouts.v, deed->whiteouts.n, hash) ||
            has_hash(deed->opaques.v, deed->opaques.n, hash) || has_path(deed, hash))
            return SW_PRESENCE_DELETED;
    }
    bool is_all_gone = has_hash(deed->opaques.v, deed->opaques.n, sw_path_set_hash(SW_STR("")));
    return is_all_gone ? SW_PRESENCE_DELETED : SW_PRESENCE_FINAL;
}

enum sw_presence sw_fold_deeds_judge(
    const struct sw_fold_deeds *deeds, size_t layer, struct sw_str path)
{
    enum sw_presence presence = SW_PRESENCE_FINAL;
    for (size_t i = layer + 1; i < deeds->n_layers && presence == SW_PRESENCE_FINAL; i++)
        presence = judge_layer(&deeds->layers[i], path);
    return presence;
}

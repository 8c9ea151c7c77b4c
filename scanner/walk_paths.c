/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths a layer has entries for, so that folding can tell whether what was found in a lower
 * layer is still what stands there. A few bytes per entry, and only when somebody will ask.
 */
#include "walk_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/path_set.h"

/* As many as the walk takes entries. */
#define PATHS_MAX ((size_t)20000000)

int sw_walk_add_path(struct sw_walk *walk, struct sw_str path)
{
    if (walk->options.is_tree || !sw_wants_paths(walk->options.wants))
        return 0;
    return sw_vec_push(&walk->paths, sw_path_set_hash(path), PATHS_MAX);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int emit(struct sw_walk *walk, const uint64_t *hashes, size_t n)
{
    struct sw_fact fact = {.kind = SW_FACT_PATHS, .section = SW_STR("layer"), .path = SW_STR("")};
    char *text = sw_region_alloc(walk->facts->region, n * SW_PATH_SET_ENTRY_BYTES);
    if (text == NULL)
        return -ENOMEM;
    sw_path_set_format(hashes, n, text);
    fact.text = (struct sw_str){text, n * SW_PATH_SET_ENTRY_BYTES};
    int r = sw_facts_add(walk->facts, &fact);
    return r == -EFBIG ? 0 : r;
}

int sw_walk_emit_paths(struct sw_walk *walk)
{
    if (walk->paths.n > 0)
        qsort(walk->paths.v, walk->paths.n, sizeof(uint64_t), compare);
    size_t n;
    int r = 0;
    for (size_t i = 0; r == 0 && i < walk->paths.n; i += n) {
        n = walk->paths.n - i;
        n = n < SW_PATH_SET_ENTRIES_MAX ? n : SW_PATH_SET_ENTRIES_MAX;
        r = emit(walk, walk->paths.v + i, n);
    }
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of one layer: names of kinds and the growing list.
 */
#include "model/fact.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const kind_names[] = {
    [SW_FACT_OS] = "os",
    [SW_FACT_PACKAGES] = "packages",
    [SW_FACT_LICENCE] = "licence",
    [SW_FACT_SEEN] = "seen",
    [SW_FACT_NOTE] = "note",
    [SW_FACT_WHITEOUT] = "whiteout",
    [SW_FACT_OPAQUE] = "opaque",
    [SW_FACT_SYMLINK] = "symlink",
    [SW_FACT_OBJECT] = "object",
    [SW_FACT_DIRECTORY] = "directory",
    [SW_FACT_FINDING] = "finding",
    [SW_FACT_PATHS] = "paths",
    [SW_FACT_DIGESTS] = "digests",
};
static_assert(SW_ARRAY_SIZE(kind_names) == _SW_FACT_KIND_MAX, "a name for each value");

const char *sw_fact_kind_name(enum sw_fact_kind value)
{
    return kind_names[value];
}

int sw_fact_kind_find(struct sw_str name, enum sw_fact_kind *ret)
{
    int i = sw_names_find(kind_names, SW_ARRAY_SIZE(kind_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_fact_kind)i;
    return 0;
}

bool sw_fact_path_is_normal(struct sw_str path)
{
    struct sw_str part = SW_STR_NONE;
    if (path.n == 0)
        return true;
    if (path.n > SW_FACT_PATH_MAX || sw_str_find_char(path, '\0') >= 0)
        return false;
    while (sw_str_next_token(&path, '/', &part))
        if (part.n == 0 || sw_str_equal_z(part, ".") || sw_str_equal_z(part, ".."))
            return false;
    return true;
}

void sw_facts_init(struct sw_facts *facts, struct sw_region *region)
{
    *facts = (struct sw_facts){.region = region};
}

void sw_facts_done(struct sw_facts *facts)
{
    sw_vec_done(&facts->facts);
}

int sw_facts_add(struct sw_facts *facts, const struct sw_fact *fact)
{
    int r = sw_vec_push(&facts->facts, *fact, SW_FACTS_PER_LAYER_MAX);
    if (r == -EFBIG)
        facts->n_dropped++;
    return r;
}

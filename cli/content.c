/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses what to look for and loads the rule sets for it.
 */
#include "content.h"

#include <errno.h>

#include "base/mem.h"
#include "content_priv.h"
#include "io/descriptor.h"

/* One kind of rule set. A loader fills ret (kind is set already) and returns 1; 0: there are no
 * such rules; or negative errno with a sentence. */
struct loader {
    enum sw_content_kind kind;
    int (*load)(const struct sw_content_values *values, struct sw_region *region,
        struct sw_contents_loaded *loaded, struct sw_scan_content *ret, struct sw_err *err);
};

static const struct loader loaders[] = {
    {SW_CONTENT_YARA_RULES, sw_content_load_yara},
    {SW_CONTENT_HASH_LIST, sw_content_load_hash_lists},
    {SW_CONTENT_SECRET_RULES, sw_content_load_secrets},
    {_SW_CONTENT_MAX, NULL},
};

int sw_contents_choose(
    const struct sw_content_values *values, struct sw_contents_loaded *loaded, struct sw_err *err)
{
    /* Compiling our own rules for secrets takes seconds, and they are slow: only when asked. */
    loaded->aspects = SW_ASPECTS_ALL & ~SW_ASPECT_BIT(SW_ASPECT_SECRETS);
    if (values->only == NULL)
        return 0;
    int r = sw_aspects_parse(sw_str_of(values->only), &loaded->aspects, err);
    return r < 0 ? sw_err_wrap(err, r, "--only") : 0;
}

int sw_contents_load(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_err *err)
{
    for (const struct loader *loader = loaders; loader->load != NULL; loader++) {
        if ((loaded->aspects & SW_ASPECT_BIT(sw_content_kind_aspect(loader->kind))) == 0)
            continue;
        struct sw_scan_content content = {.kind = loader->kind, .fd = -1};
        int r = loader->load(values, region, loaded, &content, err);
        if (r < 0)
            return r;
        if (r > 0)
            loaded->items[loaded->n++] = content;
    }
    return 0;
}

void sw_contents_unload(struct sw_contents_loaded *loaded)
{
    while (loaded->n > 0)
        sw_descriptor_close(loaded->items[--loaded->n].fd);
    sw_vec_done(&loaded->notes);
}

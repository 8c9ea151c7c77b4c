/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of rpm's forms stands for a directory. A layer that moves the database to another form
 * rarely removes the old one, and rpm looks at the first that it finds. The scanner chooses within
 * one layer; here the choice is made among what all layers left, once per list.
 */
#include "scan/fold_priv.h"

#include "base/mem.h"

#define SECTION SW_STR("rpm")

/* In the order in which rpm prefers them. */
static const char *const forms[] = {"rpmdb.sqlite", "Packages.db", "Packages"};

static bool lists_packages(const struct sw_fold_node *node)
{
    for (const struct sw_fold_item *item = node->items; item != NULL; item = item->next)
        if (item->fact->kind == SW_FACT_PACKAGES && item->fact->n_packages > 0 &&
            sw_str_equal(item->fact->section, SECTION))
            return true;
    return false;
}

const struct sw_fold_node *sw_fold_rpm_find_better(
    const struct sw_fold_tree *tree, const struct sw_fold_item *item)
{
    if (!sw_str_equal(item->fact->section, SECTION))
        return NULL;
    for (size_t i = 0; i < SW_ARRAY_SIZE(forms); i++) {
        struct sw_str name = sw_str_of(forms[i]);
        if (sw_str_equal(name, item->node->name))
            return NULL;
        const struct sw_fold_node *node = sw_fold_tree_child(tree, item->node->parent, name);
        if (node != NULL && lists_packages(node))
            return node;
    }
    return NULL;
}

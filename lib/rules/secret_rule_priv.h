/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading and merging of secret rules share.
 */
#pragma once

#include "rules/secret_rule.h"
#include "rules/toml.h"

/* One file on its way in. */
struct secret_file {
    struct sw_secret_rules *rules; /* of this file alone */
    const char *origin;
    struct sw_err *err;
    struct sw_str extend_path;
    bool has_extend;
    struct sw_secret_list disabled;
};

/* secret_rule_toml.c: the tree into rules; those without regex and path stay, for what they extend
 * may bring it. */
int secret_read_file(struct secret_file *file, const struct sw_toml_node *root);

/* Of either list, freed with the set. */
void secret_rule_done(struct sw_secret_rule *rule);

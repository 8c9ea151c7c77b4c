/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `ignore` part of Grype's configuration. What a rule says and we cannot honour is refused by
 * name: a condition that is passed over would ignore more than was meant.
 */
#include <errno.h>

#include "base/mem.h"
#include "rules/ignore_priv.h"

#define BIT(status) ((uint16_t)(1u << (status)))

static int take_pattern(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *key, const struct sw_pattern **ret)
{
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, key, &text);
    if (r < 0 || text.n == 0)
        return r;
    r = sw_pattern_compile(SW_PATTERN_REGEXP, text, reader->rules->region, ret, reader->err);
    const struct sw_yaml_node *node = sw_yaml_find(map, key);
    return r < 0 ? sw_ignore_wrap(reader, r, node->line, node->column) : 0;
}

static int take_location(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_region *region = reader->rules->region;
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, "location", &text);
    if (r < 0 || text.n == 0)
        return r;
    const struct sw_pattern **paths = sw_region_array(region, 1, sizeof(*paths));
    while (text.n > 0 && text.p[0] == '/')
        text = sw_str_skip(text, 1);
    r = paths == NULL ? -ENOMEM
                      : sw_pattern_compile(SW_PATTERN_GLOB, text, region, paths, reader->err);
    const struct sw_yaml_node *node = sw_yaml_find(map, "location");
    if (r < 0)
        return sw_ignore_wrap(reader, r, node->line, node->column);
    rule->paths = paths;
    rule->n_paths = 1;
    return 0;
}

static int take_package(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    static const char *const known[] = {
        "name", "version", "language", "type", "location", "upstream-name"};
    const struct sw_yaml_node *package = sw_yaml_find(map, "package");
    struct sw_str language = SW_STR_NONE;
    if (package == NULL || sw_yaml_is_null(package))
        return 0;
    int r = sw_ignore_expect(reader, package, SW_YAML_MAP, "package");
    if (r == 0)
        r = sw_ignore_check_keys(reader, package, known, SW_ARRAY_SIZE(known));
    if (r == 0)
        r = take_pattern(reader, package, "name", &rule->package_name);
    if (r == 0)
        r = take_pattern(reader, package, "upstream-name", &rule->source_name);
    if (r == 0)
        r = sw_ignore_get_text(reader, package, "version", &rule->package_version);
    if (r == 0)
        r = sw_ignore_get_text(reader, package, "type", &rule->package_type);
    if (r == 0)
        r = sw_ignore_get_text(reader, package, "language", &language);
    if (r == 0)
        r = take_location(reader, package, rule);
    rule->is_waiting = rule->is_waiting || language.n > 0;
    return r;
}

static int take_fix_state(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    static const struct {
        const char *name;
        uint16_t states;
    } states[] = {
        {"fixed", BIT(SW_FIX_FIXED)},
        {"not-fixed",
            BIT(SW_FIX_AFFECTED) | BIT(SW_FIX_DEFERRED) | BIT(SW_FIX_UNDER_INVESTIGATION)},
        {"wont-fix", BIT(SW_FIX_WILL_NOT_FIX) | BIT(SW_FIX_END_OF_LIFE)},
        {"unknown", BIT(SW_FIX_UNKNOWN)},
    };
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, "fix-state", &text);
    if (r < 0 || text.n == 0)
        return r;
    for (size_t i = 0; i < SW_ARRAY_SIZE(states); i++)
        if (sw_str_equal_z(text, states[i].name))
            rule->fix_states = states[i].states;
    const struct sw_yaml_node *node = sw_yaml_find(map, "fix-state");
    return rule->fix_states != 0
               ? 0
               : sw_ignore_refuse(reader, node->line, node->column,
                     "fix-state '%.*s' is none of fixed, not-fixed, wont-fix, unknown",
                     SW_STR_ARG(sw_str_part(text, 0, 64)));
}

static int take_match_type(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, "match-type", &text);
    if (r < 0 || text.n == 0)
        return r;
    if (sw_str_equal_z(text, "exact-direct-match"))
        rule->match_type = SW_IGNORE_MATCH_DIRECT;
    else if (sw_str_equal_z(text, "exact-indirect-match"))
        rule->match_type = SW_IGNORE_MATCH_INDIRECT;
    else if (sw_str_equal_z(text, "cpe-match"))
        rule->is_waiting = true;
    else
        return sw_ignore_refuse(reader, sw_yaml_find(map, "match-type")->line,
            sw_yaml_find(map, "match-type")->column,
            "match-type '%.*s' is none of exact-direct-match, exact-indirect-match, cpe-match",
            SW_STR_ARG(sw_str_part(text, 0, 64)));
    return 0;
}

/* "debian:distro:debian:12": the system that the record is about. Others are of kinds that are not
 * found yet. */
static int take_namespace(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    static const struct {
        const char *name;
        const char *os_id;
    } names[] = {
        {"alma", "almalinux"},
        {"almalinux", "almalinux"},
        {"alpine", "alpine"},
        {"amazonlinux", "amzn"},
        {"azurelinux", "azurelinux"},
        {"chainguard", "chainguard"},
        {"debian", "debian"},
        {"mariner", "mariner"},
        {"oraclelinux", "ol"},
        {"photon", "photon"},
        {"redhat", "rhel"},
        {"rhel", "rhel"},
        {"rocky", "rocky"},
        {"rockylinux", "rocky"},
        {"sles", "sles"},
        {"ubuntu", "ubuntu"},
        {"wolfi", "wolfi"},
    };
    struct sw_str text = SW_STR_NONE;
    struct sw_str parts[4] = {{0}};
    size_t n = 0;
    int r = sw_ignore_get_text(reader, map, "namespace", &text);
    if (r < 0 || text.n == 0)
        return r;
    struct sw_str rest = text;
    while (n < 4 && sw_str_next_token(&rest, ':', &parts[n]))
        n++;
    if (sw_str_equal_z(parts[0], "nvd") || sw_str_equal_z(parts[1], "language")) {
        rule->is_waiting = true;
        return 0;
    }
    for (size_t i = 0; n == 4 && i < SW_ARRAY_SIZE(names); i++)
        if (sw_str_equal_z(parts[1], "distro") && sw_str_equal_z(parts[2], names[i].name))
            rule->os_id = sw_str_of(names[i].os_id);
    const struct sw_yaml_node *node = sw_yaml_find(map, "namespace");
    if (rule->os_id.n == 0)
        return sw_ignore_refuse(reader, node->line, node->column,
            "namespace '%.*s' is of no system that is known here",
            SW_STR_ARG(sw_str_part(text, 0, 100)));
    if (!sw_str_equal_z(parts[3], "rolling"))
        rule->os_version = parts[3];
    return 0;
}

static int take_aliases(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, "include-aliases", &text);
    rule->alias = SW_IGNORE_ALIAS_CVE;
    if (r < 0 || text.n == 0 || sw_str_equal_z(text, "false"))
        return r;
    if (!sw_str_equal_z(text, "true"))
        return sw_ignore_refuse(reader, sw_yaml_find(map, "include-aliases")->line,
            sw_yaml_find(map, "include-aliases")->column, "include-aliases is true or false");
    rule->alias = SW_IGNORE_ALIAS_ANY;
    return 0;
}

static bool has_condition(const struct sw_ignore_rule *rule)
{
    return rule->id.n > 0 || rule->package_name != NULL || rule->source_name != NULL ||
           rule->package_version.n > 0 || rule->package_type.n > 0 || rule->n_paths > 0 ||
           rule->fix_states != 0 || rule->match_type != SW_IGNORE_MATCH_ANY || rule->os_id.n > 0 ||
           rule->is_waiting;
}

static int refuse_vex(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map)
{
    static const char *const keys[] = {"vex-status", "vex-justification"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(keys); i++) {
        const struct sw_yaml_node *node = sw_yaml_find(map, keys[i]);
        if (node != NULL && !(node->kind == SW_YAML_TEXT && node->text.n == 0))
            return sw_ignore_refuse(reader, node->key_line, node->key_column,
                "'%s' cannot be honoured: rules here know nothing of VEX documents", keys[i]);
    }
    return 0;
}

static int take_rule(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map)
{
    static const char *const known[] = {"vulnerability", "include-aliases", "reason", "namespace",
        "fix-state", "package", "match-type", "vex-status", "vex-justification"};
    int r = sw_ignore_expect(reader, map, SW_YAML_MAP, "a rule");
    if (r == 0)
        r = sw_ignore_check_keys(reader, map, known, SW_ARRAY_SIZE(known));
    if (r == 0)
        r = refuse_vex(reader, map);
    struct sw_ignore_rule *rule = r == 0 ? sw_ignore_add(reader, map->line) : NULL;
    if (rule == NULL)
        return r < 0 ? r : reader->err->code;
    rule->has_kind = true;
    rule->kind = SW_FINDING_VULNERABILITY;
    r = sw_ignore_get_text(reader, map, "vulnerability", &rule->id);
    if (r == 0)
        r = sw_ignore_get_text(reader, map, "reason", &rule->reason);
    if (r == 0)
        r = take_aliases(reader, map, rule);
    if (r == 0)
        r = take_namespace(reader, map, rule);
    if (r == 0)
        r = take_fix_state(reader, map, rule);
    if (r == 0)
        r = take_match_type(reader, map, rule);
    if (r == 0)
        r = take_package(reader, map, rule);
    if (r == 0 && !has_condition(rule))
        r = sw_ignore_refuse(reader, map->line, map->column, "a rule that would ignore everything");
    return r;
}

/* What else a configuration holds is ours to say, not to read. */
static int warn_rest(const struct sw_ignore_reader *reader, const struct sw_yaml_node *root)
{
    for (const struct sw_yaml_node *node = root->first; node != NULL; node = node->next) {
        if (sw_str_equal_z(node->key, "ignore"))
            continue;
        int r = sw_ignore_warn(reader,
            "only 'ignore' is taken from it; '%.*s' is not (the rest is for options)",
            SW_STR_ARG(sw_str_part(node->key, 0, 64)));
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_ignore_read_grype(const struct sw_ignore_reader *reader, struct sw_str bytes)
{
    const struct sw_yaml_node *root = NULL;
    int r = sw_ignore_read_yaml(reader, bytes, &root);
    if (r < 0 || root == NULL)
        return r;
    const struct sw_yaml_node *list = sw_yaml_find(root, "ignore");
    if (list != NULL && !sw_yaml_is_null(list)) {
        r = sw_ignore_expect(reader, list, SW_YAML_LIST, "ignore");
        for (const struct sw_yaml_node *node = list->first; node != NULL && r == 0;
             node = node->next)
            r = take_rule(reader, node);
    }
    return r < 0 ? r : warn_rest(reader, root);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trivy's ignore files: `.trivyignore`, an id a line with an `exp:` date, and `.trivyignore.yaml`,
 * with paths and package URLs. A rule ends on its date, as there.
 */
#include <errno.h>

#include "base/mem.h"
#include "rules/ignore_priv.h"

/* ---- .trivyignore ---- */

static bool next_word(struct sw_str *rest, struct sw_str *ret)
{
    *rest = sw_str_trim(*rest);
    if (rest->n == 0)
        return false;
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\r' &&
           rest->p[n] != '\v' && rest->p[n] != '\f')
        n++;
    *ret = sw_str_part(*rest, 0, n);
    *rest = sw_str_skip(*rest, n);
    return true;
}

/* The first word is the id; of the others only the date counts. */
static int take_line(const struct sw_ignore_reader *reader, struct sw_str text, unsigned number)
{
    struct sw_str rest = text;
    struct sw_str word;
    if (!next_word(&rest, &word) || word.p[0] == '#')
        return 0;
    struct sw_ignore_rule *rule = sw_ignore_add(reader, number);
    if (rule == NULL)
        return reader->err->code;
    rule->id = word;
    struct sw_str after = sw_str_trim(rest);
    if (after.n > 0 && after.p[0] == '#')
        rule->reason = sw_str_trim(sw_str_skip(after, 1));
    while (next_word(&rest, &word)) {
        if (!sw_str_starts_with(word, SW_STR("exp:")) || rule->until.n > 0)
            continue;
        rule->until = sw_str_skip(word, 4);
        rule->is_day_excluded = true;
        if (!sw_ignore_is_date(rule->until))
            return sw_ignore_refuse(reader, number, (unsigned)(word.p - text.p) + 1,
                "'%.*s' is no date such as exp:2026-12-31", SW_STR_ARG(sw_str_part(word, 0, 64)));
    }
    return 0;
}

int sw_ignore_read_trivy(const struct sw_ignore_reader *reader, struct sw_str bytes)
{
    unsigned number = 0;
    struct sw_str line;
    if (sw_str_starts_with(bytes, SW_STR("\xef\xbb\xbf")))
        bytes = sw_str_skip(bytes, 3);
    while (sw_str_next_line(&bytes, &line)) {
        number++;
        if (line.n > SW_IGNORE_LINE_MAX)
            return sw_ignore_refuse(
                reader, number, 1, "a line of more than %zu bytes", SW_IGNORE_LINE_MAX);
        if (sw_str_find_char(line, '\0') >= 0)
            return sw_ignore_refuse(reader, number, 1, "a NUL byte: this is no text");
        int r = take_line(reader, line, number);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- .trivyignore.yaml ---- */

static size_t count(const struct sw_yaml_node *list)
{
    size_t n = 0;
    for (const struct sw_yaml_node *node = list->first; node != NULL; node = node->next)
        n++;
    return n;
}

/* The member as a list of text: *ret NULL when absent. */
static int get_list(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *key, const struct sw_yaml_node **ret, size_t *ret_n)
{
    const struct sw_yaml_node *list = sw_yaml_find(map, key);
    if (list == NULL || sw_yaml_is_null(list))
        return 0;
    int r = sw_ignore_expect(reader, list, SW_YAML_LIST, key);
    for (const struct sw_yaml_node *node = list->first; node != NULL && r == 0; node = node->next)
        r = sw_ignore_expect(reader, node, SW_YAML_TEXT, key);
    *ret_n = r == 0 ? count(list) : 0;
    if (*ret_n > SW_IGNORE_ITEMS_MAX)
        return sw_ignore_refuse(
            reader, list->line, list->column, "more than %zu in '%s'", SW_IGNORE_ITEMS_MAX, key);
    if (r == 0 && *ret_n > 0)
        *ret = list;
    return r;
}

static int take_paths(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_region *region = reader->rules->region;
    const struct sw_yaml_node *list = NULL;
    size_t n = 0;
    int r = get_list(reader, map, "paths", &list, &n);
    if (r < 0 || list == NULL)
        return r;
    const struct sw_pattern **paths = sw_region_array(region, n, sizeof(*paths));
    if (paths == NULL)
        return -ENOMEM;
    for (const struct sw_yaml_node *node = list->first; node != NULL; node = node->next) {
        struct sw_str path = node->text;
        while (path.n > 0 && path.p[0] == '/')
            path = sw_str_skip(path, 1);
        r = sw_pattern_compile(SW_PATTERN_GLOB, path, region, &paths[rule->n_paths++], reader->err);
        if (r < 0)
            return sw_ignore_wrap(reader, r, node->line, node->column);
    }
    rule->paths = paths;
    return 0;
}

static int take_purls(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_region *region = reader->rules->region;
    const struct sw_yaml_node *list = NULL;
    size_t n = 0;
    int r = get_list(reader, map, "purls", &list, &n);
    if (r < 0 || list == NULL)
        return r;
    struct sw_ignore_purl *purls = sw_region_array(region, n, sizeof(*purls));
    if (purls == NULL)
        return -ENOMEM;
    for (const struct sw_yaml_node *node = list->first; node != NULL; node = node->next) {
        r = sw_ignore_purl_parse(
            node->text, SW_PATTERN_LITERAL, region, &purls[rule->n_purls++], reader->err);
        if (r < 0)
            return sw_ignore_wrap(reader, r, node->line, node->column);
    }
    rule->purls = purls;
    return 0;
}

/* A date, or a time of which the day counts. */
static int take_expiry(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    struct sw_ignore_rule *rule)
{
    struct sw_str text = SW_STR_NONE;
    int r = sw_ignore_get_text(reader, map, "expired_at", &text);
    if (r < 0 || text.n == 0)
        return r;
    struct sw_str day = sw_str_part(text, 0, 10);
    if (!sw_ignore_is_date(day) ||
        (text.n > 10 && text.p[10] != 'T' && text.p[10] != 't' && text.p[10] != ' ')) {
        const struct sw_yaml_node *node = sw_yaml_find(map, "expired_at");
        return sw_ignore_refuse(reader, node->line, node->column,
            "'%.*s' is no date such as 2026-12-31", SW_STR_ARG(sw_str_part(text, 0, 64)));
    }
    rule->until = day;
    rule->is_day_excluded = true;
    return 0;
}

struct section {
    const char *name;
    bool has_kind; /* else nothing of that kind is found yet, and rules wait */
    enum sw_finding_kind kind;
};

static int take_rule(const struct sw_ignore_reader *reader, const struct section *section,
    const struct sw_yaml_node *map)
{
    static const char *const known[] = {"id", "paths", "purls", "statement", "expired_at"};
    int r = sw_ignore_expect(reader, map, SW_YAML_MAP, "a rule");
    if (r == 0)
        r = sw_ignore_check_keys(reader, map, known, SW_ARRAY_SIZE(known));
    struct sw_ignore_rule *rule = r == 0 ? sw_ignore_add(reader, map->line) : NULL;
    if (rule == NULL)
        return r < 0 ? r : reader->err->code;
    rule->has_kind = section->has_kind;
    rule->kind = section->kind;
    rule->is_waiting = !section->has_kind || section->kind != SW_FINDING_VULNERABILITY;
    r = sw_ignore_get_text(reader, map, "id", &rule->id);
    if (r == 0 && rule->id.n == 0)
        r = sw_ignore_refuse(reader, map->line, map->column, "a rule without 'id'");
    if (r == 0)
        r = sw_ignore_get_text(reader, map, "statement", &rule->reason);
    if (r == 0)
        r = take_expiry(reader, map, rule);
    if (r == 0)
        r = take_paths(reader, map, rule);
    return r < 0 ? r : take_purls(reader, map, rule);
}

int sw_ignore_read_trivy_yaml(const struct sw_ignore_reader *reader, struct sw_str bytes)
{
    static const struct section sections[] = {
        {"vulnerabilities", true, SW_FINDING_VULNERABILITY},
        {"misconfigurations", true, SW_FINDING_CHECK},
        {"secrets", true, SW_FINDING_SECRET},
        {"licenses", false, SW_FINDING_VULNERABILITY},
    };
    const char *known[SW_ARRAY_SIZE(sections)];
    const struct sw_yaml_node *root = NULL;
    size_t n_waiting = 0;
    int r = sw_ignore_read_yaml(reader, bytes, &root);
    if (r < 0 || root == NULL)
        return r;
    for (size_t i = 0; i < SW_ARRAY_SIZE(sections); i++)
        known[i] = sections[i].name;
    r = sw_ignore_check_keys(reader, root, known, SW_ARRAY_SIZE(known));
    for (size_t i = 0; i < SW_ARRAY_SIZE(sections) && r == 0; i++) {
        const struct sw_yaml_node *list = sw_yaml_find(root, sections[i].name);
        if (list == NULL || sw_yaml_is_null(list))
            continue;
        r = sw_ignore_expect(reader, list, SW_YAML_LIST, sections[i].name);
        if (r == 0 && i > 0)
            n_waiting += count(list);
        for (const struct sw_yaml_node *node = list->first; node != NULL && r == 0;
             node = node->next)
            r = take_rule(reader, &sections[i], node);
    }
    if (r == 0 && n_waiting > 0)
        r = sw_ignore_warn(reader,
            "%zu rules on misconfigurations, secrets or licences are read and wait: this version "
            "finds none of these",
            n_waiting);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gitleaks' TOML into rules. What is of the wrong kind or makes no sense costs the rule, named;
 * keys that nobody knows are noted and read over, as gitleaks does.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "rules/secret_rule_priv.h"

/* Why a table is no good; empty while it is. */
struct complaint {
    char text[SW_ERR_MESSAGE_MAX];
};

static void complain(struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first one stays. */
static void complain(struct complaint *complaint, const char *format, ...)
{
    if (complaint->text[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(complaint->text, sizeof(complaint->text), format, args);
    va_end(args);
}

static struct sw_str read_text(
    const struct sw_toml_node *table, const char *key, struct complaint *complaint)
{
    const struct sw_toml_node *node = sw_toml_find(table, key);
    if (node == NULL)
        return SW_STR("");
    if (node->kind != SW_TOML_TEXT) {
        complain(complaint, "'%s' is %s, not a text", key, sw_toml_kind_name(node->kind));
        return SW_STR("");
    }
    return node->text;
}

static double read_number(
    const struct sw_toml_node *table, const char *key, struct complaint *complaint)
{
    const struct sw_toml_node *node = sw_toml_find(table, key);
    if (node == NULL)
        return 0;
    if (node->kind != SW_TOML_INTEGER && node->kind != SW_TOML_FLOAT) {
        complain(complaint, "'%s' is %s, not a number", key, sw_toml_kind_name(node->kind));
        return 0;
    }
    if (!isfinite(node->number) || node->number < 0 || node->number > 1000) {
        complain(complaint, "'%s' is not between 0 and 1000", key);
        return 0;
    }
    return node->number;
}

static int lower(struct sw_region *region, struct sw_str *s)
{
    char *copy = sw_region_strdup(region, *s);
    if (copy == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    s->p = copy;
    return 0;
}

/* A list of texts; a single text is a list of one. */
static int read_list(struct secret_file *file, const struct sw_toml_node *table, const char *key,
    struct complaint *complaint, struct sw_secret_list *ret)
{
    const struct sw_toml_node *node = sw_toml_find(table, key);
    if (node == NULL)
        return 0;
    if (node->kind != SW_TOML_LIST || node->n > SW_SECRET_ITEMS_MAX) {
        if (node->kind == SW_TOML_LIST)
            complain(complaint, "'%s' has more than %zu items", key, SW_SECRET_ITEMS_MAX);
        else
            complain(complaint, "'%s' is %s, not a list", key, sw_toml_kind_name(node->kind));
        return 0;
    }
    struct sw_secret_list list = {
        .v = sw_region_array(file->rules->region, node->n, sizeof(*list.v))};
    if (list.v == NULL)
        return -ENOMEM;
    for (const struct sw_toml_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind != SW_TOML_TEXT) {
            complain(complaint, "'%s' holds %s", key, sw_toml_kind_name(item->kind));
            return 0;
        }
        if (item->text.n > 0)
            list.v[list.n++] = item->text;
    }
    *ret = list;
    return 0;
}

static int lower_list(struct secret_file *file, struct sw_secret_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        int r = lower(file->rules->region, &list->v[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static void read_severity(
    const struct sw_toml_node *table, enum sw_severity *ret, struct complaint *complaint)
{
    struct sw_str severity = read_text(table, "severity", complaint);
    if (severity.n > 0 && sw_severity_find(severity, ret) < 0)
        complain(complaint, "unknown severity '%.*s'", SW_STR_ARG(severity));
}

static void read_condition(
    const struct sw_toml_node *table, struct sw_secret_allow *allow, struct complaint *complaint)
{
    struct sw_str condition = read_text(table, "condition", complaint);
    if (sw_str_equal_ignore_case(condition, SW_STR("and")) || sw_str_equal_z(condition, "&&"))
        allow->is_all = true;
    else if (condition.n > 0 && !sw_str_equal_ignore_case(condition, SW_STR("or")) &&
             !sw_str_equal_z(condition, "||"))
        complain(complaint, "allow list with an unknown condition '%.*s'", SW_STR_ARG(condition));
    struct sw_str target = read_text(table, "regexTarget", complaint);
    if (sw_str_equal_z(target, "match"))
        allow->target = SW_SECRET_TARGET_MATCH;
    else if (sw_str_equal_z(target, "line"))
        allow->target = SW_SECRET_TARGET_LINE;
    else if (target.n > 0 && !sw_str_equal_z(target, "secret"))
        complain(complaint, "allow list with an unknown regexTarget '%.*s'", SW_STR_ARG(target));
}

static int read_allow(struct secret_file *file, const struct sw_toml_node *table,
    struct sw_secret_allow *ret, struct complaint *complaint)
{
    struct sw_secret_allow allow = {0};
    struct sw_secret_list commits = {0};
    int r = read_list(file, table, "paths", complaint, &allow.paths);
    if (r == 0)
        r = read_list(file, table, "regexes", complaint, &allow.regexes);
    if (r == 0)
        r = read_list(file, table, "stopwords", complaint, &allow.stopwords);
    if (r == 0)
        r = read_list(file, table, "commits", complaint, &commits);
    if (r == 0)
        r = read_list(file, table, "targetRules", complaint, &allow.rules);
    if (r == 0)
        r = lower_list(file, &allow.stopwords);
    if (r < 0)
        return r;
    read_condition(table, &allow, complaint);
    read_severity(table, &allow.severity, complaint);
    allow.has_commits = commits.n > 0;
    if (allow.paths.n + allow.regexes.n + allow.stopwords.n + commits.n == 0)
        complain(complaint,
            "allow list that names no paths, regexes, stopwords or commits allows nothing");
    *ret = allow;
    return 0;
}

/* Those of the old key (a table) and of the new one (a list of tables), never both. */
struct allow_sink {
    int (*add)(void *list, const struct sw_secret_allow *allow);
    void *list;
    bool has_commits;
};

static int read_allow_node(struct secret_file *file, const struct sw_toml_node *node,
    struct allow_sink *sink, struct complaint *complaint)
{
    if (node->kind != SW_TOML_TABLE) {
        complain(complaint, "allow list is %s, not a table", sw_toml_kind_name(node->kind));
        return 0;
    }
    struct sw_secret_allow allow;
    int r = read_allow(file, node, &allow, complaint);
    if (r < 0)
        return r;
    sink->has_commits = sink->has_commits || allow.has_commits;
    return sink->add(sink->list, &allow);
}

static int read_allows(struct secret_file *file, const struct sw_toml_node *table,
    struct allow_sink *sink, struct complaint *complaint)
{
    const struct sw_toml_node *old = sw_toml_find(table, "allowlist");
    const struct sw_toml_node *list = sw_toml_find(table, "allowlists");
    if (old != NULL && list != NULL) {
        complain(complaint, "both 'allowlist' and 'allowlists'; one of them has to go");
        return 0;
    }
    if (old != NULL && old->kind == SW_TOML_TABLE)
        return read_allow_node(file, old, sink, complaint);
    list = list != NULL ? list : old;
    if (list == NULL)
        return 0;
    if (list->kind != SW_TOML_LIST) {
        complain(complaint, "allow lists are %s, not a list", sw_toml_kind_name(list->kind));
        return 0;
    }
    for (const struct sw_toml_node *node = list->first; node != NULL; node = node->next) {
        int r = read_allow_node(file, node, sink, complaint);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_to_rule(void *list, const struct sw_secret_allow *allow)
{
    return sw_vec_push(&((struct sw_secret_rule *)list)->allows, *allow, SW_SECRET_ALLOWS_MAX);
}

static int add_to_all(void *list, const struct sw_secret_allow *allow)
{
    return sw_vec_push(&((struct sw_secret_rules *)list)->allows, *allow, SW_SECRET_ALLOWS_MAX);
}

static void read_extensions(
    const struct sw_toml_node *table, struct sw_secret_rule *rule, struct complaint *complaint)
{
    read_severity(table, &rule->severity, complaint);
    rule->example_path = read_text(table, "examplePath", complaint);
    struct sw_str checksum = read_text(table, "checksum", complaint);
    if (checksum.n > 0 && !sw_secret_checksum_find(checksum, &rule->checksum))
        complain(complaint, "unknown checksum '%.*s'", SW_STR_ARG(checksum));
    const struct sw_toml_node *required = sw_toml_find(table, "required");
    if (required != NULL)
        complain(complaint, "it is a composite rule ('required'), which is not supported");
    const struct sw_toml_node *skip = sw_toml_find(table, "skipReport");
    if (skip != NULL && skip->kind == SW_TOML_BOOLEAN && skip->is_true)
        complain(complaint, "it reports nothing itself ('skipReport'), and composite rules, which "
                            "would use it, are not supported");
}

static int read_rule_lists(struct secret_file *file, const struct sw_toml_node *table,
    struct sw_secret_rule *rule, struct complaint *complaint)
{
    int r = read_list(file, table, "keywords", complaint, &rule->keywords);
    if (r == 0)
        r = read_list(file, table, "tags", complaint, &rule->tags);
    if (r == 0)
        r = read_list(file, table, "examples", complaint, &rule->examples);
    if (r == 0)
        r = read_list(file, table, "counterexamples", complaint, &rule->counterexamples);
    return r == 0 ? lower_list(file, &rule->keywords) : r;
}

/* Says which keys nobody knows. */
static int note_unknown(
    struct secret_file *file, const struct sw_toml_node *table, struct sw_secret_rule *rule)
{
    static const char *const known[] = {"id", "description", "regex", "path", "secretGroup",
        "entropy", "keywords", "tags", "allowlist", "allowlists", "severity", "examples",
        "counterexamples", "examplePath", "checksum", "required", "skipReport", NULL};
    for (const struct sw_toml_node *node = table->first; node != NULL; node = node->next) {
        const char *const *name = known;
        while (*name != NULL && !sw_str_equal_z(node->key, *name))
            name++;
        if (*name != NULL)
            continue;
        int r = sw_secret_rules_refuse(
            file->rules, rule, false, "unknown key '%.*s' is ignored", SW_STR_ARG(node->key));
        if (r < 0)
            return r;
    }
    return 0;
}

static int keep_rule(struct secret_file *file, const struct sw_toml_node *table,
    struct sw_secret_rule *rule, const struct complaint *complaint, bool has_commits)
{
    const struct sw_secret_rule *other = sw_secret_rules_find(file->rules, rule->id);
    int r = 0;
    if (complaint->text[0] != '\0')
        r = sw_secret_rules_refuse(file->rules, rule, true, "%s", complaint->text);
    else if (other != NULL)
        r = sw_secret_rules_refuse(file->rules, rule, true,
            "another rule has this id (line %u); give it one of its own", other->line);
    else
        r = note_unknown(file, table, rule);
    if (r == 0 && has_commits && complaint->text[0] == '\0')
        r = sw_secret_rules_refuse(file->rules, rule, false,
            "'commits' of an allow list allow nothing: no Git history is looked at");
    if (r < 0)
        return r;
    r = sw_vec_push(&file->rules->rules, *rule, SW_SECRET_RULES_MAX);
    if (r == -EFBIG)
        return sw_err_set(
            file->err, -EFBIG, "%s: more than %zu rules", file->origin, SW_SECRET_RULES_MAX);
    if (r == 0)
        *rule = (struct sw_secret_rule){0}; /* its list belongs to the set now */
    return r;
}

static int read_rule(struct secret_file *file, const struct sw_toml_node *table, unsigned index)
{
    struct complaint complaint = {0};
    SW_CLEANUP(secret_rule_done)
    struct sw_secret_rule rule = {.origin = file->origin, .line = table->line};
    rule.id = read_text(table, "id", &complaint);
    if (rule.id.n == 0) {
        char *name = sw_region_printf(file->rules->region, "(rule %u)", index);
        if (name == NULL)
            return -ENOMEM;
        rule.id = sw_str_of(name);
        complain(&complaint, "it has no id");
    }
    rule.description = read_text(table, "description", &complaint);
    rule.regex = read_text(table, "regex", &complaint);
    rule.path = read_text(table, "path", &complaint);
    rule.entropy = read_number(table, "entropy", &complaint);
    rule.group = (size_t)read_number(table, "secretGroup", &complaint);
    read_extensions(table, &rule, &complaint);
    int r = read_rule_lists(file, table, &rule, &complaint);
    if (r < 0)
        return r;
    struct allow_sink sink = {.add = add_to_rule, .list = &rule};
    r = read_allows(file, table, &sink, &complaint);
    if (r < 0)
        return r;
    return keep_rule(file, table, &rule, &complaint, sink.has_commits);
}

static int read_extend(
    struct secret_file *file, const struct sw_toml_node *root, struct complaint *complaint)
{
    const struct sw_toml_node *extend = sw_toml_find(root, "extend");
    if (extend == NULL)
        return 0;
    if (extend->kind != SW_TOML_TABLE) {
        complain(complaint, "'extend' is %s, not a table", sw_toml_kind_name(extend->kind));
        return 0;
    }
    file->extend_path = read_text(extend, "path", complaint);
    const struct sw_toml_node *is_default = sw_toml_find(extend, "useDefault");
    bool uses_default =
        is_default != NULL && is_default->kind == SW_TOML_BOOLEAN && is_default->is_true;
    if (uses_default && file->extend_path.n > 0)
        complain(complaint, "'extend' has both 'path' and 'useDefault'; one of them has to go");
    if (sw_toml_find(extend, "url") != NULL)
        complain(complaint, "'extend.url' is not supported: fetch the file and give its 'path'");
    file->has_extend = uses_default || file->extend_path.n > 0;
    return read_list(file, extend, "disabledRules", complaint, &file->disabled);
}

int secret_read_file(struct secret_file *file, const struct sw_toml_node *root)
{
    struct complaint complaint = {0};
    int r = read_extend(file, root, &complaint);
    if (r < 0)
        return r;
    struct allow_sink sink = {.add = add_to_all, .list = file->rules};
    r = read_allows(file, root, &sink, &complaint);
    if (r < 0)
        return r;
    const struct sw_toml_node *rules = sw_toml_find(root, "rules");
    if (rules != NULL && rules->kind != SW_TOML_LIST)
        complain(&complaint, "'rules' is %s, not a list", sw_toml_kind_name(rules->kind));
    if (complaint.text[0] != '\0')
        return sw_err_set(file->err, -EINVAL, "%s: %s", file->origin, complaint.text);
    unsigned index = 0;
    for (const struct sw_toml_node *node = rules != NULL ? rules->first : NULL; node != NULL;
         node = node->next) {
        index++;
        if (node->kind != SW_TOML_TABLE)
            return sw_err_set(file->err, -EINVAL, "%s:%u: rule %u is %s, not a table", file->origin,
                node->line, index, sw_toml_kind_name(node->kind));
        r = read_rule(file, node, index);
        if (r < 0)
            return r;
    }
    return 0;
}

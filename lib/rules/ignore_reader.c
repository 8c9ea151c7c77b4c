/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of ignore files share: places in messages, new rules, dates, keys and what YAML
 * files have in common; and which reader a file gets.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "rules/ignore_priv.h"

int sw_ignore_refuse(
    const struct sw_ignore_reader *reader, unsigned line, unsigned column, const char *format, ...)
{
    char message[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return sw_err_set(reader->err, -EINVAL, "%.*s:%u:%u: %s",
        SW_STR_ARG(sw_str_part(reader->origin, 0, 200)), line, column, message);
}

int sw_ignore_wrap(const struct sw_ignore_reader *reader, int r, unsigned line, unsigned column)
{
    return sw_err_wrap(reader->err, r, "%.*s:%u:%u",
        SW_STR_ARG(sw_str_part(reader->origin, 0, 200)), line, column);
}

struct sw_ignore_rule *sw_ignore_add(const struct sw_ignore_reader *reader, unsigned line)
{
    struct sw_ignore_rules *rules = reader->rules;
    if (rules->n == SW_IGNORE_RULES_MAX) {
        sw_err_set(reader->err, -EFBIG, "%.*s:%u: more than %zu rules", SW_STR_ARG(reader->origin),
            line, SW_IGNORE_RULES_MAX);
        return NULL;
    }
    if (rules->n == rules->capacity) {
        size_t capacity = rules->capacity == 0 ? 64 : rules->capacity * 2;
        struct sw_ignore_rule *v = sw_region_array(rules->region, capacity, sizeof(*v));
        if (v != NULL && rules->n > 0)
            memcpy(v, rules->v, rules->n * sizeof(*v));
        rules->v = v != NULL ? v : rules->v;
        rules->capacity = v != NULL ? capacity : rules->capacity;
    }
    char *origin = sw_region_printf(
        rules->region, "%.*s:%u", SW_STR_ARG(sw_str_part(reader->origin, 0, 4000)), line);
    if (rules->n == rules->capacity || origin == NULL) {
        sw_err_set(reader->err, -ENOMEM, "out of memory");
        return NULL;
    }
    struct sw_ignore_rule *rule = &rules->v[rules->n++];
    *rule = (struct sw_ignore_rule){.origin = sw_str_of(origin), .layer = -1};
    return rule;
}

int sw_ignore_warn(const struct sw_ignore_reader *reader, const char *format, ...)
{
    struct sw_ignore_rules *rules = reader->rules;
    char message[SW_ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (rules->n_warnings == SW_IGNORE_WARNINGS_MAX)
        return 0;
    const char *text = sw_region_printf(
        rules->region, "%.*s: %s", SW_STR_ARG(sw_str_part(reader->origin, 0, 200)), message);
    if (text == NULL)
        return sw_err_set(reader->err, -ENOMEM, "out of memory");
    rules->warnings[rules->n_warnings++] = text;
    return 0;
}

static bool read_number(struct sw_str text, uint64_t *ret)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return sw_str_parse_u64(text, 10, ret) == 0;
}

bool sw_ignore_is_date(struct sw_str text)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t day = 0;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' ||
        !read_number(sw_str_part(text, 0, 4), &year) ||
        !read_number(sw_str_part(text, 5, 2), &month) ||
        !read_number(sw_str_part(text, 8, 2), &day) || month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && is_leap ? 1u : 0u);
}

#define WORD_MAX 32

static size_t distance(struct sw_str a, struct sw_str b)
{
    size_t row[WORD_MAX + 1];
    for (size_t k = 0; k <= b.n; k++)
        row[k] = k;
    for (size_t i = 0; i < a.n; i++) {
        size_t corner = row[0]++;
        for (size_t k = 0; k < b.n; k++) {
            size_t next = corner + (a.p[i] != b.p[k]);
            corner = row[k + 1];
            next = row[k] + 1 < next ? row[k] + 1 : next;
            row[k + 1] = corner + 1 < next ? corner + 1 : next;
        }
    }
    return row[b.n];
}

const char *sw_ignore_nearest(struct sw_str word, const char *const *known, size_t n)
{
    const char *nearest = NULL;
    size_t best = word.n > 0 && word.n <= WORD_MAX ? word.n / 2 + 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct sw_str other = sw_str_of(known[i]);
        size_t d = other.n <= WORD_MAX && best > 0 ? distance(word, other) : best;
        if (d < best) {
            best = d;
            nearest = known[i];
        }
    }
    return nearest;
}

/* ---- YAML ---- */

int sw_ignore_expect(const struct sw_ignore_reader *reader, const struct sw_yaml_node *node,
    enum sw_yaml_kind kind, const char *what)
{
    static const char *const kinds[] = {
        [SW_YAML_TEXT] = "text", [SW_YAML_LIST] = "a list", [SW_YAML_MAP] = "a map"};
    if (node->kind == kind)
        return 0;
    return sw_ignore_refuse(reader, node->line, node->column, "%s has to be %s", what, kinds[kind]);
}

int sw_ignore_read_yaml(
    const struct sw_ignore_reader *reader, struct sw_str bytes, const struct sw_yaml_node **ret)
{
    struct sw_yaml_node *root = NULL;
    int r = sw_yaml_parse(bytes, reader->rules->region, &root, reader->err);
    if (r < 0) {
        /* The sentence begins with its place: joined without a space. */
        char message[SW_ERR_MESSAGE_MAX] = "";
        if (reader->err != NULL)
            snprintf(message, sizeof(message), "%s", reader->err->message);
        bool has_place = message[0] >= '0' && message[0] <= '9';
        return sw_err_set(reader->err, r, "%.*s:%s%s",
            SW_STR_ARG(sw_str_part(reader->origin, 0, 200)), has_place ? "" : " ", message);
    }
    if (root != NULL && sw_yaml_is_null(root))
        root = NULL;
    if (root != NULL)
        r = sw_ignore_expect(reader, root, SW_YAML_MAP, "the file");
    if (r == 0)
        *ret = root;
    return r;
}

int sw_ignore_check_keys(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *const *known, size_t n)
{
    for (const struct sw_yaml_node *node = map->first; node != NULL; node = node->next) {
        bool is_known = false;
        for (size_t i = 0; i < n; i++)
            is_known = is_known || sw_str_equal_z(node->key, known[i]);
        if (is_known)
            continue;
        const char *nearest = sw_ignore_nearest(node->key, known, n);
        return sw_ignore_refuse(reader, node->key_line, node->key_column,
            "unknown key '%.*s'%s%s%s", SW_STR_ARG(sw_str_part(node->key, 0, 64)),
            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "'?" : "");
    }
    return 0;
}

int sw_ignore_get_text(const struct sw_ignore_reader *reader, const struct sw_yaml_node *map,
    const char *key, struct sw_str *ret)
{
    const struct sw_yaml_node *node = sw_yaml_find(map, key);
    if (node == NULL || sw_yaml_is_null(node))
        return 0;
    int r = sw_ignore_expect(reader, node, SW_YAML_TEXT, key);
    if (r == 0 && node->text.n > SW_IGNORE_LINE_MAX)
        r = sw_ignore_refuse(reader, node->line, node->column, "'%s' is too long", key);
    if (r == 0)
        *ret = node->text;
    return r;
}

/* ---- which reader ---- */

static bool contains(struct sw_str text, const char *part)
{
    return sw_str_find(text, sw_str_of(part)) >= 0;
}

static bool has_line(struct sw_str bytes, const char *start)
{
    struct sw_str line;
    while (sw_str_next_line(&bytes, &line))
        if (sw_str_starts_with(line, sw_str_of(start)))
            return true;
    return false;
}

enum sw_ignore_format sw_ignore_format_guess(struct sw_str path, struct sw_str bytes)
{
    struct sw_str name = sw_str_skip(path, (size_t)(sw_str_find_last_char(path, '/') + 1));
    bool is_yaml =
        sw_str_ends_with(name, SW_STR(".yaml")) || sw_str_ends_with(name, SW_STR(".yml"));
    if (contains(name, "seawallignore"))
        return SW_IGNORE_SEAWALL;
    if (contains(name, "trivyignore"))
        return is_yaml ? SW_IGNORE_TRIVY_YAML : SW_IGNORE_TRIVY;
    if (contains(name, "grype"))
        return SW_IGNORE_GRYPE;
    if (has_line(bytes, "ignore:"))
        return SW_IGNORE_GRYPE;
    if (is_yaml || has_line(bytes, "vulnerabilities:"))
        return SW_IGNORE_TRIVY_YAML;
    return contains(bytes, " exp:") ? SW_IGNORE_TRIVY : SW_IGNORE_SEAWALL;
}

int sw_ignore_load(struct sw_ignore_rules *rules, enum sw_ignore_format format,
    struct sw_str origin, struct sw_str bytes, struct sw_err *err)
{
    static int (*const readers[])(const struct sw_ignore_reader *, struct sw_str) = {
        [SW_IGNORE_SEAWALL] = sw_ignore_read_seawall,
        [SW_IGNORE_TRIVY] = sw_ignore_read_trivy,
        [SW_IGNORE_TRIVY_YAML] = sw_ignore_read_trivy_yaml,
        [SW_IGNORE_GRYPE] = sw_ignore_read_grype,
    };
    struct sw_err own = {0};
    struct sw_ignore_reader reader = {.rules = rules, .err = err != NULL ? err : &own};
    if (bytes.n > SW_IGNORE_FILE_MAX)
        return sw_err_set(err, -EFBIG, "%.*s: larger than %zu bytes",
            SW_STR_ARG(sw_str_part(origin, 0, 200)), SW_IGNORE_FILE_MAX);
    /* What rules keep of the text lives as long as they do. */
    struct sw_str text;
    if (sw_region_copy(rules->region, origin, &reader.origin) < 0 ||
        sw_region_copy(rules->region, bytes, &text) < 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    rules->identity = sw_str_hash_seeded(rules->identity ^ (uint64_t)format, bytes);
    int r = readers[format](&reader, text);
    return r == -ENOMEM ? sw_err_set(err, r, "out of memory") : r;
}

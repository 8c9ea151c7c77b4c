/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's events to a tree. The parser is the only thing here that libyaml's memory hangs
 * on; it ends with the call.
 */
#include "rules/yaml_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/mem.h"

struct level {
    struct sw_yaml_node *node;
    struct sw_yaml_node *last; /* child */
    struct sw_str key;         /* the one that waits for its value */
    unsigned key_line;
    unsigned key_column;
    bool has_key;
};

struct builder {
    struct sw_region *region;
    struct level levels[SW_YAML_DEPTH_MAX];
    size_t depth;
    struct sw_yaml_node *root;
    size_t n_nodes;
    unsigned n_documents;
    struct sw_err *err;
};

static int refuse(const struct builder *b, const yaml_mark_t *mark, const char *what)
{
    return sw_err_set(b->err, -EINVAL, "%zu:%zu: %s", mark->line + 1, mark->column + 1, what);
}

/* As a member of a map: a text that has no key yet is one. */
static int take_key(struct builder *b, struct level *level, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(b, &event->start_mark, "a key that is no text");
    struct sw_str key = {(const char *)event->data.scalar.value, event->data.scalar.length};
    level->has_key = true;
    level->key_line = (unsigned)event->start_mark.line + 1;
    level->key_column = (unsigned)event->start_mark.column + 1;
    return sw_region_copy(b->region, key, &level->key);
}

static int add(struct builder *b, const yaml_event_t *event, enum sw_yaml_kind kind)
{
    struct level *level = b->depth > 0 ? &b->levels[b->depth - 1] : NULL;
    if (level != NULL && level->node->kind == SW_YAML_MAP && !level->has_key)
        return take_key(b, level, event);
    if (++b->n_nodes > SW_YAML_NODES_MAX)
        return sw_err_set(b->err, -EFBIG, "more than %zu values", SW_YAML_NODES_MAX);
    struct sw_yaml_node *node = sw_region_alloc(b->region, sizeof(*node));
    if (node == NULL)
        return -ENOMEM;
    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (level == NULL) {
        b->root = node;
    } else {
        node->key = level->key;
        node->key_line = level->key_line;
        node->key_column = level->key_column;
        level->has_key = false;
        if (level->last != NULL)
            level->last->next = node;
        else
            level->node->first = node;
        level->last = node;
    }
    if (kind == SW_YAML_TEXT) {
        struct sw_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
        node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return sw_region_copy(b->region, text, &node->text);
    }
    if (b->depth == SW_YAML_DEPTH_MAX)
        return refuse(b, &event->start_mark, "lists and maps go too deep");
    b->levels[b->depth++] = (struct level){.node = node};
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct sw_yaml_node *x = *(const struct sw_yaml_node *const *)a;
    const struct sw_yaml_node *y = *(const struct sw_yaml_node *const *)b;
    int r = sw_str_compare(x->key, y->key);
    if (r == 0)
        r = x->key_line < y->key_line ? -1 : x->key_line > y->key_line;
    return r != 0 ? r : (int)x->key_column - (int)y->key_column;
}

/* A key that stands twice would hide what the other says. */
static int check_keys(struct builder *b, const struct sw_yaml_node *map)
{
    size_t n = 0;
    for (const struct sw_yaml_node *node = map->first; node != NULL; node = node->next)
        n++;
    SW_CLEANUP(sw_mem_freep)
    const struct sw_yaml_node **sorted = sw_mem_zalloc(n + 1, sizeof(*sorted));
    if (sorted == NULL)
        return -ENOMEM;
    n = 0;
    for (const struct sw_yaml_node *node = map->first; node != NULL; node = node->next)
        sorted[n++] = node;
    qsort(sorted, n, sizeof(*sorted), compare_keys);
    for (size_t i = 1; i < n; i++)
        if (sw_str_equal(sorted[i]->key, sorted[i - 1]->key))
            return sw_err_set(b->err, -EINVAL, "%u:%u: '%.*s' stands here twice",
                sorted[i]->key_line, sorted[i]->key_column,
                SW_STR_ARG(sw_str_part(sorted[i]->key, 0, 64)));
    return 0;
}

static int end_level(struct builder *b)
{
    const struct sw_yaml_node *node = b->levels[--b->depth].node;
    return node->kind == SW_YAML_MAP ? check_keys(b, node) : 0;
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add(b, event, SW_YAML_TEXT);
    case YAML_SEQUENCE_START_EVENT:
        return add(b, event, SW_YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return add(b, event, SW_YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_level(b);
    case YAML_ALIAS_EVENT:
        return refuse(b, &event->start_mark, "aliases (*NAME) are not read; write it out");
    case YAML_DOCUMENT_START_EVENT:
        return ++b->n_documents > 1 ? refuse(b, &event->start_mark, "a second document") : 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return 0;
}

static int run(struct builder *b, yaml_parser_t *parser)
{
    for (bool is_over = false; !is_over;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            if (parser->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
            return refuse(b, &parser->problem_mark,
                parser->problem != NULL ? parser->problem : "this is no YAML");
        }
        is_over = event.type == YAML_STREAM_END_EVENT;
        int r = take_event(b, &event);
        yaml_event_delete(&event);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_yaml_parse(
    struct sw_str bytes, struct sw_region *region, struct sw_yaml_node **ret, struct sw_err *err)
{
    struct builder b = {.region = region, .err = err};
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.p, bytes.n);
    int r = run(&b, &parser);
    yaml_parser_delete(&parser);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "out of memory");
    if (r == 0)
        *ret = b.root;
    return r;
}

const struct sw_yaml_node *sw_yaml_find(const struct sw_yaml_node *map, const char *key)
{
    for (const struct sw_yaml_node *node = map->first; node != NULL; node = node->next)
        if (map->kind == SW_YAML_MAP && sw_str_equal_z(node->key, key))
            return node;
    return NULL;
}

bool sw_yaml_is_null(const struct sw_yaml_node *node)
{
    return node->kind == SW_YAML_TEXT && node->is_plain &&
           (node->text.n == 0 || sw_str_equal_z(node->text, "~") ||
               sw_str_equal_z(node->text, "null"));
}

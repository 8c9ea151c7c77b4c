/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small YAML document as JSON values, so that secdb's two forms share one reader. Alpine's
 * largest file is 700 KB; this form is read whole, unlike JSON.
 */
#include <errno.h>
#include <stddef.h>

#include <yaml.h>

#include "base/mem.h"
#include "vulndb/build/secdb_priv.h"

/* Values of any kind in one document. */
#define VALUES_MAX ((size_t)2000000)
#define NESTING_MAX 16

struct loader {
    yaml_parser_t parser;
    struct sw_reader *in;
    struct sw_err *err;
    int read_error;
    size_t n_values;
    bool is_started;
};

static int on_read(void *data, unsigned char *p, size_t n, size_t *ret_n)
{
    struct loader *loader = data;
    ssize_t got = sw_reader_read(loader->in, p, n, loader->err);
    if (got < 0)
        loader->read_error = (int)got;
    *ret_n = got > 0 ? (size_t)got : 0;
    return got >= 0;
}

static int next_event(struct loader *loader, yaml_event_t *event)
{
    if (yaml_parser_parse(&loader->parser, event) != 0)
        return 0;
    if (loader->read_error < 0)
        return loader->read_error;
    const char *problem = loader->parser.problem != NULL ? loader->parser.problem : "not YAML";
    return sw_err_set(loader->err, loader->parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EBADMSG,
        "%s in line %zu", problem, loader->parser.problem_mark.line + 1);
}

static int read_node(
    struct loader *loader, const yaml_event_t *event, unsigned depth, json_t **ret);

/* The text of a scalar; jansson refuses what is no UTF-8, which libyaml has refused before. */
static json_t *make_string(const yaml_event_t *event)
{
    return json_stringn((const char *)event->data.scalar.value, event->data.scalar.length);
}

static int read_sequence(struct loader *loader, unsigned depth, json_t *array)
{
    for (;;) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
        int r = next_event(loader, &event);
        if (r < 0 || event.type == YAML_SEQUENCE_END_EVENT)
            return r;
        json_t *value = NULL;
        r = read_node(loader, &event, depth, &value);
        if (r < 0)
            return r;
        if (json_array_append_new(array, value) < 0)
            return -ENOMEM;
    }
}

static int read_mapping(struct loader *loader, unsigned depth, json_t *object)
{
    for (;;) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t key = {0};
        int r = next_event(loader, &key);
        if (r < 0 || key.type == YAML_MAPPING_END_EVENT)
            return r;
        if (key.type != YAML_SCALAR_EVENT)
            return sw_err_set(
                loader->err, -EBADMSG, "key is no text in line %zu", key.start_mark.line + 1);
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
        r = next_event(loader, &event);
        if (r < 0)
            return r;
        json_t *value = NULL;
        r = read_node(loader, &event, depth, &value);
        if (r < 0)
            return r;
        if (json_object_setn_new(
                object, (const char *)key.data.scalar.value, key.data.scalar.length, value) < 0)
            return -ENOMEM;
    }
}

static int read_node(struct loader *loader, const yaml_event_t *event, unsigned depth, json_t **ret)
{
    size_t line = event->start_mark.line + 1;
    if (depth == NESTING_MAX || ++loader->n_values > VALUES_MAX)
        return sw_err_set(loader->err, -EFBIG, "YAML is too large in line %zu", line);
    bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
    if (!is_mapping && event->type != YAML_SEQUENCE_START_EVENT && event->type != YAML_SCALAR_EVENT)
        return sw_err_set(loader->err, -EBADMSG, "no value in line %zu", line);
    json_t *value = is_mapping                                 ? json_object()
                    : event->type == YAML_SEQUENCE_START_EVENT ? json_array()
                                                               : make_string(event);
    int r = value == NULL ? -ENOMEM : 0;
    if (r >= 0 && is_mapping)
        r = read_mapping(loader, depth + 1, value);
    else if (r >= 0 && event->type == YAML_SEQUENCE_START_EVENT)
        r = read_sequence(loader, depth + 1, value);
    if (r < 0) {
        json_decref(value);
        return r;
    }
    *ret = value;
    return 0;
}

static void stop(struct loader *loader)
{
    if (loader->is_started)
        yaml_parser_delete(&loader->parser);
}

int secdb_yaml_parse(struct sw_reader *in, json_t **ret, struct sw_err *err)
{
    SW_CLEANUP(stop) struct loader loader = {.in = in, .err = err};
    loader.is_started = yaml_parser_initialize(&loader.parser) != 0;
    if (!loader.is_started)
        return -ENOMEM;
    yaml_parser_set_input(&loader.parser, on_read, &loader);
    for (;;) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
        int r = next_event(&loader, &event);
        if (r < 0)
            return r;
        if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT)
            continue;
        if (event.type == YAML_STREAM_END_EVENT)
            return sw_err_set(err, -EBADMSG, "file is empty");
        return read_node(&loader, &event, 0, ret);
    }
}

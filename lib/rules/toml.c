/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: lines, keys, headers, and which table may still be added to. Values are read in
 * toml_value.c.
 */
#include "rules/toml.h"

#include <errno.h>

#include "base/text.h"
#include "rules/toml_priv.h"

/* A key has at most this many parts, since each is a level of the tree. */
enum { KEY_PARTS_MAX = SW_TOML_DEPTH_MAX };

static const char *const kind_names[] = {
    [SW_TOML_TEXT] = "text",
    [SW_TOML_INTEGER] = "an integer",
    [SW_TOML_FLOAT] = "a float",
    [SW_TOML_BOOLEAN] = "a boolean",
    [SW_TOML_DATE] = "a date",
    [SW_TOML_LIST] = "a list",
    [SW_TOML_TABLE] = "a table",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == _SW_TOML_KIND_MAX, "a name each");

const char *sw_toml_kind_name(enum sw_toml_kind kind)
{
    return kind < _SW_TOML_KIND_MAX ? kind_names[kind] : "nothing";
}

int toml_peek(const struct toml_reader *reader)
{
    return reader->p < reader->end ? (unsigned char)*reader->p : -1;
}

int toml_fail(struct toml_reader *reader, const char *what)
{
    return sw_err_set(reader->err, -EINVAL, "%u:%zu: %s", reader->line,
        (size_t)(reader->p - reader->line_start) + 1, what);
}

void toml_skip_blank(struct toml_reader *reader)
{
    while (reader->p < reader->end && (*reader->p == ' ' || *reader->p == '\t'))
        reader->p++;
}

int toml_skip_comment(struct toml_reader *reader)
{
    if (toml_peek(reader) != '#')
        return 0;
    while (reader->p < reader->end && *reader->p != '\n') {
        unsigned char c = (unsigned char)*reader->p;
        bool is_return = c == '\r' && reader->p + 1 < reader->end && reader->p[1] == '\n';
        if ((c < 0x20 && c != '\t' && !is_return) || c == 0x7f)
            return toml_fail(reader, "control character in a comment");
        reader->p++;
    }
    return 0;
}

int toml_skip_newline(struct toml_reader *reader)
{
    size_t left = (size_t)(reader->end - reader->p);
    if (left >= 1 && *reader->p == '\n')
        reader->p++;
    else if (left >= 2 && reader->p[0] == '\r' && reader->p[1] == '\n')
        reader->p += 2;
    else
        return 0;
    reader->line++;
    reader->line_start = reader->p;
    return 1;
}

int toml_skip_lines(struct toml_reader *reader)
{
    do {
        toml_skip_blank(reader);
        int r = toml_skip_comment(reader);
        if (r < 0)
            return r;
    } while (toml_skip_newline(reader) == 1);
    return 0;
}

int toml_node_new(struct toml_reader *reader, enum sw_toml_kind kind, struct sw_toml_node **ret)
{
    if (reader->n_nodes++ >= SW_TOML_NODES_MAX)
        return sw_err_set(
            reader->err, -EFBIG, "%u: more than %zu values", reader->line, SW_TOML_NODES_MAX);
    struct sw_toml_node *node = sw_region_alloc(reader->region, sizeof(*node));
    if (node == NULL)
        return -ENOMEM;
    node->kind = kind;
    node->line = reader->line;
    *ret = node;
    return 0;
}

void toml_append(struct sw_toml_node *parent, struct sw_toml_node *child)
{
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->n++;
}

static struct sw_toml_node *find_key(const struct sw_toml_node *table, struct sw_str key)
{
    for (struct sw_toml_node *node = table->first; node != NULL; node = node->next)
        if (sw_str_equal(node->key, key))
            return node;
    return NULL;
}

struct sw_toml_node *sw_toml_find(const struct sw_toml_node *table, const char *key)
{
    if (table == NULL || table->kind != SW_TOML_TABLE)
        return NULL;
    return find_key(table, sw_str_of(key));
}

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static int read_key_part(struct toml_reader *reader, struct sw_str *ret)
{
    int c = toml_peek(reader);
    if (c == '"' || c == '\'')
        return toml_read_text(reader, true, ret);
    const char *start = reader->p;
    while (is_bare(toml_peek(reader)))
        reader->p++;
    if (reader->p == start)
        return toml_fail(reader, "expected a key");
    *ret = (struct sw_str){start, (size_t)(reader->p - start)};
    return 0;
}

struct key {
    struct sw_str parts[KEY_PARTS_MAX];
    size_t n;
};

/* Keys are borrowed from the bytes or made in the region. */
static int read_key(struct toml_reader *reader, struct key *key)
{
    key->n = 0;
    for (;;) {
        if (key->n == KEY_PARTS_MAX)
            return toml_fail(reader, "key of too many parts");
        int r = read_key_part(reader, &key->parts[key->n]);
        if (r < 0)
            return r;
        key->n++;
        toml_skip_blank(reader);
        if (toml_peek(reader) != '.')
            return 0;
        reader->p++;
        toml_skip_blank(reader);
    }
}

static int add_member(struct toml_reader *reader, struct sw_toml_node *table, struct sw_str key,
    struct sw_toml_node *node)
{
    if (table->n >= SW_TOML_KEYS_MAX)
        return sw_err_set(reader->err, -EFBIG, "%u: more than %zu keys in a table", reader->line,
            SW_TOML_KEYS_MAX);
    int r = sw_region_copy(reader->region, key, &node->key);
    if (r < 0)
        return r;
    toml_append(table, node);
    return 0;
}

static int add_table(struct toml_reader *reader, struct sw_toml_node *parent, struct sw_str key,
    struct sw_toml_node **ret)
{
    struct sw_toml_node *node = NULL;
    int r = toml_node_new(reader, SW_TOML_TABLE, &node);
    if (r < 0)
        return r;
    r = add_member(reader, parent, key, node);
    if (r < 0)
        return r;
    *ret = node;
    return 0;
}

/* One step down a dotted key before '='. */
static int step_into_pair(
    struct toml_reader *reader, struct sw_toml_node **table, struct sw_str part)
{
    struct sw_toml_node *node = find_key(*table, part);
    if (node == NULL) {
        int r = add_table(reader, *table, part, &node);
        if (r < 0)
            return r;
        node->is_dotted = true;
    } else if (node->kind != SW_TOML_TABLE || node->is_closed || !node->is_dotted) {
        return toml_fail(reader, "key adds to what is not open to it");
    }
    *table = node;
    return 0;
}

int toml_read_pair(struct toml_reader *reader, struct sw_toml_node *table)
{
    struct key key;
    int r = read_key(reader, &key);
    if (r < 0)
        return r;
    if (reader->depth + key.n > SW_TOML_DEPTH_MAX)
        return toml_fail(reader, "nested too deeply");
    for (size_t i = 0; i + 1 < key.n; i++) {
        r = step_into_pair(reader, &table, key.parts[i]);
        if (r < 0)
            return r;
    }
    struct sw_str name = key.parts[key.n - 1];
    if (find_key(table, name) != NULL)
        return toml_fail(reader, "key stands twice");
    if (toml_peek(reader) != '=')
        return toml_fail(reader, "expected '='");
    reader->p++;
    toml_skip_blank(reader);
    struct sw_toml_node *value = NULL;
    r = toml_read_value(reader, &value);
    if (r < 0)
        return r;
    return add_member(reader, table, name, value);
}

/* One step down a header: through the last table of a list of tables. */
static int step_into_header(
    struct toml_reader *reader, struct sw_toml_node **table, struct sw_str part)
{
    struct sw_toml_node *node = find_key(*table, part);
    if (node == NULL) {
        int r = add_table(reader, *table, part, &node);
        if (r < 0)
            return r;
    } else if (node->kind == SW_TOML_LIST && node->is_tables) {
        node = node->last;
    } else if (node->kind != SW_TOML_TABLE || node->is_closed) {
        return toml_fail(reader, "header goes through what is no table");
    }
    *table = node;
    return 0;
}

static int open_table(struct toml_reader *reader, struct sw_toml_node *parent, struct sw_str name,
    struct sw_toml_node **ret)
{
    struct sw_toml_node *node = find_key(parent, name);
    if (node == NULL) {
        int r = add_table(reader, parent, name, &node);
        if (r < 0)
            return r;
    } else if (node->kind != SW_TOML_TABLE || node->is_closed || node->is_explicit ||
               node->is_dotted) {
        return toml_fail(reader, "table stands twice");
    }
    node->is_explicit = true;
    *ret = node;
    return 0;
}

static int open_list_table(struct toml_reader *reader, struct sw_toml_node *parent,
    struct sw_str name, struct sw_toml_node **ret)
{
    struct sw_toml_node *list = find_key(parent, name);
    int r = 0;
    if (list == NULL) {
        r = toml_node_new(reader, SW_TOML_LIST, &list);
        if (r < 0)
            return r;
        list->is_tables = true;
        r = add_member(reader, parent, name, list);
        if (r < 0)
            return r;
    } else if (list->kind != SW_TOML_LIST || !list->is_tables) {
        return toml_fail(reader, "list of tables where something else stands");
    }
    struct sw_toml_node *node = NULL;
    r = toml_node_new(reader, SW_TOML_TABLE, &node);
    if (r < 0)
        return r;
    node->is_explicit = true;
    toml_append(list, node);
    *ret = node;
    return 0;
}

static int read_header(
    struct toml_reader *reader, struct sw_toml_node *root, struct sw_toml_node **ret)
{
    reader->p++;
    bool is_list = toml_peek(reader) == '[';
    if (is_list)
        reader->p++;
    toml_skip_blank(reader);
    struct key key;
    int r = read_key(reader, &key);
    if (r < 0)
        return r;
    for (int i = 0; i < (is_list ? 2 : 1); i++) {
        if (toml_peek(reader) != ']')
            return toml_fail(reader, "expected ']'");
        reader->p++;
    }
    struct sw_toml_node *table = root;
    for (size_t i = 0; i + 1 < key.n; i++) {
        r = step_into_header(reader, &table, key.parts[i]);
        if (r < 0)
            return r;
    }
    return (is_list ? open_list_table : open_table)(reader, table, key.parts[key.n - 1], ret);
}

static int read_document(struct toml_reader *reader, struct sw_toml_node *root)
{
    struct sw_toml_node *table = root;
    for (;;) {
        int r = toml_skip_lines(reader);
        if (r < 0)
            return r;
        if (reader->p == reader->end)
            return 0;
        r = *reader->p == '[' ? read_header(reader, root, &table) : toml_read_pair(reader, table);
        if (r < 0)
            return r;
        toml_skip_blank(reader);
        r = toml_skip_comment(reader);
        if (r < 0)
            return r;
        if (reader->p < reader->end && toml_skip_newline(reader) == 0)
            return toml_fail(reader, "expected the end of the line");
    }
}

/* The place of the first byte that is no UTF-8. */
static int check_utf8(struct toml_reader *reader, struct sw_str bytes)
{
    unsigned line = 1;
    for (size_t i = 0; i < bytes.n;) {
        if ((unsigned char)bytes.p[i] < 0x80) {
            line += bytes.p[i] == '\n';
            i++;
            continue;
        }
        size_t n = sw_text_utf8_length(sw_str_skip(bytes, i), NULL);
        if (n == 0)
            return sw_err_set(reader->err, -EINVAL, "%u:1: the line is not UTF-8", line);
        i += n;
    }
    return 0;
}

int sw_toml_parse(
    struct sw_str bytes, struct sw_region *region, struct sw_toml_node **ret, struct sw_err *err)
{
    if (bytes.n > SW_TOML_BYTES_MAX)
        return sw_err_set(err, -EFBIG, "more than %zu bytes", SW_TOML_BYTES_MAX);
    if (sw_str_starts_with(bytes, SW_STR("\xef\xbb\xbf")))
        bytes = sw_str_skip(bytes, 3);
    struct toml_reader reader = {
        .p = bytes.n > 0 ? bytes.p : "",
        .line = 1,
        .region = region,
        .err = err,
    };
    reader.end = reader.p + bytes.n;
    reader.line_start = reader.p;
    int r = check_utf8(&reader, bytes);
    if (r < 0)
        return r;
    sw_buf_init(&reader.text, SW_TOML_BYTES_MAX);
    struct sw_toml_node *root = NULL;
    r = toml_node_new(&reader, SW_TOML_TABLE, &root);
    if (r == 0)
        r = read_document(&reader, root);
    sw_buf_done(&reader.text);
    if (r < 0)
        return r;
    *ret = root;
    return 0;
}

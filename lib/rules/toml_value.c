/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of TOML: numbers, dates, truth values, lists and inline tables.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/toml_priv.h"

/* Longest number or date that is looked at; "1987-07-05T17:45:56.123456789+00:00" has 35. */
enum { SCALAR_MAX = 80 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies without underscores, each of which must stand between two digits. */
static int copy_digits(struct sw_str s, char out[SCALAR_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '_') {
            out[n++] = s.p[i];
            continue;
        }
        if (i == 0 || i + 1 == s.n || sw_str_hex_digit(s.p[i - 1]) == SW_STR_NO_DIGIT ||
            sw_str_hex_digit(s.p[i + 1]) == SW_STR_NO_DIGIT)
            return -EINVAL;
    }
    out[n] = '\0';
    return 0;
}

static int parse_prefixed(struct sw_str s, int64_t *ret)
{
    int base = s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 2;
    char digits[SCALAR_MAX + 1];
    if (copy_digits(sw_str_skip(s, 2), digits) < 0 || digits[0] == '\0')
        return -EINVAL;
    uint64_t value = 0;
    for (const char *c = digits; *c != '\0'; c++) {
        int digit = sw_str_hex_digit(*c);
        if (digit >= base || value > (uint64_t)INT64_MAX / (uint64_t)base)
            return -EINVAL;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (value > INT64_MAX)
        return -EINVAL;
    *ret = (int64_t)value;
    return 0;
}

/* "1979-05-27T07:32:00Z", "1979-05-27", "07:32:00": shape only; nothing here needs the value. */
static bool is_date(struct sw_str s)
{
    static const char date[] = "dddd-dd-dd";
    static const char time[] = "dd:dd:dd";
    const char *shape = s.n >= 10 && s.p[4] == '-' ? date : time;
    size_t n = strlen(shape);
    if (s.n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (shape[i] == 'd' ? !is_digit(s.p[i]) : s.p[i] != shape[i])
            return false;
    struct sw_str rest = sw_str_skip(s, n);
    for (size_t i = 0; i < rest.n; i++)
        if (!is_digit(rest.p[i]) && strchr("Tt :.Zz+-", rest.p[i]) == NULL)
            return false;
    return true;
}

/* Decimal: [+-] digits [. digits] [e [+-] digits], no zero before another digit. */
static int parse_decimal(struct sw_str s, struct sw_toml_node *node)
{
    char text[SCALAR_MAX + 1];
    if (copy_digits(s, text) < 0)
        return -EINVAL;
    const char *c = text + (text[0] == '+' || text[0] == '-');
    if (strcmp(c, "inf") == 0 || strcmp(c, "nan") == 0) {
        node->kind = SW_TOML_FLOAT;
        node->number = c[0] == 'n' ? (double)NAN : text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
        return 0;
    }
    if (!is_digit(*c) || (c[0] == '0' && is_digit(c[1])))
        return -EINVAL;
    while (is_digit(*c))
        c++;
    bool is_float = *c != '\0';
    if (*c == '.') {
        c++;
        if (!is_digit(*c))
            return -EINVAL;
        while (is_digit(*c))
            c++;
    }
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '+' || *c == '-';
        if (!is_digit(*c))
            return -EINVAL;
        while (is_digit(*c))
            c++;
    }
    if (*c != '\0')
        return -EINVAL;
    errno = 0;
    node->number = strtod(text, NULL);
    node->kind = SW_TOML_FLOAT;
    if (is_float)
        return 0;
    node->kind = SW_TOML_INTEGER;
    errno = 0;
    node->integer = strtoll(text, NULL, 10);
    return errno == ERANGE ? -EINVAL : 0;
}

static bool is_scalar_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           (c != '\0' && strchr("+-_.:", c) != NULL);
}

/* The bytes of a scalar; a date may have one space between its day and its time. */
static int cut_scalar(struct toml_reader *reader, struct sw_str *ret)
{
    const char *start = reader->p;
    while (reader->p < reader->end && is_scalar_char(*reader->p))
        reader->p++;
    if (reader->p - start == 10 && start[4] == '-' && start[7] == '-' &&
        reader->end - reader->p >= 3 && reader->p[0] == ' ' && is_digit(reader->p[1]) &&
        is_digit(reader->p[2])) {
        reader->p++;
        while (reader->p < reader->end && is_scalar_char(*reader->p))
            reader->p++;
    }
    *ret = (struct sw_str){start, (size_t)(reader->p - start)};
    if (ret->n == 0 || ret->n > SCALAR_MAX) {
        reader->p = start;
        return toml_fail(reader, "expected a value");
    }
    return 0;
}

static int read_scalar(struct toml_reader *reader, struct sw_toml_node *node)
{
    struct sw_str s;
    int r = cut_scalar(reader, &s);
    if (r < 0)
        return r;
    if (sw_str_equal_z(s, "true") || sw_str_equal_z(s, "false")) {
        node->kind = SW_TOML_BOOLEAN;
        node->is_true = s.p[0] == 't';
        return 0;
    }
    if (is_date(s)) {
        node->kind = SW_TOML_DATE;
        return sw_region_copy(reader->region, s, &node->text);
    }
    if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'o' || s.p[1] == 'b')) {
        node->kind = SW_TOML_INTEGER;
        r = parse_prefixed(s, &node->integer);
    } else {
        r = parse_decimal(s, node);
    }
    if (r < 0) {
        reader->p = s.p;
        return toml_fail(reader, "value is no number, date or truth value");
    }
    if (node->kind == SW_TOML_INTEGER)
        node->number = (double)node->integer;
    return 0;
}

static int read_list(struct toml_reader *reader, struct sw_toml_node *list)
{
    reader->p++;
    for (;;) {
        int r = toml_skip_lines(reader);
        if (r < 0)
            return r;
        if (toml_peek(reader) == ']')
            break;
        struct sw_toml_node *item = NULL;
        r = toml_read_value(reader, &item);
        if (r < 0)
            return r;
        toml_append(list, item);
        r = toml_skip_lines(reader);
        if (r < 0)
            return r;
        if (toml_peek(reader) == ']')
            break;
        if (toml_peek(reader) != ',')
            return toml_fail(reader, "expected ',' or ']'");
        reader->p++;
    }
    reader->p++;
    list->is_closed = true;
    return 0;
}

static void close_tables(struct sw_toml_node *table, unsigned depth)
{
    table->is_closed = true;
    if (depth >= SW_TOML_DEPTH_MAX)
        return;
    for (struct sw_toml_node *node = table->first; node != NULL; node = node->next)
        if (node->kind == SW_TOML_TABLE && !node->is_closed)
            close_tables(node, depth + 1);
}

static int read_inline_table(struct toml_reader *reader, struct sw_toml_node *table)
{
    reader->p++;
    toml_skip_blank(reader);
    bool is_empty = toml_peek(reader) == '}';
    while (!is_empty) {
        toml_skip_blank(reader);
        int r = toml_read_pair(reader, table);
        if (r < 0)
            return r;
        toml_skip_blank(reader);
        if (toml_peek(reader) == '}')
            break;
        if (toml_peek(reader) != ',')
            return toml_fail(reader, "expected ',' or '}'");
        reader->p++;
    }
    reader->p++;
    close_tables(table, 0);
    return 0;
}

int toml_read_value(struct toml_reader *reader, struct sw_toml_node **ret)
{
    struct sw_toml_node *node = NULL;
    int r = toml_node_new(reader, SW_TOML_TEXT, &node);
    if (r < 0)
        return r;
    if (reader->depth >= SW_TOML_DEPTH_MAX)
        return toml_fail(reader, "nested too deeply");
    reader->depth++;
    switch (toml_peek(reader)) {
    case '"':
    case '\'':
        r = toml_read_text(reader, false, &node->text);
        break;
    case '[':
        node->kind = SW_TOML_LIST;
        r = read_list(reader, node);
        break;
    case '{':
        node->kind = SW_TOML_TABLE;
        r = read_inline_table(reader, node);
        break;
    default:
        r = read_scalar(reader, node);
    }
    reader->depth--;
    if (r < 0)
        return r;
    *ret = node;
    return 0;
}

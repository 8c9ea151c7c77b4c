/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading hash lists. Called once per line of lists with millions of them, so nothing is allocated;
 * the form is guessed anew for each line, apart from columns that have names.
 */
#include "scan/hash_list.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define DIGITS_LEAST ((size_t)32)
#define DIGITS_MOST (SW_HASH_BYTES_MAX * 2)

struct fields {
    struct sw_str v[SW_HASH_COLUMNS_MAX];
    size_t n;
};

struct column_name {
    const char *name;
    enum sw_hash_column column;
};

/* As abuse.ch, MISP, NSRL and people write them. */
static const struct column_name column_names[] = {
    {"md5", SW_HASH_COLUMN_MD5},
    {"md5_hash", SW_HASH_COLUMN_MD5},
    {"md5sum", SW_HASH_COLUMN_MD5},
    {"sha1", SW_HASH_COLUMN_SHA1},
    {"sha1_hash", SW_HASH_COLUMN_SHA1},
    {"sha-1", SW_HASH_COLUMN_SHA1},
    {"sha256", SW_HASH_COLUMN_SHA256},
    {"sha256_hash", SW_HASH_COLUMN_SHA256},
    {"sha-256", SW_HASH_COLUMN_SHA256},
    {"signature", SW_HASH_COLUMN_NAME},
    {"name", SW_HASH_COLUMN_NAME},
    {"family", SW_HASH_COLUMN_NAME},
    {"malware", SW_HASH_COLUMN_NAME},
    {"severity", SW_HASH_COLUMN_SEVERITY},
    {"reference", SW_HASH_COLUMN_REFERENCE},
    {"url", SW_HASH_COLUMN_REFERENCE},
    {"link", SW_HASH_COLUMN_REFERENCE},
};

void sw_hash_list_parser_init(struct sw_hash_list_parser *parser)
{
    parser->has_columns = false;
    memset(parser->columns, 0, sizeof(parser->columns));
}

static size_t count_digits(struct sw_str s)
{
    size_t n = 0;
    while (n < s.n && n <= DIGITS_MOST && sw_str_hex_digit(s.p[n]) != SW_STR_NO_DIGIT)
        n++;
    return n;
}

static int take_digest(struct sw_str digits, struct sw_hash_list_entry *entry)
{
    int r = sw_hash_kind_of_digits(digits.n, &entry->kind);
    if (r < 0 || count_digits(digits) != digits.n)
        return -EINVAL;
    for (size_t i = 0; i < digits.n / 2; i++)
        entry->hash[i] = (uint8_t)(sw_str_hex_digit(digits.p[2 * i]) << 4 |
                                   sw_str_hex_digit(digits.p[2 * i + 1]));
    return 0;
}

/* One quoted field, copied without its quotes; *at stands behind the first one. */
static struct sw_str take_quoted(char *scratch, size_t *used, struct sw_str line, size_t *at)
{
    struct sw_str field = {scratch + *used, 0};
    while (*at < line.n) {
        char c = line.p[(*at)++];
        if (c == '"' && (*at >= line.n || line.p[*at] != '"'))
            break;
        if (c == '"')
            (*at)++;
        scratch[(*used)++] = c;
        field.n++;
    }
    return field;
}

/* Cuts at the separator; quotes protect it. Fields beyond the last that is counted are dropped. */
static void split(char *scratch, struct sw_str line, char separator, struct fields *ret)
{
    size_t at = 0;
    size_t used = 0;
    ret->n = 0;
    for (;;) {
        while (at < line.n && line.p[at] == ' ')
            at++;
        struct sw_str field;
        size_t end = at;
        if (at < line.n && line.p[at] == '"') {
            at++;
            field = take_quoted(scratch, &used, line, &at);
            end = at;
        } else {
            field = (struct sw_str){line.p + at, 0};
        }
        while (end < line.n && line.p[end] != separator)
            end++;
        if (field.p == line.p + at)
            field = sw_str_trim(sw_str_part(line, at, end - at));
        if (ret->n < SW_HASH_COLUMNS_MAX)
            ret->v[ret->n++] = field;
        if (end >= line.n)
            return;
        at = end + 1;
    }
}

/* True when the fields name columns and one of them is a digest's. */
static bool take_columns(struct sw_hash_list_parser *parser, const struct fields *fields)
{
    size_t columns[_SW_HASH_COLUMN_MAX] = {0};
    for (size_t i = 0; i < fields->n; i++)
        for (size_t j = 0; j < SW_ARRAY_SIZE(column_names); j++)
            if (sw_str_equal_ignore_case(fields->v[i], sw_str_of(column_names[j].name)) &&
                columns[column_names[j].column] == 0)
                columns[column_names[j].column] = i + 1;
    if (columns[SW_HASH_COLUMN_MD5] == 0 && columns[SW_HASH_COLUMN_SHA1] == 0 &&
        columns[SW_HASH_COLUMN_SHA256] == 0)
        return false;
    memcpy(parser->columns, columns, sizeof(columns));
    parser->has_columns = true;
    return true;
}

static struct sw_str field_of(const struct sw_hash_list_parser *parser, const struct fields *fields,
    enum sw_hash_column column)
{
    size_t index = parser->columns[column];
    struct sw_str field = index > 0 && index <= fields->n ? fields->v[index - 1] : SW_STR_NONE;
    /* What MalwareBazaar writes where it knows nothing. */
    return sw_str_equal_z(field, "n/a") ? SW_STR_NONE : field;
}

static int take_severity(struct sw_str text, struct sw_hash_list_entry *entry, struct sw_err *err)
{
    char lower[16];
    if (text.n == 0)
        return 0;
    for (size_t i = 0; i < text.n && i < sizeof(lower); i++)
        lower[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]);
    if (text.n > sizeof(lower) ||
        sw_severity_find((struct sw_str){lower, text.n}, &entry->severity) < 0)
        return sw_err_set(err, -EINVAL,
            "the severity is none of unknown, negligible, low, medium, high and critical");
    entry->has_severity = true;
    return 1;
}

static int take_named_columns(struct sw_hash_list_parser *parser, const struct fields *fields,
    struct sw_hash_list_entry *entry, struct sw_err *err)
{
    static const enum sw_hash_column by_strength[] = {
        SW_HASH_COLUMN_SHA256, SW_HASH_COLUMN_SHA1, SW_HASH_COLUMN_MD5};
    bool has_digest = false;
    for (size_t i = 0; i < SW_ARRAY_SIZE(by_strength) && !has_digest; i++)
        has_digest = take_digest(field_of(parser, fields, by_strength[i]), entry) == 0;
    if (!has_digest)
        return -ENOENT;
    entry->name = field_of(parser, fields, SW_HASH_COLUMN_NAME);
    entry->reference = field_of(parser, fields, SW_HASH_COLUMN_REFERENCE);
    int r = take_severity(field_of(parser, fields, SW_HASH_COLUMN_SEVERITY), entry, err);
    return r < 0 ? r : 1;
}

/* "hash,name,severity,reference", as much of it as there is. */
static int take_plain_columns(
    const struct fields *fields, struct sw_hash_list_entry *entry, struct sw_err *err)
{
    if (take_digest(fields->v[0], entry) < 0)
        return sw_err_set(err, -EINVAL, "the first field is no MD5, SHA-1 or SHA-256");
    if (fields->n > 1)
        entry->name = fields->v[1];
    if (fields->n > 3)
        entry->reference = fields->v[3];
    int r = fields->n > 2 ? take_severity(fields->v[2], entry, err) : 0;
    return r < 0 ? r : 1;
}

/* ClamAV's .hdb and .hsb: "hash:size:name", and what versions they are for. */
static int take_clamav(
    struct sw_str line, size_t n_digits, struct sw_hash_list_entry *entry, struct sw_err *err)
{
    struct sw_str rest = sw_str_skip(line, n_digits + 1);
    struct sw_str size;
    uint64_t number;
    if (take_digest(sw_str_part(line, 0, n_digits), entry) < 0)
        return sw_err_set(err, -EINVAL, "%zu digits are no MD5, SHA-1 or SHA-256", n_digits);
    if (!sw_str_next_token(&rest, ':', &size) ||
        (!sw_str_equal_z(size, "*") && sw_str_parse_u64(size, 10, &number) < 0) ||
        !sw_str_next_token(&rest, ':', &entry->name) || entry->name.n == 0)
        return sw_err_set(err, -EINVAL, "no line of a ClamAV .hdb or .hsb file");
    return 1;
}

static bool is_comment(struct sw_str line)
{
    return line.p[0] == '#' || line.p[0] == ';' || sw_str_starts_with(line, SW_STR("//"));
}

static char separator_of(struct sw_str line)
{
    return sw_str_find_char(line, ',') >= 0    ? ','
           : sw_str_find_char(line, ';') >= 0  ? ';'
           : sw_str_find_char(line, '\t') >= 0 ? '\t'
                                               : ',';
}

static int take_csv(struct sw_hash_list_parser *parser, struct sw_str line,
    struct sw_hash_list_entry *entry, struct sw_err *err)
{
    struct fields fields;
    split(parser->scratch, line, separator_of(line), &fields);
    int r = parser->has_columns ? take_named_columns(parser, &fields, entry, err) : -ENOENT;
    if (r != -ENOENT)
        return r;
    if (count_digits(fields.v[0]) < DIGITS_LEAST && take_columns(parser, &fields))
        return 0;
    return take_plain_columns(&fields, entry, err);
}

/* MalwareBazaar's names of columns stand in a comment. */
static void look_for_columns(struct sw_hash_list_parser *parser, struct sw_str comment)
{
    struct fields fields;
    while (comment.n > 0 && (is_comment(comment) || comment.p[0] == ' '))
        comment = sw_str_skip(comment, 1);
    if (sw_str_find_char(comment, ',') < 0)
        return;
    split(parser->scratch, comment, ',', &fields);
    take_columns(parser, &fields);
}

int sw_hash_list_parse_line(struct sw_hash_list_parser *parser, struct sw_str line,
    struct sw_hash_list_entry *ret, struct sw_err *err)
{
    *ret = (struct sw_hash_list_entry){0};
    if (sw_str_starts_with(line, SW_STR("\xef\xbb\xbf")))
        line = sw_str_skip(line, 3);
    line = sw_str_trim(line);
    if (line.n == 0)
        return 0;
    if (line.n >= SW_HASH_LINE_MAX)
        return sw_err_set(err, -EINVAL, "the line is longer than %zu bytes", SW_HASH_LINE_MAX);
    if (is_comment(line)) {
        look_for_columns(parser, line);
        return 0;
    }
    size_t n_digits = count_digits(line);
    bool is_digest = n_digits >= DIGITS_LEAST && !parser->has_columns;
    if (is_digest && n_digits < line.n && line.p[n_digits] == ':')
        return take_clamav(line, n_digits, ret, err);
    /* "digest  name" and "digest *name" of sha256sum. */
    if (is_digest && n_digits < line.n && line.p[n_digits] == ' ' &&
        take_digest(sw_str_part(line, 0, n_digits), ret) == 0) {
        ret->name = sw_str_trim(sw_str_skip(line, n_digits));
        if (ret->name.n > 0 && ret->name.p[0] == '*')
            ret->name = sw_str_skip(ret->name, 1);
        return 1;
    }
    return take_csv(parser, line, ret, err);
}

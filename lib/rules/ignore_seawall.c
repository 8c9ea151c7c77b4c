/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `.seawallignore`: a rule a line, whose words all have to hold. A word is an id or a key with its
 * value; nothing that is not known is passed over.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "rules/ignore_priv.h"

#define DIGEST_PREFIX_MIN ((size_t)8) /* hex digits: fewer could be a number */
#define LAYER_DIGITS_MAX ((size_t)4)

struct line {
    const struct sw_ignore_reader *reader;
    struct sw_str text;
    struct sw_str rest;
    unsigned number;
    struct sw_ignore_rule *rule;
};

static unsigned column_of(const struct line *line, struct sw_str word)
{
    return (unsigned)(word.p - line->text.p) + 1;
}

#define REFUSE(line, word, ...)                                                                    \
    sw_ignore_refuse((line)->reader, (line)->number, column_of(line, word), __VA_ARGS__)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool next_word(struct line *line, struct sw_str *ret)
{
    while (line->rest.n > 0 && is_space(line->rest.p[0]))
        line->rest = sw_str_skip(line->rest, 1);
    if (line->rest.n == 0 || line->rest.p[0] == '#')
        return false;
    size_t n = 0;
    while (n < line->rest.n && !is_space(line->rest.p[n]))
        n++;
    *ret = sw_str_part(line->rest, 0, n);
    line->rest = sw_str_skip(line->rest, n);
    return true;
}

static int refuse_twice(struct line *line, struct sw_str word, const char *what)
{
    return REFUSE(line, word, "a second %s; write a rule a line", what);
}

static int take_purl(struct line *line, struct sw_str word)
{
    struct sw_region *region = line->reader->rules->region;
    struct sw_ignore_purl *purl = sw_region_alloc(region, sizeof(*purl));
    if (line->rule->n_purls > 0)
        return refuse_twice(line, word, "package");
    int r = purl == NULL
                ? -ENOMEM
                : sw_ignore_purl_parse(word, SW_PATTERN_STARS, region, purl, line->reader->err);
    if (r < 0)
        return sw_ignore_wrap(line->reader, r, line->number, column_of(line, word));
    line->rule->purls = purl;
    line->rule->n_purls = 1;
    line->rule->is_source_named = true;
    return 0;
}

static int take_path(struct line *line, struct sw_str word)
{
    struct sw_region *region = line->reader->rules->region;
    struct sw_str value = sw_str_skip(word, 5);
    const struct sw_pattern **paths = sw_region_array(region, 1, sizeof(*paths));
    if (line->rule->n_paths > 0)
        return refuse_twice(line, word, "path");
    while (value.n > 0 && value.p[0] == '/')
        value = sw_str_skip(value, 1);
    if (value.n == 0)
        return REFUSE(line, word, "'path:' without a path");
    int r = paths == NULL
                ? -ENOMEM
                : sw_pattern_compile(SW_PATTERN_GLOB, value, region, paths, line->reader->err);
    if (r < 0)
        return sw_ignore_wrap(line->reader, r, line->number, column_of(line, value));
    line->rule->paths = paths;
    line->rule->n_paths = 1;
    return 0;
}

static bool is_hex(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (sw_str_hex_digit(text.p[i]) >= 16)
            return false;
    return true;
}

/* A short number is a layer's place, all else the start of a digest. */
static int take_layer(struct line *line, struct sw_str word)
{
    struct sw_str value = sw_str_skip(word, 6);
    uint64_t number = 0;
    if (line->rule->layer >= 0 || line->rule->layer_prefix.n > 0)
        return refuse_twice(line, word, "layer");
    if (value.n > 0 && value.n <= LAYER_DIGITS_MAX && sw_str_parse_u64(value, 10, &number) == 0) {
        line->rule->layer = (int)number;
        return 0;
    }
    struct sw_str hex = value;
    if (sw_str_starts_with(value, SW_STR("sha256:")) ||
        sw_str_starts_with(value, SW_STR("sha512:")))
        hex = sw_str_skip(value, 7);
    if (hex.n < DIGEST_PREFIX_MIN || !is_hex(hex))
        return REFUSE(line, word,
            "'%.*s' is no layer: its number from 0, or the first %zu or more digits of its digest",
            SW_STR_ARG(sw_str_part(value, 0, 80)), DIGEST_PREFIX_MIN);
    line->rule->layer_prefix = value;
    return 0;
}

static int take_until(struct line *line, struct sw_str word)
{
    struct sw_str value = sw_str_skip(word, 6);
    if (line->rule->until.n > 0)
        return refuse_twice(line, word, "date");
    if (!sw_ignore_is_date(value))
        return REFUSE(line, word, "'%.*s' is no date such as 2026-12-31",
            SW_STR_ARG(sw_str_part(value, 0, 64)));
    line->rule->until = value;
    return 0;
}

/* The rest of the line belongs to it, '#' included. */
static int take_reason(struct line *line, struct sw_str word)
{
    line->rule->reason = sw_str_trim(
        (struct sw_str){word.p + 7, (size_t)(line->text.p + line->text.n - (word.p + 7))});
    line->rest = (struct sw_str){line->text.p + line->text.n, 0};
    return 0;
}

static const struct {
    const char *key;
    int (*take)(struct line *line, struct sw_str word);
} keys[] = {
    {"pkg", take_purl},
    {"path", take_path},
    {"layer", take_layer},
    {"until", take_until},
    {"reason", take_reason},
};

/* "CVE-2026-1", "GHSA-...", "RHSA-2026:1": letters, digits and a hyphen somewhere. */
static bool is_id(struct sw_str word)
{
    bool has_hyphen = false;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && (i == 0 || strchr("-:._", c) == NULL || c == '\0'))
            return false;
        has_hyphen = has_hyphen || c == '-';
    }
    return has_hyphen;
}

/* What stands before a colon, when it is letters alone: ids have a hyphen before theirs. */
static struct sw_str key_of(struct sw_str word)
{
    ptrdiff_t colon = sw_str_find_char(word, ':');
    for (ptrdiff_t i = 0; i < colon; i++)
        if ((word.p[i] < 'a' || word.p[i] > 'z') && (word.p[i] < 'A' || word.p[i] > 'Z') &&
            word.p[i] != '_')
            return SW_STR_NONE;
    return colon > 0 ? sw_str_part(word, 0, (size_t)colon) : SW_STR_NONE;
}

static int refuse_key(struct line *line, struct sw_str word, struct sw_str key)
{
    const char *known[SW_ARRAY_SIZE(keys)];
    for (size_t i = 0; i < SW_ARRAY_SIZE(keys); i++)
        known[i] = keys[i].key;
    const char *nearest = sw_ignore_nearest(key, known, SW_ARRAY_SIZE(keys));
    if (sw_str_equal_z(key, "exp"))
        nearest = "until";
    if (nearest != NULL)
        return REFUSE(line, word, "unknown key '%.*s:'; did you mean '%s:'?",
            SW_STR_ARG(sw_str_part(key, 0, 64)), nearest);
    return REFUSE(line, word, "unknown key '%.*s:'; known: pkg: path: layer: until: reason:",
        SW_STR_ARG(sw_str_part(key, 0, 64)));
}

static int take_word(struct line *line, struct sw_str word)
{
    struct sw_str key = key_of(word);
    for (size_t i = 0; i < SW_ARRAY_SIZE(keys); i++)
        if (sw_str_equal_z(key, keys[i].key))
            return keys[i].take(line, word);
    if (key.n > 0)
        return refuse_key(line, word, key);
    if (!is_id(word))
        return REFUSE(line, word,
            "'%.*s' is neither an id such as CVE-2026-1 nor a key (pkg: path: layer: until: "
            "reason:)",
            SW_STR_ARG(sw_str_part(word, 0, 64)));
    if (line->rule->id.n > 0)
        return refuse_twice(line, word, "id");
    line->rule->id = word;
    return 0;
}

static int take_line(struct line *line)
{
    struct sw_str word;
    line->rest = line->text;
    if (!next_word(line, &word))
        return 0;
    struct sw_str first = word;
    line->rule = sw_ignore_add(line->reader, line->number);
    int r = line->rule == NULL ? line->reader->err->code : 0;
    do
        r = r < 0 ? r : take_word(line, word);
    while (r == 0 && next_word(line, &word));
    if (r < 0)
        return r;
    const struct sw_ignore_rule *rule = line->rule;
    if (rule->id.n == 0 && rule->n_purls == 0 && rule->n_paths == 0 && rule->layer < 0 &&
        rule->layer_prefix.n == 0)
        return REFUSE(line, first, "a rule that would ignore everything; say which id or pkg:");
    return 0;
}

int sw_ignore_read_seawall(const struct sw_ignore_reader *reader, struct sw_str bytes)
{
    struct line line = {.reader = reader};
    if (sw_str_starts_with(bytes, SW_STR("\xef\xbb\xbf")))
        bytes = sw_str_skip(bytes, 3);
    while (sw_str_next_line(&bytes, &line.text)) {
        line.number++;
        if (line.text.n > SW_IGNORE_LINE_MAX)
            return sw_ignore_refuse(
                reader, line.number, 1, "a line of more than %zu bytes", SW_IGNORE_LINE_MAX);
        if (sw_str_find_char(line.text, '\0') >= 0)
            return sw_ignore_refuse(reader, line.number, 1, "a NUL byte: this is no text");
        int r = take_line(&line);
        if (r < 0)
            return r;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a pattern's program. One descent serves all kinds; what a kind calls special is asked at
 * each byte. A piece that is repeated or has an alternative gets a step put before it.
 */
#include "rules/pattern.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "rules/pattern_priv.h"

#define DEPTH_MAX 16   /* groups within groups */
#define CLASSES_MAX 64 /* of one pattern */

struct compiler {
    enum sw_pattern_kind kind;
    struct sw_str text;
    size_t at;
    unsigned depth;
    SW_VEC(struct sw_pattern_step) steps;
    struct sw_pattern_class classes[CLASSES_MAX];
    size_t n_classes;
    bool is_plain; /* literal so far */
    struct sw_err *err;
};

static int emit(struct compiler *c, struct sw_pattern_step step)
{
    int r = sw_vec_push(&c->steps, step, SW_PATTERN_CODE_MAX);
    return r == -EFBIG ? sw_err_set(c->err, r, "the pattern is too long") : r;
}

/* Puts a step before what was written since `from`. */
static int insert(struct compiler *c, size_t from, struct sw_pattern_step step)
{
    int r = emit(c, step);
    if (r < 0)
        return r;
    memmove(
        &c->steps.v[from + 1], &c->steps.v[from], (c->steps.n - 1 - from) * sizeof(c->steps.v[0]));
    c->steps.v[from] = step;
    return 0;
}

static bool has(const struct compiler *c, size_t ahead, char byte)
{
    return c->at + ahead < c->text.n && c->text.p[c->at + ahead] == byte;
}

static int emit_char(struct compiler *c, char byte)
{
    return emit(c, (struct sw_pattern_step){.op = SW_PATTERN_CHAR, .c = (uint8_t)byte});
}

static int emit_class(struct compiler *c, const struct sw_pattern_class *class)
{
    if (c->n_classes == CLASSES_MAX)
        return sw_err_set(c->err, -EFBIG, "the pattern has more than %d classes", CLASSES_MAX);
    c->classes[c->n_classes] = *class;
    return emit(c, (struct sw_pattern_step){.op = SW_PATTERN_CLASS, .x = (int16_t)c->n_classes++});
}

static void add_range(struct sw_pattern_class *class, uint8_t from, uint8_t to)
{
    for (unsigned byte = from; byte <= to; byte++)
        class->bits[byte / 8] |= (uint8_t)(1u << (byte % 8));
}

static void invert(struct sw_pattern_class *class)
{
    for (size_t i = 0; i < sizeof(class->bits); i++)
        class->bits[i] = (uint8_t) ~class->bits[i];
}

static int emit_not_slash(struct compiler *c)
{
    struct sw_pattern_class class = {0};
    add_range(&class, '/', '/');
    invert(&class);
    return emit_class(c, &class);
}

/* What was written since `from`, so often: '*', '+' or '?'. */
static int repeat(struct compiler *c, size_t from, char how)
{
    int length = (int)(c->steps.n - from);
    int r = 0;
    if (how == '+')
        return emit(
            c, (struct sw_pattern_step){.op = SW_PATTERN_SPLIT, .x = (int16_t)-length, .y = 1});
    r = insert(c, from,
        (struct sw_pattern_step){
            .op = SW_PATTERN_SPLIT, .x = 1, .y = (int16_t)(length + (how == '*' ? 2 : 1))});
    if (r == 0 && how == '*')
        r = emit(c, (struct sw_pattern_step){.op = SW_PATTERN_JUMP, .x = (int16_t)(-length - 1)});
    return r;
}

/* One star, or two: "**" is any text, "**" and a slash also none, a slash and "**" at the end too.
 */
static int parse_stars(struct compiler *c)
{
    size_t from = c->steps.n;
    bool is_start = c->at == 0 || c->text.p[c->at - 1] == '/' || c->text.p[c->at - 1] == '{' ||
                    c->text.p[c->at - 1] == ',';
    int r = 0;
    c->is_plain = false;
    if (!has(c, 1, '*')) {
        c->at++;
        r = emit_not_slash(c);
        return r < 0 ? r : repeat(c, from, '*');
    }
    while (has(c, 0, '*'))
        c->at++;
    bool has_slash = is_start && has(c, 0, '/');
    bool is_tail = is_start && c->at == c->text.n && from > 0 && c->depth == 0 &&
                   c->steps.v[from - 1].op == SW_PATTERN_CHAR && c->steps.v[from - 1].c == '/';
    r = emit(c, (struct sw_pattern_step){.op = SW_PATTERN_ANY});
    if (r == 0)
        r = repeat(c, from, '*');
    if (r == 0 && has_slash) {
        c->at++;
        r = emit_char(c, '/');
        return r < 0 ? r : repeat(c, from, '?');
    }
    return r == 0 && is_tail ? repeat(c, from - 1, '?') : r;
}

static int parse_escape(struct compiler *c, struct sw_pattern_class *class, bool *ret_is_class)
{
    char byte = c->text.p[c->at];
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    *ret_is_class = true;
    if (byte == 'd' || byte == 'w')
        add_range(class, '0', '9');
    if (byte == 'w') {
        add_range(class, 'a', 'z');
        add_range(class, 'A', 'Z');
        add_range(class, '_', '_');
    }
    if (byte == 's') {
        add_range(class, '\t', '\r');
        add_range(class, ' ', ' ');
    }
    c->at++;
    if (byte == 'd' || byte == 'w' || byte == 's')
        return 0;
    *ret_is_class = false;
    if (is_letter || (byte >= '0' && byte <= '9'))
        return sw_err_set(c->err, -EINVAL, "'\\%c' is not supported", byte);
    add_range(class, (uint8_t)byte, (uint8_t)byte);
    return 0;
}

/* A byte of a class; *ret_is_class when it was an escape for many. */
static int parse_member(
    struct compiler *c, struct sw_pattern_class *class, uint8_t *ret, bool *ret_is_class)
{
    *ret_is_class = false;
    if (has(c, 0, '[') && has(c, 1, ':'))
        return sw_err_set(c->err, -EINVAL, "'[:' is not supported");
    if (!has(c, 0, '\\')) {
        *ret = (uint8_t)c->text.p[c->at++];
        return 0;
    }
    c->at++;
    if (c->at == c->text.n)
        return sw_err_set(c->err, -EINVAL, "a backslash at the end");
    *ret = (uint8_t)c->text.p[c->at];
    return parse_escape(c, class, ret_is_class);
}

static int parse_class(struct compiler *c)
{
    struct sw_pattern_class class = {0};
    bool is_glob = c->kind == SW_PATTERN_GLOB;
    c->at++;
    bool is_inverted = has(c, 0, '^') || (is_glob && has(c, 0, '!'));
    c->at += is_inverted;
    for (size_t n = 0; n == 0 || !has(c, 0, ']'); n++) {
        uint8_t from = 0;
        uint8_t to = 0;
        bool is_class = false;
        if (c->at >= c->text.n)
            return sw_err_set(c->err, -EINVAL, "a '[' without its ']'");
        int r = parse_member(c, &class, &from, &is_class);
        if (r < 0)
            return r;
        to = from;
        if (!is_class && has(c, 0, '-') && c->at + 1 < c->text.n && !has(c, 1, ']')) {
            c->at++;
            r = parse_member(c, &class, &to, &is_class);
            if (r < 0 || is_class || to < from)
                return r < 0 ? r : sw_err_set(c->err, -EINVAL, "a range that runs backwards");
        }
        if (!is_class)
            add_range(&class, from, to);
    }
    c->at++;
    if (is_inverted) {
        if (is_glob)
            add_range(&class, '/', '/');
        invert(&class);
    }
    return emit_class(c, &class);
}

static int parse_choice(struct compiler *c);

static int parse_group(struct compiler *c, char closer)
{
    c->at++;
    if (c->kind == SW_PATTERN_REGEXP && has(c, 0, '?')) {
        if (!has(c, 1, ':'))
            return sw_err_set(c->err, -EINVAL, "'(?' is not supported");
        c->at += 2;
    }
    if (++c->depth > DEPTH_MAX)
        return sw_err_set(c->err, -EINVAL, "more than %d groups within groups", DEPTH_MAX);
    int r = parse_choice(c);
    if (r == 0 && !has(c, 0, closer))
        r = sw_err_set(
            c->err, -EINVAL, "a '%c' without its '%c'", closer == ')' ? '(' : '{', closer);
    c->depth--;
    c->at++;
    return r;
}

static int parse_glob_atom(struct compiler *c)
{
    char byte = c->text.p[c->at];
    if (byte == '*')
        return parse_stars(c);
    if (c->kind == SW_PATTERN_STARS) {
        c->at++;
        return emit_char(c, byte);
    }
    c->is_plain = c->is_plain && strchr("?[{\\", byte) == NULL;
    switch (byte) {
    case '?':
        c->at++;
        return emit_not_slash(c);
    case '[':
        return parse_class(c);
    case '{':
        return parse_group(c, '}');
    case '\\':
        if (++c->at == c->text.n)
            return sw_err_set(c->err, -EINVAL, "a backslash at the end");
        break;
    default:
        break;
    }
    return emit_char(c, c->text.p[c->at++]);
}

static int parse_regexp_atom(struct compiler *c)
{
    char byte = c->text.p[c->at];
    bool is_class = false;
    struct sw_pattern_class class = {0};
    int r = 0;
    c->is_plain = c->is_plain && strchr(".[(\\*+?{^$", byte) == NULL;
    switch (byte) {
    case '.':
        c->at++;
        return emit(c, (struct sw_pattern_step){.op = SW_PATTERN_ANY});
    case '[':
        return parse_class(c);
    case '(':
        return parse_group(c, ')');
    case '\\':
        if (++c->at == c->text.n)
            return sw_err_set(c->err, -EINVAL, "a backslash at the end");
        r = parse_escape(c, &class, &is_class);
        return r < 0 ? r : emit_class(c, &class);
    case '*':
    case '+':
    case '?':
        return sw_err_set(
            c->err, -EINVAL, "nothing to repeat before '%c'; write '\\%c' for itself", byte, byte);
    case ')':
        return sw_err_set(c->err, -EINVAL, "a ')' too many; write '\\)' for itself");
    case '^':
    case '$':
        return sw_err_set(c->err, -EINVAL, "'%c' in the middle is not supported", byte);
    default:
        c->at++;
        return emit_char(c, byte);
    }
}

static int parse_quantifier(struct compiler *c, size_t from)
{
    if (has(c, 0, '{'))
        return sw_err_set(c->err, -EINVAL, "'{' is not supported; write '\\{' for itself");
    if (!has(c, 0, '*') && !has(c, 0, '+') && !has(c, 0, '?'))
        return 0;
    char how = c->text.p[c->at++];
    c->is_plain = false;
    if (has(c, 0, '?'))
        c->at++;
    return repeat(c, from, how);
}

static bool is_at_end_of_branch(const struct compiler *c)
{
    if (c->at >= c->text.n)
        return true;
    if (c->kind == SW_PATTERN_REGEXP)
        return has(c, 0, '|') || (c->depth > 0 && has(c, 0, ')'));
    return c->kind == SW_PATTERN_GLOB && c->depth > 0 && (has(c, 0, ',') || has(c, 0, '}'));
}

static int parse_branch(struct compiler *c)
{
    int r = 0;
    while (r == 0 && !is_at_end_of_branch(c)) {
        size_t from = c->steps.n;
        if (c->kind != SW_PATTERN_REGEXP) {
            r = parse_glob_atom(c);
            continue;
        }
        r = parse_regexp_atom(c);
        if (r == 0)
            r = parse_quantifier(c, from);
    }
    return r;
}

/* Branches and what stands between them: each but the last gets a split before it and a jump after
 * it. Jumps wait in a chain, by absolute place, until the end is known. */
static int parse_choice(struct compiler *c)
{
    size_t chain = 0; /* place + 1 of the last jump */
    for (;;) {
        size_t from = c->steps.n;
        int r = parse_branch(c);
        if (r < 0)
            return r;
        if (!has(c, 0, c->kind == SW_PATTERN_REGEXP ? '|' : ',') ||
            (c->kind != SW_PATTERN_REGEXP && c->depth == 0))
            break;
        c->is_plain = false;
        c->at++;
        int length = (int)(c->steps.n - from);
        r = insert(c, from,
            (struct sw_pattern_step){.op = SW_PATTERN_SPLIT, .x = 1, .y = (int16_t)(length + 2)});
        if (r == 0)
            r = emit(c, (struct sw_pattern_step){.op = SW_PATTERN_JUMP, .x = (int16_t)chain});
        if (r < 0)
            return r;
        chain = c->steps.n;
    }
    while (chain > 0) {
        struct sw_pattern_step *jump = &c->steps.v[chain - 1];
        size_t before = (size_t)jump->x;
        jump->x = (int16_t)(c->steps.n - (chain - 1));
        chain = before;
    }
    return 0;
}

/* Grype's own anchors say what holds anyway. */
static struct sw_str without_anchors(struct sw_str text)
{
    if (text.n > 0 && text.p[0] == '^')
        text = sw_str_skip(text, 1);
    bool is_escaped = text.n > 1 && text.p[text.n - 2] == '\\';
    if (text.n > 0 && text.p[text.n - 1] == '$' && !is_escaped)
        text.n--;
    return text;
}

static int parse_all(struct compiler *c)
{
    if (c->kind == SW_PATTERN_REGEXP)
        c->text = without_anchors(c->text);
    if (c->kind == SW_PATTERN_LITERAL)
        return 0;
    int r = parse_choice(c);
    if (r == 0 && c->at < c->text.n)
        r = sw_err_set(c->err, -EINVAL, "a '%c' too many", c->text.p[c->at]);
    return r < 0 ? r : emit(c, (struct sw_pattern_step){.op = SW_PATTERN_END});
}

static int keep(const struct compiler *c, struct sw_region *region, struct sw_pattern *pattern)
{
    if (c->is_plain)
        return sw_region_copy(region, c->text, &pattern->literal);
    struct sw_pattern_step *steps = sw_region_array(region, c->steps.n, sizeof(*steps));
    struct sw_pattern_class *classes = sw_region_array(region, c->n_classes + 1, sizeof(*classes));
    if (steps == NULL || classes == NULL)
        return -ENOMEM;
    memcpy(steps, c->steps.v, c->steps.n * sizeof(*steps));
    memcpy(classes, c->classes, c->n_classes * sizeof(*classes));
    pattern->steps = steps;
    pattern->n_steps = c->steps.n;
    pattern->classes = classes;
    return 0;
}

int sw_pattern_compile(enum sw_pattern_kind kind, struct sw_str text, struct sw_region *region,
    const struct sw_pattern **ret, struct sw_err *err)
{
    if (text.n > SW_PATTERN_TEXT_MAX)
        return sw_err_set(err, -EFBIG, "the pattern is longer than %zu bytes", SW_PATTERN_TEXT_MAX);
    struct compiler c = {.kind = kind, .text = text, .is_plain = true, .err = err};
    struct sw_pattern *pattern = sw_region_alloc(region, sizeof(*pattern));
    int r = pattern == NULL ? -ENOMEM : parse_all(&c);
    if (r == 0)
        r = keep(&c, region, pattern);
    sw_vec_done(&c.steps);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "out of memory");
    if (r == 0)
        *ret = pattern;
    return r;
}

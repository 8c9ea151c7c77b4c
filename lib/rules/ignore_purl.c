/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs as conditions. A prefix is one too: what it does not say may be anything, and a
 * slash at its end means all that begins so.
 */
#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/ignore_priv.h"

#define QUALIFIERS_MAX 8

static int decode(struct sw_str text, struct sw_region *region, struct sw_str *ret)
{
    char *bytes = sw_region_alloc(region, text.n + 1);
    size_t n = 0;
    if (bytes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%' && i + 2 < text.n && sw_str_hex_digit(text.p[i + 1]) < 16 &&
            sw_str_hex_digit(text.p[i + 2]) < 16) {
            c = (char)(sw_str_hex_digit(text.p[i + 1]) * 16 + sw_str_hex_digit(text.p[i + 2]));
            i += 2;
        }
        bytes[n++] = c;
    }
    *ret = (struct sw_str){bytes, n};
    return 0;
}

static void lower(struct sw_str text, size_t n)
{
    char *bytes = (char *)text.p;
    for (size_t i = 0; i < text.n && i < n; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (char)(bytes[i] - 'A' + 'a');
}

/* Trivy's and our names of systems; both stand for either. */
static struct sw_str one_name_space(struct sw_str name)
{
    static const struct {
        struct sw_str other;
        struct sw_str ours;
    } names[] = {
        {SW_STR_INIT("alma/"), SW_STR_INIT("almalinux/")},
        {SW_STR_INIT("oracle/"), SW_STR_INIT("ol/")},
        {SW_STR_INIT("amazon/"), SW_STR_INIT("amzn/")},
        {SW_STR_INIT("cbl-mariner/"), SW_STR_INIT("mariner/")},
        {SW_STR_INIT("rhel/"), SW_STR_INIT("redhat/")},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++)
        if (sw_str_starts_with(name, names[i].other))
            return names[i].ours;
    return SW_STR_NONE;
}

/* "alma/bash" to "almalinux/bash", where the namespace has two names. */
static int unify(struct sw_region *region, struct sw_str *name)
{
    struct sw_str ours = one_name_space(*name);
    if (ours.n == 0)
        return 0;
    struct sw_str rest = sw_str_skip(*name, (size_t)sw_str_find_char(*name, '/') + 1);
    char *text =
        sw_region_printf(region, "%.*s%.*s", SW_STR_ARG(ours), (int)(rest.n & 0xfffff), rest.p);
    if (text == NULL)
        return -ENOMEM;
    *name = sw_str_of(text);
    return 0;
}

static bool is_type(struct sw_str type)
{
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '+' && c != '-')
            return false;
    }
    return type.n > 0;
}

struct parts {
    struct sw_str type;
    struct sw_str name; /* "namespace/name", decoded; its p is NULL when there is none */
    struct sw_str version;
    struct sw_str qualifiers[QUALIFIERS_MAX];
    size_t n_qualifiers;
};

static int cut_qualifiers(struct sw_str rest, struct sw_region *region, struct parts *parts)
{
    struct sw_str one;
    while (rest.n > 0 && sw_str_next_token(&rest, '&', &one)) {
        ptrdiff_t equals = sw_str_find_char(one, '=');
        if (equals <= 0 || parts->n_qualifiers == QUALIFIERS_MAX)
            return -EINVAL;
        int r = decode(one, region, &parts->qualifiers[parts->n_qualifiers]);
        if (r < 0)
            return r;
        lower(parts->qualifiers[parts->n_qualifiers++], (size_t)equals);
    }
    return 0;
}

static int cut(struct sw_str text, struct sw_region *region, struct parts *ret)
{
    struct parts parts = {0};
    if (!sw_str_starts_with(text, SW_STR("pkg:")) || sw_str_find_char(text, '#') >= 0)
        return -EINVAL;
    struct sw_str rest = sw_str_skip(text, 4);
    while (rest.n > 0 && rest.p[0] == '/')
        rest = sw_str_skip(rest, 1);
    ptrdiff_t question = sw_str_find_char(rest, '?');
    int r = 0;
    if (question >= 0) {
        r = cut_qualifiers(sw_str_skip(rest, (size_t)question + 1), region, &parts);
        rest = sw_str_part(rest, 0, (size_t)question);
    }
    ptrdiff_t slash = sw_str_find_last_char(rest, '/');
    ptrdiff_t at = sw_str_find_last_char(rest, '@');
    if (r == 0 && at > slash && slash >= 0) {
        r = decode(sw_str_skip(rest, (size_t)at + 1), region, &parts.version);
        rest = sw_str_part(rest, 0, (size_t)at);
    }
    ptrdiff_t first = sw_str_find_char(rest, '/');
    struct sw_str type = first >= 0 ? sw_str_part(rest, 0, (size_t)first) : rest;
    if (r == 0)
        r = decode(type, region, &parts.type);
    if (r == 0 && first >= 0)
        r = decode(sw_str_skip(rest, (size_t)first + 1), region, &parts.name);
    lower(parts.type, SIZE_MAX);
    if (r < 0 || !is_type(parts.type))
        return r < 0 ? r : -EINVAL;
    /* Only rpm keeps the case of names. */
    lower(parts.name, sw_str_equal_z(parts.type, "rpm")
                          ? (size_t)(sw_str_find_char(parts.name, '/') + 1)
                          : SIZE_MAX);
    r = unify(region, &parts.name);
    *ret = parts;
    return r;
}

int sw_ignore_purl_parse(struct sw_str text, enum sw_pattern_kind kind, struct sw_region *region,
    struct sw_ignore_purl *ret, struct sw_err *err)
{
    struct parts parts;
    struct sw_ignore_purl purl = {0};
    struct sw_str shown = sw_str_part(text, 0, 128);
    int r = text.n > SW_PATTERN_TEXT_MAX ? -EINVAL : cut(text, region, &parts);
    if (r == -EINVAL)
        return sw_err_set(err, -EINVAL, "'%.*s' is no package URL such as pkg:deb/debian/openssl",
            SW_STR_ARG(shown));
    if (r == 0 && parts.name.n == 0 && parts.version.n > 0)
        return sw_err_set(err, -EINVAL, "'%.*s' has a version and no name", SW_STR_ARG(shown));
    bool is_prefix = parts.name.n > 0 && parts.name.p[parts.name.n - 1] == '/';
    if (r == 0 && is_prefix && kind == SW_PATTERN_STARS) {
        char *below = sw_region_printf(region, "%.*s**", SW_STR_ARG(parts.name));
        r = below == NULL ? -ENOMEM
                          : sw_pattern_compile(kind, sw_str_of(below), region, &purl.name, err);
    } else if (r == 0 && parts.name.n > 0) {
        r = sw_pattern_compile(kind, parts.name, region, &purl.name, err);
    }
    if (r == 0 && parts.version.n > 0)
        r = sw_pattern_compile(kind, parts.version, region, &purl.version, err);
    purl.type = parts.type;
    purl.qualifiers = sw_region_array(region, parts.n_qualifiers + 1, sizeof(struct sw_str));
    if (r < 0 || purl.qualifiers == NULL)
        return r < 0 && r != -ENOMEM ? r : sw_err_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < parts.n_qualifiers; i++)
        purl.qualifiers[purl.n_qualifiers++] = parts.qualifiers[i];
    *ret = purl;
    return 0;
}

int sw_ignore_target_parse(
    struct sw_str text, struct sw_region *region, struct sw_ignore_target *ret)
{
    struct parts parts;
    int r = cut(text, region, &parts);
    if (r < 0)
        return r;
    *ret =
        (struct sw_ignore_target){.type = parts.type, .name = parts.name, .version = parts.version};
    for (size_t i = 0; i < parts.n_qualifiers; i++)
        ret->qualifiers[ret->n_qualifiers++] = parts.qualifiers[i];
    return 0;
}

static bool has_qualifier(const struct sw_ignore_target *target, struct sw_str qualifier)
{
    for (size_t i = 0; i < target->n_qualifiers; i++)
        if (sw_str_equal(target->qualifiers[i], qualifier))
            return true;
    return false;
}

bool sw_ignore_purl_match(const struct sw_ignore_purl *purl, const struct sw_ignore_target *target)
{
    if (!sw_str_equal(purl->type, target->type) ||
        (purl->name != NULL && !sw_pattern_match(purl->name, target->name)) ||
        (purl->version != NULL && !sw_pattern_match(purl->version, target->version)))
        return false;
    for (size_t i = 0; i < purl->n_qualifiers; i++)
        if (!has_qualifier(target, purl->qualifiers[i]))
            return false;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of image names. Nothing is guessed beyond Docker's own rules, so that a name means
 * here what it means to the engine beside us.
 */
#include "oci/reference.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/digest.h"

/* Bare identifiers look like names and never are. */
#define ID_DIGITS ((size_t)64)

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_upper(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_upper(s.p[i]))
            return true;
    return false;
}

/* Letters and digits with hyphens between. */
static bool is_label(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool is_inner = s.p[i] == '-' && i > 0 && i + 1 < s.n;
        if (!is_lower(s.p[i]) && !is_upper(s.p[i]) && !is_digit(s.p[i]) && !is_inner)
            return false;
    }
    return s.n > 0;
}

static bool is_port(struct sw_str s)
{
    uint64_t port;
    return s.n > 0 && s.n <= 5 && is_digit(s.p[0]) && sw_str_parse_u64(s, 10, &port) == 0 &&
           port > 0 && port <= UINT16_MAX;
}

/* "[::1]" or "[::1]:5000" */
static bool is_ipv6_host(struct sw_str s)
{
    char text[64];
    struct in6_addr address;
    ptrdiff_t end = sw_str_find_char(s, ']');
    if (end < 2 || (size_t)end > sizeof(text) - 1)
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)(end - 1), s.p + 1);
    if (strlen(text) != (size_t)end - 1 || inet_pton(AF_INET6, text, &address) != 1)
        return false;
    struct sw_str rest = sw_str_skip(s, (size_t)end + 1);
    return rest.n == 0 || (rest.p[0] == ':' && is_port(sw_str_skip(rest, 1)));
}

bool sw_reference_is_registry(struct sw_str text)
{
    if (text.n == 0 || text.n > SW_REFERENCE_REGISTRY_MAX)
        return false;
    if (text.p[0] == '[')
        return is_ipv6_host(text);
    ptrdiff_t colon = sw_str_find_char(text, ':');
    if (colon >= 0 && !is_port(sw_str_skip(text, (size_t)colon + 1)))
        return false;
    struct sw_str host = colon >= 0 ? sw_str_part(text, 0, (size_t)colon) : text;
    struct sw_str label;
    while (sw_str_next_token(&host, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

/* Lower-case letters and digits; between them one '.', one or two '_', or any number of '-'. */
static bool is_component(struct sw_str s)
{
    size_t i = 0;
    while (i < s.n) {
        size_t start = i;
        while (i < s.n && (is_lower(s.p[i]) || is_digit(s.p[i])))
            i++;
        if (i == start)
            return false;
        if (i == s.n)
            return true;
        char c = s.p[i];
        size_t most = c == '.' ? 1 : c == '_' ? 2 : c == '-' ? s.n : 0;
        size_t n = 0;
        while (i < s.n && s.p[i] == c && n < most) {
            i++;
            n++;
        }
        if (n == 0)
            return false;
    }
    return false;
}

bool sw_reference_is_repository(struct sw_str text)
{
    struct sw_str component;
    if (text.n == 0 || text.n > SW_REFERENCE_REPOSITORY_MAX)
        return false;
    while (sw_str_next_token(&text, '/', &component))
        if (!is_component(component))
            return false;
    return true;
}

bool sw_reference_is_tag(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_word = is_lower(c) || is_upper(c) || is_digit(c) || c == '_';
        if (!is_word && (i == 0 || (c != '.' && c != '-')))
            return false;
    }
    return text.n > 0 && text.n <= SW_REFERENCE_TAG_MAX;
}

static bool is_id(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (sw_str_hex_digit(s.p[i]) == SW_STR_NO_DIGIT || is_upper(s.p[i]))
            return false;
    return s.n == ID_DIGITS;
}

/* Names the first thing that is wrong with a path. */
static int refuse_repository(struct sw_str path, struct sw_err *err)
{
    if (path.n == 0)
        return sw_err_set(err, -EINVAL, "the name of the image is missing");
    if (path.n > SW_REFERENCE_REPOSITORY_MAX)
        return sw_err_set(err, -EINVAL, "the name of the image has more than %zu characters",
            SW_REFERENCE_REPOSITORY_MAX);
    if (has_upper(path))
        return sw_err_set(
            err, -EINVAL, "'%.*s' has upper-case letters; names have none", SW_STR_ARG(path));
    return sw_err_set(err, -EINVAL, "'%.*s' is no name of an image", SW_STR_ARG(path));
}

static int split_digest(struct sw_str *rest, struct sw_reference *reference, struct sw_err *err)
{
    ptrdiff_t at = sw_str_find_char(*rest, '@');
    if (at < 0)
        return 0;
    reference->digest = sw_str_skip(*rest, (size_t)at + 1);
    *rest = sw_str_part(*rest, 0, (size_t)at);
    int r = sw_digest_parse(reference->digest, NULL, NULL);
    if (r < 0)
        return sw_err_set(err, -EINVAL, "'%.*s' is no digest (sha256: and 64 digits)",
            SW_STR_ARG(reference->digest));
    return 0;
}

/* The tag follows the last colon after the last slash. */
static int split_tag(struct sw_str *rest, struct sw_reference *reference, struct sw_err *err)
{
    ptrdiff_t slash = sw_str_find_last_char(*rest, '/');
    ptrdiff_t colon = sw_str_find_last_char(*rest, ':');
    if (colon < 0 || colon < slash)
        return 0;
    reference->tag = sw_str_skip(*rest, (size_t)colon + 1);
    *rest = sw_str_part(*rest, 0, (size_t)colon);
    if (!sw_reference_is_tag(reference->tag))
        return sw_err_set(err, -EINVAL, "'%.*s' is no tag", SW_STR_ARG(reference->tag));
    return 0;
}

/* The first part is a registry when it could be nothing else. */
static void split_registry(struct sw_str rest, struct sw_reference *reference)
{
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    struct sw_str first = slash >= 0 ? sw_str_part(rest, 0, (size_t)slash) : SW_STR_NONE;
    bool is_registry =
        slash >= 0 && (sw_str_find_char(first, '.') >= 0 || sw_str_find_char(first, ':') >= 0 ||
                          sw_str_equal_z(first, "localhost") || has_upper(first));
    reference->registry = is_registry ? first : SW_STR(SW_REFERENCE_REGISTRY_DEFAULT);
    reference->repository = is_registry ? sw_str_skip(rest, (size_t)slash + 1) : rest;
    if (sw_str_equal_z(reference->registry, "index.docker.io") ||
        sw_str_equal_z(reference->registry, "registry-1.docker.io"))
        reference->registry = SW_STR(SW_REFERENCE_REGISTRY_DEFAULT);
}

static int keep(struct sw_region *region, struct sw_reference *reference)
{
    bool is_official = sw_str_equal_z(reference->registry, SW_REFERENCE_REGISTRY_DEFAULT) &&
                       sw_str_find_char(reference->repository, '/') < 0;
    char *repository = sw_region_printf(
        region, "%s%.*s", is_official ? "library/" : "", SW_STR_ARG(reference->repository));
    if (repository == NULL)
        return -ENOMEM;
    reference->repository = sw_str_of(repository);
    int r = sw_region_copy(region, reference->registry, &reference->registry);
    if (r == 0)
        r = sw_region_copy(region, reference->tag, &reference->tag);
    return r < 0 ? r : sw_region_copy(region, reference->digest, &reference->digest);
}

static int parse_name(struct sw_str rest, struct sw_region *region, struct sw_reference *reference,
    struct sw_err *err)
{
    if (is_id(rest))
        return sw_err_set(err, -EINVAL, "an image id is no name; registries know names alone");
    split_registry(rest, reference);
    if (!sw_reference_is_registry(reference->registry))
        return sw_err_set(err, -EINVAL, "'%.*s' is no registry", SW_STR_ARG(reference->registry));
    if (!sw_reference_is_repository(reference->repository))
        return refuse_repository(reference->repository, err);
    if (keep(region, reference) < 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    /* Its length counts with what was put before it. */
    return sw_reference_is_repository(reference->repository)
               ? 0
               : refuse_repository(reference->repository, err);
}

int sw_reference_parse(
    struct sw_str text, struct sw_region *region, struct sw_reference *ret, struct sw_err *err)
{
    struct sw_reference reference = {0};
    struct sw_str rest = text;
    int r = split_digest(&rest, &reference, err);
    if (r == 0)
        r = split_tag(&rest, &reference, err);
    if (r < 0)
        return r;
    if (reference.tag.n == 0 && reference.digest.n == 0)
        reference.tag = SW_STR(SW_REFERENCE_TAG_DEFAULT);
    r = parse_name(rest, region, &reference, err);
    if (r < 0)
        return r;
    *ret = reference;
    return 0;
}

int sw_reference_parse_repository(
    struct sw_str text, struct sw_region *region, struct sw_reference *ret, struct sw_err *err)
{
    struct sw_reference reference = {0};
    struct sw_str rest = text;
    int r = split_digest(&rest, &reference, err);
    if (r == 0)
        r = split_tag(&rest, &reference, err);
    if (r < 0)
        return r;
    if (reference.tag.n > 0 || reference.digest.n > 0)
        return sw_err_set(
            err, -EINVAL, "'%.*s' names one image, not a repository", SW_STR_ARG(text));
    r = parse_name(rest, region, &reference, err);
    if (r < 0)
        return r;
    *ret = reference;
    return 0;
}

int sw_reference_format(const struct sw_reference *reference, struct sw_buf *buf)
{
    int r = sw_buf_printf(
        buf, "%.*s/%.*s", SW_STR_ARG(reference->registry), SW_STR_ARG(reference->repository));
    if (r == 0 && reference->tag.n > 0)
        r = sw_buf_printf(buf, ":%.*s", SW_STR_ARG(reference->tag));
    if (r == 0 && reference->digest.n > 0)
        r = sw_buf_printf(buf, "@%.*s", SW_STR_ARG(reference->digest));
    return r;
}

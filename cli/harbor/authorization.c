/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and compares Authorization headers; once per request.
 */
#include "harbor/authorization.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/digest.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 with its padding, or without it; no NUL within. */
static char *decode(struct sw_str text, struct sw_region *region)
{
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    char *out = sw_region_alloc(region, text.n * 3 / 4 + 1);
    unsigned bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < text.n; i++) {
        int value = value_of(text.p[i]);
        if (value < 0)
            return NULL;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        out[n] = (char)(bits >> n_bits & 0xff);
        if (out[n++] == '\0')
            return NULL;
    }
    return out;
}

/* What becomes part of a header again. */
static bool is_printable(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= 0x20 || (unsigned char)text.p[i] >= 0x7f)
            return false;
    return text.n > 0;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

int sw_harbor_authorization_parse(struct sw_str text, struct sw_region *region,
    struct sw_harbor_authorization *ret, struct sw_err *err)
{
    struct sw_harbor_authorization made = {0};
    text = sw_str_trim(text);
    if (text.n == 0) {
        *ret = made;
        return 0;
    }
    if (text.n > SW_HARBOR_AUTHORIZATION_MAX)
        return sw_err_set(err, -EINVAL, "the authorization is too long");
    struct sw_str rest = text;
    struct sw_str scheme = SW_STR_NONE;
    sw_str_next_token(&rest, ' ', &scheme);
    rest = sw_str_trim(rest);
    if (!is_printable(rest))
        return sw_err_set(err, -EINVAL, "the authorization has no value that fits a header");
    if (sw_str_equal_ignore_case(scheme, SW_STR("Bearer"))) {
        made.token = sw_region_strdup(region, rest);
        if (made.token == NULL)
            return sw_err_set(err, -ENOMEM, "out of memory");
        *ret = made;
        return 0;
    }
    if (!sw_str_equal_ignore_case(scheme, SW_STR("Basic")))
        return sw_err_set(err, -EINVAL, "the authorization is neither Basic nor Bearer");
    made.user = decode(rest, region);
    char *colon = made.user != NULL ? strchr(made.user, ':') : NULL;
    if (colon == NULL || has_control(made.user))
        return sw_err_set(err, -EINVAL, "the Basic authorization is not base64 of user:password");
    *colon = '\0';
    made.secret = colon + 1;
    *ret = made;
    return 0;
}

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
}

void sw_harbor_authorization_wipe(struct sw_harbor_authorization *authorization)
{
    wipe(authorization->user);
    wipe(authorization->secret);
    wipe(authorization->token);
    *authorization = (struct sw_harbor_authorization){0};
}

/* Digests are compared, so that neither length nor content shows in the time it takes. */
static bool is_same(const char *a, const char *b)
{
    char first[SW_DIGEST_TEXT_BYTES] = {0};
    char second[SW_DIGEST_TEXT_BYTES] = {0};
    if (sw_digest_of(SW_DIGEST_SHA256, sw_str_of(a), first) < 0 ||
        sw_digest_of(SW_DIGEST_SHA256, sw_str_of(b), second) < 0)
        return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < sizeof(first); i++)
        difference |= (unsigned char)(first[i] ^ second[i]);
    return difference == 0;
}

bool sw_harbor_guard_admits(const struct sw_harbor_guard *guard, const char *header)
{
    if (guard->secret == NULL && guard->token == NULL)
        return true;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 4 * SW_HARBOR_AUTHORIZATION_MAX);
    struct sw_harbor_authorization given = {0};
    if (header == NULL ||
        sw_harbor_authorization_parse(sw_str_of(header), &region, &given, NULL) < 0)
        return false;
    bool is_admitted = false;
    if (guard->token != NULL && given.token != NULL)
        is_admitted = is_same(guard->token, given.token);
    if (guard->secret != NULL && given.secret != NULL) {
        bool is_user = is_same(guard->user, given.user);
        bool is_secret = is_same(guard->secret, given.secret);
        is_admitted = is_user && is_secret;
    }
    sw_harbor_authorization_wipe(&given);
    return is_admitted;
}

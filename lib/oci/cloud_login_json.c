/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few members of clouds' answers and key files that a login takes.
 */
#include "oci/cloud_login_json.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "foreign_json.h"

#define GOOGLE_TOKEN_URI "https://oauth2.googleapis.com/token"

/* Fit for a header, a form and JSON text without more ado. */
static bool is_fit(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '"' ||
            s.p[i] == '\\')
            return false;
    return s.n > 0;
}

static int load(struct sw_str text, json_t **ret, struct sw_err *err)
{
    if (text.n > SW_CLOUD_ANSWER_MAX)
        return sw_err_set(err, -EINVAL, "an answer of %zu bytes", text.n);
    if (sw_oci_json_load(text, ret, NULL) < 0 || !json_is_object(*ret))
        return sw_err_set(err, -EINVAL, "no JSON object");
    return 0;
}

static int take(const json_t *object, const char *member, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    struct sw_str text = SW_STR_NONE;
    int r = sw_oci_json_str(object, member, SW_CLOUD_TOKEN_MAX, region, &text, err);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "out of memory");
    if (r < 0)
        return r;
    if (!is_fit(text))
        return sw_err_set(err, -EINVAL, "there is no '%s' in it", member);
    *ret = text;
    return 0;
}

int sw_cloud_token_parse(struct sw_str text, const char *member, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = load(text, &json, err);
    return r < 0 ? r : take(json, member, region, ret, err);
}

int sw_aws_token_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = load(text, &json, err);
    if (r < 0)
        return r;
    const json_t *first = json_array_get(json_object_get(json, "authorizationData"), 0);
    return take(first, "authorizationToken", region, ret, err);
}

int sw_aws_key_parse(
    struct sw_str text, struct sw_region *region, struct sw_aws_key *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    struct sw_aws_key key = {0};
    int r = load(text, &json, err);
    if (r == 0)
        r = take(json, "AccessKeyId", region, &key.id, err);
    if (r == 0)
        r = take(json, "SecretAccessKey", region, &key.secret, err);
    if (r == 0 && json_string_length(json_object_get(json, "Token")) > 0)
        r = take(json, "Token", region, &key.session_token, err);
    if (r < 0)
        return r;
    *ret = key;
    return 0;
}

int sw_google_key_parse(
    struct sw_str text, struct sw_region *region, struct sw_google_key *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    struct sw_google_key key = {.token_uri = SW_STR(GOOGLE_TOKEN_URI)};
    struct sw_str type = SW_STR_NONE;
    int r = load(text, &json, err);
    if (r == 0)
        r = take(json, "type", region, &type, err);
    if (r == 0 && !sw_str_equal_z(type, "service_account"))
        r = sw_err_set(err, -EINVAL, "its 'type' is not 'service_account'");
    if (r == 0)
        r = take(json, "client_email", region, &key.email, err);
    if (r == 0)
        r = sw_oci_json_str(json, "private_key", SW_CLOUD_TOKEN_MAX, region, &key.private_key, err);
    if (r == 0 && json_object_get(json, "token_uri") != NULL)
        r = take(json, "token_uri", region, &key.token_uri, err);
    if (r < 0)
        return r;
    if (key.private_key.n == 0)
        return sw_err_set(err, -EINVAL, "there is no 'private_key' in it");
    *ret = key;
    return 0;
}

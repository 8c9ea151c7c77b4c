/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token server's answer. It is a secret: no part of it goes into a sentence.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "registry_json.h"

/* The protocol's own default, and the least that we believe. */
#define EXPIRES_DEFAULT_S ((uint64_t)60)
#define EXPIRES_MAX_S ((uint64_t)86400)

/* It becomes part of a header. */
static bool is_fit(struct sw_str token)
{
    for (size_t i = 0; i < token.n; i++)
        if ((unsigned char)token.p[i] <= 0x20 || (unsigned char)token.p[i] >= 0x7f)
            return false;
    return token.n > 0;
}

int sw_registry_token_parse(struct sw_str text, struct sw_region *region,
    struct sw_registry_token_answer *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    if (text.n > SW_REGISTRY_TOKEN_ANSWER_MAX)
        return sw_err_set(err, -EINVAL, "an answer of %zu bytes", text.n);
    int r = sw_oci_json_load(text, &json, NULL);
    if (r < 0 || !json_is_object(json))
        return sw_err_set(err, -EINVAL, "its answer is no JSON object");
    struct sw_registry_token_answer answer = {.expires_in_s = EXPIRES_DEFAULT_S};
    r = sw_oci_json_str(json, "token", SW_REGISTRY_TOKEN_BYTES_MAX, region, &answer.token, err);
    if (r == 0 && answer.token.n == 0)
        r = sw_oci_json_str(
            json, "access_token", SW_REGISTRY_TOKEN_BYTES_MAX, region, &answer.token, err);
    if (r < 0)
        return r;
    if (!is_fit(answer.token))
        return sw_err_set(err, -EINVAL, "there is no token in its answer");
    /* Some servers write it as text, or as a number with a fraction; those get the default. */
    uint64_t seconds = 0;
    if (sw_oci_json_size(json, "expires_in", &seconds, NULL) == 0 && seconds > 0)
        answer.expires_in_s = seconds < EXPIRES_MAX_S ? seconds : EXPIRES_MAX_S;
    *ret = answer;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that clouds ask for: AWS Signature Version 4, Google's signed assertions.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/digest.h"
#include "io/signature.h"
#include "oci/base64.h"
#include "oci/cloud_login.h"

#define CANONICAL_BYTES_MAX ((size_t)256 * 1024)
#define ALGORITHM "AWS4-HMAC-SHA256"
#define DATE_BYTES 8
#define DIGEST_PREFIX_BYTES (sizeof("sha256:") - 1)
#define GOOGLE_SCOPE "https://www.googleapis.com/auth/cloud-platform.read-only"
/* The longest that Google takes is an hour. */
#define ASSERTION_S 600

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->capacity);
    sw_buf_done(buf);
}

static int append_digest(struct sw_buf *buf, struct sw_str bytes)
{
    char text[SW_DIGEST_TEXT_BYTES];
    int r = sw_digest_of(SW_DIGEST_SHA256, bytes, text);
    return r < 0 ? r : sw_buf_append_str(buf, sw_str_of(text + DIGEST_PREFIX_BYTES));
}

/* "host;x-amz-date" */
static int append_names(struct sw_buf *buf, const struct sw_aws_request *request)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < request->n_headers; i++)
        r = sw_buf_printf(buf, "%s%s", i > 0 ? ";" : "", request->headers[i][0]);
    return r;
}

static int append_canonical(struct sw_buf *buf, const struct sw_aws_request *request)
{
    int r = sw_buf_printf(buf, "%s\n%s\n\n", request->method, request->path);
    for (size_t i = 0; r == 0 && i < request->n_headers; i++)
        r = sw_buf_printf(buf, "%s:%s\n", request->headers[i][0], request->headers[i][1]);
    if (r == 0)
        r = sw_buf_append_char(buf, '\n');
    if (r == 0)
        r = append_names(buf, request);
    if (r == 0)
        r = sw_buf_append_char(buf, '\n');
    return r < 0 ? r : append_digest(buf, request->body);
}

/* The key for one day, region and service; each step is keyed with the one before. */
static int derive_key(
    const struct sw_aws_request *request, struct sw_str secret, uint8_t key[SW_DIGEST_HMAC_BYTES])
{
    SW_CLEANUP(wipe_buf) struct sw_buf first = {0};
    sw_buf_init(&first, SW_CLOUD_TOKEN_MAX + 8);
    int r = sw_buf_reserve(&first, secret.n + 4);
    if (r == 0)
        r = sw_buf_append_str(&first, SW_STR("AWS4"));
    if (r == 0)
        r = sw_buf_append_str(&first, secret);
    const struct sw_str parts[] = {sw_str_part(sw_str_of(request->time), 0, DATE_BYTES),
        sw_str_of(request->region), sw_str_of(request->service), SW_STR("aws4_request")};
    struct sw_str with = sw_buf_str(&first);
    for (size_t i = 0; r == 0 && i < SW_ARRAY_SIZE(parts); i++) {
        uint8_t next[SW_DIGEST_HMAC_BYTES];
        r = sw_digest_hmac(with, parts[i], next);
        memcpy(key, next, sizeof(next));
        with = (struct sw_str){(const char *)key, SW_DIGEST_HMAC_BYTES};
    }
    return r;
}

int sw_aws_sign(const struct sw_aws_request *request, struct sw_str key_id, struct sw_str secret,
    struct sw_buf *authorization)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf canonical = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf scope = {0};
    uint8_t key[SW_DIGEST_HMAC_BYTES];
    uint8_t signature[SW_DIGEST_HMAC_BYTES];
    sw_buf_init(&canonical, CANONICAL_BYTES_MAX);
    sw_buf_init(&text, CANONICAL_BYTES_MAX);
    sw_buf_init(&scope, 1024);
    int r = sw_buf_printf(&scope, "%.*s/%s/%s/aws4_request", DATE_BYTES, request->time,
        request->region, request->service);
    if (r == 0)
        r = append_canonical(&canonical, request);
    if (r == 0)
        r = sw_buf_printf(&text, ALGORITHM "\n%s\n%s\n", request->time, scope.p);
    if (r == 0)
        r = append_digest(&text, sw_buf_str(&canonical));
    if (r == 0)
        r = derive_key(request, secret, key);
    if (r == 0)
        r = sw_digest_hmac(
            (struct sw_str){(const char *)key, sizeof(key)}, sw_buf_str(&text), signature);
    explicit_bzero(key, sizeof(key));
    if (r == 0)
        r = sw_buf_printf(authorization,
            ALGORITHM " Credential=%.*s/%s, SignedHeaders=", SW_STR_ARG(key_id), scope.p);
    if (r == 0)
        r = append_names(authorization, request);
    if (r == 0)
        r = sw_buf_append_str(authorization, SW_STR(", Signature="));
    for (size_t i = 0; r == 0 && i < sizeof(signature); i++)
        r = sw_buf_printf(authorization, "%02x", signature[i]);
    return r;
}

int sw_google_assert(
    const struct sw_google_key *key, int64_t wall_s, struct sw_buf *assertion, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf claims = {0};
    uint8_t signature[SW_SIGNATURE_RSA_BYTES_MAX];
    size_t n = 0;
    size_t start = assertion->n;
    sw_buf_init(&claims, CANONICAL_BYTES_MAX);
    /* The parser has made sure that neither text needs an escape. */
    int r = sw_buf_printf(&claims,
        "{\"iss\":\"%s\",\"scope\":\"" GOOGLE_SCOPE "\",\"aud\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
        key->email.p, key->token_uri.p, (long long)wall_s, (long long)wall_s + ASSERTION_S);
    if (r == 0)
        r = sw_base64_append_url(assertion, SW_STR("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"));
    if (r == 0)
        r = sw_buf_append_char(assertion, '.');
    if (r == 0)
        r = sw_base64_append_url(assertion, sw_buf_str(&claims));
    if (r < 0)
        return sw_err_wrap(err, r, "a signed assertion");
    r = sw_signature_sign_rs256(
        sw_str_skip(sw_buf_str(assertion), start), key->private_key, signature, &n, err);
    if (r < 0)
        return r;
    r = sw_buf_append_char(assertion, '.');
    if (r == 0)
        r = sw_base64_append_url(assertion, (struct sw_str){(const char *)signature, n});
    return r < 0 ? sw_err_wrap(err, r, "a signed assertion") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clouds: AWS (ECR), Azure (ACR), Google (GCR, Artifact Registry). Each wants a login of its own
 * kind before its registry accepts anything; the answers are good for an hour at least.
 */
#include "oci/cloud_login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/file.h"
#include "io/http_url.h"
#include "oci/base64.h"

#define REGION_BYTES_MAX ((size_t)4 << 20)
#define FORM_BYTES_MAX ((size_t)512 * 1024)
#define LOGIN_S 30U
#define STATUS_OK 200
#define AWS_CONTAINER_HOST "http://169.254.170.2"
#define AWS_TARGET "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
#define AWS_TYPE "application/x-amz-json-1.1"
#define AWS_TIME_BYTES 17
#define FORM_TYPE "Content-Type: application/x-www-form-urlencoded"
#define AZURE_SCOPE "https://containerregistry.azure.net/.default"
/* Stands for "the secret is a token" at ACR. */
#define AZURE_USER "00000000-0000-0000-0000-000000000000"
#define GOOGLE_USER "oauth2accesstoken"

struct login {
    const char *host;
    const struct sw_http_options *http;
    struct sw_region *region;
};

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->capacity);
    sw_buf_done(buf);
}

static bool is_label(struct sw_str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                (c != '\0' && strchr(more, c) != NULL)))
            return false;
    }
    return s.n > 0;
}

/* 123456789012.dkr.ecr.REGION.amazonaws.com */
static bool is_aws(struct sw_str host, struct sw_str *ret_region)
{
    static const char *const ends[] = {".amazonaws.com", ".amazonaws.com.cn"};
    static const char *const services[] = {".dkr.ecr.", ".dkr.ecr-fips."};
    struct sw_str account = sw_str_part(host, 0, 12);
    for (size_t i = 0; i < account.n; i++)
        if (account.p[i] < '0' || account.p[i] > '9')
            return false;
    struct sw_str rest = sw_str_skip(host, account.n);
    for (size_t i = 0; i < SW_ARRAY_SIZE(services); i++)
        for (size_t k = 0; k < SW_ARRAY_SIZE(ends); k++) {
            size_t n_start = strlen(services[i]);
            size_t n_end = strlen(ends[k]);
            if (rest.n <= n_start + n_end || !sw_str_starts_with(rest, sw_str_of(services[i])) ||
                !sw_str_ends_with(rest, sw_str_of(ends[k])))
                continue;
            *ret_region = sw_str_part(rest, n_start, rest.n - n_start - n_end);
            if (is_label(*ret_region, "-"))
                return true;
        }
    return false;
}

enum sw_cloud sw_cloud_of(struct sw_str host, struct sw_str *ret_region)
{
    static const struct {
        const char *end;
        const char *more; /* besides letters and digits, before the end */
        enum sw_cloud cloud;
    } ends[] = {
        {".azurecr.io", "-", SW_CLOUD_AZURE},
        {".azurecr.cn", "-", SW_CLOUD_AZURE},
        {".azurecr.us", "-", SW_CLOUD_AZURE},
        {".gcr.io", "-", SW_CLOUD_GOOGLE},
        {"-docker.pkg.dev", "-", SW_CLOUD_GOOGLE},
    };
    *ret_region = SW_STR_NONE;
    if (is_aws(host, ret_region))
        return SW_CLOUD_AWS;
    if (sw_str_equal_z(host, "gcr.io"))
        return SW_CLOUD_GOOGLE;
    for (size_t i = 0; i < SW_ARRAY_SIZE(ends); i++) {
        struct sw_str end = sw_str_of(ends[i].end);
        if (sw_str_ends_with(host, end) &&
            is_label(sw_str_part(host, 0, host.n - end.n), ends[i].more))
            return ends[i].cloud;
    }
    return SW_CLOUD_NONE;
}

/* Plain HTTP only inside the machine or its link, where clouds' own endpoints and tests are; and
 * those are no proxy's business. The registry's client certificate is for the registry. */
static int limit_options(
    const struct login *login, const char *url, struct sw_http_options *ret, struct sw_err *err)
{
    struct sw_http_origin origin;
    int r = sw_http_origin_parse(url, &origin, err);
    if (r < 0)
        return r;
    bool is_near = sw_http_origin_place(&origin) != SW_HTTP_PLACE_ELSEWHERE;
    *ret = *login->http;
    ret->cert_file = ret->key_file = NULL;
    ret->is_plain_allowed = is_near;
    ret->proxy = is_near ? "" : ret->proxy;
    return 0;
}

/* The answer's body, for success alone. */
static int ask(const struct login *login, struct sw_http_request *request, struct sw_buf *answer,
    struct sw_err *err)
{
    struct sw_http_options options;
    struct sw_http_pool *pool = NULL;
    char shown[256];
    request->max_bytes = SW_CLOUD_ANSWER_MAX;
    request->total_s = LOGIN_S;
    sw_http_url_shown(request->url, shown, sizeof(shown));
    sw_buf_init(answer, SW_CLOUD_ANSWER_MAX);
    int r = limit_options(login, request->url, &options, err);
    if (r == 0)
        r = sw_http_pool_new(&options, 0, &pool, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    r = sw_http_exchange_open(pool, request, &exchange, err);
    if (r == 0)
        r = sw_http_exchange_read_all(exchange, answer, err);
    unsigned status = r == 0 ? sw_http_exchange_status(exchange) : 0;
    sw_http_exchange_freep(&exchange);
    sw_http_pool_free(pool);
    if (r < 0)
        return sw_err_wrap(err, r == -ENOENT ? -EACCES : r, "log in at '%s'", shown);
    if (status != STATUS_OK)
        return sw_err_set(err, -EACCES, "log in at '%s': it answers %u", shown, status);
    return 0;
}

static int append_field(struct sw_buf *form, const char *name, struct sw_str value)
{
    int r = sw_buf_printf(form, "%s%s=", form->n > 0 ? "&" : "", name);
    return r < 0 ? r : sw_http_url_escape(form, value);
}

/* POSTs a form and takes one token from the answer. */
static int exchange_form(const struct login *login, const char *url, struct sw_buf *form,
    const char *member, struct sw_str *ret, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf answer = {0};
    struct sw_http_request request = {
        .method = "POST", .url = url, .headers = {FORM_TYPE}, .body = sw_buf_str(form)};
    char shown[256];
    int r = ask(login, &request, &answer, err);
    if (r < 0)
        return r;
    r = sw_cloud_token_parse(sw_buf_str(&answer), member, login->region, ret, err);
    return r < 0 ? sw_err_wrap(
                       err, r, "the answer of '%s'", sw_http_url_shown(url, shown, sizeof(shown)))
                 : 0;
}

static int set(char **ret, struct sw_str text)
{
    *ret = sw_mem_strndup(text.p, text.n);
    return *ret == NULL ? -ENOMEM : 0;
}

static int get_container_key(
    const struct login *login, const char *url, struct sw_aws_key *ret, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf answer = {0};
    struct sw_http_request request = {
        .url = url, .authorization = sw_environment_get("AWS_CONTAINER_AUTHORIZATION_TOKEN")};
    int r = ask(login, &request, &answer, err);
    return r < 0 ? r : sw_aws_key_parse(sw_buf_str(&answer), login->region, ret, err);
}

/* From the environment itself, or from the endpoint that it names for containers. */
static int find_aws_key(const struct login *login, struct sw_aws_key *ret, struct sw_err *err)
{
    struct sw_aws_key key = {.id = sw_str_of(sw_environment_get("AWS_ACCESS_KEY_ID")),
        .secret = sw_str_of(sw_environment_get("AWS_SECRET_ACCESS_KEY")),
        .session_token = sw_str_of(sw_environment_get("AWS_SESSION_TOKEN"))};
    if (key.id.n > 0 && key.secret.n > 0) {
        *ret = key;
        return 0;
    }
    const char *full = sw_environment_get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *relative = sw_environment_get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    if (relative != NULL && relative[0] == '/')
        full = sw_region_printf(login->region, AWS_CONTAINER_HOST "%s", relative);
    return full == NULL ? -ENOENT : get_container_key(login, full, ret, err);
}

/* "20150830T123600Z" */
static void format_aws_time(int64_t wall_s, char ret[AWS_TIME_BYTES])
{
    char text[SW_CLOCK_TEXT_BYTES];
    size_t n = 0;
    sw_clock_format(wall_s, text);
    for (const char *p = text; *p != '\0' && n < AWS_TIME_BYTES - 1; p++)
        if (*p != '-' && *p != ':')
            ret[n++] = *p;
    ret[n] = '\0';
}

/* What follows the scheme, up to the path: what curl writes into Host. */
static const char *authority_of(const struct login *login, const char *url)
{
    struct sw_str rest = sw_str_of(url);
    ptrdiff_t scheme = sw_str_find(rest, SW_STR("://"));
    rest = sw_str_skip(rest, scheme < 0 ? 0 : (size_t)scheme + 3);
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    return sw_region_strdup(login->region, slash < 0 ? rest : sw_str_part(rest, 0, (size_t)slash));
}

static int send_aws(const struct login *login, const char *base, const char *region,
    const struct sw_aws_key *key, struct sw_buf *answer, struct sw_err *err)
{
    char now[AWS_TIME_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf authorization = {0};
    sw_buf_init(&authorization, 8192);
    format_aws_time(sw_clock_wall_s(), now);
    struct sw_region *r = login->region;
    bool has_session = key->session_token.n > 0;
    const char *url = sw_region_printf(r, "%s/", base);
    const char *host = authority_of(login, base);
    const char *time = sw_region_printf(r, "X-Amz-Date: %s", now);
    const char *session =
        sw_region_printf(r, "X-Amz-Security-Token: %s", has_session ? key->session_token.p : "");
    if (url == NULL || host == NULL || time == NULL || session == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    const char *headers[5][2] = {{"content-type", AWS_TYPE}, {"host", host}, {"x-amz-date", now}};
    size_t n = 3;
    if (has_session) {
        headers[n][0] = "x-amz-security-token";
        headers[n++][1] = key->session_token.p;
    }
    headers[n][0] = "x-amz-target";
    headers[n++][1] = AWS_TARGET;
    struct sw_aws_request signing = {.method = "POST",
        .path = "/",
        .region = region,
        .service = "ecr",
        .time = now,
        .headers = headers,
        .n_headers = n,
        .body = SW_STR("{}")};
    if (sw_aws_sign(&signing, key->id, key->secret, &authorization) < 0)
        return sw_err_set(err, -EINVAL, "cannot sign the login at '%s'", base);
    struct sw_http_request request = {.method = "POST",
        .url = url,
        .headers = {"Content-Type: " AWS_TYPE, "X-Amz-Target: " AWS_TARGET, time,
            has_session ? session : NULL},
        .authorization = authorization.p,
        .body = SW_STR("{}")};
    return ask(login, &request, answer, err);
}

static int log_in_aws(
    const struct login *login, struct sw_str region, struct sw_credential *ret, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf answer = {0};
    SW_CLEANUP(wipe_buf) struct sw_buf pair = {0};
    struct sw_aws_key key = {0};
    struct sw_str token = SW_STR_NONE;
    int r = find_aws_key(login, &key, err);
    if (r < 0)
        return r;
    const char *name = sw_region_strdup(login->region, region);
    const char *base = sw_environment_get("AWS_ENDPOINT_URL_ECR");
    bool is_china = sw_str_ends_with(sw_str_of(login->host), SW_STR(".cn"));
    if (base == NULL && name != NULL)
        base = sw_region_printf(
            login->region, "https://api.ecr.%s.amazonaws.com%s", name, is_china ? ".cn" : "");
    if (base == NULL || name == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    r = send_aws(login, base, name, &key, &answer, err);
    if (r == 0)
        r = sw_aws_token_parse(sw_buf_str(&answer), login->region, &token, err);
    if (r < 0)
        return r;
    sw_buf_init(&pair, SW_CLOUD_TOKEN_MAX);
    r = sw_buf_reserve(&pair, token.n);
    if (r == 0)
        r = sw_base64_decode(token, &pair);
    struct sw_str text = sw_buf_str(&pair);
    ptrdiff_t colon = sw_str_find_char(text, ':');
    if (r < 0 || colon < 0 || memchr(text.p, '\0', text.n) != NULL)
        return sw_err_set(err, -EINVAL, "the answer of '%s' holds no login", base);
    r = set(&ret->user, sw_str_part(text, 0, (size_t)colon));
    return r < 0 ? r : set(&ret->secret, sw_str_skip(text, (size_t)colon + 1));
}

static int log_in_azure(const struct login *login, struct sw_credential *ret, struct sw_err *err)
{
    const char *id = sw_environment_get("AZURE_CLIENT_ID");
    const char *secret = sw_environment_get("AZURE_CLIENT_SECRET");
    const char *tenant = sw_environment_get("AZURE_TENANT_ID");
    const char *base = sw_environment_get("AZURE_AUTHORITY_HOST");
    if (id == NULL || secret == NULL || tenant == NULL)
        return -ENOENT;
    if (!is_label(sw_str_of(tenant), "-.ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        return sw_err_set(err, -EINVAL, "$AZURE_TENANT_ID is neither a UUID nor a domain");
    struct sw_str top = sw_str_of(base != NULL ? base : "https://login.microsoftonline.com");
    while (sw_str_ends_with(top, SW_STR("/")))
        top.n--;
    const char *token_url =
        sw_region_printf(login->region, "%.*s/%s/oauth2/v2.0/token", SW_STR_ARG(top), tenant);
    const char *exchange_url =
        sw_region_printf(login->region, "https://%s/oauth2/exchange", login->host);
    if (token_url == NULL || exchange_url == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    SW_CLEANUP(wipe_buf) struct sw_buf form = {0};
    struct sw_str token = SW_STR_NONE;
    sw_buf_init(&form, FORM_BYTES_MAX);
    int r = append_field(&form, "grant_type", SW_STR("client_credentials"));
    if (r == 0)
        r = append_field(&form, "client_id", sw_str_of(id));
    if (r == 0)
        r = append_field(&form, "client_secret", sw_str_of(secret));
    if (r == 0)
        r = append_field(&form, "scope", SW_STR(AZURE_SCOPE));
    if (r == 0)
        r = exchange_form(login, token_url, &form, "access_token", &token, err);
    if (r < 0)
        return r;
    sw_buf_clear(&form);
    r = append_field(&form, "grant_type", SW_STR("access_token"));
    if (r == 0)
        r = append_field(&form, "service", sw_str_of(login->host));
    if (r == 0)
        r = append_field(&form, "tenant", sw_str_of(tenant));
    if (r == 0)
        r = append_field(&form, "access_token", token);
    if (r == 0)
        r = exchange_form(login, exchange_url, &form, "refresh_token", &token, err);
    if (r == 0)
        r = set(&ret->user, SW_STR(AZURE_USER));
    return r < 0 ? r : set(&ret->identity_token, token);
}

static int log_in_google(const struct login *login, struct sw_credential *ret, struct sw_err *err)
{
    const char *ready = sw_environment_get("GOOGLE_OAUTH_ACCESS_TOKEN");
    const char *path = sw_environment_get("GOOGLE_APPLICATION_CREDENTIALS");
    if (ready == NULL)
        ready = sw_environment_get("CLOUDSDK_AUTH_ACCESS_TOKEN");
    if (ready == NULL && path == NULL)
        return -ENOENT;
    struct sw_str token = sw_str_of(ready);
    int r = 0;
    if (ready == NULL) {
        SW_CLEANUP(wipe_buf) struct sw_buf text = {0};
        SW_CLEANUP(wipe_buf) struct sw_buf form = {0};
        SW_CLEANUP(wipe_buf) struct sw_buf assertion = {0};
        struct sw_google_key key = {0};
        sw_buf_init(&text, SW_CLOUD_ANSWER_MAX);
        sw_buf_init(&form, FORM_BYTES_MAX);
        sw_buf_init(&assertion, FORM_BYTES_MAX);
        r = sw_file_load(AT_FDCWD, path, &text, err);
        if (r == 0)
            r = sw_google_key_parse(sw_buf_str(&text), login->region, &key, err);
        if (r == 0)
            r = sw_google_assert(&key, sw_clock_wall_s(), &assertion, err);
        if (r < 0)
            return sw_err_wrap(err, r == -ENOENT ? -EACCES : r, "the key file '%s'", path);
        r = append_field(
            &form, "grant_type", SW_STR("urn:ietf:params:oauth:grant-type:jwt-bearer"));
        if (r == 0)
            r = append_field(&form, "assertion", sw_buf_str(&assertion));
        if (r == 0)
            r = exchange_form(login, key.token_uri.p, &form, "access_token", &token, err);
    }
    if (r == 0)
        r = set(&ret->user, SW_STR(GOOGLE_USER));
    return r < 0 ? r : set(&ret->secret, token);
}

int sw_cloud_login_find(const char *host, const struct sw_http_options *http,
    struct sw_credential *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_credential_done) struct sw_credential credential = {0};
    struct login login = {.host = host, .http = http, .region = &region};
    struct sw_str place = SW_STR_NONE;
    sw_region_init(&region, REGION_BYTES_MAX);
    int r = -ENOENT;
    switch (sw_cloud_of(sw_str_of(host), &place)) {
    case SW_CLOUD_AWS:
        r = log_in_aws(&login, place, &credential, err);
        break;
    case SW_CLOUD_AZURE:
        r = log_in_azure(&login, &credential, err);
        break;
    case SW_CLOUD_GOOGLE:
        r = log_in_google(&login, &credential, err);
        break;
    case SW_CLOUD_NONE:
    case _SW_CLOUD_MAX:
        break;
    }
    if (r == -ENOENT)
        return r;
    if (r < 0)
        return sw_err_wrap(err, r, "cloud login for '%s'", host);
    *ret = credential;
    credential = (struct sw_credential){0};
    return 0;
}

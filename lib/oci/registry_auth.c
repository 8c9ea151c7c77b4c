/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins. A registry says what it wants when it refuses a request (401): Basic, or a token of a
 * server that it names. Tokens are kept per scope until shortly before they end. All of it happens
 * under the endpoint's lock, so that many threads that are refused at once make one login.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/clock.h"
#include "io/http_url.h"
#include "oci/base64.h"
#include "oci/challenge.h"
#include "registry_json.h"
#include "registry_priv.h"

/* Scopes remembered; a run over a whole registry has one per repository. */
#define TOKENS_MAX ((size_t)1024)
#define TOKEN_SECONDS 60U
/* A token that ends while its request is on the way is none. */
#define TOKEN_MARGIN_NS ((int64_t)5 * 1000000000)
#define VALUE_BYTES_MAX (SW_REGISTRY_TOKEN_BYTES_MAX + 64)
#define REGION_BYTES_MAX ((size_t)2 << 20)

enum status { STATUS_OK = 200, STATUS_NOT_FOUND = 404, STATUS_NOT_ALLOWED = 405 };

static void wipe(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    sw_mem_free(*text);
    *text = NULL;
}

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->n);
    sw_buf_done(buf);
}

static void drop_token(struct sw_registry_token *token)
{
    wipe(&token->bearer);
    sw_mem_freep(&token->scope);
    sw_mem_freep(&token->realm);
    sw_mem_freep(&token->service);
    sw_mem_freep(&token->asked_scope);
}

void sw_registry_forget(struct sw_registry_endpoint *endpoint)
{
    SW_VEC_EACH (token, &endpoint->tokens)
        drop_token(token);
    sw_vec_done(&endpoint->tokens);
    sw_credential_done(&endpoint->credential);
}

static struct sw_registry_token *find_token(
    struct sw_registry_endpoint *endpoint, const char *scope)
{
    SW_VEC_EACH (token, &endpoint->tokens)
        if (strcmp(token->scope, scope) == 0)
            return token;
    return NULL;
}

static int append_basic(struct sw_buf *value, const struct sw_credential *credential)
{
    SW_CLEANUP(wipe_buf) struct sw_buf pair = {0};
    sw_buf_init(&pair, SW_REGISTRY_TOKEN_BYTES_MAX);
    int r = sw_buf_printf(
        &pair, "%s:%s", credential->user, credential->secret != NULL ? credential->secret : "");
    if (r == 0)
        r = sw_buf_append_str(value, SW_STR("Basic "));
    return r < 0 ? r : sw_base64_append(value, sw_buf_str(&pair));
}

/* Looked up when it is wanted for the first time: many registries never ask. */
static int know_credential(struct sw_registry_endpoint *endpoint, struct sw_err *err)
{
    if (endpoint->is_credential_known || endpoint->options->credentials == NULL)
        return 0;
    int r = sw_credential_find(
        endpoint->options->credentials, endpoint->host, &endpoint->credential, err);
    if (r < 0 && r != -ENOENT)
        return r;
    endpoint->has_credential = r == 0;
    endpoint->is_credential_known = true;
    return 0;
}

static bool has_basic(const struct sw_registry_endpoint *endpoint)
{
    return endpoint->has_credential && endpoint->credential.user != NULL;
}

static int append_pair(
    struct sw_buf *buf, const char *separator, const char *name, const char *value)
{
    int r = sw_buf_printf(buf, "%s%s=", separator, name);
    return r < 0 ? r : sw_http_url_escape(buf, sw_str_of(value));
}

/* Scopes are set apart by blanks in the challenge, and each is a parameter of its own. */
static int append_scopes(struct sw_buf *buf, const struct sw_registry_token *token)
{
    struct sw_str rest = sw_str_of(token->asked_scope);
    struct sw_str scope;
    int r = 0;
    while (r == 0 && sw_str_next_token(&rest, ' ', &scope)) {
        if (scope.n == 0)
            continue;
        r = sw_buf_append_str(buf, SW_STR("&scope="));
        if (r == 0)
            r = sw_http_url_escape(buf, scope);
    }
    return r;
}

/* "realm?service=...&scope=..." */
static int format_get(const struct sw_registry_token *token, struct sw_buf *url)
{
    const char *separator = strchr(token->realm, '?') != NULL ? "&" : "?";
    int r = sw_buf_append_str(url, sw_str_of(token->realm));
    if (r == 0)
        r = append_pair(url, separator, "service", token->service);
    return r < 0 ? r : append_scopes(url, token);
}

/* The form of OAuth: for identity tokens, and for servers that know no other. */
static int format_post(const struct sw_registry_endpoint *endpoint,
    const struct sw_registry_token *token, struct sw_buf *form)
{
    const struct sw_credential *credential = &endpoint->credential;
    bool has_identity = credential->identity_token != NULL;
    int r = append_pair(form, "", "grant_type", has_identity ? "refresh_token" : "password");
    if (r == 0)
        r = append_pair(form, "&", "service", token->service);
    if (r == 0)
        r = append_pair(form, "&", "client_id", "seawall");
    if (r == 0)
        r = append_scopes(form, token);
    if (r == 0 && has_identity)
        return append_pair(form, "&", "refresh_token", credential->identity_token);
    if (r == 0)
        r = append_pair(form, "&", "username", credential->user);
    if (r == 0)
        r = append_pair(
            form, "&", "password", credential->secret != NULL ? credential->secret : "");
    return r;
}

/* The token server is the registry's choice. Where it is plain, the registry itself must be: what
 * was said over https is not repeated in the open. */
static int check_realm(const struct sw_registry_endpoint *endpoint, const char *realm,
    bool *ret_is_foreign, struct sw_err *err)
{
    struct sw_http_origin own, its;
    int r = sw_http_origin_parse(endpoint->base, &own, err);
    if (r == 0)
        r = sw_http_origin_parse(realm, &its, err);
    if (r < 0)
        return sw_err_wrap(err, -EPROTO, "its token server");
    if (its.is_plain && !endpoint->is_plain)
        return sw_err_set(err, -EPERM,
            "its token server '%.100s' has no https, so nothing is sent there", its.host);
    *ret_is_foreign = !sw_http_origin_equal(&own, &its);
    return 0;
}

struct login {
    struct sw_registry_endpoint *endpoint;
    struct sw_registry_token *token;
    const atomic_bool *stop;
    bool is_foreign;
};

static int send_login(
    const struct login *login, bool is_post, struct sw_http_exchange **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf url = {0};
    SW_CLEANUP(wipe_buf) struct sw_buf form = {0};
    SW_CLEANUP(wipe_buf) struct sw_buf value = {0};
    sw_buf_init(&url, SW_HTTP_URL_MAX);
    sw_buf_init(&form, VALUE_BYTES_MAX * 4);
    sw_buf_init(&value, VALUE_BYTES_MAX * 2);
    struct sw_http_request request = {
        .max_bytes = SW_REGISTRY_TOKEN_ANSWER_MAX,
        .total_s = TOKEN_SECONDS,
        .is_foreign = login->is_foreign,
        .stop = login->stop,
    };
    int r = is_post ? format_post(login->endpoint, login->token, &form)
                    : format_get(login->token, &url);
    if (r == 0 && !is_post && has_basic(login->endpoint))
        r = append_basic(&value, &login->endpoint->credential);
    if (r < 0)
        return sw_err_set(err, r, "its token request cannot be made");
    request.url = is_post ? login->token->realm : url.p;
    if (is_post) {
        request.method = "POST";
        request.body = sw_buf_str(&form);
        request.headers[0] = "Content-Type: application/x-www-form-urlencoded";
    }
    request.authorization = value.n > 0 ? value.p : NULL;
    return sw_http_exchange_open(login->endpoint->pool, &request, ret, err);
}

static int take_answer(
    const struct login *login, struct sw_http_exchange *exchange, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf text = {0};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_buf_init(&text, SW_REGISTRY_TOKEN_ANSWER_MAX);
    sw_region_init(&region, REGION_BYTES_MAX);
    unsigned status = sw_http_exchange_status(exchange);
    int r = sw_http_exchange_read_all(exchange, &text, err);
    if (r < 0)
        return r;
    if (status != STATUS_OK) {
        struct sw_str said = sw_registry_error_parse(sw_buf_str(&text), &region);
        return sw_err_set(err, -EACCES, "its token server answers %u%s%.*s", status,
            said.n > 0 ? ", " : "", SW_STR_ARG(said));
    }
    struct sw_registry_token_answer answer = {0};
    r = sw_registry_token_parse(sw_buf_str(&text), &region, &answer, err);
    if (r < 0)
        return sw_err_wrap(err, -EPROTO, "its token server");
    wipe(&login->token->bearer);
    login->token->bearer = sw_mem_strndup(answer.token.p, answer.token.n);
    explicit_bzero((char *)answer.token.p, answer.token.n);
    if (login->token->bearer == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    login->token->expires_ns = sw_clock_monotonic_ns() + (int64_t)answer.expires_in_s * 1000000000;
    return 0;
}

/* A token for what was asked. Under the lock. */
static int log_in(struct sw_registry_endpoint *endpoint, struct sw_registry_token *token,
    const atomic_bool *stop, struct sw_err *err)
{
    struct login login = {.endpoint = endpoint, .token = token, .stop = stop};
    int r = know_credential(endpoint, err);
    if (r == 0)
        r = check_realm(endpoint, token->realm, &login.is_foreign, err);
    if (r < 0)
        return r;
    bool is_post = endpoint->has_credential && endpoint->credential.identity_token != NULL;
    SW_CLEANUP(sw_http_exchange_freep) struct sw_http_exchange *exchange = NULL;
    r = send_login(&login, is_post, &exchange, err);
    if (r == 0 && !is_post && has_basic(endpoint)) {
        unsigned status = sw_http_exchange_status(exchange);
        if (status == STATUS_NOT_FOUND || status == STATUS_NOT_ALLOWED) {
            sw_http_exchange_freep(&exchange);
            r = send_login(&login, true, &exchange, err);
        }
    }
    return r < 0 ? sw_err_wrap(err, r, "log in") : take_answer(&login, exchange, err);
}

static bool is_usable(const struct sw_registry_token *token)
{
    return token->bearer != NULL && sw_clock_monotonic_ns() < token->expires_ns - TOKEN_MARGIN_NS;
}

int sw_registry_authorize(struct sw_registry_endpoint *endpoint, const char *scope,
    const atomic_bool *stop, struct sw_buf *value, struct sw_err *err)
{
    SW_MUTEX_HOLD(hold, &endpoint->mutex);
    struct sw_registry_token *token = find_token(endpoint, scope);
    int r = 0;
    if (token != NULL && !is_usable(token))
        r = log_in(endpoint, token, stop, err);
    if (r < 0)
        return r;
    if (token != NULL)
        r = sw_buf_printf(value, "Bearer %s", token->bearer);
    else if (endpoint->is_basic && has_basic(endpoint))
        r = append_basic(value, &endpoint->credential);
    else if (endpoint->has_credential && endpoint->credential.registry_token != NULL)
        r = sw_buf_printf(value, "Bearer %s", endpoint->credential.registry_token);
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static int refuse(const struct sw_registry_endpoint *endpoint, struct sw_err *err)
{
    if (endpoint->has_credential)
        return sw_err_set(err, -EACCES, "'%s' does not accept the login, or it may not read this",
            endpoint->host);
    return sw_err_set(err, -EACCES,
        "'%s' wants a login, or there is no such image; log in with `docker login %s`, or see "
        "--registry-user",
        endpoint->host, endpoint->host);
}

/* A new entry of the table; the oldest gives way. */
static int add_token(struct sw_registry_endpoint *endpoint, const char *scope,
    const struct sw_challenge *challenge, struct sw_registry_token **ret)
{
    struct sw_str asked = challenge->scope.n > 0 ? challenge->scope : sw_str_of(scope);
    struct sw_registry_token token = {
        .scope = sw_mem_strndup(scope, strlen(scope)),
        .realm = sw_mem_strndup(challenge->realm.p, challenge->realm.n),
        .service = sw_mem_strndup(
            challenge->service.n > 0 ? challenge->service.p : "", challenge->service.n),
        .asked_scope = sw_mem_strndup(asked.p, asked.n),
    };
    int r = token.scope == NULL || token.realm == NULL || token.service == NULL ||
                    token.asked_scope == NULL
                ? -ENOMEM
                : 0;
    if (r == 0 && endpoint->tokens.n == TOKENS_MAX) {
        drop_token(&endpoint->tokens.v[0]);
        endpoint->tokens.n--;
        memmove(endpoint->tokens.v, endpoint->tokens.v + 1,
            endpoint->tokens.n * sizeof(endpoint->tokens.v[0]));
    }
    if (r == 0)
        r = sw_vec_push(&endpoint->tokens, token, TOKENS_MAX);
    if (r < 0)
        drop_token(&token);
    else
        *ret = &endpoint->tokens.v[endpoint->tokens.n - 1];
    return r;
}

/* The table's entry for a scope that a challenge tells of. */
static int take_bearer(struct sw_registry_endpoint *endpoint, const struct sw_registry_call *call,
    const struct sw_challenge *challenge, struct sw_str value, struct sw_err *err)
{
    struct sw_str shown = sw_str_skip(value, SW_STR("Bearer ").n);
    struct sw_registry_token *token = find_token(endpoint, call->scope);
    /* Another thread was faster. */
    if (token != NULL && is_usable(token) && !sw_str_equal_z(shown, token->bearer))
        return 0;
    int r = 0;
    if (token == NULL)
        r = add_token(endpoint, call->scope, challenge, &token);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    wipe(&token->bearer);
    return log_in(endpoint, token, call->stop, err);
}

static int find_challenge(const struct sw_http_exchange *exchange, const char *scheme,
    struct sw_region *region, struct sw_challenge *ret)
{
    for (size_t i = 0;; i++) {
        struct sw_str header = sw_http_exchange_header(exchange, "www-authenticate", i);
        if (header.p == NULL)
            return -ENOENT;
        int r = sw_challenge_find(header, scheme, region, ret);
        if (r == 0 || r == -ENOMEM)
            return r;
    }
}

int sw_registry_challenged(struct sw_registry_endpoint *endpoint,
    const struct sw_http_exchange *exchange, const struct sw_registry_call *call,
    struct sw_str value, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES_MAX);
    struct sw_challenge challenge = {0};
    SW_MUTEX_HOLD(hold, &endpoint->mutex);
    int r = know_credential(endpoint, err);
    if (r < 0)
        return r;
    const char *ready = endpoint->credential.registry_token;
    if (endpoint->has_credential && ready != NULL)
        return value.n == 0 ? 0 : refuse(endpoint, err);
    if (find_challenge(exchange, "Bearer", &region, &challenge) == 0 && challenge.realm.n > 0)
        return take_bearer(endpoint, call, &challenge, value, err);
    if (find_challenge(exchange, "Basic", &region, &challenge) < 0)
        return sw_err_set(err, -EACCES, "'%s' refuses, and says neither Basic nor Bearer would do",
            endpoint->host);
    if (!has_basic(endpoint) || sw_str_starts_with(value, SW_STR("Basic ")))
        return refuse(endpoint, err);
    endpoint->is_basic = true;
    return 0;
}

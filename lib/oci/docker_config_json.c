/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which login of a settings file is the one for a registry. Keys were written by many programs over
 * many years: with a scheme, with /v1/ behind, with a repository (podman), in Docker Hub's old
 * name. The one that says most wins.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "oci/base64.h"
#include "oci/docker_config.h"

/* Given in place of a user by helpers whose secret is an identity token. */
#define TOKEN_USER "<token>"

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->capacity);
    sw_buf_done(buf);
}

static void wipe_str(struct sw_str *s)
{
    /* Made in a region, so that it is ours to write to. */
    if (s->n > 0)
        explicit_bzero((void *)(uintptr_t)s->p, s->n);
    *s = SW_STR_NONE;
}

void sw_docker_login_wipe(struct sw_docker_login *login)
{
    wipe_str(&login->user);
    wipe_str(&login->secret);
    wipe_str(&login->identity_token);
    wipe_str(&login->registry_token);
}

bool sw_docker_is_hub(struct sw_str host)
{
    static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++)
        if (sw_str_equal_ignore_case(host, sw_str_of(names[i])))
            return true;
    return false;
}

static struct sw_str without_port(struct sw_str host)
{
    struct sw_str port = SW_STR(":443");
    return sw_str_ends_with(host, port) ? sw_str_part(host, 0, host.n - port.n) : host;
}

static bool is_same_host(struct sw_str a, struct sw_str b)
{
    return sw_str_equal_ignore_case(without_port(a), without_port(b)) ||
           (sw_docker_is_hub(a) && sw_docker_is_hub(b));
}

static void split(struct sw_str text, struct sw_str *host, struct sw_str *path)
{
    ptrdiff_t slash = sw_str_find_char(text, '/');
    *host = slash < 0 ? text : sw_str_part(text, 0, (size_t)slash);
    *path = slash < 0 ? SW_STR_NONE : sw_str_skip(text, (size_t)slash + 1);
}

/* How much a key says about the name: 0 nothing, more for a longer part of its path. */
static size_t rate(struct sw_str key, struct sw_str name)
{
    static const char *const schemes[] = {"https://", "http://"};
    bool has_scheme = false;
    bool is_exact = sw_str_equal(key, name);
    for (size_t i = 0; i < SW_ARRAY_SIZE(schemes) && !has_scheme; i++)
        if (sw_str_starts_with(key, sw_str_of(schemes[i]))) {
            key = sw_str_skip(key, strlen(schemes[i]));
            has_scheme = true;
        }
    struct sw_str key_host, key_path, name_host, name_path;
    split(key, &key_host, &key_path);
    split(name, &name_host, &name_path);
    if (!is_same_host(key_host, name_host))
        return 0;
    while (sw_str_ends_with(key_path, SW_STR("/")))
        key_path.n--;
    bool is_version = sw_str_equal_z(key_path, "v1") || sw_str_equal_z(key_path, "v2");
    if (key_path.n == 0 || has_scheme || is_version)
        return is_exact ? 2 : 1;
    bool is_above =
        sw_str_starts_with(name_path, key_path) &&
        (name_path.n == key_path.n || (name_path.n > key_path.n && name_path.p[key_path.n] == '/'));
    return is_above ? 2 + key_path.n : 0;
}

/* The best member of an object for the name; NULL where none fits. */
static const json_t *find_best(const json_t *object, const char *name, const char **ret_key)
{
    const json_t *best = NULL;
    size_t best_rate = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t n = rate(sw_str_of(key), sw_str_of(name));
        if (n > best_rate) {
            best_rate = n;
            best = value;
            *ret_key = key;
        }
    }
    return best;
}

/* Both end up in headers or bodies; a NUL would end them early. */
static bool is_fit(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static int check_fit(const struct sw_docker_login *login, struct sw_err *err)
{
    if (!is_fit(login->user) || !is_fit(login->secret) || !is_fit(login->identity_token) ||
        !is_fit(login->registry_token))
        return sw_err_set(err, -EINVAL, "a login with control characters");
    if (sw_str_find_char(login->user, ':') >= 0)
        return sw_err_set(err, -EINVAL, "a user name with a colon");
    return 0;
}

/* "user:password" in base64; some writers fill it up with NULs. */
static int take_auth(
    struct sw_str auth, struct sw_region *region, struct sw_docker_login *login, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf pair = {0};
    sw_buf_init(&pair, SW_DOCKER_SECRET_BYTES_MAX);
    /* Room for all of it at once: nothing is left behind where a buffer has grown. */
    int r = sw_buf_reserve(&pair, auth.n / 4 * 3 + 3);
    if (r == 0)
        r = sw_base64_decode(sw_str_trim(auth), &pair);
    if (r == -EINVAL)
        return sw_err_set(err, r, "'auth' is not base64");
    if (r < 0)
        return sw_err_wrap(err, r, "'auth'");
    struct sw_str text = sw_buf_str(&pair);
    while (text.n > 0 && text.p[text.n - 1] == '\0')
        text.n--;
    ptrdiff_t colon = sw_str_find_char(text, ':');
    if (colon < 0)
        return sw_err_set(err, -EINVAL, "'auth' is not of the form user:password");
    r = sw_region_copy(region, sw_str_part(text, 0, (size_t)colon), &login->user);
    if (r == 0)
        r = sw_region_copy(region, sw_str_skip(text, (size_t)colon + 1), &login->secret);
    return r;
}

static int take_entry(const json_t *entry, struct sw_region *region, struct sw_docker_login *login,
    struct sw_err *err)
{
    const size_t max = SW_DOCKER_SECRET_BYTES_MAX;
    if (!json_is_object(entry))
        return sw_err_set(err, -EINVAL, "not an object");
    struct sw_str auth = SW_STR_NONE;
    int r = sw_oci_json_str(entry, "auth", max, region, &auth, err);
    if (r == 0)
        r = sw_oci_json_str(entry, "username", max, region, &login->user, err);
    if (r == 0)
        r = sw_oci_json_str(entry, "password", max, region, &login->secret, err);
    if (r == 0)
        r = sw_oci_json_str(entry, "identitytoken", max, region, &login->identity_token, err);
    if (r == 0)
        r = sw_oci_json_str(entry, "registrytoken", max, region, &login->registry_token, err);
    if (r == 0 && auth.n > 0)
        r = take_auth(auth, region, login, err);
    wipe_str(&auth);
    return r < 0 ? r : check_fit(login, err);
}

/* It becomes part of a program's name. */
static int take_helper(
    struct sw_str name, const char *key, struct sw_docker_login *login, struct sw_err *err)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || strchr("-_.", c) == NULL))
            return sw_err_set(
                err, -EINVAL, "'%.100s' names a helper that is no program's name", key);
    }
    login->helper = name;
    return 0;
}

static int find_helper(const json_t *json, const char *name, struct sw_region *region,
    struct sw_docker_login *login, struct sw_err *err)
{
    const json_t *helpers = json_object_get(json, "credHelpers");
    const char *key = NULL;
    struct sw_str helper = SW_STR_NONE;
    int r = 0;
    if (json_object_size(helpers) > SW_DOCKER_CONFIG_LOGINS_MAX)
        return sw_err_set(err, -EINVAL, "'credHelpers' has %zu", json_object_size(helpers));
    if (find_best(helpers, name, &key) != NULL)
        r = sw_oci_json_str(helpers, key, SW_DOCKER_HELPER_NAME_MAX, region, &helper, err);
    else
        r = sw_oci_json_str(json, "credsStore", SW_DOCKER_HELPER_NAME_MAX, region, &helper, err);
    return r < 0 ? r : take_helper(helper, key != NULL ? key : "credsStore", login, err);
}

static bool has_login(const struct sw_docker_login *login)
{
    return login->user.n > 0 || login->identity_token.n > 0 || login->registry_token.n > 0;
}

int sw_docker_config_find(struct sw_str text, const char *name, struct sw_region *region,
    struct sw_docker_login *ret, struct sw_err *err)
{
    if (text.n > SW_DOCKER_CONFIG_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "%zu bytes are no settings", text.n);
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_docker_login_wipe) struct sw_docker_login login = {0};
    const json_t *entries = json_object_get(json, "auths");
    if (!json_is_object(json) || (entries != NULL && !json_is_object(entries)))
        return sw_err_set(err, -EINVAL, "no JSON object, or its 'auths' is none");
    if (json_object_size(entries) > SW_DOCKER_CONFIG_LOGINS_MAX)
        return sw_err_set(err, -EINVAL, "'auths' has %zu logins", json_object_size(entries));
    r = find_helper(json, name, region, &login, err);
    if (r < 0)
        return r == -ENOMEM ? sw_err_set(err, r, "out of memory") : r;
    const char *key = NULL;
    const json_t *entry = find_best(entries, name, &key);
    if (entry != NULL)
        r = take_entry(entry, region, &login, err);
    if (r < 0)
        return sw_err_wrap(err, r, "the login for '%.100s'", key);
    if (!has_login(&login) && login.helper.n == 0)
        return -ENOENT;
    *ret = login;
    login = (struct sw_docker_login){0};
    return 0;
}

int sw_docker_helper_parse(
    struct sw_str text, struct sw_region *region, struct sw_docker_login *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    SW_CLEANUP(sw_docker_login_wipe) struct sw_docker_login login = {0};
    if (text.n > SW_DOCKER_HELPER_ANSWER_MAX)
        return sw_err_set(err, -EINVAL, "an answer of %zu bytes", text.n);
    if (sw_oci_json_load(text, &json, NULL) < 0 || !json_is_object(json))
        return sw_err_set(err, -EINVAL, "its answer is no JSON object");
    const size_t max = SW_DOCKER_SECRET_BYTES_MAX;
    int r = sw_oci_json_str(json, "Username", max, region, &login.user, err);
    if (r == 0)
        r = sw_oci_json_str(json, "Secret", max, region, &login.secret, err);
    if (r < 0)
        return r == -ENOMEM ? sw_err_set(err, r, "out of memory") : r;
    if (sw_str_equal_z(login.user, TOKEN_USER)) {
        login.identity_token = login.secret;
        login.secret = login.user = SW_STR_NONE;
    }
    r = check_fit(&login, err);
    if (r < 0)
        return r;
    if (!has_login(&login))
        return -ENOENT;
    *ret = login;
    login = (struct sw_docker_login){0};
    return 0;
}

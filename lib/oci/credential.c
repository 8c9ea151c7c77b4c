/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials, by order of who said so: the user of this run, the settings files of Docker and
 * podman with the helpers that they name, what the environment holds for clouds.
 */
#include "oci/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "credential_priv.h"
#include "io/environment.h"
#include "io/file.h"
#include "oci/cloud_login.h"

/* Some secrets in different forms. */
#define REGION_BYTES_MAX ((size_t)8 << 20)

static void wipe(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    sw_mem_free(*text);
    *text = NULL;
}

void sw_credential_done(struct sw_credential *credential)
{
    wipe(&credential->user);
    wipe(&credential->secret);
    wipe(&credential->identity_token);
    wipe(&credential->registry_token);
}

static int copy(const char *text, char **ret)
{
    if (text == NULL)
        return 0;
    *ret = sw_mem_strndup(text, strlen(text));
    return *ret == NULL ? -ENOMEM : 0;
}

static bool is_explicit_for(const struct sw_credential_options *options, const char *host)
{
    bool has_any =
        options->user != NULL || options->identity_token != NULL || options->registry_token != NULL;
    return has_any && (options->explicit_host == NULL || strcmp(options->explicit_host, host) == 0);
}

/* What the user of this run said. */
static int copy_explicit(const struct sw_credential_options *options, struct sw_credential *ret)
{
    int r = copy(options->user, &ret->user);
    if (r == 0)
        r = copy(options->secret, &ret->secret);
    if (r == 0)
        r = copy(options->identity_token, &ret->identity_token);
    if (r == 0)
        r = copy(options->registry_token, &ret->registry_token);
    return r;
}

static int copy_str(struct sw_str text, char **ret)
{
    if (text.n == 0)
        return 0;
    *ret = sw_mem_strndup(text.p, text.n);
    return *ret == NULL ? -ENOMEM : 0;
}

static int copy_login(const struct sw_docker_login *login, struct sw_credential *ret)
{
    int r = copy_str(login->user, &ret->user);
    if (r == 0)
        r = copy_str(login->secret, &ret->secret);
    if (r == 0)
        r = copy_str(login->identity_token, &ret->identity_token);
    if (r == 0)
        r = copy_str(login->registry_token, &ret->registry_token);
    return r;
}

static void wipe_buf(struct sw_buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->capacity);
    sw_buf_done(buf);
}

/* The helper first; where it has nothing, what the file itself has. */
static int ask_helper(
    const char *name, struct sw_region *region, struct sw_docker_login *login, struct sw_err *err)
{
    struct sw_str server = sw_str_of(name);
    ptrdiff_t slash = sw_str_find_char(server, '/');
    server = slash < 0 ? server : sw_str_part(server, 0, (size_t)slash);
    const char *key =
        sw_docker_is_hub(server) ? SW_DOCKER_HUB_KEY : sw_region_strdup(region, server);
    if (key == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    struct sw_docker_login answer = {0};
    int r = sw_credential_helper_ask(login->helper.p, key, region, &answer, err);
    if (r == 0) {
        sw_docker_login_wipe(login);
        *login = answer;
    }
    bool has_own = login->user.n > 0 || login->identity_token.n > 0 || login->registry_token.n > 0;
    return r == -ENOENT && has_own ? 0 : r;
}

/* One file: 0; -ENOENT: it says nothing of that registry; -ENODATA: there is no such file. */
static int find_in_file(
    const char *path, const char *name, struct sw_credential *ret, struct sw_err *err)
{
    SW_CLEANUP(wipe_buf) struct sw_buf text = {0};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_docker_login_wipe) struct sw_docker_login login = {0};
    SW_CLEANUP(sw_credential_done) struct sw_credential credential = {0};
    sw_buf_init(&text, SW_DOCKER_CONFIG_BYTES_MAX);
    sw_region_init(&region, REGION_BYTES_MAX);
    int r = sw_file_load(AT_FDCWD, path, &text, err);
    if (r == -ENOENT || r == -ENOTDIR)
        return -ENODATA;
    if (r == 0)
        r = sw_docker_config_find(sw_buf_str(&text), name, &region, &login, err);
    if (r == 0 && login.helper.n > 0)
        r = ask_helper(name, &region, &login, err);
    if (r == -ENOENT)
        return r;
    if (r < 0)
        return sw_err_wrap(err, r, "logins in '%s'", path);
    r = copy_login(&login, &credential);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    *ret = credential;
    credential = (struct sw_credential){0};
    return 0;
}

/* Where Docker and podman look, in the order in which an operator would have us. */
static int find_in_files(const char *name, struct sw_credential *ret, struct sw_err *err)
{
    static const struct {
        const char *variable;
        const char *unless; /* set: this place is not looked at */
        const char *below;
    } places[] = {
        {"REGISTRY_AUTH_FILE", NULL, ""},
        {"DOCKER_CONFIG", NULL, "/config.json"},
        {"HOME", "DOCKER_CONFIG", "/.docker/config.json"},
        {"XDG_RUNTIME_DIR", NULL, "/containers/auth.json"},
        {"XDG_CONFIG_HOME", NULL, "/containers/auth.json"},
        {"HOME", "XDG_CONFIG_HOME", "/.config/containers/auth.json"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(places); i++) {
        const char *start = sw_environment_get(places[i].variable);
        if (start == NULL ||
            (places[i].unless != NULL && sw_environment_get(places[i].unless) != NULL))
            continue;
        SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
        sw_buf_init(&path, PATH_MAX);
        int r = sw_buf_printf(&path, "%s%s", start, places[i].below);
        if (r < 0)
            return sw_err_wrap(err, r, "the path in $%s", places[i].variable);
        r = find_in_file(path.p, name, ret, err);
        if (r != -ENOENT && r != -ENODATA)
            return r;
    }
    return -ENOENT;
}

int sw_credential_find(const struct sw_credential_options *options, const char *registry_host,
    struct sw_credential *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_credential_done) struct sw_credential credential = {0};
    int r = -ENOENT;
    if (is_explicit_for(options, registry_host)) {
        r = copy_explicit(options, &credential);
        if (r < 0)
            sw_err_set(err, r, "out of memory");
    } else if (!options->is_only_explicit && options->config_path != NULL) {
        r = find_in_file(options->config_path, registry_host, &credential, err);
        if (r == -ENODATA)
            r = sw_err_set(
                err, -ENODATA, "there is no file '%s' with logins", options->config_path);
    } else if (!options->is_only_explicit) {
        r = find_in_files(registry_host, &credential, err);
    }
    if (r == -ENOENT && !options->is_only_explicit && options->http != NULL)
        r = sw_cloud_login_find(registry_host, options->http, &credential, err);
    if (r < 0)
        return r;
    *ret = credential;
    credential = (struct sw_credential){0};
    return 0;
}

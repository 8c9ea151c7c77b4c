/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials, by order of who said so: the user of this run.
 */
#include "oci/credential.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

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

int sw_credential_find(const struct sw_credential_options *options, const char *registry_host,
    struct sw_credential *ret, struct sw_err *err)
{
    if (!is_explicit_for(options, registry_host))
        return -ENOENT;
    SW_CLEANUP(sw_credential_done) struct sw_credential credential = {0};
    int r = copy(options->user, &credential.user);
    if (r == 0)
        r = copy(options->secret, &credential.secret);
    if (r == 0)
        r = copy(options->identity_token, &credential.identity_token);
    if (r == 0)
        r = copy(options->registry_token, &credential.registry_token);
    if (r < 0)
        return sw_err_set(err, r, "out of memory");
    *ret = credential;
    credential = (struct sw_credential){0};
    return 0;
}

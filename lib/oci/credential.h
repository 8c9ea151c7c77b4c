/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are to a registry: what the caller was told, what Docker's settings and helpers know, what
 * a cloud's environment allows. Asked once per registry and process. What is found goes into
 * request headers and nowhere else: never into a sentence, a log or an argument.
 */
#pragma once

#include "base/err.h"
#include "io/http_client.h"

/* Members that are not known are NULL. A user goes with a secret. */
struct sw_credential {
    char *user;           /* owned, like all of them */
    char *secret;         /* password or access token, for Basic */
    char *identity_token; /* to be changed for an access token (POST, grant_type=refresh_token) */
    char *registry_token; /* a bearer token to be used as it is */
};

/* Where to look. Strings are borrowed; NULL: not given. */
struct sw_credential_options {
    const char *config_path; /* Docker's config.json; NULL: $DOCKER_CONFIG, the home, podman's */
    /* Given by the user for this run; they win over every file, and hold for explicit_host only
     * (NULL: for whichever registry is asked). */
    const char *explicit_host;
    const char *user;
    const char *secret;
    const char *identity_token;
    const char *registry_token;
    bool is_only_explicit; /* look nowhere else */
    /* For clouds that want a login first; NULL: those are not asked. */
    const struct sw_http_options *http;
};

/* What to show the registry at "host" or "host:port" as a reference writes it ("docker.io" for
 * Docker Hub). 0; -ENOENT: nothing, be anonymous; others with a sentence that says which file or
 * helper failed. */
int sw_credential_find(const struct sw_credential_options *options, const char *registry_host,
    struct sw_credential *ret, struct sw_err *err);
/* Wipes and frees; may be called twice. Usable with SW_CLEANUP. */
void sw_credential_done(struct sw_credential *credential);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins as Docker and podman keep them (config.json, auth.json), and what credential helpers
 * answer. No part of a secret ever goes into a sentence. Strings are made in the region; the caller
 * wipes them (sw_docker_login_wipe).
 */
#pragma once

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* Docker's settings have some KB; those with logins of a large company some 100. */
#define SW_DOCKER_CONFIG_BYTES_MAX ((size_t)1 << 20)
#define SW_DOCKER_CONFIG_LOGINS_MAX ((size_t)10000)
/* Tokens serve as passwords; they carry claims. */
#define SW_DOCKER_SECRET_BYTES_MAX ((size_t)65536)
#define SW_DOCKER_HELPER_NAME_MAX ((size_t)64)
#define SW_DOCKER_HELPER_ANSWER_MAX ((size_t)256 * 1024)

/* The name under which Docker keeps the login of its Hub. */
#define SW_DOCKER_HUB_KEY "https://index.docker.io/v1/"

/* Empty where there is none. */
struct sw_docker_login {
    struct sw_str helper; /* asked first: letters, digits, "-_." */
    struct sw_str user;
    struct sw_str secret;
    struct sw_str identity_token;
    struct sw_str registry_token;
};

/* What the settings say about a registry, "host[:port]", or one of its repositories,
 * "host[:port]/name": 0; -ENOENT: nothing; -EINVAL with a sentence that names the key. */
int sw_docker_config_find(struct sw_str text, const char *name, struct sw_region *region,
    struct sw_docker_login *ret, struct sw_err *err);

/* The answer of `docker-credential-X get`: 0; -ENOENT: empty; -EINVAL. */
int sw_docker_helper_parse(
    struct sw_str text, struct sw_region *region, struct sw_docker_login *ret, struct sw_err *err);

void sw_docker_login_wipe(struct sw_docker_login *login);

/* Whether `host` is one of Docker Hub's names. */
bool sw_docker_is_hub(struct sw_str host);

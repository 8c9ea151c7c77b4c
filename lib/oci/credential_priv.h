/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential.c (the order of sources), credential_helper.c (programs), cloud_login.c (clouds).
 */
#pragma once

#include "oci/credential.h"
#include "oci/docker_config.h"

/* Asks docker-credential-NAME: 0; -ENOENT: it has none; others with a sentence. */
int sw_credential_helper_ask(const char *name, const char *server, struct sw_region *region,
    struct sw_docker_login *ret, struct sw_err *err);

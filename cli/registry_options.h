/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How registries are reached, as options: rows that each command which reaches one includes in its
 * table. No secret is ever an argument, where everybody on the machine could read it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/region.h"
#include "oci/registry.h"
#include "option.h"

/* A member of a command's values; SW_REGISTRY_ROWS fills it. */
struct sw_registry_values {
    const char *ca;
    const char *cert;
    const char *key;
    const char *user;
    const char *password_file;
    const char *config;
    const char *proxy;
    struct sw_option_list mirrors;
    bool is_plain;
    bool is_password_on_stdin;
};

#define SW_REGISTRY_ROW(outer, member, field, name, type, argument, help, environment)             \
    {                                                                                              \
        name, 0, type, offsetof(struct outer, member.field), argument, help, environment           \
    }

/* Rows of a table of options for `struct outer` with a `struct sw_registry_values member`. */
#define SW_REGISTRY_ROWS(outer, member)                                                            \
    SW_REGISTRY_ROW(outer, member, ca, "registry-ca", SW_OPTION_STRING, "FILE",                    \
        "certificates (PEM) to trust in a registry, beside the system's", "SEAWALL_REGISTRY_CA"),  \
        SW_REGISTRY_ROW(outer, member, cert, "registry-cert", SW_OPTION_STRING, "FILE",            \
            "certificate (PEM) to show to the registry", "SEAWALL_REGISTRY_CERT"),                 \
        SW_REGISTRY_ROW(outer, member, key, "registry-key", SW_OPTION_STRING, "FILE",              \
            "its key, where it is not in the same file", "SEAWALL_REGISTRY_KEY"),                  \
        SW_REGISTRY_ROW(outer, member, user, "registry-user", SW_OPTION_STRING, "USER",            \
            "log in as; the password comes from $SEAWALL_REGISTRY_PASSWORD or the next two",       \
            "SEAWALL_REGISTRY_USER"),                                                              \
        SW_REGISTRY_ROW(outer, member, password_file, "registry-password-file", SW_OPTION_STRING,  \
            "FILE", "the first line of FILE is the password", "SEAWALL_REGISTRY_PASSWORD_FILE"),   \
        SW_REGISTRY_ROW(outer, member, is_password_on_stdin, "registry-password-stdin",            \
            SW_OPTION_FLAG, NULL, "the first line of standard input is the password", NULL),       \
        SW_REGISTRY_ROW(outer, member, config, "registry-config", SW_OPTION_STRING, "FILE",        \
            "logins as `docker login` keeps them (default ~/.docker/config.json)",                 \
            "SEAWALL_REGISTRY_CONFIG"),                                                            \
        SW_REGISTRY_ROW(outer, member, mirrors, "registry-mirror", SW_OPTION_LIST, "HOST=MIRROR",  \
            "ask MIRROR (host[:port][/prefix]) first for what HOST has", NULL),                    \
        SW_REGISTRY_ROW(outer, member, proxy, "proxy", SW_OPTION_STRING, "URL",                    \
            "reach registries through this one, instead of https_proxy and kin", NULL),            \
        SW_REGISTRY_ROW(outer, member, is_plain, "plain-http", SW_OPTION_FLAG, NULL,               \
            "reach registries by HTTP without TLS; whoever listens reads everything", NULL)

/* What the values come to. Stays where it is: its parts point to one another. */
struct sw_registry_access {
    struct sw_http_options http;
    struct sw_credential_options credentials;
    struct sw_registry_options registry;
    char *secret; /* owned; wiped */
};

/* Reads the values, and the secrets from where they are: 0, or negative errno with a sentence.
 * Strings of the values are borrowed. */
int sw_registry_access_init(
    struct sw_registry_access *access, const struct sw_registry_values *values, struct sw_err *err);
/* May be called twice. Usable with SW_CLEANUP. */
void sw_registry_access_done(struct sw_registry_access *access);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the node's engines are, as options: rows that each command which reads images includes in
 * its table.
 */
#pragma once

#include <stddef.h>

#include "base/region.h"
#include "option.h"
#include "scan/engine.h"

/* A member of a command's values; SW_ENGINE_ROWS fills it. */
struct sw_engine_values {
    const char *docker_host;
    const char *docker_root;
    const char *podman_host;
    const char *podman_root;
    const char *containerd_root;
    const char *containerd_state;
    const char *namespace;
};

#define SW_ENGINE_ROW(outer, member, field, name, argument, help, environment)                     \
    {                                                                                              \
        name, 0, SW_OPTION_STRING, offsetof(struct outer, member.field), argument, help,           \
            environment                                                                            \
    }

/* Rows of a table of options for `struct outer` with a `struct sw_engine_values member`. */
#define SW_ENGINE_ROWS(outer, member)                                                              \
    SW_ENGINE_ROW(outer, member, docker_host, "docker-host", "ADDRESS",                            \
        "ask this Docker (unix:///FILE, tcp://HOST:PORT) instead of looking for one",              \
        "DOCKER_HOST"),                                                                            \
        SW_ENGINE_ROW(outer, member, docker_root, "docker-root", "DIR",                            \
            "where Docker keeps its images (default: as its settings say)",                        \
            "SEAWALL_DOCKER_ROOT"),                                                                \
        SW_ENGINE_ROW(outer, member, podman_host, "podman-host", "ADDRESS",                        \
            "ask podman's service at this address instead of reading its files",                   \
            "CONTAINER_HOST"),                                                                     \
        SW_ENGINE_ROW(outer, member, podman_root, "podman-root", "DIR",                            \
            "where podman keeps its images (default: as storage.conf says)",                       \
            "SEAWALL_PODMAN_ROOT"),                                                                \
        SW_ENGINE_ROW(outer, member, containerd_root, "containerd-root", "DIR",                    \
            "where containerd keeps its images (default: as config.toml says, and usual places)",  \
            "CONTAINERD_ROOT"),                                                                    \
        SW_ENGINE_ROW(outer, member, containerd_state, "containerd-state", "DIR",                  \
            "where containerd keeps what runs (default: as config.toml says)",                     \
            "CONTAINERD_STATE"),                                                                   \
        SW_ENGINE_ROW(outer, member, namespace, "namespace", "NAME",                               \
            "containerd's namespace to look in (default: all of them)", "CONTAINERD_NAMESPACE")

/* With what the user's environment says of folders and settings; strings are borrowed. */
void sw_engine_options_init(
    struct sw_engine_options *options, const struct sw_engine_values *values);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options and environment to where engines are looked for.
 */
#include "engine_options.h"

#include <string.h>
#include <unistd.h>

#include "io/environment.h"

static const char *get_folder(const char *name)
{
    const char *value = sw_environment_get(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

void sw_engine_options_init(
    struct sw_engine_options *options, const struct sw_engine_values *values)
{
    /* Inside `podman unshare` a user is root, of his own files. */
    const char *unshared = sw_environment_get("_CONTAINERS_ROOTLESS_UID");
    *options = (struct sw_engine_options){
        .docker_host = values->docker_host,
        .docker_root = values->docker_root,
        .container_host = values->podman_host,
        .podman_root = values->podman_root,
        .containerd_root = values->containerd_root,
        .containerd_state = values->containerd_state,
        .namespace = values->namespace,
        .storage_conf = get_folder("CONTAINERS_STORAGE_CONF"),
        .home = get_folder("HOME"),
        .runtime_dir = get_folder("XDG_RUNTIME_DIR"),
        .data_home = get_folder("XDG_DATA_HOME"),
        .config_home = get_folder("XDG_CONFIG_HOME"),
        .is_rootless = geteuid() != 0 || (unshared != NULL && strcmp(unshared, "0") != 0),
    };
    if (sw_environment_get("DOCKER_TLS_VERIFY") != NULL)
        options->docker_cert_path = get_folder("DOCKER_CERT_PATH");
}

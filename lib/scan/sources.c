/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of sources that a prefix can force. A new kind is one line here.
 */
#include "scan/source.h"

static int open_docker_archive(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    source->form = "docker-archive";
    return sw_source_open_path(rest, options, source, err);
}

static int open_oci(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    source->form = "oci";
    return sw_source_open_path(rest, options, source, err);
}

static int open_rootfs(const char *rest, const struct sw_source_options *options,
    struct sw_source *source, struct sw_err *err)
{
    source->form = "rootfs";
    return sw_source_open_path(rest, options, source, err);
}

const struct sw_source_kind sw_source_kinds[] = {
    {"docker", sw_source_docker_open},
    {"podman", sw_source_podman_open},
    {"containerd", sw_source_containerd_open},
    {"registry", sw_source_registry_open},
    {"docker-archive", open_docker_archive},
    {"oci", open_oci},
    {"rootfs", open_rootfs},
    /* As Grype and Syft call them. */
    {"oci-archive", open_oci},
    {"oci-dir", open_oci},
    {"dir", open_rootfs},
    {0},
};

const char *const sw_source_bare_kinds[] = {
    "docker",
    "podman",
    "containerd",
    "registry",
    NULL,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the engines of this node are looked for. What a user's environment says is told by the
 * program; NULL stands for "not said".
 */
#pragma once

#include <stdbool.h>

struct sw_engine_options {
    const char *docker_host;      /* DOCKER_HOST: "unix:///run/docker.sock", "tcp://host:2376" */
    const char *docker_cert_path; /* folder with ca.pem, cert.pem, key.pem, for TLS over TCP */
    const char *docker_root;      /* its data root, instead of what its settings say */
    const char *container_host;   /* CONTAINER_HOST, the same for podman */
    const char *podman_root;      /* its storage root, instead of what its settings say */
    const char *podman_run_root;  /* where it keeps what is lost with a restart */
    const char *storage_conf;     /* CONTAINERS_STORAGE_CONF */
    const char *containerd_root;  /* its root directory, instead of what its settings say */
    const char *containerd_state; /* its state directory */
    const char *namespace;        /* of containerd; NULL: all of them */
    const char *users_file;       /* whose stores root looks at, too; NULL: /etc/passwd */
    const char *home;             /* HOME and the XDG folders of the user */
    const char *runtime_dir;
    const char *data_home;
    const char *config_home;
    bool is_rootless; /* a user's own engines are meant, not the machine's */
};

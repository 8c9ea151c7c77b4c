/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where engines keep their images and where they listen, by their own settings.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "oci/containerd_node.h"
#include "source_engine_priv.h"

#define SETTINGS_BYTES_MAX ((size_t)1 << 20)

static const char *runtime_dir(const struct sw_engine_options *options, struct sw_region *region)
{
    return options->runtime_dir != NULL ? options->runtime_dir
                                        : sw_region_printf(region, "/run/user/%u", getuid());
}

static const char *data_home(const struct sw_engine_options *options, struct sw_region *region)
{
    if (options->data_home != NULL || options->home == NULL)
        return options->data_home;
    return sw_region_printf(region, "%s/.local/share", options->home);
}

static const char *config_home(const struct sw_engine_options *options, struct sw_region *region)
{
    if (options->config_home != NULL || options->home == NULL)
        return options->config_home;
    return sw_region_printf(region, "%s/.config", options->home);
}

void sw_engine_docker_hosts(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_HOSTS_MAX])
{
    size_t n = 0;
    if (options->docker_host != NULL) {
        ret[n++] = options->docker_host;
    } else if (options->docker_root == NULL) {
        if (options->is_rootless)
            ret[n++] = sw_region_printf(region, "%s/docker.sock", runtime_dir(options, region));
        ret[n++] = "/var/run/docker.sock";
    }
    ret[n] = NULL;
}

void sw_engine_podman_hosts(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_HOSTS_MAX])
{
    size_t n = 0;
    if (options->container_host != NULL)
        ret[n++] = options->container_host;
    else if (options->podman_root == NULL && options->is_rootless)
        ret[n++] = sw_region_printf(region, "%s/podman/podman.sock", runtime_dir(options, region));
    else if (options->podman_root == NULL)
        ret[n++] = "/run/podman/podman.sock";
    ret[n] = NULL;
}

/* The text of a file of settings; one that is not there, or not ours to read, says nothing. */
static int load_settings(const char *path, struct sw_buf *text, struct sw_err *err)
{
    sw_buf_init(text, SETTINGS_BYTES_MAX);
    int r = sw_file_load(AT_FDCWD, path, text, err);
    if (r == -ENOENT || r == -EACCES || r == -ENOTDIR) {
        sw_buf_clear(text);
        return 0;
    }
    return r < 0 ? sw_err_wrap(err, r, "'%s'", path) : 0;
}

static int read_daemon_json(
    const char *path, struct sw_region *region, const char **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_str root = SW_STR_NONE;
    int r = load_settings(path, &text, err);
    if (r == 0) {
        r = sw_docker_settings_parse(sw_buf_str(&text), region, &root, err);
        r = r < 0 ? sw_err_wrap(err, r, "'%s'", path) : 0;
    }
    if (r == 0 && root.n > 0 && root.p[0] == '/')
        *ret = root.p;
    return r;
}

int sw_engine_docker_roots(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, struct sw_err *err)
{
    size_t n = 0;
    int r = 0;
    if (options->docker_root != NULL) {
        ret[n++] = options->docker_root;
    } else {
        const char *data = data_home(options, region);
        const char *config = config_home(options, region);
        if (options->is_rootless && data != NULL && config != NULL) {
            ret[n] = sw_region_printf(region, "%s/docker", data);
            const char *path = sw_region_printf(region, "%s/docker/daemon.json", config);
            r = ret[n] == NULL || path == NULL ? -ENOMEM
                                               : read_daemon_json(path, region, &ret[n], err);
            n++;
        }
        ret[n] = "/var/lib/docker";
        if (r == 0)
            r = read_daemon_json("/etc/docker/daemon.json", region, &ret[n], err);
        n++;
    }
    *ret_n = n;
    return r;
}

static int read_storage_conf(
    const char *path, struct sw_region *region, struct sw_podman_conf *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    int r = load_settings(path, &text, err);
    if (r == 0) {
        r = sw_podman_conf_parse(sw_buf_str(&text), region, ret, err);
        r = r < 0 ? sw_err_wrap(err, r, "'%s'", path) : 0;
    }
    return r;
}

/* $HOME and $UID in a path of rootless_storage_path. */
static const char *expand(
    const struct sw_engine_options *options, struct sw_str text, struct sw_region *region)
{
    const char *done = "";
    while (text.n > 0 && done != NULL) {
        struct sw_str home = SW_STR("$HOME");
        struct sw_str uid = SW_STR("$UID");
        if (sw_str_starts_with(text, home)) {
            done =
                sw_region_printf(region, "%s%s", done, options->home != NULL ? options->home : "");
            text = sw_str_skip(text, home.n);
        } else if (sw_str_starts_with(text, uid)) {
            done = sw_region_printf(region, "%s%u", done, getuid());
            text = sw_str_skip(text, uid.n);
        } else {
            ptrdiff_t next = sw_str_find_char(sw_str_skip(text, 1), '$');
            size_t n = next < 0 ? text.n : (size_t)next + 1;
            done = sw_region_printf(region, "%s%.*s", done, (int)n, text.p);
            text = sw_str_skip(text, n);
        }
    }
    return done;
}

/* The settings in force: the machine's under the user's. Of the machine's own roots a user has
 * none. */
static int read_conf(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_podman_conf *conf, struct sw_err *err)
{
    if (options->storage_conf != NULL)
        return read_storage_conf(options->storage_conf, region, conf, err);
    int r = read_storage_conf("/usr/share/containers/storage.conf", region, conf, err);
    struct sw_podman_conf own = {0};
    if (r == 0)
        r = read_storage_conf("/etc/containers/storage.conf", region, &own, err);
    if (own.graph_root.n > 0 || own.n_additional > 0 || own.rootless_path.n > 0)
        *conf = own;
    if (r < 0 || !options->is_rootless)
        return r;
    const char *config = config_home(options, region);
    const char *path =
        config == NULL ? NULL : sw_region_printf(region, "%s/containers/storage.conf", config);
    own = (struct sw_podman_conf){0};
    if (path != NULL)
        r = read_storage_conf(path, region, &own, err);
    conf->graph_root = own.graph_root;
    conf->run_root = own.run_root;
    if (own.rootless_path.n > 0)
        conf->rootless_path = own.rootless_path;
    if (own.n_additional > 0) {
        conf->additional = own.additional;
        conf->n_additional = own.n_additional;
    }
    return r;
}

static const char *find_graph_root(const struct sw_engine_options *options,
    const struct sw_podman_conf *conf, struct sw_region *region)
{
    if (options->podman_root != NULL)
        return options->podman_root;
    if (conf->graph_root.n > 0)
        return expand(options, conf->graph_root, region);
    if (!options->is_rootless)
        return "/var/lib/containers/storage";
    if (conf->rootless_path.n > 0)
        return expand(options, conf->rootless_path, region);
    const char *data = data_home(options, region);
    return data == NULL ? NULL : sw_region_printf(region, "%s/containers/storage", data);
}

static const char *find_run_root(const struct sw_engine_options *options,
    const struct sw_podman_conf *conf, struct sw_region *region)
{
    if (options->podman_run_root != NULL)
        return options->podman_run_root;
    if (conf->run_root.n > 0)
        return expand(options, conf->run_root, region);
    return options->is_rootless
               ? sw_region_printf(region, "%s/containers", runtime_dir(options, region))
               : "/run/containers/storage";
}

int sw_engine_podman_roots(const struct sw_engine_options *options, struct sw_region *region,
    const char *ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, const char **ret_run_root,
    struct sw_err *err)
{
    struct sw_podman_conf conf = {0};
    int r = read_conf(options, region, &conf, err);
    if (r < 0)
        return r;
    size_t n = 0;
    ret[n] = find_graph_root(options, &conf, region);
    if (ret[n++] == NULL)
        return sw_err_set(err, -ENOENT, "HOME is not set, so there is no storage of podman's");
    for (size_t i = 0; i < conf.n_additional && n < SW_ENGINE_ROOTS_MAX; i++)
        if (conf.additional[i].n > 0 && conf.additional[i].p[0] == '/')
            ret[n++] = conf.additional[i].p;
    if (ret_run_root != NULL)
        *ret_run_root = find_run_root(options, &conf, region);
    *ret_n = n;
    return 0;
}

#define CONTAINERD_CONF "/etc/containerd/config.toml"

/* containerd's own place comes first and is replaced by what its settings say. */
static const struct sw_engine_containerd usual_containerds[] = {
    {"/var/lib/containerd", "/run/containerd"},
    {"/var/lib/rancher/k3s/agent/containerd", "/run/k3s/containerd"},
    {"/var/lib/rancher/rke2/agent/containerd", "/run/k3s/containerd"},
    {"/var/lib/docker/containerd/daemon", "/var/run/docker/containerd/daemon"},
};

static int read_containerd_conf(
    struct sw_region *region, struct sw_engine_containerd *place, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_containerd_conf conf = {0};
    int r = load_settings(CONTAINERD_CONF, &text, err);
    if (r == 0) {
        r = sw_containerd_conf_parse(sw_buf_str(&text), region, &conf, err);
        r = r < 0 ? sw_err_wrap(err, r, "'%s'", CONTAINERD_CONF) : 0;
    }
    if (r == 0 && conf.root.n > 0 && conf.root.p[0] == '/')
        place->root = conf.root.p;
    if (r == 0 && conf.state.n > 0 && conf.state.p[0] == '/')
        place->state = conf.state.p;
    return r;
}

int sw_engine_containerd_places(const struct sw_engine_options *options, struct sw_region *region,
    struct sw_engine_containerd ret[SW_ENGINE_ROOTS_MAX], size_t *ret_n, struct sw_err *err)
{
    struct sw_engine_containerd places[SW_ARRAY_SIZE(usual_containerds)];
    size_t n = 0;
    memcpy(places, usual_containerds, sizeof(places));
    int r = 0;
    /* Settings that cannot be read are nothing to somebody who says where to look. */
    if (options->containerd_root == NULL)
        r = read_containerd_conf(region, &places[0], err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < SW_ARRAY_SIZE(places); i++)
        if (options->containerd_root == NULL ||
            strcmp(options->containerd_root, places[i].root) == 0)
            ret[n++] = places[i];
    if (n == 0)
        ret[n++] = (struct sw_engine_containerd){.root = options->containerd_root};
    for (size_t i = 0; i < n && options->containerd_state != NULL; i++)
        ret[i].state = options->containerd_state;
    *ret_n = n;
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a data root to images, and from an image to the files that make up its layers.
 */
#include "oci/docker_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "oci/manifest.h"

#define PATH_BYTES ((size_t)4096)
/* layerdb's small files: a digest, an id. */
#define NOTE_BYTES_MAX ((size_t)512)
#define CACHE_ID_MAX ((size_t)128)

/* Drivers whose layers lie in a directory as they were unpacked; with the others (zfs,
 * devicemapper, aufs) they have to be mounted, or nobody has them any more. */
static const struct sw_docker_driver drivers[] = {
    {"overlay2", "overlay2/", "/diff"},
    {"fuse-overlayfs", "fuse-overlayfs/", "/diff"},
    {"vfs", "vfs/dir/", ""},
    {"btrfs", "btrfs/subvolumes/", ""},
};

static const struct sw_docker_driver *find_driver(struct sw_str name)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(drivers); i++)
        if (sw_str_equal_z(name, drivers[i].name))
            return &drivers[i];
    return NULL;
}

static bool has_file(int fd, const char *path)
{
    return faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int add_place(struct sw_docker_store *store, int root_fd,
    const struct sw_docker_driver *driver, struct sw_err *err)
{
    if (store->n_places == SW_DOCKER_PLACES_MAX)
        return sw_err_set(err, -EFBIG, "more than %d stores in it", SW_DOCKER_PLACES_MAX);
    int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return sw_err_wrap(err, -errno, "open a store");
    store->places[store->n_places++] = (struct sw_docker_place){fd, driver};
    return 0;
}

/* image/<driver> for each driver that was ever in use. */
static int add_drivers(
    struct sw_docker_store *store, int root_fd, struct sw_region *region, struct sw_err *err)
{
    struct sw_file_names names;
    int r = sw_file_list(root_fd, "image", region, &names, err);
    if (r < 0)
        return r == -ENOENT || r == -ENOTDIR ? 0 : r;
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        char path[PATH_BYTES];
        const struct sw_docker_driver *driver = find_driver(names.v[i]);
        snprintf(path, sizeof(path), "image/%.*s/repositories.json", SW_STR_ARG(names.v[i]));
        if (!has_file(root_fd, path))
            continue;
        if (driver != NULL)
            r = add_place(store, root_fd, driver, err);
        else
            snprintf(
                store->unsupported, sizeof(store->unsupported), "%.*s", SW_STR_ARG(names.v[i]));
    }
    return r;
}

/* "100000.100000": a root below the root, of images that were remapped to a user namespace. */
static bool is_remapped(struct sw_str name)
{
    uint64_t id;
    struct sw_str uid = SW_STR_NONE;
    return sw_str_next_token(&name, '.', &uid) && sw_str_parse_u64(uid, 10, &id) == 0 &&
           sw_str_parse_u64(name, 10, &id) == 0;
}

static int add_roots(
    struct sw_docker_store *store, int root_fd, struct sw_region *region, struct sw_err *err)
{
    struct sw_file_names names;
    int r = add_drivers(store, root_fd, region, err);
    if (r == 0)
        r = sw_file_list(root_fd, ".", region, &names, err);
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        if (!is_remapped(names.v[i]))
            continue;
        SW_CLEANUP(sw_descriptor_closep)
        int fd = openat(root_fd, names.v[i].p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = fd < 0 ? 0 : add_drivers(store, fd, region, err);
    }
    return r;
}

/* Ids of the configs that there are, ascending as the list of a directory is. Those with names
 * have been added before. */
static int add_nameless(struct sw_docker_store *store, size_t place, size_t first,
    struct sw_region *region, struct sw_err *err)
{
    char path[PATH_BYTES];
    struct sw_file_names names;
    const struct sw_docker_place *at = &store->places[place];
    snprintf(path, sizeof(path), "image/%s/imagedb/content/sha256", at->driver->name);
    int r = sw_file_list(at->root_fd, path, region, &names, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    size_t named = first;
    size_t end = store->images.n;
    for (size_t i = 0; r == 0 && i < names.n; i++) {
        if (!sw_engine_is_hex64(names.v[i]))
            continue;
        while (named < end && sw_str_compare(store->images.v[named].id, names.v[i]) < 0)
            named++;
        if (named < end && sw_str_equal(store->images.v[named].id, names.v[i]))
            continue;
        struct sw_engine_image image = {.id = names.v[i], .place = place};
        r = sw_engine_images_add(&store->images, region, &image, err);
    }
    return r;
}

static int read_place(
    struct sw_docker_store *store, size_t place, struct sw_region *region, struct sw_err *err)
{
    char path[PATH_BYTES];
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    const struct sw_docker_place *at = &store->places[place];
    size_t first = store->images.n;
    sw_buf_init(&text, SW_DOCKER_NAMES_BYTES_MAX);
    snprintf(path, sizeof(path), "image/%s/repositories.json", at->driver->name);
    int r = sw_store_load_file(at->root_fd, path, &text, err);
    if (r < 0)
        return r;
    r = sw_docker_names_parse(sw_buf_str(&text), place, region, &store->images, err);
    return r < 0 ? sw_err_wrap(err, r, "'%s'", path)
                 : add_nameless(store, place, first, region, err);
}

static int read_store(
    const char *root, struct sw_region *region, struct sw_docker_store *store, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sw_err_set(err, -errno, "%s", strerror(errno));
    int r = add_roots(store, fd, region, err);
    if (r == 0 && store->n_places == 0 && store->unsupported[0] != '\0')
        return sw_err_set(err, -EOPNOTSUPP,
            "images of its storage driver '%s' are not read from files", store->unsupported);
    if (r == 0 && store->n_places == 0)
        return sw_err_set(err, -ENOENT,
            "no image store of Docker's; one that keeps its images in containerd has them as "
            "'containerd:NAME'");
    for (size_t i = 0; r == 0 && i < store->n_places; i++)
        r = read_place(store, i, region, err);
    return r;
}

int sw_docker_store_open(
    const char *root, struct sw_region *region, struct sw_docker_store *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_docker_store_close) struct sw_docker_store store = {0};
    int r = read_store(root, region, &store, err);
    if (r < 0)
        return sw_err_wrap(err, r, "'%s'", root);
    *ret = store;
    store.n_places = 0;
    return 0;
}

void sw_docker_store_close(struct sw_docker_store *store)
{
    while (store->n_places > 0)
        sw_descriptor_close(store->places[--store->n_places].root_fd);
}

/* One layer's way from its chain id to its directory. */
struct layer_load {
    const struct sw_docker_place *place;
    struct sw_region *region;
    char chain[SW_DIGEST_TEXT_BYTES];
    struct sw_err *err;
};

static struct sw_str hex_of_chain(const struct layer_load *load)
{
    return sw_str_skip(sw_str_of(load->chain), SW_STR("sha256:").n);
}

int sw_docker_chain_next(char chain[SW_DIGEST_TEXT_BYTES], struct sw_str diff_id)
{
    char text[2 * SW_DIGEST_TEXT_BYTES];
    if (chain[0] == '\0') {
        snprintf(chain, SW_DIGEST_TEXT_BYTES, "%.*s", SW_STR_ARG(diff_id));
        return 0;
    }
    snprintf(text, sizeof(text), "%s %.*s", chain, SW_STR_ARG(diff_id));
    return sw_digest_of(SW_DIGEST_SHA256, sw_str_of(text), chain);
}

static int load_note(
    const struct layer_load *load, const char *name, struct sw_buf *text, struct sw_err *err)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "image/%s/layerdb/sha256/%.*s/%s", load->place->driver->name,
        SW_STR_ARG(hex_of_chain(load)), name);
    sw_buf_init(text, NOTE_BYTES_MAX);
    return sw_store_load_file(load->place->root_fd, path, text, err);
}

/* It becomes part of a path. */
static bool is_cache_id(struct sw_str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && c != '-' && c != '_')
            return false;
    }
    return id.n > 0 && id.n <= CACHE_ID_MAX;
}

static int load_layer(struct layer_load *load, struct sw_store_layer *layer)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf diff = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf cache = {0};
    int r = load_note(load, "diff", &diff, load->err);
    if (r == 0)
        r = load_note(load, "cache-id", &cache, load->err);
    if (r < 0)
        return r;
    struct sw_str id = sw_str_trim(sw_buf_str(&cache));
    if (!sw_str_equal(sw_str_trim(sw_buf_str(&diff)), layer->diff_id))
        return sw_err_set(load->err, -EBADMSG, "layerdb has another diff id for it");
    if (!is_cache_id(id))
        return sw_err_set(load->err, -EBADMSG, "its cache-id is none");
    const struct sw_docker_driver *driver = load->place->driver;
    layer->root_fd = load->place->root_fd;
    layer->directory =
        sw_region_printf(load->region, "%s%.*s%s", driver->before, SW_STR_ARG(id), driver->after);
    layer->split = sw_region_printf(load->region, "image/%s/layerdb/sha256/%.*s/tar-split.json.gz",
        driver->name, SW_STR_ARG(hex_of_chain(load)));
    return layer->directory == NULL || layer->split == NULL ? -ENOMEM : 0;
}

static int load_layers(
    struct layer_load *load, const struct sw_image_config *config, struct sw_store_image *image)
{
    image->n_layers = config->n_diff_ids;
    image->layers = sw_region_array(load->region, image->n_layers, sizeof(*image->layers));
    if (image->layers == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < image->n_layers; i++) {
        enum sw_digest_algorithm algorithm;
        struct sw_store_layer *layer = &image->layers[i];
        layer->diff_id = config->diff_ids[i];
        if (sw_digest_parse(layer->diff_id, &algorithm, NULL) < 0 || algorithm != SW_DIGEST_SHA256)
            return sw_err_set(load->err, -EBADMSG, "layer %zu: its diff id is none", i + 1);
        int r = sw_docker_chain_next(load->chain, layer->diff_id);
        if (r == 0)
            r = load_layer(load, layer);
        if (r < 0)
            return sw_err_wrap(load->err, r == -ENOENT ? -EBADMSG : r, "layer %zu", i + 1);
    }
    return 0;
}

static int load_config(const struct sw_docker_place *place, const struct sw_engine_image *image,
    struct sw_region *region, struct sw_store_image *found, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_image_config config = {0};
    struct layer_load load = {.place = place, .region = region, .err = err};
    sw_buf_init(&text, SW_MANIFEST_BYTES_MAX);
    found->config = sw_region_printf(
        region, "image/%s/imagedb/content/sha256/%.*s", place->driver->name, SW_STR_ARG(image->id));
    if (found->config == NULL)
        return -ENOMEM;
    int r = sw_store_load_file(place->root_fd, found->config, &text, err);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&text), found->config_digest);
    if (r < 0)
        return r == -ENOENT ? -EBADMSG : r;
    if (!sw_str_equal(sw_str_skip(sw_str_of(found->config_digest), 7), image->id))
        return sw_err_set(
            err, -EBADMSG, "'%s' is damaged, it hashes to %s", found->config, found->config_digest);
    found->config_size = text.n;
    r = sw_image_config_parse(sw_buf_str(&text), region, &config, err);
    return r < 0 ? sw_err_wrap(err, r, "'%s'", found->config) : load_layers(&load, &config, found);
}

int sw_docker_store_load(const struct sw_docker_store *store, const struct sw_engine_image *image,
    struct sw_region *region, struct sw_store_image *ret, struct sw_err *err)
{
    const struct sw_docker_place *place = &store->places[image->place];
    struct sw_store_image found = {
        .id = image->id, .digest = image->digest, .root_fd = place->root_fd};
    int r = load_config(place, image, region, &found, err);
    if (r < 0)
        return sw_err_wrap(err, r, "image '%.12s'", image->id.p);
    *ret = found;
    return 0;
}

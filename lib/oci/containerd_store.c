/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1/<namespace>/images/<name>/target/{digest,mediatype,size} in
 * io.containerd.metadata.v1.bolt/meta.db; blobs lie under their digests in
 * io.containerd.content.v1.content/blobs. Once per scan; nothing is written, no lock is taken.
 */
#include "oci/containerd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/beneath.h"
#include "io/descriptor.h"
#include "oci/bolt.h"
#include "oci/reference.h"

#define DATABASE "io.containerd.metadata.v1.bolt/meta.db"
#define BLOBS "io.containerd.content.v1.content/blobs"
/* Names, namespaces and types are a few hundred bytes at most. */
#define TEXT_MAX ((size_t)4096)
#define NAME_REGION_MAX ((size_t)65536)

static const char *const usual_roots[] = {
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
    "/var/lib/docker/containerd/daemon",
};

struct load {
    struct sw_bolt bolt;
    struct sw_containerd_store *store;
    struct sw_region *region;
    struct sw_str namespace;
    struct sw_err *err;
};

static int copy(struct load *load, struct sw_str text, struct sw_str *ret)
{
    return sw_region_copy(load->region, text, ret);
}

/* As Go's encoding/binary writes a signed number: seven bits a byte, the sign in the lowest. */
static uint64_t read_varint(struct sw_str text)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.n && i < 10; i++) {
        value |= (uint64_t)((uint8_t)text.p[i] & 0x7F) << (7 * i);
        if (((uint8_t)text.p[i] & 0x80) == 0)
            return (value & 1) == 0 ? value >> 1 : 0;
    }
    return 0;
}

static int grow(struct load *load)
{
    struct sw_containerd_store *store = load->store;
    if (store->n < store->capacity)
        return 0;
    if (store->n >= SW_CONTAINERD_IMAGES_MAX)
        return sw_err_set(load->err, -EFBIG, "more images than can be listed");
    size_t capacity = store->capacity == 0 ? 64 : store->capacity * 2;
    void *images = sw_region_array(load->region, capacity, sizeof(*store->images));
    if (images == NULL)
        return -ENOMEM;
    if (store->n > 0)
        memcpy(images, store->images, store->n * sizeof(*store->images));
    store->images = images;
    store->capacity = capacity;
    return 0;
}

static int take_target(void *opaque, const struct sw_bolt_item *item)
{
    struct sw_containerd_image *image = opaque;
    if (sw_str_equal_z(item->key, "digest"))
        image->digest = item->value;
    else if (sw_str_equal_z(item->key, "mediatype"))
        image->media_type = item->value;
    else if (sw_str_equal_z(item->key, "size"))
        image->size_bytes = read_varint(item->value);
    return 0;
}

static bool is_sound(const struct sw_containerd_image *image)
{
    return image->name.n > 0 && image->name.n <= TEXT_MAX && image->media_type.n <= TEXT_MAX &&
           memchr(image->name.p, 0, image->name.n) == NULL &&
           image->digest.n < SW_DIGEST_TEXT_BYTES &&
           sw_digest_parse(image->digest, NULL, NULL) == 0;
}

static int take_image(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    struct sw_containerd_image image = {.namespace = load->namespace, .name = item->key};
    struct sw_bolt_item target;
    if (!item->is_bucket)
        return 0;
    int r = sw_bolt_find(&load->bolt, &item->bucket, "target", &target, load->err);
    if (r > 0 && target.is_bucket)
        r = sw_bolt_walk(&load->bolt, &target.bucket, take_target, &image, load->err);
    if (r < 0)
        return r;
    if (!is_sound(&image)) {
        load->store->n_skipped++;
        return 0;
    }
    r = grow(load);
    if (r == 0)
        r = copy(load, image.name, &image.name);
    if (r == 0)
        r = copy(load, image.media_type, &image.media_type);
    if (r == 0)
        r = copy(load, image.digest, &image.digest);
    if (r == 0)
        load->store->images[load->store->n++] = image;
    return r;
}

static int take_namespace(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    struct sw_bolt_item images;
    if (!item->is_bucket || item->key.n > TEXT_MAX)
        return 0;
    int r = sw_bolt_find(&load->bolt, &item->bucket, "images", &images, load->err);
    if (r <= 0 || !images.is_bucket)
        return r < 0 ? r : 0;
    r = copy(load, item->key, &load->namespace);
    return r < 0 ? r : sw_bolt_walk(&load->bolt, &images.bucket, take_image, load, load->err);
}

static int read_images(struct load *load)
{
    struct sw_bolt_item version;
    struct sw_bolt_bucket top = sw_bolt_top(&load->bolt);
    int r = sw_bolt_find(&load->bolt, &top, "v1", &version, load->err);
    if (r <= 0 || !version.is_bucket)
        return r < 0 ? r : 0; /* a database that is new: no image yet */
    return sw_bolt_walk(&load->bolt, &version.bucket, take_namespace, load, load->err);
}

int sw_containerd_store_parse(struct sw_str bytes, struct sw_region *region,
    struct sw_containerd_store *ret, struct sw_err *err)
{
    struct sw_containerd_store store = {.root_fd = -1};
    struct load load = {.store = &store, .region = region, .err = err};
    int r = sw_bolt_parse(bytes, &load.bolt, err);
    if (r == 0)
        r = read_images(&load);
    if (r == 0)
        *ret = store;
    return r;
}

static int load_images(
    int fd, struct sw_region *region, struct sw_containerd_store *store, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf bytes = {0};
    struct load load = {.store = store, .region = region, .err = err};
    sw_buf_init(&bytes, SW_BOLT_BYTES_MAX);
    int r = sw_bolt_load(fd, &bytes, &load.bolt, err);
    return r < 0 ? r : read_images(&load);
}

static int open_root(const char *root, struct sw_containerd_store *store, struct sw_err *err)
{
    const char *given[] = {root};
    const char *const *roots = root != NULL ? given : usual_roots;
    size_t n = root != NULL ? 1 : SW_ARRAY_SIZE(usual_roots);
    for (size_t i = 0; i < n; i++) {
        SW_CLEANUP(sw_descriptor_closep)
        int fd = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
            return sw_err_set(err, -errno, "'%s': %s", roots[i], strerror(errno));
        if (fd < 0 || faccessat(fd, DATABASE, F_OK, 0) < 0) {
            if (fd >= 0 && errno == EACCES)
                return sw_err_set(err, -EACCES, "'%s': %s", roots[i], strerror(EACCES));
            continue;
        }
        snprintf(store->root, sizeof(store->root), "%s", roots[i]);
        store->root_fd = sw_descriptor_take(&fd);
        return 0;
    }
    return sw_err_set(err, -ENOENT, "no containerd keeps its images %s%s%s",
        root != NULL ? "in '" : "here; CONTAINERD_ROOT names another place",
        root != NULL ? root : "", root != NULL ? "'" : "");
}

int sw_containerd_store_open(
    const char *root, struct sw_region *region, struct sw_containerd_store *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_containerd_store_close) struct sw_containerd_store store = {.root_fd = -1};
    int r = open_root(root, &store, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_descriptor_closep)
    int fd = openat(store.root_fd, DATABASE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    r = fd < 0 ? sw_err_set(err, -errno, "%s", strerror(errno))
               : load_images(fd, region, &store, err);
    if (r < 0)
        return sw_err_wrap(err, r, "'%s/" DATABASE "'", store.root);
    *ret = store;
    store.root_fd = -1;
    return 0;
}

void sw_containerd_store_close(struct sw_containerd_store *store)
{
    sw_descriptor_closep(&store->root_fd);
}

/* The name as users write it, made whole as containerd stores it. */
static int complete(const char *name, struct sw_buf *buf, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_reference reference;
    sw_region_init(&region, NAME_REGION_MAX);
    int r = sw_reference_parse(sw_str_of(name), &region, &reference, err);
    return r < 0 ? r : sw_reference_format(&reference, buf);
}

int sw_containerd_store_find(const struct sw_containerd_store *store, const char *name,
    const struct sw_containerd_image **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf whole = {0};
    const struct sw_containerd_image *found = NULL;
    sw_buf_init(&whole, TEXT_MAX);
    /* What `ctr` made may have a name that is none; it is found as it is. */
    int bad = complete(name, &whole, err);
    for (size_t i = 0; i < store->n; i++) {
        const struct sw_containerd_image *image = &store->images[i];
        if (!sw_str_equal_z(image->name, name) && !sw_str_equal_z(image->digest, name) &&
            (bad < 0 || !sw_str_equal(image->name, sw_buf_str(&whole))))
            continue;
        if (found != NULL && !sw_str_equal(found->digest, image->digest))
            return sw_err_set(err, -EEXIST,
                "it is one image in namespace '%s' and another in '%s'; give its digest, "
                "'%s' or '%s'",
                found->namespace.p, image->namespace.p, found->digest.p, image->digest.p);
        found = image;
    }
    if (found == NULL)
        return bad < 0 ? bad : sw_err_set(err, -ENOENT, "containerd has no such image");
    *ret = found;
    return 0;
}

int sw_containerd_store_blob(const struct sw_containerd_store *store, struct sw_str digest,
    int *ret_fd, uint64_t *ret_size, struct sw_err *err)
{
    static const char *const names[] = {"sha256", "sha512"};
    enum sw_digest_algorithm algorithm;
    struct sw_str hex;
    SW_CLEANUP(sw_buf_done) struct sw_buf path = {0};
    if (sw_digest_parse(digest, &algorithm, &hex) < 0)
        return sw_err_set(err, -EINVAL, "no blob can have that name");
    sw_buf_init(&path, 512);
    int r = sw_buf_printf(&path, BLOBS "/%s/%.*s", names[algorithm], SW_STR_ARG(hex));
    if (r < 0)
        return r;
    struct sw_beneath_options options = {.is_crossing_mounts = false};
    struct sw_beneath_stat st;
    r = sw_beneath_open_in_root(store->root_fd, sw_buf_str(&path), &options, ret_fd, &st, err);
    if (r == 0)
        *ret_size = st.size_bytes;
    return r;
}

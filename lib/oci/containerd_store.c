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

#define SHA256 "sha256:"
#define DIGITS_MIN 4

struct load {
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
uint64_t sw_containerd_read_size(struct sw_str text)
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
        image->size_bytes = sw_containerd_read_size(item->value);
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
    int r = sw_bolt_find(&load->store->bolt, &item->bucket, "target", &target, load->err);
    if (r > 0 && target.is_bucket)
        r = sw_bolt_walk(&load->store->bolt, &target.bucket, take_target, &image, load->err);
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

struct walk {
    struct sw_containerd_store *store;
    struct sw_region *region;
    int (*each)(void *opaque, const struct sw_containerd_namespace *namespace);
    void *opaque;
};

static int visit_namespace(void *opaque, const struct sw_bolt_item *item)
{
    struct walk *walk = opaque;
    struct sw_containerd_namespace namespace = {.bucket = item->bucket};
    const char *wanted = walk->store->namespace;
    if (!item->is_bucket || item->key.n > TEXT_MAX ||
        (wanted != NULL && !sw_str_equal_z(item->key, wanted)))
        return 0;
    int r = sw_region_copy(walk->region, item->key, &namespace.name);
    return r < 0 ? r : walk->each(walk->opaque, &namespace);
}

int sw_containerd_store_walk(struct sw_containerd_store *store, struct sw_region *region,
    int (*each)(void *opaque, const struct sw_containerd_namespace *namespace), void *opaque,
    struct sw_err *err)
{
    struct walk walk = {store, region, each, opaque};
    struct sw_bolt_item version;
    struct sw_bolt_bucket top = sw_bolt_top(&store->bolt);
    int r = sw_bolt_find(&store->bolt, &top, "v1", &version, err);
    if (r <= 0 || !version.is_bucket)
        return r < 0 ? r : 0; /* a database that is new: nothing in it yet */
    return sw_bolt_walk(&store->bolt, &version.bucket, visit_namespace, &walk, err);
}

static int take_namespace(void *opaque, const struct sw_containerd_namespace *namespace)
{
    struct load *load = opaque;
    struct sw_bolt *bolt = &load->store->bolt;
    struct sw_bolt_item images;
    int r = sw_bolt_find(bolt, &namespace->bucket, "images", &images, load->err);
    if (r <= 0 || !images.is_bucket)
        return r < 0 ? r : 0;
    load->namespace = namespace->name;
    return sw_bolt_walk(bolt, &images.bucket, take_image, load, load->err);
}

static int read_images(
    struct sw_containerd_store *store, struct sw_region *region, struct sw_err *err)
{
    struct load load = {.store = store, .region = region, .err = err};
    return sw_containerd_store_walk(store, region, take_namespace, &load, err);
}

int sw_containerd_store_parse(struct sw_str bytes, const char *namespace, struct sw_region *region,
    struct sw_containerd_store *ret, struct sw_err *err)
{
    struct sw_containerd_store store = {.root_fd = -1, .namespace = namespace};
    int r = sw_bolt_parse(bytes, &store.bolt, err);
    if (r == 0)
        r = read_images(&store, region, err);
    if (r == 0)
        *ret = store;
    return r;
}

static int load_images(
    int fd, struct sw_region *region, struct sw_containerd_store *store, struct sw_err *err)
{
    sw_buf_init(&store->bytes, SW_BOLT_BYTES_MAX);
    int r = sw_bolt_load(fd, &store->bytes, &store->bolt, err);
    return r < 0 ? r : read_images(store, region, err);
}

static int open_root(const char *root, struct sw_containerd_store *store, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
        return sw_err_set(err, -errno, "'%s': %s", root, strerror(errno));
    if (fd >= 0 && faccessat(fd, DATABASE, F_OK, 0) == 0) {
        snprintf(store->root, sizeof(store->root), "%s", root);
        store->root_fd = sw_descriptor_take(&fd);
        return 0;
    }
    if (fd >= 0 && errno == EACCES)
        return sw_err_set(err, -EACCES, "'%s': %s", root, strerror(EACCES));
    return sw_err_set(err, -ENOENT, "no containerd keeps its images in '%s'", root);
}

int sw_containerd_store_open(const char *root, const char *namespace, struct sw_region *region,
    struct sw_containerd_store *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_containerd_store_close)
    struct sw_containerd_store store = {.root_fd = -1, .namespace = namespace};
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
    store.bytes = (struct sw_buf){0};
    return 0;
}

void sw_containerd_store_close(struct sw_containerd_store *store)
{
    sw_descriptor_closep(&store->root_fd);
    sw_buf_done(&store->bytes);
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

bool sw_containerd_is_id(const char *text, struct sw_str *ret_hex)
{
    struct sw_str hex = sw_str_of(text);
    if (sw_str_starts_with(hex, SW_STR(SHA256)))
        hex = sw_str_skip(hex, strlen(SHA256));
    if (hex.n < DIGITS_MIN || hex.n > SW_DIGEST_TEXT_BYTES)
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (sw_str_hex_digit(hex.p[i]) >= 16 || (hex.p[i] >= 'A' && hex.p[i] <= 'F'))
            return false;
    *ret_hex = hex;
    return true;
}

static bool has_hex(struct sw_str digest, struct sw_str hex)
{
    return sw_str_starts_with(digest, SW_STR(SHA256)) &&
           sw_str_starts_with(sw_str_skip(digest, strlen(SHA256)), hex);
}

/* The CRI keeps each image a second time, under its id. */
static int find_id(const struct sw_containerd_store *store, const char *id,
    const struct sw_containerd_image **ret, struct sw_err *err)
{
    const struct sw_containerd_image *found = NULL;
    struct sw_str hex;
    bool is_id = sw_containerd_is_id(id, &hex);
    for (size_t i = 0; is_id && i < store->n; i++) {
        const struct sw_containerd_image *image = &store->images[i];
        if (!has_hex(image->digest, hex) && !has_hex(image->name, hex))
            continue;
        if (found != NULL && !sw_str_equal(found->digest, image->digest))
            return sw_err_set(err, -EEXIST, "it is the id of '%s' and of '%s'; give more of it",
                found->name.p, image->name.p);
        found = image;
    }
    if (found == NULL)
        return sw_err_set(err, -ENOENT, "containerd has no such image%s%s%s",
            store->namespace != NULL ? " in namespace '" : "",
            store->namespace != NULL ? store->namespace : "", store->namespace != NULL ? "'" : "");
    *ret = found;
    return 0;
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
                "it is one image in namespace '%s' and another in '%s'; name one of them with "
                "--namespace, or the image by its digest, '%s' or '%s'",
                found->namespace.p, image->namespace.p, found->digest.p, image->digest.p);
        found = image;
    }
    if (found == NULL && bad < 0 && !sw_containerd_is_id(name, &(struct sw_str){0}))
        return bad;
    if (found == NULL)
        return find_id(store, name, ret, err);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1/<namespace>/content/blob/<digest>/{size,labels} and v1/<namespace>/containers/<id>/image in
 * containerd's metadata; <state>/io.containerd.runtime.v2.task/<namespace>/<id>. Each bucket is
 * walked once.
 */
#include "oci/containerd_node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "oci/engine_store.h"

#define TEXT_MAX ((size_t)4096)
#define PATH_BYTES ((size_t)4096)
#define NOTE_BYTES_MAX ((size_t)64)
#define TASKS "io.containerd.runtime.v2.task"
/* What containerd's own handlers call them: "...config", "...l.0", "...m.0". */
#define LABEL "containerd.io/gc.ref.content."
/* Names are a file's name each, for they are in paths. */
#define PART_MAX ((size_t)255)
#define SHA256 "sha256:"
/* An index within an index within ...; real ones are two deep. */
#define DEPTH_MAX 4

struct load {
    struct sw_bolt *bolt;
    struct sw_containerd_node *node;
    struct sw_region *region;
    struct sw_str namespace;
    struct sw_containerd_blob *blob;
    struct sw_err *err;
};

/* Room for one more in an array of a region. */
static int grow(struct sw_region *region, void **v, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return 0;
    size_t more = *capacity == 0 ? 8 : *capacity * 2;
    void *new = sw_region_array(region, more, size);
    if (new == NULL)
        return -ENOMEM;
    if (n > 0)
        memcpy(new, *v, n * size);
    *v = new;
    *capacity = more;
    return 0;
}

/* ---- blobs ---- */

static bool parse_label(struct sw_str key, enum sw_containerd_reference_kind *ret)
{
    struct sw_str label = SW_STR(LABEL);
    struct sw_str rest = sw_str_skip(key, label.n);
    if (!sw_str_starts_with(key, label))
        return false;
    if (sw_str_equal_z(rest, "config"))
        *ret = SW_CONTAINERD_CONFIG;
    else if (sw_str_starts_with(rest, SW_STR("l.")))
        *ret = SW_CONTAINERD_LAYER;
    else if (sw_str_starts_with(rest, SW_STR("m.")))
        *ret = SW_CONTAINERD_MANIFEST;
    else
        return false;
    return true;
}

static bool is_digest(struct sw_str text)
{
    return text.n < SW_DIGEST_TEXT_BYTES && sw_digest_parse(text, NULL, NULL) == 0;
}

static int take_label(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    struct sw_containerd_blob *blob = load->blob;
    struct sw_containerd_reference reference;
    if (item->is_bucket || !parse_label(item->key, &reference.kind) || !is_digest(item->value))
        return 0;
    if (blob->n_references >= SW_CONTAINERD_REFERENCES_MAX)
        return 0;
    int r = grow(load->region, (void **)&blob->references, blob->n_references, &blob->capacity,
        sizeof(reference));
    if (r == 0)
        r = sw_region_copy(load->region, item->value, &reference.digest);
    if (r == 0)
        blob->references[blob->n_references++] = reference;
    return r;
}

static int take_blob_part(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    if (!item->is_bucket && sw_str_equal_z(item->key, "size"))
        load->blob->size_bytes = sw_containerd_read_size(item->value);
    if (item->is_bucket && sw_str_equal_z(item->key, "labels"))
        return sw_bolt_walk(load->bolt, &item->bucket, take_label, load, load->err);
    return 0;
}

static int take_blob(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    struct sw_containerd_node *node = load->node;
    struct sw_containerd_blob blob = {0};
    if (!item->is_bucket || !is_digest(item->key))
        return 0;
    if (node->n_blobs >= SW_CONTAINERD_BLOBS_MAX)
        return sw_err_set(load->err, -EFBIG, "more than %zu blobs", SW_CONTAINERD_BLOBS_MAX);
    load->blob = &blob;
    int r = grow(
        load->region, (void **)&node->blobs, node->n_blobs, &node->blobs_capacity, sizeof(blob));
    if (r == 0)
        r = sw_region_copy(load->region, item->key, &blob.digest);
    if (r == 0)
        r = sw_bolt_walk(load->bolt, &item->bucket, take_blob_part, load, load->err);
    if (r == 0)
        node->blobs[node->n_blobs++] = blob;
    return r;
}

/* ---- containers ---- */

static bool is_part(struct sw_str text)
{
    return text.n > 0 && text.n <= PART_MAX && text.p[0] != '.' &&
           memchr(text.p, '/', text.n) == NULL && memchr(text.p, '\0', text.n) == NULL;
}

static int take_container(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    struct sw_containerd_node *node = load->node;
    struct sw_containerd_container container = {.namespace = load->namespace};
    struct sw_bolt_item image;
    if (!item->is_bucket || !is_part(item->key))
        return 0;
    if (node->n_containers >= SW_CONTAINERD_CONTAINERS_MAX)
        return sw_err_set(
            load->err, -EFBIG, "more than %zu containers", SW_CONTAINERD_CONTAINERS_MAX);
    int r = sw_bolt_find(load->bolt, &item->bucket, "image", &image, load->err);
    if (r <= 0 || image.is_bucket || image.value.n == 0 || image.value.n > TEXT_MAX)
        return r < 0 ? r : 0;
    r = grow(load->region, (void **)&node->containers, node->n_containers,
        &node->containers_capacity, sizeof(container));
    if (r == 0)
        r = sw_region_copy(load->region, item->key, &container.id);
    if (r == 0)
        r = sw_region_copy(load->region, image.value, &container.image);
    if (r == 0)
        node->containers[node->n_containers++] = container;
    return r;
}

/* ---- all of it ---- */

static int take_content(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    return item->is_bucket && sw_str_equal_z(item->key, "blob")
               ? sw_bolt_walk(load->bolt, &item->bucket, take_blob, load, load->err)
               : 0;
}

static int take_part(void *opaque, const struct sw_bolt_item *item)
{
    struct load *load = opaque;
    if (!item->is_bucket)
        return 0;
    if (sw_str_equal_z(item->key, "content"))
        return sw_bolt_walk(load->bolt, &item->bucket, take_content, load, load->err);
    if (sw_str_equal_z(item->key, "containers"))
        return sw_bolt_walk(load->bolt, &item->bucket, take_container, load, load->err);
    return 0;
}

static int take_namespace(void *opaque, const struct sw_containerd_namespace *namespace)
{
    struct load *load = opaque;
    load->namespace = namespace->name;
    return sw_bolt_walk(load->bolt, &namespace->bucket, take_part, load, load->err);
}

static int compare_blobs(const void *a, const void *b)
{
    const struct sw_containerd_blob *x = a;
    const struct sw_containerd_blob *y = b;
    int order = sw_str_compare(x->digest, y->digest);
    /* Namespaces that share a blob: the entry that says most of it comes first. */
    return order != 0 ? order
                      : (x->n_references < y->n_references) - (x->n_references > y->n_references);
}

static void sort_blobs(struct sw_containerd_node *node)
{
    size_t n = 0;
    if (node->n_blobs > 0)
        qsort(node->blobs, node->n_blobs, sizeof(*node->blobs), compare_blobs);
    for (size_t i = 0; i < node->n_blobs; i++)
        if (n == 0 || !sw_str_equal(node->blobs[n - 1].digest, node->blobs[i].digest))
            node->blobs[n++] = node->blobs[i];
    node->n_blobs = n;
}

int sw_containerd_node_load(struct sw_containerd_store *store, struct sw_region *region,
    struct sw_containerd_node *ret, struct sw_err *err)
{
    struct sw_containerd_node node = {0};
    struct load load = {.bolt = &store->bolt, .node = &node, .region = region, .err = err};
    int r = sw_containerd_store_walk(store, region, take_namespace, &load, err);
    if (r < 0)
        return sw_err_wrap(err, r, "%s", store->root[0] != '\0' ? store->root : "database");
    sort_blobs(&node);
    *ret = node;
    return 0;
}

const struct sw_containerd_blob *sw_containerd_node_blob(
    const struct sw_containerd_node *node, struct sw_str digest)
{
    size_t low = 0;
    size_t high = node->n_blobs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sw_str_compare(node->blobs[middle].digest, digest);
        if (order == 0)
            return &node->blobs[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- what is below a digest ---- */

struct gather {
    const struct sw_containerd_node *node;
    struct sw_region *region;
    struct sw_containerd_parts *parts;
    size_t capacity;
    size_t n_manifests;
    size_t n_visits_left; /* an index of indexes of indexes is no reason to wait */
};

static int add_image(struct gather *gather, struct sw_str digest)
{
    struct sw_containerd_parts *parts = gather->parts;
    int r = grow(gather->region, (void **)&parts->images, parts->n_images, &gather->capacity,
        sizeof(*parts->images));
    if (r == 0)
        parts->images[parts->n_images++] = digest;
    return r;
}

static int visit(struct gather *gather, struct sw_str digest, unsigned depth);

static int visit_reference(
    struct gather *gather, const struct sw_containerd_reference *reference, unsigned depth)
{
    switch (reference->kind) {
    case SW_CONTAINERD_MANIFEST:
        return depth < DEPTH_MAX ? visit(gather, reference->digest, depth + 1) : 0;
    case SW_CONTAINERD_CONFIG:
        if (sw_containerd_node_blob(gather->node, reference->digest) != NULL) {
            gather->n_manifests++;
            gather->parts->config = reference->digest;
            int r = add_image(gather, reference->digest);
            if (r < 0)
                return r;
        }
        return visit(gather, reference->digest, depth + 1);
    case SW_CONTAINERD_LAYER:
        return visit(gather, reference->digest, depth + 1);
    case _SW_CONTAINERD_REFERENCE_KIND_MAX:
        break;
    }
    return 0;
}

static int visit(struct gather *gather, struct sw_str digest, unsigned depth)
{
    const struct sw_containerd_blob *blob = sw_containerd_node_blob(gather->node, digest);
    if (blob == NULL || depth > DEPTH_MAX + 1 || gather->n_visits_left == 0)
        return 0;
    gather->n_visits_left--;
    uint64_t *sum = &gather->parts->size_bytes;
    *sum += blob->size_bytes < INT64_MAX - *sum ? blob->size_bytes : 0;
    int r = blob->n_references > 0 ? add_image(gather, blob->digest) : 0;
    for (size_t i = 0; r == 0 && i < blob->n_references; i++)
        r = visit_reference(gather, &blob->references[i], depth);
    return r;
}

int sw_containerd_node_parts(const struct sw_containerd_node *node, struct sw_str digest,
    struct sw_region *region, struct sw_containerd_parts *ret)
{
    struct sw_containerd_parts parts = {0};
    struct gather gather = {.node = node,
        .region = region,
        .parts = &parts,
        .n_visits_left = SW_CONTAINERD_REFERENCES_MAX};
    int r = visit(&gather, digest, 0);
    if (r < 0)
        return r;
    if (gather.n_manifests != 1)
        parts.config = SW_STR_NONE;
    *ret = parts;
    return 0;
}

/* ---- ids ---- */

/* Whether the image's manifest, or one of its index, has that config. */
static bool has_config(const struct sw_containerd_node *node, struct sw_str digest,
    struct sw_str hex, unsigned depth, size_t *n_visits_left)
{
    const struct sw_containerd_blob *blob = sw_containerd_node_blob(node, digest);
    for (size_t i = 0; blob != NULL && i<blob->n_references && * n_visits_left> 0; i++) {
        const struct sw_containerd_reference *reference = &blob->references[i];
        (*n_visits_left)--;
        if (reference->kind == SW_CONTAINERD_CONFIG &&
            sw_str_starts_with(sw_str_skip(reference->digest, strlen(SHA256)), hex))
            return true;
        if (reference->kind == SW_CONTAINERD_MANIFEST && depth < DEPTH_MAX &&
            has_config(node, reference->digest, hex, depth + 1, n_visits_left))
            return true;
    }
    return false;
}

int sw_containerd_node_find(const struct sw_containerd_store *store,
    const struct sw_containerd_node *node, const char *id, const struct sw_containerd_image **ret,
    struct sw_err *err)
{
    const struct sw_containerd_image *found = NULL;
    struct sw_str hex;
    bool is_id = sw_containerd_is_id(id, &hex);
    for (size_t i = 0; is_id && i < store->n; i++) {
        const struct sw_containerd_image *image = &store->images[i];
        size_t n_visits_left = SW_CONTAINERD_REFERENCES_MAX;
        if (!has_config(node, image->digest, hex, 0, &n_visits_left))
            continue;
        if (found != NULL && !sw_str_equal(found->digest, image->digest))
            return sw_err_set(err, -EEXIST, "it is the id of '%s' and of '%s'; give more of it",
                found->name.p, image->name.p);
        found = image;
    }
    if (found == NULL)
        return sw_err_set(err, -ENOENT, "containerd has no such image");
    *ret = found;
    return 0;
}

/* ---- what runs ---- */

/* A process that has ended and was not waited for is none. Unknown counts as one that lives. */
static bool is_alive(uint64_t pid)
{
    char path[64];
    char text[512] = "";
    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    SW_CLEANUP(sw_descriptor_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || sw_descriptor_read_full(fd, text, sizeof(text) - 1) <= 0)
        return false;
    /* "pid (name) S ...": the name may hold anything. */
    const char *end = strrchr(text, ')');
    return end == NULL || end[1] != ' ' || (end[2] != 'Z' && end[2] != 'X');
}

bool sw_containerd_is_running(int state_fd, const struct sw_containerd_container *container)
{
    char path[PATH_BYTES];
    uint64_t pid = 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    if (!is_part(container->namespace) || !is_part(container->id))
        return false;
    snprintf(path, sizeof(path), TASKS "/%.*s/%.*s", SW_STR_ARG(container->namespace),
        SW_STR_ARG(container->id));
    if (faccessat(state_fd, path, F_OK, 0) < 0)
        return false;
    sw_buf_init(&text, NOTE_BYTES_MAX);
    snprintf(path, sizeof(path), TASKS "/%.*s/%.*s/init.pid", SW_STR_ARG(container->namespace),
        SW_STR_ARG(container->id));
    /* Runtimes that keep a machine for each container have a task and no such file. */
    if (sw_store_load_file(state_fd, path, &text, NULL) < 0 ||
        sw_str_parse_u64(sw_str_trim(sw_buf_str(&text)), 10, &pid) < 0)
        return true;
    return is_alive(pid);
}

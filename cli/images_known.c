/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories are found by the digests that they carry: an image is called by its config, its
 * manifest or its index, as its engine has it.
 */
#include "images_known.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rescan.h"
#include "scan/inventory_store.h"

#define FILE_BYTES_MAX ((size_t)512 << 20)
#define KEYS_MAX ((size_t)4000000)

struct key {
    struct sw_str digest;
    size_t inventory; /* index into their names */
    struct sw_str scanned_at;
    bool is_incomplete;
};

struct keys {
    struct key *v; /* owned */
    size_t n;
    size_t capacity;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    int order = sw_str_compare(x->digest, y->digest);
    /* The latest scan first. */
    return order != 0 ? order : -sw_str_compare(x->scanned_at, y->scanned_at);
}

static int add_key(
    struct keys *keys, const struct key *key, struct sw_str digest, struct sw_region *region)
{
    struct key copy = *key;
    if (digest.n == 0)
        return 0;
    int r = sw_region_copy(region, digest, &copy.digest);
    return r < 0 ? r : sw_vec_push(keys, copy, KEYS_MAX);
}

/* One that is damaged is as good as none. */
static int take_inventory(const struct sw_inventories *inventories, size_t i, struct sw_buf *buf,
    struct sw_region *region, struct keys *keys)
{
    struct sw_inventory inventory;
    struct key key = {.inventory = i};
    if (sw_inventory_load(inventories->fd, inventories->names[i], buf, &inventory) < 0)
        return 0;
    key.is_incomplete = inventory.is_incomplete;
    int r = sw_region_copy(region, inventory.scanned_at, &key.scanned_at);
    if (r == 0)
        r = add_key(keys, &key, inventory.config_digest, region);
    return r < 0 ? r : add_key(keys, &key, inventory.digest, region);
}

static const struct key *find_key(const struct keys *keys, struct sw_str digest)
{
    size_t low = 0;
    size_t high = keys->n;
    while (digest.n > 0 && low < high) {
        size_t middle = low + (high - low) / 2;
        if (sw_str_compare(keys->v[middle].digest, digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < keys->n && digest.n > 0 && sw_str_equal(keys->v[low].digest, digest)
               ? &keys->v[low]
               : NULL;
}

static const struct key *find_image(const struct keys *keys, const struct sw_node_image *image)
{
    const struct sw_str own[] = {image->config, image->id, image->digest};
    const struct key *best = NULL;
    for (size_t i = 0; i < SW_ARRAY_SIZE(own) && best == NULL; i++)
        best = find_key(keys, own[i]);
    if (best != NULL)
        return best;
    /* Of several platforms the one that was scanned last. */
    for (size_t i = 0; i < image->n_parts; i++) {
        const struct key *key = find_key(keys, image->parts[i]);
        if (key != NULL && (best == NULL || sw_str_compare(key->scanned_at, best->scanned_at) > 0))
            best = key;
    }
    return best;
}

static int load_keys(
    const struct sw_inventories *inventories, struct sw_region *region, struct keys *keys)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    int r = 0;
    sw_buf_init(&buf, FILE_BYTES_MAX);
    for (size_t i = 0; r == 0 && i < inventories->n; i++)
        r = take_inventory(inventories, i, &buf, region, keys);
    if (keys->n > 0)
        qsort(keys->v, keys->n, sizeof(*keys->v), compare_keys);
    return r;
}

int sw_images_known_load(const struct sw_node_images *images, const char *cache_dir,
    struct sw_region *region, struct sw_image_known **ret, struct sw_err *err)
{
    struct sw_inventories inventories = {.fd = -1};
    struct keys keys = {0};
    struct sw_image_known *known = sw_region_array(region, images->n + 1, sizeof(*known));
    if (known == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    int r = cache_dir != NULL ? sw_inventories_open(cache_dir, region, &inventories, err) : 0;
    if (r == 0) {
        r = load_keys(&inventories, region, &keys);
        r = r < 0 ? sw_err_set(err, r, "more inventories than memory is there for") : 0;
    }
    for (size_t i = 0; r == 0 && i < images->n; i++) {
        const struct key *key = find_image(&keys, &images->v[i]);
        if (key != NULL)
            known[i] = (struct sw_image_known){.inventory = inventories.names[key->inventory],
                .scanned_at = key->scanned_at,
                .is_incomplete = key->is_incomplete};
    }
    sw_vec_done(&keys);
    sw_inventories_close(&inventories);
    if (r == 0)
        *ret = known;
    return r;
}

static int compare_names(const void *a, const void *b)
{
    return sw_str_compare(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

/* The inventories in use, each once; owned. */
static int list_names(
    const struct sw_image_known *known, size_t n, struct sw_str **ret, size_t *ret_n)
{
    size_t n_names = 0;
    size_t n_distinct = 0;
    struct sw_str *names = sw_mem_zalloc(n + 1, sizeof(*names));
    if (names == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (known[i].inventory.n > 0)
            names[n_names++] = known[i].inventory;
    if (n_names > 1)
        qsort(names, n_names, sizeof(*names), compare_names);
    for (size_t i = 0; i < n_names; i++)
        if (n_distinct == 0 || !sw_str_equal(names[n_distinct - 1], names[i]))
            names[n_distinct++] = names[i];
    *ret = names;
    *ret_n = n_distinct;
    return 0;
}

static void take_result(struct sw_image_known *known, const struct sw_rescan_result *result)
{
    if (result->code < 0 || !result->is_wanted || result->is_gone)
        return;
    known->is_judged = true;
    known->is_incomplete = known->is_incomplete || result->is_incomplete;
    known->n_packages = result->now.n_packages;
    for (size_t i = 0; i < _SW_SEVERITY_MAX; i++)
        known->n_findings[i] = result->n_findings[i];
}

/* Both the results and the names are in the order of the names. */
static void take_results(struct sw_image_known *known, size_t n, const struct sw_rescan *rescan,
    const struct sw_str *names)
{
    for (size_t i = 0; i < n && rescan->n_results > 0; i++) {
        const struct sw_str *found =
            bsearch(&known[i].inventory, names, rescan->n_results, sizeof(*names), compare_names);
        if (found != NULL)
            take_result(&known[i], &rescan->results[found - names]);
    }
}

int sw_images_known_judge(struct sw_image_known *known, size_t n,
    const struct sw_images_judge *judge, struct sw_region *region, struct sw_err *err)
{
    struct sw_inventories inventories = {.fd = -1};
    const struct sw_found found = {.fd = -1};
    struct sw_rescan rescan = {0};
    SW_CLEANUP(sw_mem_freep) struct sw_str *names = NULL;
    size_t n_names = 0;
    int r = list_names(known, n, &names, &n_names);
    if (r == 0)
        r = sw_inventories_open(judge->cache_dir, region, &inventories, err);
    if (r < 0 || n_names == 0 || inventories.fd < 0) {
        sw_inventories_close(&inventories);
        return r;
    }
    inventories.names = names;
    inventories.n = n_names;
    /* Without a state of the program nothing of what was judged before counts, and nothing is
     * remembered. */
    struct sw_rescan_options options = {
        .database = judge->database,
        .today = judge->today,
        .n_threads = judge->n_threads,
        .inventories = &inventories,
        .found = &found,
    };
    r = sw_rescan_run(&options, judge->cache_dir, &rescan, err);
    if (r == 0)
        take_results(known, n, &rescan, names);
    sw_rescan_done(&rescan);
    sw_inventories_close(&inventories);
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of packages from the facts of all layers. Which of them are in force at the end is the
 * business of the package's own system: dpkg's status, the newest database of apk and rpm, or the
 * list itself.
 */
#include "scan/fold_integrity_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "oci/base64.h"

/* Unpacked tables and what is made of them; a hundred layers of a large rpm system stay below. */
#define REGION_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define LISTS_MAX ((size_t)2000000)
/* Tables of one package, a hundred thousand files and more. */
#define SAME_TRIES 64u

uint64_t sw_fold_lists_hash(const struct sw_fold_lists *lists, uint64_t key)
{
    char bytes[8];
    sw_num_put_le64(bytes, key);
    return sw_fold_hash(lists->seed, (struct sw_str){bytes, sizeof(bytes)});
}

static enum sw_fold_list_source source_of(struct sw_str path)
{
    if (sw_str_find(path, SW_STR("dpkg/info/")) >= 0)
        return SW_FOLD_LIST_INFO;
    if (sw_str_find(path, SW_STR("dpkg/status.d/")) >= 0)
        return SW_FOLD_LIST_STATUS_D;
    return SW_FOLD_LIST_DATABASE;
}

/* The newest list at that path so far; NULL: none. */
static struct sw_fold_list *find_by_path(const struct sw_fold_lists *lists, struct sw_str path)
{
    uint64_t hash = sw_fold_hash(lists->seed, path);
    for (struct sw_fold_link *link = sw_fold_table_chain(&lists->by_path, hash); link != NULL;
         link = link->next)
        if (link->hash == hash && sw_str_equal(((struct sw_fold_list *)link)->path, path))
            return (struct sw_fold_list *)link;
    return NULL;
}

static struct sw_fold_package_lists *find_package(const struct sw_fold_lists *lists,
    struct sw_str name, struct sw_str arch, struct sw_str version)
{
    uint64_t key = sw_file_package_key(name, arch, version);
    uint64_t hash = sw_fold_lists_hash(lists, key);
    for (struct sw_fold_link *link = sw_fold_table_chain(&lists->by_package, hash); link != NULL;
         link = link->next) {
        struct sw_fold_package_lists *package = (struct sw_fold_package_lists *)link;
        if (package->key == key && sw_str_equal(package->name, name) &&
            sw_str_equal(package->version, version))
            return package;
    }
    return NULL;
}

static struct sw_fold_package_lists *get_package(
    struct sw_fold_lists *lists, struct sw_str name, struct sw_str arch, struct sw_str version)
{
    struct sw_fold_package_lists *package = find_package(lists, name, arch, version);
    if (package != NULL)
        return package;
    uint64_t key = sw_file_package_key(name, arch, version);
    uint64_t hash = sw_fold_lists_hash(lists, key);
    package = sw_region_alloc(&lists->region, sizeof(*package));
    if (package == NULL)
        return NULL;
    *package = (struct sw_fold_package_lists){
        .link.hash = hash, .key = key, .name = name, .arch = arch, .version = version};
    if (sw_fold_table_add(&lists->by_package, &package->link) < 0 ||
        sw_vec_push(&lists->packages, package, LISTS_MAX) < 0)
        return NULL;
    return package;
}

/* True when both list the same files alike, and the second is of a layer that holds none. */
static bool is_same_list(struct sw_str first, struct sw_str second)
{
    struct sw_file_list a;
    struct sw_file_list b;
    struct sw_file_entry x;
    struct sw_file_entry y;
    if (first.n != second.n || sw_file_list_open(&a, first) < 0 ||
        sw_file_list_open(&b, second) < 0 || a.digest != b.digest)
        return false;
    for (;;) {
        int more_x = sw_file_list_next(&a, &x);
        int more_y = sw_file_list_next(&b, &y);
        if (more_x != 1 || more_y != 1)
            return more_x == 0 && more_y == 0;
        if ((y.flags & SW_FILE_IS_HELD) != 0 || ((x.flags ^ y.flags) & SW_FILE_FREE) != 0 ||
            !sw_str_equal(x.path, y.path) || memcmp(x.digest, y.digest, SW_FILE_DIGEST_BYTES) != 0)
            return false;
    }
}

/* An earlier list that says the same. Databases are written anew by every layer that installs
 * anything, with all that they had: it is kept once. */
static const struct sw_fold_list *find_same(
    const struct sw_fold_lists *lists, const struct sw_fact *fact, struct sw_str table)
{
    struct sw_file_list open;
    if (sw_file_list_open(&open, table) < 0)
        return NULL;
    const struct sw_fold_package_lists *package =
        find_package(lists, open.name, open.arch, open.version);
    const struct sw_fold_list *list = package != NULL ? package->first : NULL;
    for (unsigned i = 0; list != NULL && i < SAME_TRIES; list = list->next, i++)
        if (sw_str_equal(list->path, fact->path) && is_same_list(list->table, table))
            return list;
    return NULL;
}

static int add_list(struct sw_fold_lists *lists, const struct sw_fact *fact, size_t layer,
    struct sw_str table, bool is_again)
{
    struct sw_file_list open;
    if (sw_file_list_open(&open, table) < 0 || open.name.n == 0)
        return 0;
    struct sw_fold_list *before = find_by_path(lists, fact->path);
    /* A list without a status beside it is taken for one of the version that was there. */
    if (open.version.n == 0 && before != NULL && before->source == SW_FOLD_LIST_INFO) {
        open.version = before->package->version;
        open.arch = before->package->arch;
    }
    struct sw_fold_package_lists *package = get_package(lists, open.name, open.arch, open.version);
    struct sw_fold_list *list = sw_region_alloc(&lists->region, sizeof(*list));
    if (package == NULL || list == NULL)
        return -ENOMEM;
    *list = (struct sw_fold_list){
        .link.hash = sw_fold_hash(lists->seed, fact->path),
        .package = package,
        .path = fact->path,
        .table = table,
        .source = source_of(fact->path),
        .layer = layer,
        .is_again = is_again,
    };
    if (package->last != NULL)
        package->last->next = list;
    else
        package->first = list;
    package->last = list;
    /* Of a database with all packages one is enough to tell in which layer it is. */
    if (before == NULL || before->layer != layer || list->source != SW_FOLD_LIST_DATABASE) {
        if (before != NULL)
            sw_fold_table_remove(&lists->by_path, &before->link);
        if (sw_fold_table_add(&lists->by_path, &list->link) < 0)
            return -ENOMEM;
    }
    return sw_vec_push(&lists->lists, list, LISTS_MAX);
}

static int add_table(
    struct sw_fold_lists *lists, const struct sw_fact *fact, size_t layer, struct sw_buf *scratch)
{
    sw_buf_clear(scratch);
    int r = sw_base64_decode(fact->text, scratch);
    if (r == -ENOMEM)
        return r;
    struct sw_str table;
    if (r < 0 || scratch->n == 0)
        return 0;
    const struct sw_fold_list *same =
        scratch->p[0] == SW_FILE_TABLE_LISTED ? find_same(lists, fact, sw_buf_str(scratch)) : NULL;
    if (same != NULL)
        return add_list(lists, fact, layer, same->table, true);
    if (sw_region_copy(&lists->region, sw_buf_str(scratch), &table) < 0)
        return -ENOMEM;
    struct sw_fold_blob blob = {layer, sw_str_skip(table, 1)};
    switch (table.p[0]) {
    case SW_FILE_TABLE_LISTED:
        r = add_list(lists, fact, layer, table, false);
        break;
    case SW_FILE_TABLE_HELD:
        r = sw_vec_push(&lists->held, blob, LISTS_MAX);
        break;
    case SW_FILE_TABLE_INSTALLED:
        r = sw_vec_push(&lists->installed, blob, LISTS_MAX);
        break;
    case SW_FILE_TABLE_DIVERTED:
        r = sw_vec_push(&lists->diverted, blob, LISTS_MAX);
        break;
    default:
        break;
    }
    return r == -EFBIG ? 0 : r;
}

/* ---- what is installed in the end ---- */

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Marks what the newest status of dpkg names. Where that status is gone in the end, nothing can be
 * said of its packages any more. */
static int settle_info(struct sw_fold_lists *lists)
{
    SW_VEC(uint64_t) keys = {0};
    size_t n = lists->installed.n;
    size_t top = n > 0 ? lists->installed.v[n - 1].layer : 0;
    int r = 0;
    if (n > 0 && sw_fold_deeds_judge(&lists->deeds, top, SW_STR("var/lib/dpkg/status")) ==
                     SW_PRESENCE_DELETED)
        return 0;
    SW_VEC_EACH (blob, &lists->installed) {
        struct sw_str rest = blob->bytes;
        uint64_t key;
        while (r == 0 && blob->layer == top && sw_file_key_next(&rest, &key) > 0)
            r = sw_vec_push(&keys, key, LISTS_MAX);
    }
    if (keys.n > 0)
        qsort(keys.v, keys.n, sizeof(uint64_t), compare_keys);
    for (size_t i = 0; r == 0 && i < lists->packages.n; i++) {
        struct sw_fold_package_lists *package = lists->packages.v[i];
        if (package->first->source == SW_FOLD_LIST_INFO && keys.n > 0)
            package->is_final =
                bsearch(&package->key, keys.v, keys.n, sizeof(uint64_t), compare_keys) != NULL;
    }
    sw_vec_done(&keys);
    return r == -EFBIG ? 0 : r;
}

/* Marks what the newest list at its path names, where that is still there. */
static void settle_others(struct sw_fold_lists *lists)
{
    SW_VEC_EACH (at, &lists->lists) {
        struct sw_fold_list *list = *at;
        bool is_self = list->source != SW_FOLD_LIST_INFO || lists->installed.n == 0;
        const struct sw_fold_list *newest = find_by_path(lists, list->path);
        if (!is_self || newest == NULL || newest->layer != list->layer)
            continue;
        if (sw_fold_deeds_judge(&lists->deeds, list->layer, list->path) == SW_PRESENCE_FINAL)
            ((struct sw_fold_package_lists *)list->package)->is_final = true;
    }
}

int sw_fold_lists_init(struct sw_fold_lists *lists, const struct sw_facts *layers, size_t n_layers)
{
    *lists = (struct sw_fold_lists){0};
    sw_region_init(&lists->region, REGION_BYTES_MAX);
    /* Where things lie in memory differs from run to run. */
    lists->seed = (uint64_t)(uintptr_t)lists ^ (uint64_t)(uintptr_t)layers << 20;
    SW_CLEANUP(sw_buf_done) struct sw_buf scratch;
    sw_buf_init(&scratch, 2 * SW_FILE_TABLE_MAX);
    int r = sw_fold_deeds_init(&lists->deeds, layers, n_layers);
    for (size_t i = 0; r == 0 && i < n_layers; i++)
        SW_VEC_EACH (fact, &layers[i].facts)
            if (r == 0 && fact->kind == SW_FACT_DIGESTS)
                r = add_table(lists, fact, i, &scratch);
    if (r == 0)
        r = settle_info(lists);
    if (r == 0)
        settle_others(lists);
    return r;
}

void sw_fold_lists_done(struct sw_fold_lists *lists)
{
    sw_vec_done(&lists->lists);
    sw_vec_done(&lists->packages);
    sw_vec_done(&lists->held);
    sw_vec_done(&lists->installed);
    sw_vec_done(&lists->diverted);
    sw_fold_table_done(&lists->by_path);
    sw_fold_table_done(&lists->by_package);
    sw_fold_deeds_done(&lists->deeds);
    sw_region_done(&lists->region);
}

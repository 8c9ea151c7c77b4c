/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database says about itself. Called once per report and by `db status`.
 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "vulndb/store_priv.h"

#define FEEDS_MAX ((size_t)10000)

struct list {
    struct sw_region *region;
    SW_VEC(struct sw_vulndb_feed_info) feeds;
    SW_VEC(struct sw_str) products;
};

static void free_list(struct list *list)
{
    sw_vec_done(&list->feeds);
    sw_vec_done(&list->products);
}

static int add_feed(void *context, struct sw_str key, struct sw_str value)
{
    struct list *list = context;
    struct sw_feed_record record;
    (void)key;
    int r = sw_feed_unpack(value, &record);
    if (r < 0)
        return r;
    struct sw_vulndb_feed_info feed = {
        .n_records = record.n_records,
        .n_skipped = record.n_skipped,
        .is_stale = record.is_stale,
        .n_kev = record.n_kev,
        .n_epss = record.n_epss,
        .n_eol = record.n_eol,
    };
    if (sw_region_copy(list->region, record.name, &feed.name) < 0 ||
        sw_region_copy(list->region, record.title, &feed.title) < 0 ||
        sw_region_copy(list->region, record.date, &feed.date) < 0)
        return -ENOMEM;
    return sw_vec_push(&list->feeds, feed, FEEDS_MAX);
}

static int add_product(void *context, struct sw_str key, struct sw_str value)
{
    struct list *list = context;
    struct sw_str name;
    (void)value;
    int r = sw_region_copy(list->region, key, &name);
    return r < 0 ? r : sw_vec_push(&list->products, name, SW_PRODUCTS_MAX);
}

static int get_meta(
    const struct sw_vulndb *db, const char *name, struct sw_region *region, struct sw_str *ret)
{
    struct sw_str value;
    int r = sw_store_get(db, SW_TABLE_META, sw_str_of(name), &value);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;
    return sw_region_copy(region, value, ret);
}

static int get_number(
    const struct sw_vulndb *db, const char *name, struct sw_region *region, uint64_t *ret)
{
    struct sw_str text;
    int r = get_meta(db, name, region, &text);
    if (r < 0)
        return r;
    return sw_str_parse_u64(text, 10, ret) < 0 ? -EBADMSG : 0;
}

static int fill(const struct sw_vulndb *db, struct list *list, struct sw_vulndb_info *info)
{
    int r = get_meta(db, SW_META_CREATED, list->region, &info->created);
    if (r == 0)
        r = get_number(db, SW_META_ADVISORIES, list->region, &info->n_advisories);
    if (r == 0)
        r = get_number(db, SW_META_ENTRIES, list->region, &info->n_entries);
    if (r == 0)
        r = sw_region_copy(list->region, sw_str_of(db->file.digest), &info->digest);
    if (r == 0)
        r = sw_store_walk(db, SW_TABLE_FEEDS, SW_STR_NONE, add_feed, list);
    if (r == 0)
        r = sw_store_walk(db, SW_TABLE_PRODUCTS, SW_STR_NONE, add_product, list);
    if (r < 0)
        return r;
    info->n_feeds = list->feeds.n;
    info->n_products = list->products.n;
    info->feeds = sw_region_array(list->region, info->n_feeds, sizeof(*info->feeds));
    info->products = sw_region_array(list->region, info->n_products, sizeof(*info->products));
    if (info->feeds == NULL || info->products == NULL)
        return -ENOMEM;
    if (info->n_feeds > 0)
        memcpy(info->feeds, list->feeds.v, info->n_feeds * sizeof(*info->feeds));
    if (info->n_products > 0)
        memcpy(info->products, list->products.v, info->n_products * sizeof(*info->products));
    return 0;
}

int sw_vulndb_get_info(const struct sw_vulndb *db, struct sw_region *region,
    struct sw_vulndb_info *ret, struct sw_err *err)
{
    SW_CLEANUP(free_list) struct list list = {.region = region};
    struct sw_vulndb_info info = {
        .format_version = db->file.trailer.format,
        .size_bytes = db->file.n_bytes,
    };
    int r = fill(db, &list, &info);
    if (r < 0)
        return sw_err_set(err, r, "database damaged: its description cannot be read");
    *ret = info;
    return 0;
}

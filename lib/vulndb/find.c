/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up for people: what is known under an id, about a CVE, about a package. Copies
 * nothing but arrays: text is borrowed from the open database.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "vulndb/find_priv.h"

#define ADVISORIES_MAX ((size_t)1000000) /* of one id or package */

struct affected_list {
    SW_VEC(struct sw_affected) found;
};

static void free_list(struct affected_list *list)
{
    sw_vec_done(&list->found);
}

/* Adds the entries of one advisory that stand under one key. */
static int add_entries(const struct sw_vulndb *db, const struct sw_entry_key *key, uint32_t number,
    struct sw_region *region, struct affected_list *list)
{
    struct sw_key k;
    struct sw_str value;
    struct sw_str product;
    struct sw_unpack in;
    struct sw_entry entry;
    if (!sw_key_entry(&k, key->package, key->product, key->kind) ||
        sw_store_get(db, SW_TABLE_ENTRIES, sw_key_str(&k), &value) != 1 ||
        sw_store_get_product(db, key->product, &product) < 0)
        return -EBADMSG;
    sw_unpack_init(&in, value);
    int r = 0;
    while ((r = sw_entry_next(&in, &db->strings, &entry)) == 1) {
        struct sw_affected affected;
        if (entry.number != number)
            continue;
        r = sw_entry_get(&entry, region, &affected);
        affected.product = product;
        affected.package = key->package;
        affected.name_kind = key->kind;
        if (r == 0)
            r = sw_vec_push(&list->found, affected, SW_ADVISORY_AFFECTED_MAX);
        if (r < 0)
            return r;
    }
    return r;
}

static int find_affected(const struct sw_vulndb *db, uint32_t number, const struct sw_str *package,
    struct sw_region *region, struct sw_advisory *a)
{
    SW_CLEANUP(free_list) struct affected_list list = {0};
    struct sw_entry_key *keys = NULL;
    struct sw_str value;
    size_t n = 0;
    int r = sw_store_get_number(db, SW_TABLE_AFFECTED, number, &value);
    if (r <= 0)
        return r;
    r = sw_entry_keys_unpack(value, region, &keys, &n);
    for (size_t i = 0; i < n && r == 0; i++)
        if (package == NULL || sw_str_equal(*package, keys[i].package))
            r = add_entries(db, &keys[i], number, region, &list);
    if (r < 0)
        return r;
    a->n_affected = list.found.n;
    a->affected = sw_region_array(region, list.found.n, sizeof(*a->affected));
    if (a->affected == NULL)
        return -ENOMEM;
    if (list.found.n > 0)
        memcpy(a->affected, list.found.v, list.found.n * sizeof(*a->affected));
    return 0;
}

int sw_find_by_number(const struct sw_vulndb *db, uint32_t number, const struct sw_str *package,
    struct sw_region *region, struct sw_advisory *ret)
{
    struct sw_advisory a;
    struct sw_str details = SW_STR_NONE;
    int r = sw_store_get_advisory(db, number, region, &a);
    if (r == 0)
        r = sw_store_get_number(db, SW_TABLE_DETAILS, number, &details);
    if (r < 0)
        return r;
    a.details = details;
    r = find_affected(db, number, package, region, &a);
    if (r == 0)
        *ret = a;
    return r;
}

struct numbers {
    SW_VEC(uint32_t) found;
};

static void free_numbers(struct numbers *numbers)
{
    sw_vec_done(&numbers->found);
}

static int get_all(const struct sw_vulndb *db, const struct numbers *numbers,
    const struct sw_str *package, struct sw_region *region, struct sw_advisory **ret, size_t *ret_n)
{
    struct sw_advisory *all = sw_region_array(region, numbers->found.n, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < numbers->found.n; i++) {
        int r = sw_find_by_number(db, numbers->found.v[i], package, region, &all[i]);
        if (r < 0)
            return r;
    }
    *ret = all;
    *ret_n = numbers->found.n;
    return 0;
}

static int damaged(int r, struct sw_err *err)
{
    if (r == -EBADMSG)
        return sw_err_set(err, r, "database damaged: a record cannot be read");
    return r < 0 ? sw_err_set(err, r, "cannot read the database: %s", strerrordesc_np(-r)) : r;
}

int sw_vulndb_find_advisories(const struct sw_vulndb *db, struct sw_str id,
    struct sw_region *region, struct sw_advisory **ret, size_t *ret_n, struct sw_err *err)
{
    SW_CLEANUP(free_numbers) struct numbers numbers = {0};
    struct sw_unpack in = {0};
    struct sw_str value = SW_STR_NONE;
    int r = sw_store_get(db, SW_TABLE_IDS, id, &value);
    sw_unpack_init(&in, value);
    while (r >= 0 && !in.is_bad && in.p != in.end)
        r = sw_vec_push(
            &numbers.found, (uint32_t)sw_unpack_number_max(&in, UINT32_MAX), ADVISORIES_MAX);
    if (r >= 0)
        r = in.is_bad ? -EBADMSG : get_all(db, &numbers, NULL, region, ret, ret_n);
    return damaged(r, err);
}

int sw_find_facts(const struct sw_vulndb *db, struct sw_str cve, struct sw_cve_facts *ret)
{
    struct sw_cve_facts facts = {.cve = cve, .epss = -1, .epss_percentile = -1};
    struct sw_str value;
    struct sw_key key;
    uint8_t place = 0;
    bool is_known = false;
    int r = sw_store_get(db, SW_TABLE_KEV, cve, &value);
    if (r == 1) {
        r = sw_kev_unpack(value, &facts);
        is_known = true;
    }
    if (r < 0)
        return r;
    r = sw_key_epss(&key, cve, &place) ? sw_store_get(db, SW_TABLE_EPSS, sw_key_str(&key), &value)
                                       : 0;
    for (size_t i = 0; r == 1 && i + SW_EPSS_BYTES <= value.n; i += SW_EPSS_BYTES) {
        if ((uint8_t)value.p[i] != place)
            continue;
        sw_epss_get((const uint8_t *)value.p + i, &facts.epss, &facts.epss_percentile);
        is_known = true;
    }
    if (r >= 0 && is_known)
        *ret = facts;
    return r < 0 ? r : is_known;
}

int sw_vulndb_find_cve(const struct sw_vulndb *db, struct sw_str cve, struct sw_region *region,
    struct sw_cve_facts *ret, struct sw_err *err)
{
    struct sw_cve_facts facts;
    int r = sw_find_facts(db, cve, &facts);
    if (r == 1 && (sw_region_copy(region, cve, &facts.cve) < 0 ||
                      sw_region_copy(region, facts.kev_date, &facts.kev_date) < 0 ||
                      sw_region_copy(region, facts.kev_due, &facts.kev_due) < 0 ||
                      sw_region_copy(region, facts.kev_name, &facts.kev_name) < 0))
        r = -ENOMEM;
    if (r == 1)
        *ret = facts;
    return damaged(r, err);
}

struct search {
    const struct sw_vulndb *db;
    struct sw_str prefix;
    struct numbers *numbers;
};

static int add_numbers(void *context, struct sw_str key, struct sw_str value)
{
    const struct search *search = context;
    struct sw_unpack in;
    struct sw_entry entry;
    if (!sw_str_starts_with(key, search->prefix))
        return 1;
    sw_unpack_init(&in, value);
    int r = 0;
    while ((r = sw_entry_next(&in, &search->db->strings, &entry)) == 1) {
        r = sw_vec_push(&search->numbers->found, entry.number, ADVISORIES_MAX);
        if (r < 0)
            return r;
    }
    return r;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void make_unique(struct numbers *numbers)
{
    size_t n = 0;
    if (numbers->found.n > 1)
        qsort(numbers->found.v, numbers->found.n, sizeof(uint32_t), compare_numbers);
    for (size_t i = 0; i < numbers->found.n; i++)
        if (n == 0 || numbers->found.v[n - 1] != numbers->found.v[i])
            numbers->found.v[n++] = numbers->found.v[i];
    numbers->found.n = n;
}

int sw_vulndb_search(const struct sw_vulndb *db, struct sw_str package, struct sw_region *region,
    struct sw_advisory **ret, size_t *ret_n, struct sw_err *err)
{
    SW_CLEANUP(free_numbers) struct numbers numbers = {0};
    struct sw_key key;
    int r = 0;
    if (sw_key_entry_prefix(&key, package)) {
        struct search search = {.db = db, .prefix = sw_key_str(&key), .numbers = &numbers};
        r = sw_store_walk(db, SW_TABLE_ENTRIES, sw_key_str(&key), add_numbers, &search);
    }
    make_unique(&numbers);
    if (r >= 0)
        r = get_all(db, &numbers, &package, region, ret, ret_n);
    return damaged(r, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks every table of a database: keys ascend, each key is found where the walk found it, each
 * record decodes to its last byte and names only what exists. Runs in a child; may crash there.
 */
#include "vulndb/walk_priv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* A record decodes into this much at most; the largest hold some thousand references. */
#define REGION_BYTES ((size_t)64 * 1024 * 1024)

struct walk {
    const struct sw_vulndb *db;
    enum sw_table table;
    struct sw_str previous;
    uint64_t n;
    uint64_t n_entries;
    uint64_t n_advisories;
    uint64_t n_products;
};

static int check_text(struct walk *w, struct sw_str key, struct sw_str value)
{
    (void)w;
    return key.n > 0 && value.n < 65536 ? 0 : -EBADMSG;
}

static int check_feed(struct walk *w, struct sw_str key, struct sw_str value)
{
    struct sw_feed_record feed;
    (void)w;
    return key.n == 4 ? sw_feed_unpack(value, &feed) : -EBADMSG;
}

static int check_product(struct walk *w, struct sw_str key, struct sw_str value)
{
    uint16_t number = 0;
    (void)value;
    int r = sw_store_find_product(w->db, key, &number);
    return r == 1 && number < w->n_products ? 0 : -EBADMSG;
}

/* Numbers run from 0 without a gap: a table's size says which numbers exist. */
static bool is_next_number(const struct walk *w, struct sw_str key)
{
    struct sw_key wanted;
    sw_key_number(&wanted, (uint32_t)w->n);
    return sw_str_equal(key, sw_key_str(&wanted));
}

static int check_name(struct walk *w, struct sw_str key, struct sw_str value)
{
    uint16_t number = 0;
    if (!is_next_number(w, key) || sw_store_find_product(w->db, value, &number) != 1)
        return -EBADMSG;
    return number == w->n ? 0 : -EBADMSG;
}

static int check_string(struct walk *w, struct sw_str key, struct sw_str value)
{
    (void)value;
    return is_next_number(w, key) ? 0 : -EBADMSG;
}

static int check_advisory(struct walk *w, struct sw_str key, struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_advisory advisory;
    sw_region_init(&region, REGION_BYTES);
    if (!is_next_number(w, key))
        return -EBADMSG;
    return sw_advisory_unpack(value, &w->db->strings, &region, &advisory);
}

static int check_details(struct walk *w, struct sw_str key, struct sw_str value)
{
    (void)w;
    return key.n == 4 && value.n <= SW_ADVISORY_DETAILS_MAX ? 0 : -EBADMSG;
}

static int check_affected(struct walk *w, struct sw_str key, struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_entry_key *keys = NULL;
    size_t n = 0;
    sw_region_init(&region, REGION_BYTES);
    int r = key.n == 4 ? sw_entry_keys_unpack(value, &region, &keys, &n) : -EBADMSG;
    for (size_t i = 0; i < n && r == 0; i++) {
        struct sw_key entry;
        struct sw_str found;
        bool is_key = keys[i].product < w->n_products &&
                      sw_key_entry(&entry, keys[i].package, keys[i].product, keys[i].kind);
        r = is_key && sw_store_get(w->db, SW_TABLE_ENTRIES, sw_key_str(&entry), &found) == 1
                ? 0
                : -EBADMSG;
    }
    return r;
}

static int check_versions(const struct sw_entry *entry)
{
    struct sw_unpack rest;
    struct sw_range range;
    sw_unpack_init(&rest, entry->rest);
    for (size_t i = 0; i < entry->n_ranges; i++)
        sw_entry_range(entry, &rest, &range);
    for (size_t i = 0; i < entry->n_versions; i++)
        sw_unpack_str(&rest);
    return sw_unpack_is_done(&rest) ? 0 : -EBADMSG;
}

static int check_entries(struct walk *w, struct sw_str key, struct sw_str value)
{
    struct sw_str package;
    uint16_t product = 0;
    enum sw_affected_name kind = SW_AFFECTED_SOURCE;
    if (!sw_key_parse_entry(key, &package, &product, &kind) || product >= w->n_products)
        return -EBADMSG;
    struct sw_unpack in;
    struct sw_entry entry;
    sw_unpack_init(&in, value);
    int r = sw_entry_next(&in, &w->db->strings, &entry);
    while (r == 1) {
        w->n_entries++;
        if (entry.number >= w->n_advisories || check_versions(&entry) < 0)
            return -EBADMSG;
        r = sw_entry_next(&in, &w->db->strings, &entry);
    }
    return r;
}

static int check_ids(struct walk *w, struct sw_str key, struct sw_str value)
{
    struct sw_unpack in;
    (void)key;
    sw_unpack_init(&in, value);
    while (!in.is_bad && in.p != in.end)
        if (sw_unpack_number(&in) >= w->n_advisories)
            return -EBADMSG;
    return in.is_bad ? -EBADMSG : 0;
}

static int check_kev(struct walk *w, struct sw_str key, struct sw_str value)
{
    struct sw_cve_facts facts;
    (void)w;
    (void)key;
    return sw_kev_unpack(value, &facts);
}

static int check_epss(struct walk *w, struct sw_str key, struct sw_str value)
{
    (void)w;
    if (key.n != 6 || value.n == 0 || value.n % SW_EPSS_BYTES != 0)
        return -EBADMSG;
    for (size_t i = SW_EPSS_BYTES; i < value.n; i += SW_EPSS_BYTES)
        if ((uint8_t)value.p[i] <= (uint8_t)value.p[i - SW_EPSS_BYTES])
            return -EBADMSG;
    return 0;
}

static int check_eol(struct walk *w, struct sw_str key, struct sw_str value)
{
    struct sw_eol eol;
    (void)w;
    (void)key;
    return sw_eol_unpack(value, &eol);
}

static int (*const checks[])(struct walk *w, struct sw_str key, struct sw_str value) = {
    [SW_TABLE_META] = check_text,
    [SW_TABLE_FEEDS] = check_feed,
    [SW_TABLE_FILES] = check_text,
    [SW_TABLE_PRODUCTS] = check_product,
    [SW_TABLE_NAMES] = check_name,
    [SW_TABLE_STRINGS] = check_string,
    [SW_TABLE_ADVISORIES] = check_advisory,
    [SW_TABLE_DETAILS] = check_details,
    [SW_TABLE_AFFECTED] = check_affected,
    [SW_TABLE_ENTRIES] = check_entries,
    [SW_TABLE_IDS] = check_ids,
    [SW_TABLE_KEV] = check_kev,
    [SW_TABLE_EPSS] = check_epss,
    [SW_TABLE_EOL] = check_eol,
};
static_assert(SW_ARRAY_SIZE(checks) == _SW_TABLE_MAX, "a check for each table");

static int check_record(void *context, struct sw_str key, struct sw_str value)
{
    struct walk *w = context;
    struct sw_str found;
    if (w->n > 0 && sw_str_compare(w->previous, key) >= 0)
        return -EBADMSG;
    if (sw_store_get(w->db, w->table, key, &found) != 1 || found.p != value.p || found.n != value.n)
        return -EBADMSG;
    int r = checks[w->table](w, key, value);
    w->previous = key;
    w->n++;
    return r;
}

static int count(const struct sw_vulndb *db, enum sw_table table, uint64_t *ret)
{
    MDB_stat st;
    int r = mdb_stat(db->txn, db->tables[table], &st);
    if (r == 0)
        *ret = st.ms_entries;
    return sw_store_errno(r);
}

static int check_count(const struct sw_vulndb *db, const char *name, uint64_t n)
{
    struct sw_str value;
    uint64_t stated = 0;
    if (sw_store_get(db, SW_TABLE_META, sw_str_of(name), &value) != 1)
        return -EBADMSG;
    return sw_str_parse_u64(value, 10, &stated) == 0 && stated == n ? 0 : -EBADMSG;
}

int sw_walk_all(const struct sw_vulndb *db, struct sw_err *err)
{
    struct walk w = {.db = db};
    int r = count(db, SW_TABLE_ADVISORIES, &w.n_advisories);
    if (r == 0)
        r = count(db, SW_TABLE_PRODUCTS, &w.n_products);
    if (r == 0)
        r = check_count(db, SW_META_ADVISORIES, w.n_advisories);
    if (r < 0)
        return sw_err_set(err, r, "database damaged: its tables cannot be counted");
    for (unsigned i = 0; i < _SW_TABLE_MAX; i++) {
        uint64_t n = 0;
        w.table = (enum sw_table)i;
        w.n = 0;
        r = count(db, w.table, &n);
        if (r == 0)
            r = sw_store_walk(db, w.table, SW_STR_NONE, check_record, &w);
        if (r < 0 || w.n != n)
            return sw_err_set(err, -EBADMSG, "database damaged: table '%s', record %llu",
                sw_table_name(w.table), (unsigned long long)w.n);
    }
    if (check_count(db, SW_META_ENTRIES, w.n_entries) < 0)
        return sw_err_set(err, -EBADMSG, "database damaged: entries are missing");
    return 0;
}

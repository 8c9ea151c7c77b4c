/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database under other numbers. Two builds number records, strings and products by their coming,
 * so that one record more moves all that follow; told which number became which, most records are
 * the same in both.
 */
#include "vulndb/transform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"
#include "vulndb/store_priv.h"

#define REGION_BYTES ((size_t)256 << 20) /* of one record, as the walk's */

static bool get_text(void *context, uint64_t number, struct sw_str *ret)
{
    const struct sw_transform *t = context;
    if (number >= t->maps[SW_DELTA_STRINGS].n_old)
        return false;
    *ret = t->texts[number];
    return true;
}

static size_t find_slot(const struct sw_transform *t, struct sw_str s)
{
    size_t i = (size_t)sw_str_hash(s) & (t->n_slots - 1);
    while (t->slots[i] != 0 && !sw_str_equal(t->texts[t->slots[i] - 1], s))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int64_t put_text(void *context, struct sw_str s)
{
    const struct sw_transform *t = context;
    uint32_t number = t->slots[find_slot(t, s)];
    if (number == 0)
        return -1;
    number = t->maps[SW_DELTA_STRINGS].to_new[number - 1];
    return number == SW_DELTA_NONE ? -1 : (int64_t)number;
}

int sw_transform_count(const struct sw_vulndb *db, enum sw_delta_numbered what, size_t *ret)
{
    static const enum sw_table tables[] = {
        [SW_DELTA_STRINGS] = SW_TABLE_STRINGS,
        [SW_DELTA_PRODUCTS] = SW_TABLE_NAMES,
        [SW_DELTA_ADVISORIES] = SW_TABLE_ADVISORIES,
    };
    MDB_stat st;
    int r = mdb_stat(db->txn, db->tables[tables[what]], &st);
    if (r != 0)
        return sw_store_errno(r);
    if (st.ms_entries > SW_DELTA_NUMBERS_MAX)
        return -EFBIG;
    *ret = st.ms_entries;
    return 0;
}

struct loading {
    struct sw_transform *t;
    size_t n;
    size_t max;
};

static int load_text(void *context, struct sw_str key, struct sw_str value)
{
    struct loading *l = context;
    if (l->n >= l->max || key.n != 4)
        return -EBADMSG;
    l->t->texts[l->n] = value;
    size_t slot = find_slot(l->t, value);
    if (l->t->slots[slot] == 0)
        l->t->slots[slot] = (uint32_t)l->n + 1;
    l->n++;
    return 0;
}

int sw_transform_init(struct sw_transform *t, const struct sw_vulndb *old)
{
    *t = (struct sw_transform){.old = old};
    struct loading l = {.t = t};
    t->reader = (struct sw_strings){.context = t, .get = get_text};
    t->writer = (struct sw_strings){.context = t, .put = put_text};
    sw_buf_init(&t->value, SW_DELTA_VALUE_MAX);
    int r = sw_transform_count(old, SW_DELTA_STRINGS, &l.max);
    if (r < 0)
        return r;
    t->n_slots = 1024;
    while (t->n_slots < l.max * 2)
        t->n_slots *= 2;
    t->texts = sw_mem_zalloc(l.max + 1, sizeof(*t->texts));
    t->slots = sw_mem_zalloc(t->n_slots, sizeof(*t->slots));
    if (t->texts == NULL || t->slots == NULL)
        return -ENOMEM;
    return sw_store_walk(old, SW_TABLE_STRINGS, SW_STR_NONE, load_text, &l);
}

void sw_transform_done(struct sw_transform *t)
{
    for (size_t i = 0; i < _SW_DELTA_NUMBERED_MAX; i++)
        sw_delta_map_done(&t->maps[i]);
    sw_mem_free(SW_TAKE(t->texts));
    sw_mem_free(SW_TAKE(t->slots));
    sw_buf_done(&t->value);
}

static uint32_t new_number(
    const struct sw_transform *t, enum sw_delta_numbered what, uint64_t number)
{
    const struct sw_delta_map *map = &t->maps[what];
    return number < map->n_old ? map->to_new[number] : SW_DELTA_NONE;
}

static int change_advisory(struct sw_transform *t, struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_pack pack = {.buf = &t->value};
    struct sw_advisory advisory;
    sw_region_init(&region, REGION_BYTES);
    int r = sw_advisory_unpack(value, &t->reader, &region, &advisory);
    if (r < 0)
        return r;
    sw_advisory_pack(&pack, &advisory, &t->writer);
    return pack.error;
}

static int change_affected(struct sw_transform *t, struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_pack pack = {.buf = &t->value};
    struct sw_entry_key *keys = NULL;
    size_t n = 0;
    size_t n_kept = 0;
    sw_region_init(&region, REGION_BYTES);
    int r = sw_entry_keys_unpack(value, &region, &keys, &n);
    for (size_t i = 0; i < n && r == 0; i++) {
        uint32_t product = new_number(t, SW_DELTA_PRODUCTS, keys[i].product);
        keys[n_kept] = keys[i];
        keys[n_kept].product = (uint16_t)product;
        n_kept += product <= SW_PRODUCT_NUMBER_MAX;
    }
    if (r == 0)
        sw_entry_keys_pack(&pack, keys, n_kept);
    return r < 0 ? r : pack.error;
}

static void drop_entry(const struct sw_transform *t)
{
    if (t->dropped != NULL)
        t->dropped(t->dropped_context, t->package);
}

static int change_entries(struct sw_transform *t, struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_pack pack = {.buf = &t->value};
    struct sw_unpack in;
    struct sw_entry entry;
    sw_region_init(&region, REGION_BYTES);
    sw_unpack_init(&in, value);
    int r = 0;
    while ((r = sw_entry_next(&in, &t->reader, &entry)) == 1) {
        struct sw_affected affected;
        uint32_t number = new_number(t, SW_DELTA_ADVISORIES, entry.number);
        if (number == SW_DELTA_NONE) {
            drop_entry(t);
            continue;
        }
        r = sw_entry_get(&entry, &region, &affected);
        if (r < 0)
            return r;
        sw_entry_pack(&pack, number, &affected, &t->writer);
    }
    return r < 0 ? r : pack.error;
}

static int change_ids(struct sw_transform *t, struct sw_str value)
{
    struct sw_pack pack = {.buf = &t->value};
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    while (!in.is_bad && in.p != in.end) {
        uint32_t number = new_number(t, SW_DELTA_ADVISORIES, sw_unpack_number(&in));
        if (number != SW_DELTA_NONE)
            sw_pack_number(&pack, number);
    }
    return in.is_bad ? -EBADMSG : pack.error;
}

/* What a table's values are under the new numbers, in t->value; NULL: the same. */
static int (*const changes[_SW_TABLE_MAX])(struct sw_transform *t, struct sw_str value) = {
    [SW_TABLE_ADVISORIES] = change_advisory,
    [SW_TABLE_AFFECTED] = change_affected,
    [SW_TABLE_ENTRIES] = change_entries,
    [SW_TABLE_IDS] = change_ids,
};

struct moved {
    uint16_t product;
    enum sw_affected_name kind;
    struct sw_str value;
};

struct walking {
    struct sw_transform *t;
    enum sw_table table;
    int (*each)(void *context, struct sw_str key, struct sw_str value);
    void *context;
    /* Entries of one package, whose products may change their order. */
    SW_VEC(struct moved) moved;
};

static int give(struct walking *w, struct sw_str key, struct sw_str value)
{
    int (*change)(struct sw_transform *, struct sw_str) = changes[w->table];
    if (change == NULL)
        return w->each(w->context, key, value);
    sw_buf_clear(&w->t->value);
    int r = change(w->t, value);
    if (r < 0)
        return r;
    struct sw_str now = sw_buf_str(&w->t->value);
    /* An empty list of ids or entries is none; the other two are never empty. */
    return now.n == 0 ? 0 : w->each(w->context, key, now);
}

static int give_same(void *context, struct sw_str key, struct sw_str value)
{
    return give(context, key, value);
}

/* A table whose keys are numbers, in the order of the new ones. */
static int walk_numbers(struct walking *w, const struct sw_delta_map *map)
{
    int r = 0;
    for (size_t i = 0; i < map->n_new && r == 0; i++) {
        struct sw_key key;
        struct sw_str value;
        if (map->to_old[i] == SW_DELTA_NONE)
            continue;
        r = sw_store_get_number(w->t->old, w->table, map->to_old[i], &value);
        sw_key_number(&key, (uint32_t)i);
        if (r == 1)
            r = give(w, sw_key_str(&key), value);
    }
    return r;
}

static int compare_moved(const void *a, const void *b)
{
    const struct moved *x = a;
    const struct moved *y = b;
    if (x->product != y->product)
        return x->product < y->product ? -1 : 1;
    return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int give_moved(struct walking *w)
{
    int r = 0;
    if (w->moved.n > 1)
        qsort(w->moved.v, w->moved.n, sizeof(w->moved.v[0]), compare_moved);
    for (size_t i = 0; i < w->moved.n && r == 0; i++) {
        struct sw_key key;
        const struct moved *moved = &w->moved.v[i];
        if (!sw_key_entry(&key, w->t->package, moved->product, moved->kind))
            return -EBADMSG;
        r = give(w, sw_key_str(&key), moved->value);
    }
    w->moved.n = 0;
    return r;
}

static int take_entries(void *context, struct sw_str key, struct sw_str value)
{
    struct walking *w = context;
    struct moved moved = {.value = value};
    struct sw_str package;
    uint16_t product = 0;
    if (!sw_key_parse_entry(key, &package, &product, &moved.kind))
        return -EBADMSG;
    int r = sw_str_equal(package, w->t->package) ? 0 : give_moved(w);
    w->t->package = package;
    uint32_t number = new_number(w->t, SW_DELTA_PRODUCTS, product);
    if (r == 0 && number > SW_PRODUCT_NUMBER_MAX)
        drop_entry(w->t);
    if (r != 0 || number > SW_PRODUCT_NUMBER_MAX)
        return r;
    moved.product = (uint16_t)number;
    return sw_vec_push(&w->moved, moved, 2 * SW_PRODUCTS_MAX);
}

static int walk_entries(struct walking *w)
{
    int r = sw_store_walk(w->t->old, w->table, SW_STR_NONE, take_entries, w);
    if (r == 0)
        r = give_moved(w);
    sw_vec_done(&w->moved);
    return r;
}

int sw_transform_walk(struct sw_transform *t, enum sw_table table,
    int (*each)(void *context, struct sw_str key, struct sw_str value), void *context)
{
    struct walking w = {.t = t, .table = table, .each = each, .context = context};
    switch (table) {
    case SW_TABLE_STRINGS:
        return walk_numbers(&w, &t->maps[SW_DELTA_STRINGS]);
    case SW_TABLE_NAMES:
        return walk_numbers(&w, &t->maps[SW_DELTA_PRODUCTS]);
    case SW_TABLE_ADVISORIES:
    case SW_TABLE_DETAILS:
    case SW_TABLE_AFFECTED:
        return walk_numbers(&w, &t->maps[SW_DELTA_ADVISORIES]);
    case SW_TABLE_ENTRIES:
        return walk_entries(&w);
    case SW_TABLE_META:
    case SW_TABLE_FEEDS:
    case SW_TABLE_FILES:
    case SW_TABLE_PRODUCTS:
    case SW_TABLE_IDS:
    case SW_TABLE_KEV:
    case SW_TABLE_EPSS:
    case SW_TABLE_EOL:
    case _SW_TABLE_MAX:
        break;
    }
    return sw_store_walk(t->old, table, SW_STR_NONE, give_same, &w);
}

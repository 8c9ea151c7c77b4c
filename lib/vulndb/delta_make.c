/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a delta: finds which record of the old database is which of the new one by name, walks both
 * side by side under the new numbers, and writes down where they differ.
 */
#include "vulndb/delta_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "vulndb/carrier.h"
#include "vulndb/contents.h"
#include "vulndb/store_priv.h"
#include "vulndb/transform.h"

#define CONTENT_BYTES_MAX ((size_t)2 << 30) /* beyond it the whole database is the smaller file */

/* What a number stands for. */
struct name {
    struct sw_str feed; /* advisories only */
    struct sw_str text;
    uint32_t number;
};

struct names {
    SW_VEC(struct name) v;
    const struct sw_vulndb *db;
    bool is_advisory;
};

static void free_names(struct names *names)
{
    sw_vec_done(&names->v);
}

static int add_name(void *context, struct sw_str key, struct sw_str value)
{
    struct names *names = context;
    struct name name = {.text = value, .number = (uint32_t)names->v.n};
    struct sw_key expected;
    sw_key_number(&expected, name.number);
    if (!sw_str_equal(key, sw_key_str(&expected)))
        return -EBADMSG;
    if (names->is_advisory) {
        struct sw_advisory advisory;
        int r = sw_advisory_unpack_identity(value, &names->db->strings, &advisory);
        if (r < 0)
            return r;
        name.feed = advisory.feed;
        name.text = advisory.record;
    }
    return sw_vec_push(&names->v, name, SW_DELTA_NUMBERS_MAX);
}

static int compare_names(const struct name *x, const struct name *y)
{
    int r = sw_str_compare(x->feed, y->feed);
    return r != 0 ? r : sw_str_compare(x->text, y->text);
}

static int compare(const void *a, const void *b)
{
    return compare_names(a, b);
}

static int load_names(const struct sw_vulndb *db, enum sw_delta_numbered what, struct names *names)
{
    static const enum sw_table tables[] = {
        [SW_DELTA_STRINGS] = SW_TABLE_STRINGS,
        [SW_DELTA_PRODUCTS] = SW_TABLE_NAMES,
        [SW_DELTA_ADVISORIES] = SW_TABLE_ADVISORIES,
    };
    names->db = db;
    names->is_advisory = what == SW_DELTA_ADVISORIES;
    int r = sw_store_walk(db, tables[what], SW_STR_NONE, add_name, names);
    if (r == 0 && names->v.n > 1)
        qsort(names->v.v, names->v.n, sizeof(names->v.v[0]), compare);
    return r;
}

static int make_map(const struct sw_vulndb *old, const struct sw_vulndb *now,
    enum sw_delta_numbered what, struct sw_delta_map *map)
{
    SW_CLEANUP(free_names) struct names before = {0};
    SW_CLEANUP(free_names) struct names after = {0};
    int r = load_names(old, what, &before);
    if (r == 0)
        r = load_names(now, what, &after);
    if (r == 0)
        r = sw_delta_map_init(map, before.v.n, after.v.n);
    for (size_t i = 0, j = 0; r == 0 && i < before.v.n && j < after.v.n;) {
        int order = compare_names(&before.v.v[i], &after.v.v[j]);
        if (order == 0) {
            map->to_new[before.v.v[i].number] = after.v.v[j].number;
            map->to_old[after.v.v[j].number] = before.v.v[i].number;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return r;
}

struct making {
    struct sw_pack pack;
    struct sw_key previous;
    MDB_cursor *cursor; /* of the new database; at the next record that was not looked at */
    bool is_over;
    struct sw_str key;
    struct sw_str value;
    struct sw_delta_counts counts;
};

static int step(struct making *m, MDB_cursor_op op)
{
    MDB_val k = {0};
    MDB_val v = {0};
    int r = mdb_cursor_get(m->cursor, &k, &v, op);
    m->is_over = r == MDB_NOTFOUND;
    m->key = (struct sw_str){k.mv_data, k.mv_size};
    m->value = (struct sw_str){v.mv_data, v.mv_size};
    return m->is_over ? 0 : sw_store_errno(r);
}

static int put_new(struct making *m)
{
    struct sw_delta_op op = {.kind = SW_DELTA_PUT, .key = m->key, .bytes = m->value};
    sw_delta_op_pack(&m->pack, &m->previous, &op);
    m->counts.n_put++;
    return m->pack.error < 0 ? m->pack.error : step(m, MDB_NEXT);
}

static int take_old(void *context, struct sw_str key, struct sw_str value)
{
    struct making *m = context;
    int r = 0;
    while (r == 0 && !m->is_over && sw_str_compare(m->key, key) < 0)
        r = put_new(m);
    if (r < 0)
        return r;
    if (m->is_over || !sw_str_equal(m->key, key)) {
        struct sw_delta_op gone = {.kind = SW_DELTA_REMOVE, .key = key};
        sw_delta_op_pack(&m->pack, &m->previous, &gone);
        m->counts.n_removed++;
        return m->pack.error;
    }
    if (!sw_str_equal(m->value, value)) {
        struct sw_delta_op op = sw_delta_op_between(key, value, m->value);
        sw_delta_op_pack(&m->pack, &m->previous, &op);
        m->counts.n_changed++;
    }
    return m->pack.error < 0 ? m->pack.error : step(m, MDB_NEXT);
}

static int compare_table(
    struct making *m, struct sw_transform *t, const struct sw_vulndb *now, enum sw_table table)
{
    struct sw_delta_op end = {.kind = SW_DELTA_END};
    int r = mdb_cursor_open(now->txn, now->tables[table], &m->cursor);
    if (r != 0)
        return sw_store_errno(r);
    m->previous.n = 0;
    r = step(m, MDB_FIRST);
    if (r == 0)
        r = sw_transform_walk(t, table, take_old, m);
    while (r == 0 && !m->is_over)
        r = put_new(m);
    mdb_cursor_close(m->cursor);
    sw_delta_op_pack(&m->pack, &m->previous, &end);
    return r < 0 ? r : m->pack.error;
}

static int compare_all(const struct sw_vulndb *old, const struct sw_vulndb *now, struct making *m)
{
    SW_CLEANUP(sw_transform_done) struct sw_transform t = {0};
    int r = sw_transform_init(&t, old);
    for (unsigned i = 0; i < _SW_DELTA_NUMBERED_MAX && r == 0; i++) {
        r = make_map(old, now, (enum sw_delta_numbered)i, &t.maps[i]);
        sw_delta_map_pack(&m->pack, &t.maps[i]);
    }
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++)
        r = compare_table(m, &t, now, (enum sw_table)i);
    return r < 0 ? r : m->pack.error;
}

static int describe(const struct sw_vulndb *old, const struct sw_vulndb *now,
    struct sw_carrier *carrier, struct sw_err *err)
{
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    struct sw_str created;
    int r = sw_contents_digest(old, digest, err);
    if (r < 0)
        return r;
    memcpy(carrier->from, digest, SW_CARRIER_DIGEST_BYTES);
    r = sw_contents_digest(now, digest, err);
    if (r < 0)
        return r;
    memcpy(carrier->to, digest, SW_CARRIER_DIGEST_BYTES);
    if (sw_store_get(now, SW_TABLE_META, SW_STR(SW_META_CREATED), &created) == 1 &&
        created.n < SW_CARRIER_CREATED_BYTES)
        memcpy(carrier->created, created.p, created.n);
    return 0;
}

static int write_delta(struct sw_carrier *carrier, const struct sw_buf *content, const char *output,
    const char *private_key, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep)
    struct sw_reader *reader = sw_reader_new_memory(sw_buf_str(content));
    if (reader == NULL)
        return -ENOMEM;
    carrier->n_content = content->n;
    return sw_carrier_write(output, carrier, reader, private_key, err);
}

int sw_delta_make(const char *from, const char *to, const char *output, const char *private_key,
    struct sw_delta_counts *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *old = NULL;
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *now = NULL;
    SW_CLEANUP(sw_buf_done) struct sw_buf content = {0};
    struct sw_carrier carrier = {.kind = SW_CARRIER_DELTA, .format = SW_VULNDB_FORMAT_VERSION};
    struct making m = {.pack = {.buf = &content}};
    sw_buf_init(&content, CONTENT_BYTES_MAX);
    int r = sw_vulndb_open(from, &old, err);
    if (r == 0)
        r = sw_vulndb_open(to, &now, err);
    if (r == 0)
        r = describe(old, now, &carrier, err);
    if (r < 0)
        return r;
    r = compare_all(old, now, &m);
    if (r < 0)
        return sw_err_set(err, r, "cannot compare '%s' with '%s': %s", from, to,
            r == -EFBIG ? "they differ too much; export the new one" : strerrordesc_np(-r));
    r = write_delta(&carrier, &content, output, private_key, err);
    if (r == 0)
        *ret = m.counts;
    return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes records into a growing database. Records are appended under ascending numbers; what has to
 * be ordered by name (entries, ids) goes through sorters, so that LMDB never sees a key that is not
 * the last one and its pages stay full.
 */
#include "vulndb/build/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "vulndb/build/writer_priv.h"

#define MAP_BYTES_MIN ((size_t)1 << 30)
#define COMMIT_BYTES ((uint64_t)32 * 1024 * 1024) /* dirty pages are held in memory until then */
#define ENTRIES_MEMORY_BYTES ((size_t)96 * 1024 * 1024)
#define IDS_MEMORY_BYTES ((size_t)32 * 1024 * 1024)
#define STRINGS_MAX ((size_t)2000000)
#define STRINGS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define STRING_SHARED_MAX ((size_t)200) /* longer text is not shared by many */
#define PRODUCT_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define RECORD_NAME_MAX ((size_t)1024)
#define REGION_BYTES ((size_t)64 * 1024 * 1024)
#define EPSS_MAX ((size_t)10000000)
#define SLOTS_MIN ((size_t)65536)

static int64_t put_string(void *context, struct sw_str s)
{
    struct sw_writer *w = context;
    if (s.n > STRING_SHARED_MAX)
        return -1;
    return sw_numbered_put(&w->strings_table, s);
}

static int set_paths(struct sw_writer *w, const char *output)
{
    const char *slash = strrchr(output, '/');
    size_t n = strlen(output) + 40;
    w->output = sw_mem_strndup(output, strlen(output));
    w->directory = slash == NULL
                       ? sw_mem_strndup(".", 1)
                       : sw_mem_strndup(output, slash == output ? 1 : (size_t)(slash - output));
    w->scratch = sw_mem_alloc(n);
    if (w->output == NULL || w->directory == NULL || w->scratch == NULL)
        return -ENOMEM;
    snprintf(w->scratch, n, "%s.build-XXXXXX", output);
    return 0;
}

/* LMDB wants a path; the file loses its name as soon as it is open. */
static int open_env(struct sw_writer *w, struct sw_err *err)
{
    int fd = mkostemp(w->scratch, 0);
    if (fd < 0)
        return sw_err_set(
            err, -errno, "cannot write to '%s': %s", w->directory, strerrordesc_np(errno));
    close(fd);
    int r = mdb_env_create(&w->env);
    if (r == 0)
        r = mdb_env_set_maxdbs(w->env, _SW_TABLE_MAX);
    if (r == 0)
        r = mdb_env_set_mapsize(w->env, MAP_BYTES_MIN);
    if (r == 0)
        r = mdb_env_open(
            w->env, w->scratch, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_NOMETASYNC, 0600);
    unlink(w->scratch);
    if (r == 0)
        r = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++)
        r = mdb_dbi_open(w->txn, sw_table_name((enum sw_table)i), MDB_CREATE, &w->tables[i]);
    if (r != 0)
        return sw_err_set(err, r > 0 ? -r : -EIO, "cannot make a database in '%s': %s",
            w->directory, mdb_strerror(r));
    return 0;
}

int sw_writer_new(const char *output, struct sw_writer **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_writer_freep) struct sw_writer *w = sw_mem_zalloc(1, sizeof(*w));
    if (w == NULL)
        return -ENOMEM;
    sw_buf_init(&w->buf, SW_WRITER_VALUE_MAX);
    sw_numbered_init(&w->strings_table, STRINGS_MAX, STRINGS_BYTES_MAX);
    sw_numbered_init(&w->products, SW_PRODUCTS_MAX, PRODUCT_BYTES_MAX);
    w->strings = (struct sw_strings){.context = w, .put = put_string};
    int r = set_paths(w, output);
    if (r < 0)
        return r;
    w->entries = sw_sorter_new(w->directory, ENTRIES_MEMORY_BYTES);
    w->ids = sw_sorter_new(w->directory, IDS_MEMORY_BYTES);
    if (w->entries == NULL || w->ids == NULL)
        return -ENOMEM;
    r = open_env(w, err);
    if (r < 0)
        return r;
    *ret = SW_TAKE(w);
    return 0;
}

void sw_writer_free(struct sw_writer *w)
{
    if (w == NULL)
        return;
    if (w->txn != NULL)
        mdb_txn_abort(w->txn);
    if (w->env != NULL)
        mdb_env_close(w->env);
    sw_sorter_free(w->entries);
    sw_sorter_free(w->ids);
    sw_numbered_done(&w->strings_table);
    sw_numbered_done(&w->products);
    sw_vec_done(&w->current);
    sw_vec_done(&w->epss);
    sw_vec_done(&w->keys);
    sw_buf_done(&w->buf);
    sw_mem_free(w->slots);
    sw_mem_free(w->scratch);
    sw_mem_free(w->directory);
    sw_mem_free(w->output);
    sw_mem_free(w);
}

void sw_writer_freep(struct sw_writer **writer)
{
    sw_writer_free(*writer);
}

/* LMDB takes the short write of a full disk for EIO. */
int sw_writer_fail(const struct sw_writer *w, int r, struct sw_err *err)
{
    return sw_err_set(err, r > 0 ? -r : -EIO, "cannot write '%s': %s", w->output,
        r == EIO ? "no space left on device, or the device fails" : mdb_strerror(r));
}

/* Ends the transaction, gives the map room when half of it is used, begins the next. */
int sw_writer_commit(struct sw_writer *w, struct sw_err *err)
{
    MDB_envinfo info;
    int r = mdb_txn_commit(SW_TAKE(w->txn));
    if (r == 0)
        r = mdb_env_info(w->env, &info);
    if (r == 0 && info.me_last_pgno * SW_PAGE_BYTES > info.me_mapsize / 2)
        r = mdb_env_set_mapsize(w->env, info.me_mapsize * 2);
    if (r == 0)
        r = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    w->n_put = 0;
    return r == 0 ? 0 : sw_writer_fail(w, r, err);
}

int sw_writer_put(struct sw_writer *w, enum sw_table table, struct sw_str key, struct sw_str value,
    unsigned flags, struct sw_err *err)
{
    MDB_val k = {.mv_size = key.n, .mv_data = (void *)(uintptr_t)key.p};
    MDB_val v = {.mv_size = value.n, .mv_data = (void *)(uintptr_t)value.p};
    int r = mdb_put(w->txn, w->tables[table], &k, &v, flags);
    if (r == MDB_KEYEXIST && (flags & MDB_NOOVERWRITE) != 0)
        return 0;
    if (r != 0)
        return sw_writer_fail(w, r, err);
    w->n_put += key.n + value.n + 32;
    return w->n_put < COMMIT_BYTES ? 0 : sw_writer_commit(w, err);
}

static uint64_t hash_record(struct sw_str feed, struct sw_str record)
{
    return sw_str_hash(feed) * 31 + sw_str_hash(record);
}

/* Name of a stored record; the hash alone would lose a record in ten million. */
static bool is_record(struct sw_writer *w, uint32_t number, struct sw_str feed,
    struct sw_str record, struct sw_str *ret_modified);

/* The slot of the record, or the free one for it. */
static size_t find_slot(
    struct sw_writer *w, struct sw_str feed, struct sw_str record, struct sw_str *ret_modified)
{
    size_t i = (size_t)hash_record(feed, record) & (w->n_slots - 1);
    while (w->slots[i] != 0 && !is_record(w, w->slots[i] - 1, feed, record, ret_modified))
        i = (i + 1) & (w->n_slots - 1);
    return i;
}

static bool get_string(void *context, uint64_t number, struct sw_str *ret)
{
    struct sw_writer *w = context;
    if (number >= w->strings_table.strings.n)
        return false;
    *ret = w->strings_table.strings.v[number];
    return true;
}

static int get_identity(struct sw_writer *w, uint32_t number, struct sw_advisory *ret)
{
    struct sw_strings strings = {.context = w, .get = get_string};
    struct sw_key key;
    sw_key_number(&key, number);
    MDB_val k = {.mv_size = key.n, .mv_data = key.p};
    MDB_val v = {0};
    if (mdb_get(w->txn, w->tables[SW_TABLE_ADVISORIES], &k, &v) != 0)
        return -EBADMSG;
    struct sw_str value = {v.mv_data, v.mv_size};
    return sw_advisory_unpack_identity(value, &strings, ret);
}

static bool is_record(struct sw_writer *w, uint32_t number, struct sw_str feed,
    struct sw_str record, struct sw_str *ret_modified)
{
    struct sw_advisory found;
    if (get_identity(w, number, &found) < 0 || !sw_str_equal(found.record, record) ||
        !sw_str_equal(found.feed, feed))
        return false;
    *ret_modified = found.modified;
    return true;
}

static int grow_slots(struct sw_writer *w)
{
    if (w->current.n < w->n_slots / 2)
        return 0;
    size_t n = w->n_slots == 0 ? SLOTS_MIN : w->n_slots * 2;
    uint32_t *slots = sw_mem_zalloc(n, sizeof(*slots));
    if (slots == NULL)
        return -ENOMEM;
    sw_mem_free(w->slots);
    w->slots = slots;
    w->n_slots = n;
    for (uint32_t number = 0; number < w->current.n; number++) {
        struct sw_advisory found;
        if (get_identity(w, number, &found) < 0)
            return -EBADMSG;
        size_t i = (size_t)hash_record(found.feed, found.record) & (n - 1);
        while (slots[i] != 0)
            i = (i + 1) & (n - 1);
        slots[i] = number + 1;
    }
    return 0;
}

bool sw_writer_has(struct sw_writer *w, struct sw_str feed, struct sw_str record)
{
    struct sw_str modified;
    return w->n_slots > 0 && w->slots[find_slot(w, feed, record, &modified)] != 0;
}

static int put_advisory(struct sw_writer *w, uint32_t number, const struct sw_advisory *a,
    bool is_new, struct sw_err *err)
{
    struct sw_key key;
    struct sw_pack pack = {.buf = &w->buf};
    unsigned flags = is_new ? MDB_APPEND : 0;
    sw_key_number(&key, number);
    sw_buf_clear(&w->buf);
    sw_advisory_pack(&pack, a, &w->strings);
    if (pack.error < 0)
        return pack.error;
    int r =
        sw_writer_put(w, SW_TABLE_ADVISORIES, sw_key_str(&key), sw_buf_str(&w->buf), flags, err);
    if (r == 0 && (a->details.n > 0 || !is_new))
        r = sw_writer_put(w, SW_TABLE_DETAILS, sw_key_str(&key),
            sw_str_part(a->details, 0, SW_ADVISORY_DETAILS_MAX), flags, err);
    sw_buf_clear(&w->buf);
    pack = (struct sw_pack){.buf = &w->buf};
    sw_entry_keys_pack(&pack, w->keys.v, w->keys.n);
    if (r == 0 && pack.error < 0)
        r = pack.error;
    if (r == 0 && (w->keys.n > 0 || !is_new))
        r = sw_writer_put(w, SW_TABLE_AFFECTED, sw_key_str(&key), sw_buf_str(&w->buf), flags, err);
    return r;
}

static int add_id(struct sw_writer *w, struct sw_str id, uint32_t number, struct sw_err *err)
{
    uint8_t value[8];
    if (id.n == 0 || id.n > SW_KEY_NAME_MAX)
        return 0;
    sw_num_put_le32(value, number);
    sw_num_put_le32(value + 4, w->current.v[number]);
    return sw_sorter_add(w->ids, id, (struct sw_str){(const char *)value, sizeof(value)}, err);
}

static int add_ids(
    struct sw_writer *w, uint32_t number, const struct sw_advisory *a, struct sw_err *err)
{
    int r = add_id(w, a->id, number, err);
    if (r == 0 && !sw_str_equal(a->id, a->record))
        r = add_id(w, a->record, number, err);
    for (size_t i = 0; i < a->n_aliases && r == 0; i++)
        r = add_id(w, a->aliases[i], number, err);
    return r;
}

/* Goes to the sorter under its key; which coming of the advisory it belongs to stands in front. */
static int add_entry(struct sw_writer *w, uint32_t number, const struct sw_advisory *a,
    const struct sw_affected *affected, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_pack pack = {.buf = &w->buf};
    struct sw_affected entry = *affected;
    struct sw_key key;
    uint8_t head[8];
    sw_region_init(&region, REGION_BYTES);
    int r = sw_module_derive(a, affected, &region, &entry.module);
    if (r < 0)
        return r;
    int64_t product = sw_numbered_put(&w->products, affected->product);
    if (product < 0 ||
        !sw_key_entry(&key, affected->package, (uint16_t)product, affected->name_kind))
        return product == -ENOMEM ? -ENOMEM : 0;
    sw_num_put_le32(head, number);
    sw_num_put_le32(head + 4, w->current.v[number]);
    sw_buf_clear(&w->buf);
    sw_pack_bytes(&pack, (struct sw_str){(const char *)head, sizeof(head)});
    sw_entry_pack(&pack, number, &entry, &w->strings);
    if (pack.error < 0)
        return pack.error;
    return sw_sorter_add(w->entries, sw_key_str(&key), sw_buf_str(&w->buf), err);
}

static int compare_keys(const void *a, const void *b)
{
    return sw_entry_key_compare(a, b);
}

/* Sorted and unique; NULL, or why an entry does not fit. */
static const char *collect_keys(struct sw_writer *w, const struct sw_advisory *a, int *ret_error)
{
    w->keys.n = 0;
    for (size_t i = 0; i < a->n_affected && *ret_error == 0; i++) {
        const struct sw_affected *affected = &a->affected[i];
        struct sw_key key;
        if (affected->product.n == 0 || affected->product.n > SW_KEY_NAME_MAX)
            return "a product key is empty or too long";
        int64_t product = sw_numbered_put(&w->products, affected->product);
        if (product == -EFBIG)
            return "more products than the format holds";
        if (product < 0)
            *ret_error = (int)product;
        else if (!sw_key_entry(&key, affected->package, (uint16_t)product, affected->name_kind))
            return "a package name is empty, too long or holds NUL";
        else
            *ret_error = sw_vec_push(&w->keys,
                ((struct sw_entry_key){(uint16_t)product, affected->name_kind, affected->package}),
                SW_ADVISORY_AFFECTED_MAX);
    }
    if (w->keys.n > 1)
        qsort(w->keys.v, w->keys.n, sizeof(w->keys.v[0]), compare_keys);
    size_t n = 0;
    for (size_t i = 0; i < w->keys.n; i++)
        if (n == 0 || sw_entry_key_compare(&w->keys.v[n - 1], &w->keys.v[i]) != 0)
            w->keys.v[n++] = w->keys.v[i];
    w->keys.n = n;
    return NULL;
}

static const char *check_advisory(const struct sw_writer *w, const struct sw_advisory *a)
{
    if (a->feed.n == 0 || a->record.n == 0 || a->id.n == 0)
        return "has no feed, record or id";
    if (a->record.n > RECORD_NAME_MAX || a->feed.n > STRING_SHARED_MAX)
        return "its name is too long";
    if (a->n_affected > SW_ADVISORY_AFFECTED_MAX)
        return "names too many packages";
    if (w->current.n >= SW_WRITER_ADVISORIES_MAX || w->n_comings == UINT32_MAX)
        return "more records than the format holds";
    return NULL;
}

/* Number of the advisory's place: the old one when it replaces a record. */
static int take_number(struct sw_writer *w, const struct sw_advisory *a,
    enum sw_writer_outcome *ret_outcome, uint32_t *ret_number)
{
    struct sw_str modified = SW_STR_NONE;
    int r = grow_slots(w);
    if (r < 0)
        return r;
    size_t slot = find_slot(w, a->feed, a->record, &modified);
    if (w->slots[slot] != 0) {
        *ret_number = w->slots[slot] - 1;
        *ret_outcome =
            sw_str_compare(a->modified, modified) > 0 ? SW_WRITER_REPLACED : SW_WRITER_DUPLICATE;
        if (*ret_outcome == SW_WRITER_REPLACED)
            w->current.v[*ret_number] = w->n_comings++;
        return 0;
    }
    r = sw_vec_push(&w->current, w->n_comings, SW_WRITER_ADVISORIES_MAX);
    if (r < 0)
        return r;
    w->n_comings++;
    *ret_number = (uint32_t)w->current.n - 1;
    w->slots[slot] = *ret_number + 1;
    *ret_outcome = SW_WRITER_ADDED;
    return 0;
}

int sw_writer_add_advisory(struct sw_writer *w, const struct sw_advisory *a,
    enum sw_writer_outcome *ret_outcome, const char **ret_reason, struct sw_err *err)
{
    uint32_t number = 0;
    int r = 0;
    enum sw_writer_outcome outcome = SW_WRITER_REFUSED;
    const char *reason = check_advisory(w, a);
    if (reason == NULL)
        reason = collect_keys(w, a, &r);
    if (reason != NULL) {
        *ret_outcome = SW_WRITER_REFUSED;
        *ret_reason = reason;
        return 0;
    }
    if (r == 0)
        r = take_number(w, a, &outcome, &number);
    if (r == 0 && outcome == SW_WRITER_DUPLICATE) {
        *ret_outcome = outcome;
        return 0;
    }
    if (r == 0)
        r = put_advisory(w, number, a, outcome == SW_WRITER_ADDED, err);
    if (r == 0)
        r = add_ids(w, number, a, err);
    for (size_t i = 0; i < a->n_affected && r == 0; i++)
        r = add_entry(w, number, a, &a->affected[i], err);
    if (r == 0)
        *ret_outcome = outcome;
    return r;
}

int sw_writer_add_facts(struct sw_writer *w, const struct sw_cve_facts *facts, struct sw_err *err)
{
    struct sw_key key;
    struct sw_epss_row row = {.order = (uint32_t)w->epss.n};
    uint8_t place = 0;
    int r = 0;
    if (!sw_key_epss(&key, facts->cve, &place))
        return -EINVAL;
    if (facts->epss >= 0) {
        memcpy(row.key, key.p, sizeof(row.key));
        sw_epss_put(row.packed, place, facts->epss, facts->epss_percentile);
        r = sw_vec_push(&w->epss, row, EPSS_MAX);
    }
    if (r < 0 || !facts->is_kev)
        return r;
    struct sw_pack pack = {.buf = &w->buf};
    sw_buf_clear(&w->buf);
    sw_kev_pack(&pack, facts);
    if (pack.error < 0)
        return pack.error;
    return sw_writer_put(w, SW_TABLE_KEV, facts->cve, sw_buf_str(&w->buf), MDB_NOOVERWRITE, err);
}

int sw_writer_add_eol(struct sw_writer *w, const struct sw_eol *eol, struct sw_err *err)
{
    struct sw_pack pack = {.buf = &w->buf};
    if (eol->product.n == 0 || eol->product.n > SW_KEY_NAME_MAX)
        return -EINVAL;
    sw_buf_clear(&w->buf);
    sw_eol_pack(&pack, eol);
    if (pack.error < 0)
        return pack.error;
    return sw_writer_put(w, SW_TABLE_EOL, eol->product, sw_buf_str(&w->buf), MDB_NOOVERWRITE, err);
}

int sw_writer_add_feed(struct sw_writer *w, const struct sw_feed_record *feed, struct sw_err *err)
{
    struct sw_pack pack = {.buf = &w->buf};
    struct sw_key key;
    sw_key_number(&key, w->n_feeds++);
    sw_buf_clear(&w->buf);
    sw_feed_pack(&pack, feed);
    if (pack.error < 0)
        return pack.error;
    return sw_writer_put(w, SW_TABLE_FEEDS, sw_key_str(&key), sw_buf_str(&w->buf), 0, err);
}

int sw_writer_add_file(
    struct sw_writer *w, struct sw_str path, struct sw_str feeds, struct sw_err *err)
{
    if (path.n == 0 || path.n > SW_KEY_NAME_MAX)
        return 0; /* only costs that a file which breaks later is known by its feed alone */
    return sw_writer_put(w, SW_TABLE_FILES, path, feeds, 0, err);
}

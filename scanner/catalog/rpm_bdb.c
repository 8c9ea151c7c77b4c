/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads Berkeley DB hash files, whole and in memory, once per database. The bucket order does not
 * matter for a list, so pages are scanned in file order; each is told by its type. A header blob
 * too large for its hash page lies in a chain of overflow pages. Each overflow page belongs to one
 * record: a page seen twice is damage, which also bounds the work and ends circles.
 *
 *     page   lsn 8, page number 4, previous 4, next 4, entries 2, high free 2, level 1, type 1,
 *            [checksum 6], then on hash pages the offsets of the items, 2 bytes each
 *     item   type 1, then its bytes, or for type 3: unused 3, first overflow page 4, length 4
 */
#include "catalog/rpm_bdb.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "catalog/rpm_header.h"
#include "catalog/rpm_list.h"

#define META_BYTES 512U
#define MAGIC_HASH 0x061561U
#define MAGIC_BTREE 0x053162U
#define MAGIC_QUEUE 0x042253U
#define MAGIC_HEAP 0x074582U
#define VERSION_MIN 5U /* 3.1, the first with this page layout */
#define VERSION_MAX 10U
#define PAGE_MIN_BYTES 512U
#define PAGE_MAX_BYTES 65536U
#define META_SPARES 32U /* one per doubling of the table */
#define META_HAS_CHECKSUM 0x01U
#define META_PARTITIONED 0x02U
#define PAGE_HEADER_BYTES 26U
#define PAGE_HEADER_CHECKSUM_BYTES 32U
#define OFFPAGE_BYTES 12U
#define KEY_BYTES 4U /* rpm's keys are record numbers */

enum { PAGE_HASH_UNSORTED = 2, PAGE_OVERFLOW = 7, PAGE_HASH = 13 };
enum { ITEM_PLAIN = 1, ITEM_OFFPAGE = 3 };

struct bdb {
    struct sw_str bytes;
    bool is_big_endian;
    uint32_t page_bytes;
    uint32_t n_pages;      /* whole ones in the file */
    uint32_t header_bytes; /* of a page */
    uint8_t *used;         /* one bit per overflow page */
    struct sw_buf record;  /* a blob put together from overflow pages */
    struct sw_rpm_list *list;
};

static uint32_t get32(const struct bdb *db, const char *p)
{
    return db->is_big_endian ? sw_num_be32(p) : sw_num_le32(p);
}

static uint16_t get16(const struct bdb *db, const char *p)
{
    return db->is_big_endian ? sw_num_be16(p) : sw_num_le16(p);
}

static const char *find_page(const struct bdb *db, uint32_t page)
{
    return db->bytes.p + (size_t)page * db->page_bytes;
}

static bool is_hash_page(const char *p)
{
    return p[25] == PAGE_HASH || p[25] == PAGE_HASH_UNSORTED;
}

static bool is_used(const struct bdb *db, uint32_t page)
{
    return (db->used[page / 8] & (1U << (page % 8))) != 0;
}

/* Appends the bytes of one overflow page: its successor, 0 at the end of the chain or of what can
 * be read of it. */
static int read_overflow_page(struct bdb *db, uint32_t page, size_t n_max, uint32_t *ret_next)
{
    *ret_next = 0;
    if (page >= db->n_pages) {
        sw_rpm_list_damage(db->list, "page %u lies beyond the end of the file", page);
        return 0;
    }
    if (is_used(db, page)) {
        sw_rpm_list_damage(db->list, "page %u belongs to more than one record", page);
        return 0;
    }
    const char *p = find_page(db, page);
    uint32_t n = get16(db, p + 22);
    if (p[25] != PAGE_OVERFLOW || get32(db, p + 8) != page || n == 0 ||
        n > db->page_bytes - db->header_bytes || n > n_max) {
        sw_rpm_list_damage(db->list, "page %u is damaged", page);
        return 0;
    }
    db->used[page / 8] |= (uint8_t)(1U << (page % 8));
    *ret_next = get32(db, p + 16);
    return sw_buf_append(&db->record, p + db->header_bytes, n);
}

/* The record in a chain of overflow pages. A broken chain yields what was read of it: names and
 * versions stand at the front of a header. */
static int read_overflow(struct bdb *db, const char *item, struct sw_str *ret)
{
    uint32_t page = get32(db, item + 4);
    uint32_t n_total = get32(db, item + 8);
    sw_buf_clear(&db->record);
    if (n_total > SW_RPM_HEADER_MAX_BYTES) {
        sw_rpm_list_damage(db->list, "a record of %u bytes was left out", n_total);
        *ret = SW_STR_NONE;
        return 0;
    }
    while (page != 0) {
        int r = read_overflow_page(db, page, n_total - db->record.n, &page);
        if (r < 0)
            return r;
    }
    if (db->record.n != n_total)
        sw_rpm_list_damage(db->list, "a record has %zu bytes instead of %u", db->record.n, n_total);
    *ret = sw_buf_str(&db->record);
    return 0;
}

/* Item i of a page, its type byte included; false when its place makes no sense. */
static bool find_item(
    const struct bdb *db, const char *p, uint32_t i, uint32_t n_items, struct sw_str *ret)
{
    const char *offsets = p + db->header_bytes;
    uint32_t from = get16(db, offsets + (size_t)i * 2);
    uint32_t to = i == 0 ? db->page_bytes : get16(db, offsets + (size_t)(i - 1) * 2);
    if (from < db->header_bytes + n_items * 2 || from >= to || to > db->page_bytes)
        return false;
    *ret = (struct sw_str){p + from, to - from};
    return true;
}

static int read_pair(struct bdb *db, uint32_t page, struct sw_str key, struct sw_str value)
{
    if (key.p[0] != ITEM_PLAIN || key.n != 1 + KEY_BYTES) {
        sw_rpm_list_damage(db->list, "page %u: a record whose key is no number", page);
        return 0;
    }
    uint32_t record = get32(db, key.p + 1);
    if (record == 0) /* the next free record number */
        return 0;
    struct sw_str blob = SW_STR_NONE;
    if (value.p[0] == ITEM_PLAIN) {
        blob = sw_str_skip(value, 1);
    } else if (value.p[0] == ITEM_OFFPAGE && value.n == OFFPAGE_BYTES) {
        int r = read_overflow(db, value.p, &blob);
        if (r < 0)
            return r;
        if (blob.n == 0)
            return 0;
    } else {
        sw_rpm_list_damage(
            db->list, "record %u: stored as type %u", record, (unsigned char)value.p[0]);
        return 0;
    }
    return sw_rpm_list_add(db->list, record, blob);
}

/* Pages of one bucket are linked; a link that leads nowhere means that a page was lost. */
static void check_link(struct bdb *db, uint32_t page, const char *p)
{
    uint32_t next = get32(db, p + 16);
    if (next == 0)
        return;
    if (next >= db->n_pages || !is_hash_page(find_page(db, next)) ||
        get32(db, find_page(db, next) + 12) != page)
        sw_rpm_list_damage(db->list, "page %u: its successor %u is lost", page, next);
}

static int read_hash_page(struct bdb *db, uint32_t page)
{
    const char *p = find_page(db, page);
    uint32_t n_items = get16(db, p + 20);
    if (get32(db, p + 8) != page || n_items % 2 != 0 ||
        db->header_bytes + n_items * 2 > db->page_bytes) {
        sw_rpm_list_damage(db->list, "page %u is damaged", page);
        return 0;
    }
    check_link(db, page, p);
    for (uint32_t i = 0; i < n_items; i += 2) {
        struct sw_str key;
        struct sw_str value;
        if (!find_item(db, p, i, n_items, &key) || !find_item(db, p, i + 1, n_items, &value)) {
            sw_rpm_list_damage(db->list, "page %u: record %u lies outside it", page, i / 2);
            continue;
        }
        int r = read_pair(db, page, key, value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_magic(struct bdb *db, struct sw_err *err)
{
    const char *p = db->bytes.p;
    db->is_big_endian = sw_num_be32(p + 12) == MAGIC_HASH;
    uint32_t magic = get32(db, p + 12);
    if (magic == MAGIC_HASH)
        return 0;
    static const uint32_t others[] = {MAGIC_BTREE, MAGIC_QUEUE, MAGIC_HEAP};
    static const char *const names[] = {"B-tree", "queue", "heap"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(others); i++)
        if (sw_num_le32(p + 12) == others[i] || sw_num_be32(p + 12) == others[i])
            return sw_err_set(err, -EOPNOTSUPP, "a Berkeley DB %s, which rpm never was", names[i]);
    return sw_err_set(err, -EBADMSG, "no Berkeley DB hash file");
}

static int read_meta(struct bdb *db, struct sw_err *err)
{
    if (db->bytes.n < META_BYTES)
        return sw_err_set(err, -EBADMSG, "%zu bytes are no Berkeley DB file", db->bytes.n);
    int r = read_magic(db, err);
    if (r < 0)
        return r;
    const char *p = db->bytes.p;
    uint32_t version = get32(db, p + 16);
    uint8_t flags = (uint8_t)p[26];
    db->page_bytes = get32(db, p + 20);
    if (version < VERSION_MIN || version > VERSION_MAX)
        return sw_err_set(err, -EOPNOTSUPP, "Berkeley DB hash version %u", version);
    if (p[24] != 0)
        return sw_err_set(err, -EOPNOTSUPP, "an encrypted Berkeley DB file");
    if ((flags & META_PARTITIONED) != 0)
        return sw_err_set(err, -EOPNOTSUPP, "a partitioned Berkeley DB file");
    if (db->page_bytes < PAGE_MIN_BYTES || db->page_bytes > PAGE_MAX_BYTES ||
        (db->page_bytes & (db->page_bytes - 1)) != 0)
        return sw_err_set(err, -EBADMSG, "a page size of %u bytes", db->page_bytes);
    db->header_bytes =
        (flags & META_HAS_CHECKSUM) != 0 ? PAGE_HEADER_CHECKSUM_BYTES : PAGE_HEADER_BYTES;
    if (db->bytes.n / db->page_bytes > UINT32_MAX)
        return sw_err_set(err, -EBADMSG, "a file of %zu bytes", db->bytes.n);
    db->n_pages = (uint32_t)(db->bytes.n / db->page_bytes);
    uint32_t last_page = get32(db, p + 32);
    if (last_page >= db->n_pages)
        sw_rpm_list_damage(db->list, "%u pages instead of the %llu that its header names",
            db->n_pages, (unsigned long long)last_page + 1);
    else if (db->bytes.n % db->page_bytes != 0)
        sw_rpm_list_damage(db->list, "the file ends inside a page");
    return 0;
}

/* Every bucket has a first page, and its number follows from the doublings of the table: one that
 * is no hash page was lost with all its records. */
static void check_buckets(struct bdb *db)
{
    const char *meta = db->bytes.p;
    uint32_t last_bucket = get32(db, meta + 72);
    if (last_bucket >= db->n_pages) {
        sw_rpm_list_damage(db->list, "%u buckets in %u pages", last_bucket, db->n_pages);
        return;
    }
    uint32_t doubling = 0; /* base-2 logarithm of bucket + 1, rounded up */
    for (uint32_t bucket = 0; bucket <= last_bucket; bucket++) {
        while (doubling < META_SPARES - 1 && (UINT64_C(1) << doubling) < (uint64_t)bucket + 1)
            doubling++;
        uint64_t page = (uint64_t)bucket + get32(db, meta + 96 + (size_t)doubling * 4);
        if (page >= db->n_pages || !is_hash_page(find_page(db, (uint32_t)page)))
            sw_rpm_list_damage(db->list, "page %llu: records of bucket %u are lost",
                (unsigned long long)page, bucket);
    }
}

/* Pages that are freed lose their type, so an overflow page without a record means that a record
 * was lost. */
static void check_overflow_pages(struct bdb *db)
{
    uint32_t n_orphans = 0;
    for (uint32_t page = 1; page < db->n_pages; page++)
        if (find_page(db, page)[25] == PAGE_OVERFLOW && !is_used(db, page))
            n_orphans++;
    if (n_orphans > 0)
        sw_rpm_list_damage(db->list, "%u pages hold parts of lost records", n_orphans);
}

static int read_pages(struct bdb *db)
{
    check_buckets(db);
    for (uint32_t page = 1; page < db->n_pages; page++) {
        if (!is_hash_page(find_page(db, page)))
            continue;
        int r = read_hash_page(db, page);
        if (r < 0)
            return r;
    }
    check_overflow_pages(db);
    return 0;
}

int sw_rpm_bdb_parse(struct sw_str bytes, struct sw_rpm_list *list, struct sw_err *err)
{
    struct bdb db = {.bytes = bytes, .list = list};
    int r = read_meta(&db, err);
    if (r < 0)
        return r;
    SW_CLEANUP(sw_mem_freep) uint8_t *used = sw_mem_zalloc((size_t)db.n_pages / 8 + 1, 1);
    if (used == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    db.used = used;
    sw_buf_init(&db.record, SW_RPM_HEADER_MAX_BYTES + 1);
    r = read_pages(&db);
    sw_buf_done(&db.record);
    return r;
}

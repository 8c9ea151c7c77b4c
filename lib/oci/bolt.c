/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of bbolt. Little-endian machines write it as their memory is; so is it read here.
 */
#include "oci/bolt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define MAGIC 0xED0CDAEDu
#define VERSION 2u
#define PAGE_HEADER_BYTES ((size_t)16)
#define META_BYTES ((size_t)64) /* its checksum is the last 8 */
#define ELEMENT_BYTES ((size_t)16)
#define BUCKET_BYTES ((size_t)16)
#define FLAG_BRANCH 0x01
#define FLAG_LEAF 0x02
#define LEAF_IS_BUCKET 0x01u
/* bbolt uses the page size of the machine: 4 KiB to 64 KiB. */
#define PAGE_BYTES_MIN ((uint64_t)512)
#define PAGE_BYTES_MAX ((uint64_t)65536)
/* Half-full pages of 4 KiB hold dozens of keys: 16 levels are beyond any file that fits the cap. */
#define DEPTH_MAX 16
/* Lookups pass a few pages several times; a circle passes them without end. */
#define VISITS_PER_PAGE ((uint64_t)64)
#define VISITS_BASE ((uint64_t)65536)
#define LOAD_TRIES 20

static uint64_t get(const char *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = n; i-- > 0;)
        value = value << 8 | (uint8_t)p[i];
    return value;
}

static uint64_t checksum(const char *p, size_t n)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)p[i]) * 1099511628211u;
    return hash;
}

struct meta {
    uint64_t page_bytes;
    uint64_t root;
    uint64_t n_pages;
    uint64_t txid;
};

/* Of a page that begins at `at`: false when there is no whole one. */
static bool read_meta(struct sw_str bytes, uint64_t at, struct meta *ret)
{
    if (at > bytes.n || bytes.n - at < PAGE_HEADER_BYTES + META_BYTES)
        return false;
    const char *p = bytes.p + at + PAGE_HEADER_BYTES;
    struct meta meta = {get(p + 8, 4), get(p + 16, 8), get(p + 40, 8), get(p + 48, 8)};
    if (get(p, 4) != MAGIC || get(p + 4, 4) != VERSION || get(p + 56, 8) != checksum(p, 56))
        return false;
    if (meta.page_bytes < PAGE_BYTES_MIN || meta.page_bytes > PAGE_BYTES_MAX ||
        (meta.page_bytes & (meta.page_bytes - 1)) != 0)
        return false;
    *ret = meta;
    return true;
}

/* The first meta page may be the one that was being written: the second is looked for at each size
 * that a page can have. */
static bool find_second(struct sw_str bytes, const struct meta *first, struct meta *ret)
{
    if (first != NULL)
        return read_meta(bytes, first->page_bytes, ret);
    for (uint64_t size = PAGE_BYTES_MIN; size <= PAGE_BYTES_MAX; size *= 2)
        if (read_meta(bytes, size, ret) && ret->page_bytes == size)
            return true;
    return false;
}

static bool find_meta(struct sw_str bytes, struct meta *ret)
{
    struct meta first;
    struct meta second;
    bool has_first = read_meta(bytes, 0, &first);
    bool has_second = find_second(bytes, has_first ? &first : NULL, &second);
    if (!has_first && !has_second)
        return false;
    *ret = has_first && (!has_second || first.txid >= second.txid) ? first : second;
    return true;
}

int sw_bolt_parse(struct sw_str bytes, struct sw_bolt *ret, struct sw_err *err)
{
    struct meta meta;
    if (!find_meta(bytes, &meta))
        return sw_err_set(err, -EBADMSG, "not a bolt database, or both its meta pages are damaged");
    if (meta.n_pages > bytes.n / meta.page_bytes)
        return sw_err_set(err, -EBADMSG, "the database is cut short");
    *ret = (struct sw_bolt){
        .bytes = bytes,
        .page_bytes = meta.page_bytes,
        .n_pages = meta.n_pages,
        .root = meta.root,
        .txid = meta.txid,
        .n_visits_left = VISITS_BASE + meta.n_pages * VISITS_PER_PAGE,
    };
    return 0;
}

/* From the start to the end as it was when reading began. */
static int read_file(int fd, size_t max, struct sw_buf *buf, struct sw_err *err)
{
    sw_buf_clear(buf);
    while (buf->n < max) {
        size_t want = max - buf->n < 65536 ? max - buf->n : 65536;
        int r = sw_buf_reserve(buf, want);
        if (r < 0)
            return sw_err_set(err, r, "the database is too large to be read");
        ssize_t got = pread(fd, buf->p + buf->n, want, (off_t)buf->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sw_err_set(err, -errno, "%s", strerror(errno));
        if (got == 0)
            return 0;
        buf->n += (size_t)got;
    }
    return 0;
}

/* The pages of a state are written over no sooner than two states later: as long as no newer state
 * stands, none of its pages was touched. */
static int is_still_newest(int fd, const struct sw_bolt *bolt, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf head = {0};
    sw_buf_init(&head, 2 * PAGE_BYTES_MAX + 1);
    struct meta meta;
    int r = read_file(fd, bolt->page_bytes * 2, &head, err);
    if (r < 0)
        return r;
    return find_meta(sw_buf_str(&head), &meta) && meta.txid == bolt->txid;
}

int sw_bolt_load(int fd, struct sw_buf *buf, struct sw_bolt *ret, struct sw_err *err)
{
    int r = 0;
    for (int i = 0; i < LOAD_TRIES; i++) {
        struct sw_bolt bolt;
        r = read_file(fd, SIZE_MAX, buf, err);
        if (r < 0)
            return r;
        r = sw_bolt_parse(sw_buf_str(buf), &bolt, err);
        if (r < 0)
            continue;
        r = is_still_newest(fd, &bolt, err);
        if (r < 0)
            return r;
        if (r > 0) {
            *ret = bolt;
            return 0;
        }
    }
    return r < 0 ? r : sw_err_set(err, -EAGAIN, "the database changed each time it was read");
}

struct sw_bolt_bucket sw_bolt_top(const struct sw_bolt *bolt)
{
    return (struct sw_bolt_bucket){.root = bolt->root};
}

static int damaged(struct sw_err *err, const char *what, uint64_t page)
{
    return sw_err_set(
        err, -EBADMSG, "the database is damaged: %s (page %llu)", what, (unsigned long long)page);
}

/* The bytes of a page with those that overflow it. */
static int find_page(struct sw_bolt *bolt, uint64_t id, struct sw_str *ret, struct sw_err *err)
{
    if (id < 2 || id >= bolt->n_pages)
        return damaged(err, "a page beyond its end", id);
    if (bolt->n_visits_left == 0)
        return damaged(err, "pages go in a circle", id);
    bolt->n_visits_left--;
    const char *p = bolt->bytes.p + id * bolt->page_bytes;
    uint64_t n = get(p + 12, 4) + 1;
    if (get(p, 8) != id)
        return damaged(err, "a page has another's number", id);
    if (n > bolt->n_pages - id)
        return damaged(err, "a page runs beyond its end", id);
    *ret = (struct sw_str){p, n * bolt->page_bytes};
    return 0;
}

/* n bytes at `from`, both foreign. */
static bool find_part(struct sw_str page, uint64_t from, uint64_t n, struct sw_str *ret)
{
    if (from > page.n || n > page.n - from)
        return false;
    *ret = (struct sw_str){page.p + from, n};
    return true;
}

struct walk {
    struct sw_bolt *bolt;
    int (*each)(void *opaque, const struct sw_bolt_item *item);
    void *opaque;
    struct sw_err *err;
};

static int visit_leaf(struct walk *walk, struct sw_str page, uint64_t id, size_t i)
{
    uint64_t at = PAGE_HEADER_BYTES + i * ELEMENT_BYTES;
    const char *p = page.p + at;
    struct sw_bolt_item item = {.is_bucket = (get(p, 4) & LEAF_IS_BUCKET) != 0};
    uint64_t from = at + get(p + 4, 4);
    uint64_t n_key = get(p + 8, 4);
    if (!find_part(page, from, n_key, &item.key) ||
        !find_part(page, from + n_key, get(p + 12, 4), &item.value))
        return damaged(walk->err, "an entry lies outside its page", id);
    if (item.is_bucket) {
        if (item.value.n < BUCKET_BYTES)
            return damaged(walk->err, "a bucket is too short", id);
        item.bucket.root = get(item.value.p, 8);
        item.bucket.inside = sw_str_skip(item.value, BUCKET_BYTES);
    }
    return walk->each(walk->opaque, &item);
}

static int visit_page(struct walk *walk, struct sw_str page, uint64_t id, int depth)
{
    if (page.n < PAGE_HEADER_BYTES)
        return damaged(walk->err, "a page is too short", id);
    uint64_t flags = get(page.p + 8, 2);
    size_t n = get(page.p + 10, 2);
    if (n > (page.n - PAGE_HEADER_BYTES) / ELEMENT_BYTES)
        return damaged(walk->err, "a page claims more entries than it can hold", id);
    if (flags != FLAG_LEAF && flags != FLAG_BRANCH)
        return damaged(walk->err, "a page of another kind", id);
    if (flags == FLAG_BRANCH && (depth >= DEPTH_MAX || id == 0))
        return damaged(walk->err, "its tree is too deep", id);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        if (flags == FLAG_LEAF) {
            r = visit_leaf(walk, page, id, i);
            continue;
        }
        struct sw_str child;
        uint64_t next = get(page.p + PAGE_HEADER_BYTES + i * ELEMENT_BYTES + 8, 8);
        r = find_page(walk->bolt, next, &child, walk->err);
        if (r == 0)
            r = visit_page(walk, child, next, depth + 1);
    }
    return r;
}

int sw_bolt_walk(struct sw_bolt *bolt, const struct sw_bolt_bucket *bucket,
    int (*each)(void *opaque, const struct sw_bolt_item *item), void *opaque, struct sw_err *err)
{
    struct walk walk = {bolt, each, opaque, err};
    struct sw_str page = bucket->inside;
    int r = bucket->root == 0 ? 0 : find_page(bolt, bucket->root, &page, err);
    return r < 0 ? r : visit_page(&walk, page, bucket->root, 0);
}

struct search {
    struct sw_str key;
    struct sw_bolt_item *ret;
};

static int compare_item(void *opaque, const struct sw_bolt_item *item)
{
    struct search *search = opaque;
    if (!sw_str_equal(item->key, search->key))
        return 0;
    *search->ret = *item;
    return 1;
}

int sw_bolt_find(struct sw_bolt *bolt, const struct sw_bolt_bucket *bucket, const char *key,
    struct sw_bolt_item *ret, struct sw_err *err)
{
    struct search search = {sw_str_of(key), ret};
    return sw_bolt_walk(bolt, bucket, compare_item, &search, err);
}

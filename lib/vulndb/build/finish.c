/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends a database: entries, ids and scores in key order, then a compact copy of all pages, its
 * checksum in a last page, and the rename over the old file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/digest.h"
#include "vulndb/build/writer_priv.h"
#include "vulndb/vulndb.h"

#define COPY_BLOCK_BYTES ((size_t)256 * 1024)

/* Values of one key, gathered until the key changes. */
struct gather {
    struct sw_writer *w;
    enum sw_table table;
    struct sw_buf value;
    struct sw_key key;
    uint64_t n;
    uint32_t last; /* number put last under this key */
};

static int flush(struct gather *g, struct sw_err *err)
{
    int r = 0;
    if (g->value.n > 0)
        r = sw_writer_put(
            g->w, g->table, sw_key_str(&g->key), sw_buf_str(&g->value), MDB_APPEND, err);
    sw_buf_clear(&g->value);
    return r;
}

static int start_key(struct gather *g, struct sw_str key, struct sw_err *err)
{
    if (g->key.n > 0 && sw_str_equal(sw_key_str(&g->key), key))
        return 0;
    int r = flush(g, err);
    memcpy(g->key.p, key.p, key.n);
    g->key.n = key.n;
    g->last = UINT32_MAX;
    return r;
}

static int gather_one(struct gather *g, struct sw_str key, struct sw_str value, struct sw_err *err)
{
    uint32_t number = sw_num_le32(value.p);
    uint32_t coming = sw_num_le32(value.p + 4);
    struct sw_pack pack = {.buf = &g->value};
    if (g->w->current.v[number] != coming)
        return 0; /* of a record that a newer one replaced */
    int r = start_key(g, key, err);
    if (r < 0)
        return r;
    if (g->table == SW_TABLE_IDS && g->last == number && g->value.n > 0)
        return 0;
    if (g->table == SW_TABLE_IDS)
        sw_pack_number(&pack, number);
    else
        sw_pack_bytes(&pack, sw_str_skip(value, 8));
    g->last = number;
    g->n++;
    return pack.error;
}

static int put_sorted(struct sw_writer *w, struct sw_sorter *sorter, enum sw_table table,
    uint64_t *ret_n, struct sw_err *err)
{
    struct gather g = {.w = w, .table = table, .last = UINT32_MAX};
    struct sw_str key;
    struct sw_str value;
    sw_buf_init(&g.value, SW_WRITER_VALUE_MAX);
    int r = sw_sorter_finish(sorter, err);
    if (r == 0)
        r = sw_sorter_next(sorter, &key, &value, err);
    while (r == 1) {
        r = gather_one(&g, key, value, err);
        if (r == 0)
            r = sw_sorter_next(sorter, &key, &value, err);
    }
    if (r == 0)
        r = flush(&g, err);
    sw_buf_done(&g.value);
    if (r == 0)
        *ret_n = g.n;
    return r;
}

static int compare_rows(const void *a, const void *b)
{
    const struct sw_epss_row *x = a;
    const struct sw_epss_row *y = b;
    int r = memcmp(x->key, y->key, sizeof(x->key));
    if (r != 0)
        return r;
    if (x->packed[0] != y->packed[0])
        return x->packed[0] < y->packed[0] ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int put_epss(struct sw_writer *w, struct sw_err *err)
{
    uint8_t block[256 * SW_EPSS_BYTES];
    size_t n = 0;
    int r = 0;
    if (w->epss.n > 1)
        qsort(w->epss.v, w->epss.n, sizeof(w->epss.v[0]), compare_rows);
    for (size_t i = 0; i < w->epss.n && r == 0; i++) {
        const struct sw_epss_row *row = &w->epss.v[i];
        bool is_last = i + 1 == w->epss.n || memcmp(row->key, row[1].key, sizeof(row->key)) != 0;
        if (n == 0 || block[n - SW_EPSS_BYTES] != row->packed[0]) {
            memcpy(block + n, row->packed, SW_EPSS_BYTES);
            n += SW_EPSS_BYTES;
        }
        if (is_last) {
            r = sw_writer_put(w, SW_TABLE_EPSS,
                (struct sw_str){(const char *)row->key, sizeof(row->key)},
                (struct sw_str){(const char *)block, n}, MDB_APPEND, err);
            n = 0;
        }
    }
    return r;
}

static int put_strings(struct sw_writer *w, struct sw_err *err)
{
    int r = 0;
    for (size_t i = 0; i < w->strings_table.strings.n && r == 0; i++) {
        struct sw_key key;
        sw_key_number(&key, (uint32_t)i);
        r = sw_writer_put(
            w, SW_TABLE_STRINGS, sw_key_str(&key), w->strings_table.strings.v[i], MDB_APPEND, err);
    }
    for (size_t i = 0; i < w->products.strings.n && r == 0; i++) {
        struct sw_pack pack = {.buf = &w->buf};
        sw_buf_clear(&w->buf);
        sw_pack_number(&pack, i);
        struct sw_str name = w->products.strings.v[i];
        struct sw_key key;
        sw_key_number(&key, (uint32_t)i);
        r = pack.error;
        if (r == 0)
            r = sw_writer_put(w, SW_TABLE_PRODUCTS, name, sw_buf_str(&w->buf), 0, err);
        if (r == 0)
            r = sw_writer_put(w, SW_TABLE_NAMES, sw_key_str(&key), name, MDB_APPEND, err);
    }
    return r;
}

static int put_meta(struct sw_writer *w, const char *name, const char *text, struct sw_err *err)
{
    return sw_writer_put(w, SW_TABLE_META, sw_str_of(name), sw_str_of(text), 0, err);
}

static int put_metas(
    struct sw_writer *w, const char *created, uint64_t n_entries, struct sw_err *err)
{
    char text[24];
    snprintf(text, sizeof(text), "%d", SW_VULNDB_FORMAT_VERSION);
    int r = put_meta(w, SW_META_FORMAT, text, err);
    if (r == 0)
        r = put_meta(w, SW_META_CREATED, created, err);
    snprintf(text, sizeof(text), "%zu", w->current.n);
    if (r == 0)
        r = put_meta(w, SW_META_ADVISORIES, text, err);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)n_entries);
    return r == 0 ? put_meta(w, SW_META_ENTRIES, text, err) : r;
}

static int hash_file(int fd, uint64_t *ret_n, char ret[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    SW_CLEANUP(sw_mem_freep) uint8_t *block = sw_mem_alloc(COPY_BLOCK_BYTES);
    uint64_t at = 0;
    ssize_t n = 1;
    int r = block == NULL ? -ENOMEM : sw_digest_init(&digest, SW_DIGEST_SHA256);
    while (r == 0 && n != 0) {
        n = pread(fd, block, COPY_BLOCK_BYTES, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        r = n < 0 ? -errno : sw_digest_update(&digest, block, (size_t)n);
        at += n > 0 ? (uint64_t)n : 0;
    }
    if (r == 0)
        *ret_n = at;
    return r < 0 ? r : sw_digest_final(&digest, ret);
}

static int add_trailer(int fd, uint64_t *ret_size)
{
    uint8_t page[SW_PAGE_BYTES];
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    struct sw_trailer trailer = {.format = SW_VULNDB_FORMAT_VERSION, .page_bytes = SW_PAGE_BYTES};
    int r = hash_file(fd, &trailer.n_bytes, digest);
    if (r < 0)
        return r;
    memcpy(trailer.digest, digest, SW_TRAILER_DIGEST_BYTES);
    sw_trailer_put(page, &trailer);
    ssize_t n = pwrite(fd, page, sizeof(page), (off_t)trailer.n_bytes);
    if (n != (ssize_t)sizeof(page))
        return n < 0 ? -errno : -ENOSPC;
    *ret_size = trailer.n_bytes + sizeof(page);
    return fsync(fd) < 0 ? -errno : 0;
}

static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int sw_writer_install(struct sw_writer *w, uint64_t *ret_size, struct sw_err *err)
{
    size_t n = strlen(w->output) + 16;
    SW_CLEANUP(sw_mem_freep) char *name = sw_mem_alloc(n);
    if (name == NULL)
        return -ENOMEM;
    snprintf(name, n, "%s.new-XXXXXX", w->output);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return sw_err_set(
            err, -errno, "cannot write to '%s': %s", w->directory, strerrordesc_np(errno));
    int r = mdb_env_copyfd2(w->env, fd, MDB_CP_COMPACT);
    r = r > 0 ? -r : r < 0 ? -EIO : add_trailer(fd, ret_size);
    /* Readers refuse a file that others can write. */
    if (r == 0 && fchmod(fd, 0644) < 0)
        r = -errno;
    close(fd);
    if (r == 0 && rename(name, w->output) < 0)
        r = -errno;
    if (r < 0) {
        unlink(name);
        return sw_err_set(err, r, "cannot write '%s': %s", w->output, strerrordesc_np(-r));
    }
    sync_directory(w->directory);
    return 0;
}

int sw_writer_finish(
    struct sw_writer *w, const char *created, struct sw_writer_counts *ret, struct sw_err *err)
{
    struct sw_writer_counts counts = {.n_advisories = w->current.n};
    uint64_t n_ids = 0;
    int r = put_sorted(w, w->entries, SW_TABLE_ENTRIES, &counts.n_entries, err);
    if (r == 0)
        r = put_sorted(w, w->ids, SW_TABLE_IDS, &n_ids, err);
    if (r == 0)
        r = put_epss(w, err);
    if (r == 0)
        r = put_strings(w, err);
    if (r == 0)
        r = put_metas(w, created, counts.n_entries, err);
    if (r == 0) {
        r = mdb_txn_commit(SW_TAKE(w->txn));
        if (r != 0)
            r = sw_writer_fail(w, r, err);
    }
    if (r == 0)
        r = sw_writer_install(w, &counts.size_bytes, err);
    if (r == 0)
        *ret = counts;
    return r;
}

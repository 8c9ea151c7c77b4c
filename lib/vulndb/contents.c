/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through all records of an open database, each put together from its tables.
 */
#include "vulndb/contents.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "vulndb/find_priv.h"
#include "vulndb/store_priv.h"

#define REGION_BYTES ((size_t)256 * 1024 * 1024) /* the largest advisory: 200,000 entries */

struct walk {
    const struct sw_vulndb *db;
    const struct sw_contents_visitor *visitor;
    struct sw_err *err;
};

static int visit_advisory(void *context, struct sw_str key, struct sw_str value)
{
    const struct walk *w = context;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_advisory advisory;
    sw_region_init(&region, REGION_BYTES);
    int r = key.n == 4 ? sw_advisory_unpack_identity(value, &w->db->strings, &advisory) : -EBADMSG;
    if (r < 0)
        return r;
    if (w->visitor->wants_feed != NULL &&
        !w->visitor->wants_feed(w->visitor->context, advisory.feed))
        return 0;
    r = sw_find_by_number(w->db, sw_num_be32(key.p), NULL, &region, &advisory);
    return r < 0 ? r : w->visitor->advisory(w->visitor->context, &advisory, w->err);
}

static int visit_kev(void *context, struct sw_str key, struct sw_str value)
{
    const struct walk *w = context;
    struct sw_cve_facts facts = {.cve = key, .epss = -1, .epss_percentile = -1};
    int r = sw_kev_unpack(value, &facts);
    return r < 0 ? r : w->visitor->cve_facts(w->visitor->context, &facts, w->err);
}

static int visit_epss(void *context, struct sw_str key, struct sw_str value)
{
    const struct walk *w = context;
    if (key.n != 6 || value.n % SW_EPSS_BYTES != 0)
        return -EBADMSG;
    for (size_t i = 0; i < value.n; i += SW_EPSS_BYTES) {
        const uint8_t *p = (const uint8_t *)value.p + i;
        char id[40];
        uint64_t number = (uint64_t)sw_num_be32(key.p + 2) << 8 | p[0];
        int n = snprintf(
            id, sizeof(id), "CVE-%04u-%04llu", sw_num_be16(key.p), (unsigned long long)number);
        struct sw_cve_facts facts = {.cve = {id, (size_t)n}};
        sw_epss_get(p, &facts.epss, &facts.epss_percentile);
        int r = w->visitor->cve_facts(w->visitor->context, &facts, w->err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int visit_eol(void *context, struct sw_str key, struct sw_str value)
{
    const struct walk *w = context;
    struct sw_eol eol = {.product = key};
    int r = sw_eol_unpack(value, &eol);
    return r < 0 ? r : w->visitor->eol(w->visitor->context, &eol, w->err);
}

int sw_contents_walk(
    const struct sw_vulndb *db, const struct sw_contents_visitor *visitor, struct sw_err *err)
{
    struct walk w = {.db = db, .visitor = visitor, .err = err};
    int r = 0;
    if (visitor->advisory != NULL)
        r = sw_store_walk(db, SW_TABLE_ADVISORIES, SW_STR_NONE, visit_advisory, &w);
    if (r == 0 && visitor->cve_facts != NULL)
        r = sw_store_walk(db, SW_TABLE_KEV, SW_STR_NONE, visit_kev, &w);
    if (r == 0 && visitor->cve_facts != NULL)
        r = sw_store_walk(db, SW_TABLE_EPSS, SW_STR_NONE, visit_epss, &w);
    if (r == 0 && visitor->eol != NULL)
        r = sw_store_walk(db, SW_TABLE_EOL, SW_STR_NONE, visit_eol, &w);
    return r;
}

struct file_walk {
    struct sw_str path;
    int (*each)(void *context, struct sw_str names);
    void *context;
    int n;
};

/* 1 ends the walk: past everything that begins with the path. */
static int take_file(void *context, struct sw_str key, struct sw_str value)
{
    struct file_walk *walk = context;
    if (!sw_str_starts_with(key, walk->path))
        return 1;
    if (key.n > walk->path.n && key.p[walk->path.n] != '/')
        return 0;
    walk->n += walk->n < INT_MAX;
    return walk->each(walk->context, value);
}

int sw_contents_find_file(const struct sw_vulndb *db, struct sw_str path,
    int (*each)(void *context, struct sw_str names), void *context)
{
    struct file_walk walk = {.path = path, .each = each, .context = context};
    if (path.n == 0 || path.n > SW_KEY_NAME_MAX)
        return 0;
    int r = sw_store_walk(db, SW_TABLE_FILES, path, take_file, &walk);
    return r < 0 ? r : walk.n;
}

/* Records go into the digest by blocks: most are some bytes long. */
#define DIGEST_BLOCK_BYTES ((size_t)65536)

struct digesting {
    struct sw_digest digest;
    size_t n;
    uint8_t *block; /* owned */
};

static void free_digesting(struct digesting *d)
{
    sw_digest_done(&d->digest);
    sw_mem_free(d->block);
}

static int flush_digest(struct digesting *d)
{
    int r = sw_digest_update(&d->digest, d->block, d->n);
    d->n = 0;
    return r;
}

static int add_bytes(struct digesting *d, const void *p, size_t n)
{
    int r = n > DIGEST_BLOCK_BYTES - d->n ? flush_digest(d) : 0;
    if (r == 0 && n > DIGEST_BLOCK_BYTES)
        return sw_digest_update(&d->digest, p, n);
    if (r == 0 && n > 0)
        memcpy(d->block + d->n, p, n);
    d->n += r == 0 ? n : 0;
    return r;
}

static int digest_record(void *context, struct sw_str key, struct sw_str value)
{
    struct digesting *d = context;
    uint8_t lengths[16];
    sw_num_put_le64(lengths, key.n);
    sw_num_put_le64(lengths + 8, value.n);
    int r = add_bytes(d, lengths, sizeof(lengths));
    if (r == 0)
        r = add_bytes(d, key.p, key.n);
    return r < 0 ? r : add_bytes(d, value.p, value.n);
}

int sw_contents_digest(
    const struct sw_vulndb *db, char ret[SW_DIGEST_TEXT_BYTES], struct sw_err *err)
{
    SW_CLEANUP(free_digesting) struct digesting d = {.block = sw_mem_alloc(DIGEST_BLOCK_BYTES)};
    int r = d.block == NULL ? -ENOMEM : sw_digest_init(&d.digest, SW_DIGEST_SHA256);
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++) {
        const char *name = sw_table_name((enum sw_table)i);
        r = add_bytes(&d, name, strlen(name) + 1);
        if (r == 0)
            r = sw_store_walk(db, (enum sw_table)i, SW_STR_NONE, digest_record, &d);
    }
    if (r == 0)
        r = flush_digest(&d);
    if (r == 0)
        r = sw_digest_final(&d.digest, ret);
    return r < 0 ? sw_err_set(err, r, "cannot read the database: %s", strerrordesc_np(-r)) : 0;
}

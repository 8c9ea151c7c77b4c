/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies a delta: writes the new database beside the old one, record by record, and puts it in its
 * place when its content is what the delta promised and it was checked as a whole.
 */
#include "vulndb/build/delta_apply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/delta_touched.h"
#include "vulndb/build/writer_priv.h"
#include "vulndb/carrier.h"
#include "vulndb/contents.h"
#include "vulndb/dbfile.h"
#include "vulndb/transform.h"

#define CONTENT_BYTES_MAX ((size_t)2 << 30) /* as what is made */

struct applying {
    struct sw_transform t;
    struct sw_writer *writer; /* owned */
    struct sw_delta_ops ops;
    enum sw_table table;
    struct sw_delta_op op; /* the next one */
    bool is_over;          /* no operation is left in this table */
    struct sw_buf value;
    struct sw_delta_counts counts;
    struct sw_delta_touched touched;
    struct sw_err *err;
};

static void free_applying(struct applying *a)
{
    sw_transform_done(&a->t);
    sw_writer_free(a->writer);
    sw_buf_done(&a->value);
    sw_delta_touched_done(&a->touched);
}

static int next_op(struct applying *a)
{
    int r = sw_delta_ops_next(&a->ops, &a->op);
    a->is_over = r == 0;
    if (r == 1)
        sw_delta_touched_note(&a->touched, a->table, a->op.key);
    return r < 0 ? r : 0;
}

static int put(struct applying *a, struct sw_str key, struct sw_str value)
{
    return sw_writer_put(a->writer, a->table, key, value, MDB_APPEND, a->err);
}

/* An operation on a key that the old database does not have. */
static int put_new(struct applying *a)
{
    if (a->op.kind != SW_DELTA_PUT)
        return -EBADMSG;
    a->counts.n_put++;
    int r = put(a, a->op.key, a->op.bytes);
    return r < 0 ? r : next_op(a);
}

static int take_old(void *context, struct sw_str key, struct sw_str value)
{
    struct applying *a = context;
    int r = 0;
    while (r == 0 && !a->is_over && sw_str_compare(a->op.key, key) < 0)
        r = put_new(a);
    if (r < 0)
        return r;
    if (a->is_over || !sw_str_equal(a->op.key, key))
        return put(a, key, value);
    if (a->op.kind == SW_DELTA_REMOVE) {
        a->counts.n_removed++;
        return next_op(a);
    }
    if (a->op.kind != SW_DELTA_CHANGE)
        return -EBADMSG;
    a->counts.n_changed++;
    r = sw_delta_op_value(&a->op, value, &a->value);
    if (r == 0)
        r = put(a, key, sw_buf_str(&a->value));
    return r < 0 ? r : next_op(a);
}

static int apply_table(struct applying *a, enum sw_table table)
{
    a->table = table;
    sw_delta_ops_start(&a->ops);
    int r = next_op(a);
    if (r == 0)
        r = sw_transform_walk(&a->t, table, take_old, a);
    while (r == 0 && !a->is_over)
        r = put_new(a);
    return r;
}

static int apply_all(struct applying *a, const struct sw_vulndb *old, struct sw_str content)
{
    int r = sw_transform_init(&a->t, old);
    a->t.dropped = sw_delta_touched_drop;
    a->t.dropped_context = &a->touched;
    sw_unpack_init(&a->ops.in, content);
    for (unsigned i = 0; i < _SW_DELTA_NUMBERED_MAX && r == 0; i++) {
        size_t n = 0;
        r = sw_transform_count(old, (enum sw_delta_numbered)i, &n);
        if (r == 0)
            r = sw_delta_map_unpack(&a->ops.in, n, &a->t.maps[i]);
    }
    for (unsigned i = 0; i < _SW_TABLE_MAX && r == 0; i++)
        r = apply_table(a, (enum sw_table)i);
    return r == 0 && !sw_unpack_is_done(&a->ops.in) ? -EBADMSG : r;
}

/* The new database as a file of its own, not yet checked. */
static int write_new(struct applying *a, const struct sw_vulndb *old, struct sw_str content,
    const char *path, struct sw_err *err)
{
    uint64_t size = 0;
    int r = sw_writer_new(path, &a->writer, err);
    if (r < 0)
        return r;
    struct sw_err before = *err;
    r = apply_all(a, old, content);
    if (r == 0)
        r = sw_writer_commit(a->writer, err);
    if (r == 0)
        r = sw_writer_install(a->writer, &size, err);
    if (r < 0 && err->code == before.code)
        return sw_err_set(
            err, r, "%s", r == -EBADMSG ? "its operations make no sense" : strerrordesc_np(-r));
    return r;
}

static int check_content(
    const char *path, const char *wanted, struct sw_vulndb **ret, struct sw_err *err)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    /* Opening checks a file without a record as a whole, and leaves one. */
    int r = sw_vulndb_open(path, ret, err);
    if (r == 0)
        r = sw_contents_digest(*ret, digest, err);
    if (r == 0 && strcmp(digest, wanted) != 0)
        r = sw_err_set(err, -EBADMSG, "what came out is not what the delta promises");
    return r;
}

/* Tells `rescan` what need not be judged again. It costs time, no verdict, when that fails. */
static void save_touched(struct applying *a, const char *database, const struct sw_vulndb *now)
{
    if (sw_delta_touched_finish(&a->touched, &a->t, now) == 0)
        sw_touched_save(database, sw_vulndb_digest(a->t.old), sw_vulndb_digest(now),
            &a->touched.packages, NULL);
}

static int load(const char *path, const char *public_key, struct sw_carrier *carrier,
    struct sw_buf *content, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *reader = NULL;
    struct sw_err why = {0};
    int fd = -1;
    int r = sw_carrier_open(path, SW_CARRIER_DELTA, public_key, carrier, &fd, err);
    if (r < 0)
        return r;
    r = sw_carrier_read(carrier, fd, &reader, &why);
    if (r == 0)
        r = sw_reader_read_all(reader, content, &why);
    if (r == -EFBIG)
        return sw_err_set(err, r, "'%s' holds more than a delta may", path);
    return r < 0 ? sw_err_set(err, r, "'%s' %s", path,
                       why.message[0] != '\0' ? why.message : strerrordesc_np(-r))
                 : 0;
}

/* 1: this is the state that the delta is for; 0: the one that it makes. */
static int check_state(const struct sw_vulndb *db, const struct sw_carrier *carrier,
    const char *database, const char *delta, struct sw_err *err)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = sw_contents_digest(db, digest, err);
    if (r < 0)
        return r;
    if (strcmp(digest, carrier->to) == 0)
        return 0;
    if (strcmp(digest, carrier->from) == 0)
        return 1;
    return sw_err_set(err, -ESTALE,
        "'%s' is for another state than '%s' is in (%.19s..., not %.19s...); apply the deltas "
        "between first, or import a whole database",
        delta, database, digest, carrier->from);
}

static void discard(const char *path, struct sw_region *region)
{
    const char *record = sw_region_printf(region, "%s.verified", path);
    unlink(path);
    if (record != NULL)
        unlink(record);
}

int sw_delta_apply(const char *database, const char *delta, const char *public_key,
    struct sw_delta_counts *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *old = NULL;
    SW_CLEANUP(sw_vulndb_closep) struct sw_vulndb *now = NULL;
    SW_CLEANUP(sw_buf_done) struct sw_buf content = {0};
    struct sw_carrier carrier = {0};
    struct sw_err why = {0};
    SW_CLEANUP(free_applying) struct applying a = {.err = &why};
    sw_region_init(&region, (size_t)1 << 20);
    sw_buf_init(&content, CONTENT_BYTES_MAX);
    sw_buf_init(&a.value, SW_DELTA_VALUE_MAX);
    sw_delta_touched_init(&a.touched);
    char *path = sw_region_printf(&region, "%s.applied.%ld", database, (long)getpid());
    int r = path == NULL ? -ENOMEM : load(delta, public_key, &carrier, &content, err);
    if (r == 0)
        r = sw_vulndb_open(database, &old, err);
    if (r == 0)
        r = check_state(old, &carrier, database, delta, err);
    if (r <= 0)
        return r;
    r = write_new(&a, old, sw_buf_str(&content), path, &why);
    if (r == 0)
        r = check_content(path, carrier.to, &now, &why);
    if (r == 0)
        r = sw_dbfile_replace(path, database, &why);
    if (r < 0) {
        discard(path, &region);
        return sw_err_set(err, r, "cannot apply '%s', nothing was changed: %s", delta,
            why.message[0] != '\0' ? why.message : strerrordesc_np(-r));
    }
    save_touched(&a, database, now);
    *ret = a.counts;
    return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a delta: which numbers of the old database become which of the new one, and per
 * table what is put, changed and removed, in key order. This is the form alone, read as hostile
 * bytes; delta_make.h makes deltas, build/delta_apply.h applies them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "vulndb/format.h"
#include "vulndb/pack.h"

#define SW_DELTA_NONE UINT32_MAX
#define SW_DELTA_NUMBERS_MAX ((size_t)50000000) /* more than a database may hold */
#define SW_DELTA_VALUE_MAX ((size_t)512 << 20)  /* as the builder's */

/* What is numbered. */
enum sw_delta_numbered {
    SW_DELTA_STRINGS,
    SW_DELTA_PRODUCTS,
    SW_DELTA_ADVISORIES,
    _SW_DELTA_NUMBERED_MAX
};

/* Old numbers to new ones and back; SW_DELTA_NONE: gone, or new. */
struct sw_delta_map {
    uint32_t *to_old; /* owned; by new number */
    size_t n_new;
    uint32_t *to_new; /* owned; by old number */
    size_t n_old;
};

/* All new and all gone. */
int sw_delta_map_init(struct sw_delta_map *map, size_t n_old, size_t n_new);
void sw_delta_map_done(struct sw_delta_map *map);
/* As runs of numbers that follow one another in both. */
void sw_delta_map_pack(struct sw_pack *pack, const struct sw_delta_map *map);
/* 0, -EBADMSG (also for a number that is taken twice), -ENOMEM. */
int sw_delta_map_unpack(struct sw_unpack *in, size_t n_old, struct sw_delta_map *ret);

/* Operations of one delta. */
struct sw_delta_counts {
    uint64_t n_put;
    uint64_t n_changed;
    uint64_t n_removed;
};

enum sw_delta_op_kind {
    SW_DELTA_END,    /* of a table */
    SW_DELTA_PUT,    /* a key that was not there */
    SW_DELTA_REMOVE, /* one that is no more */
    SW_DELTA_CHANGE, /* start and end of the value stay */
    _SW_DELTA_OP_KIND_MAX
};

struct sw_delta_op {
    enum sw_delta_op_kind kind;
    struct sw_str key;   /* borrowed from the list until the next */
    struct sw_str bytes; /* PUT: the value; CHANGE: what stands between start and end */
    uint64_t n_start;
    uint64_t n_end;
};

/* Reads the operations of one table after the other; keys share their starts. */
struct sw_delta_ops {
    struct sw_unpack in;
    struct sw_key key;
};

void sw_delta_ops_start(struct sw_delta_ops *ops);
/* 1 and an operation, 0 at the end of the table, -EBADMSG (also for keys out of order). */
int sw_delta_ops_next(struct sw_delta_ops *ops, struct sw_delta_op *ret);
/* The new value of a PUT or, out of the old one, of a CHANGE; the buffer is cleared first.
 * -EBADMSG: the old value is shorter than that. */
int sw_delta_op_value(const struct sw_delta_op *op, struct sw_str old, struct sw_buf *ret);

/* The other way: packs an operation behind the one on `previous`, which is updated. */
void sw_delta_op_pack(struct sw_pack *pack, struct sw_key *previous, const struct sw_delta_op *op);
/* What makes `now` of `old`. */
struct sw_delta_op sw_delta_op_between(struct sw_str key, struct sw_str old, struct sw_str now);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database as it would be under the numbers of another one: what making and applying a delta
 * share.
 */
#pragma once

#include "vulndb/delta.h"
#include "vulndb/record.h"
#include "vulndb/vulndb.h"

struct sw_transform {
    const struct sw_vulndb *old; /* borrowed */
    struct sw_delta_map maps[_SW_DELTA_NUMBERED_MAX];
    /* The old strings: by number, and numbers by text. */
    struct sw_str *texts; /* owned; borrowed bytes */
    uint32_t *slots;      /* owned; number + 1 */
    size_t n_slots;
    struct sw_strings reader; /* of the old numbers */
    struct sw_strings writer; /* of the new ones */
    struct sw_buf value;
    struct sw_str package; /* whose entries are walked */
    /* Told of each package that lost an entry because its record or product is no more. */
    void (*dropped)(void *context, struct sw_str package);
    void *dropped_context;
};

/* Loads the strings; the maps are the caller's to fill before the first walk. */
int sw_transform_init(struct sw_transform *transform, const struct sw_vulndb *old);
void sw_transform_done(struct sw_transform *transform);

/* Numbers that the database has given: 0 or negative errno. */
int sw_transform_count(const struct sw_vulndb *db, enum sw_delta_numbered what, size_t *ret);

/* Calls each(context, key, value) for every record of a table under the new numbers, in key order.
 * Both are borrowed for the call. What spoke of something that is gone is left out. */
int sw_transform_walk(struct sw_transform *transform, enum sw_table table,
    int (*each)(void *context, struct sw_str key, struct sw_str value), void *context);

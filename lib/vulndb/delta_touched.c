/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What matching reads decides what is noted here (lib/vulndb/candidate.c, group.c): entries by a
 * package's names, the records that those name, and for a finding without a severity every record
 * under its CVE. Exploited or not, scores and end-of-life dates change no verdict.
 */
#include "vulndb/delta_touched.h"

#include <errno.h>

#include "base/mem.h"
#include "base/num.h"
#include "vulndb/store_priv.h"

#define REGION_BYTES ((size_t)256 << 20) /* of one record, as the walk's */

void sw_delta_touched_init(struct sw_delta_touched *touched)
{
    *touched = (struct sw_delta_touched){0};
    sw_touched_init(&touched->packages);
    sw_touched_init(&touched->ids);
}

void sw_delta_touched_done(struct sw_delta_touched *touched)
{
    sw_touched_done(&touched->packages);
    sw_touched_done(&touched->ids);
    sw_vec_done(&touched->records);
}

static void add(struct sw_delta_touched *t, struct sw_touched *list, struct sw_str name)
{
    if (t->error == 0)
        t->error = sw_touched_add(list, name);
}

void sw_delta_touched_note(struct sw_delta_touched *touched, enum sw_table table, struct sw_str key)
{
    struct sw_str package;
    uint16_t product = 0;
    enum sw_affected_name kind = SW_AFFECTED_SOURCE;
    switch (table) {
    case SW_TABLE_ENTRIES:
        if (sw_key_parse_entry(key, &package, &product, &kind))
            add(touched, &touched->packages, package);
        break;
    case SW_TABLE_ADVISORIES:
        if (touched->error == 0 && key.n == 4)
            touched->error =
                sw_vec_push(&touched->records, sw_num_be32(key.p), SW_DELTA_NUMBERS_MAX);
        break;
    case SW_TABLE_IDS:
        add(touched, &touched->ids, key);
        break;
    case SW_TABLE_META:
    case SW_TABLE_FEEDS:
    case SW_TABLE_FILES:
    case SW_TABLE_PRODUCTS:
    case SW_TABLE_NAMES:
    case SW_TABLE_STRINGS:
    case SW_TABLE_DETAILS:
    case SW_TABLE_AFFECTED:
    case SW_TABLE_KEV:
    case SW_TABLE_EPSS:
    case SW_TABLE_EOL:
    case _SW_TABLE_MAX:
        break;
    }
}

void sw_delta_touched_drop(void *touched, struct sw_str package)
{
    struct sw_delta_touched *t = touched;
    add(t, &t->packages, package);
}

/* Packages that a record speaks of. */
static int add_packages(struct sw_delta_touched *t, const struct sw_vulndb *db, uint32_t number)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_entry_key *keys = NULL;
    struct sw_str value;
    size_t n = 0;
    sw_region_init(&region, REGION_BYTES);
    int r = sw_store_get_number(db, SW_TABLE_AFFECTED, number, &value);
    if (r == 1)
        r = sw_entry_keys_unpack(value, &region, &keys, &n);
    for (size_t i = 0; i < n && r == 0; i++)
        r = sw_touched_add(&t->packages, keys[i].package);
    return r;
}

/* A record that came, went or changed: its packages, and its ids. */
static int take_record(struct sw_delta_touched *t, const struct sw_vulndb *db, uint32_t number)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_advisory advisory;
    sw_region_init(&region, REGION_BYTES);
    int r = sw_store_get_advisory(db, number, &region, &advisory);
    if (r == 0)
        r = sw_touched_add(&t->ids, advisory.id);
    for (size_t i = 0; r == 0 && i < advisory.n_aliases; i++)
        r = sw_touched_add(&t->ids, advisory.aliases[i]);
    return r == 0 ? add_packages(t, db, number) : r;
}

static int take_id(struct sw_delta_touched *t, const struct sw_vulndb *db, struct sw_str id)
{
    struct sw_str value;
    struct sw_unpack in;
    int r = sw_store_get(db, SW_TABLE_IDS, id, &value);
    if (r <= 0)
        return r;
    sw_unpack_init(&in, value);
    r = 0;
    while (r == 0 && !in.is_bad && in.p != in.end) {
        uint32_t number = (uint32_t)sw_unpack_number_max(&in, UINT32_MAX);
        r = in.is_bad ? -EBADMSG : add_packages(t, db, number);
    }
    return in.is_bad ? -EBADMSG : r;
}

int sw_delta_touched_finish(
    struct sw_delta_touched *t, const struct sw_transform *transform, const struct sw_vulndb *now)
{
    const struct sw_delta_map *map = &transform->maps[SW_DELTA_ADVISORIES];
    int r = t->error;
    for (size_t i = 0; i < t->records.n && r == 0; i++) {
        uint32_t number = t->records.v[i];
        uint32_t old = number < map->n_new ? map->to_old[number] : SW_DELTA_NONE;
        if (old != SW_DELTA_NONE)
            r = take_record(t, transform->old, old);
        if (r == 0 && number < map->n_new)
            r = take_record(t, now, number);
    }
    for (uint32_t i = 0; i < map->n_old && r == 0; i++)
        if (map->to_new[i] == SW_DELTA_NONE)
            r = take_record(t, transform->old, i);
    for (size_t i = 0; i < t->ids.n && r == 0; i++) {
        r = take_id(t, transform->old, t->ids.v[i]);
        if (r == 0)
            r = take_id(t, now, t->ids.v[i]);
    }
    return r;
}

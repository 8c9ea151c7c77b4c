/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advisories that were unpacked once and are asked for again: judging the packages of thousands of
 * inventories one by one comes by the same ones very often.
 */
#include <errno.h>

#include "base/mem.h"
#include "vulndb/match_priv.h"

#define REGION_BYTES ((size_t)1 << 30) /* lists of aliases; text is the database's */

struct sw_vulndb_kept {
    struct sw_region region;
    struct sw_advisory **v; /* owned, by number; what they point to is the region's */
    size_t n;
};

int sw_vulndb_kept_new(const struct sw_vulndb *db, struct sw_vulndb_kept **ret)
{
    MDB_stat st;
    int r = mdb_stat(db->txn, db->tables[SW_TABLE_ADVISORIES], &st);
    if (r != 0)
        return sw_store_errno(r);
    struct sw_vulndb_kept *kept = sw_mem_zalloc(1, sizeof(*kept));
    if (kept == NULL)
        return -ENOMEM;
    sw_region_init(&kept->region, REGION_BYTES);
    kept->n = st.ms_entries;
    kept->v = sw_mem_zalloc(kept->n + 1, sizeof(struct sw_advisory *));
    if (kept->v == NULL) {
        sw_vulndb_kept_free(kept);
        return -ENOMEM;
    }
    *ret = kept;
    return 0;
}

void sw_vulndb_kept_free(struct sw_vulndb_kept *kept)
{
    if (kept == NULL)
        return;
    sw_mem_free(kept->v);
    sw_region_done(&kept->region);
    sw_mem_free(kept);
}

int sw_kept_get(const struct sw_vulndb *db, struct sw_vulndb_kept *kept, uint32_t number,
    struct sw_advisory *ret)
{
    struct sw_str value;
    if (number >= kept->n)
        return -EBADMSG;
    if (kept->v[number] == NULL) {
        struct sw_advisory *made = sw_region_alloc(&kept->region, sizeof(*made));
        int r =
            made == NULL ? -ENOMEM : sw_store_get_number(db, SW_TABLE_ADVISORIES, number, &value);
        if (r == 1)
            r = sw_advisory_unpack_brief(value, &db->strings, &kept->region, made);
        else
            r = r < 0 ? r : -EBADMSG;
        if (r < 0)
            return r;
        kept->v[number] = made;
    }
    *ret = *kept->v[number];
    return 0;
}

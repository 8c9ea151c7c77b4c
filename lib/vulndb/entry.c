/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Affected entries as bytes. The matcher walks every entry of every installed package, so that
 * nothing is allocated on that way and most entries are one status byte and one version.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "vulndb/format.h"
#include "vulndb/record.h"
#include "vulndb/record_priv.h"

#define RANGES_MAX ((size_t)100000)    /* language feeds list thousands at worst */
#define VERSIONS_MAX ((size_t)1000000) /* the same */

enum {
    FLAG_VENDOR_STATUS = 1,
    FLAG_MODULE = 2,
    FLAG_ARCH = 4,
    FLAG_RANGES = 8,
    FLAG_VERSIONS = 16,
    FLAG_FIXED = 32, /* one range from the beginning to a fix: just the version follows */
    FLAGS_ALL = 63,
};

enum {
    RANGE_INTRODUCED = 4, /* the type is in the two bits below */
    RANGE_FIXED = 8,
    RANGE_LAST = 16,
    RANGE_ALL = 31,
};

static_assert(_SW_RANGE_TYPE_MAX <= 4, "a range's type fits two bits");
static_assert(_SW_FIX_STATUS_MAX <= 16 && _SW_SEVERITY_MAX <= 16, "both fit one byte");

static bool is_from_beginning(struct sw_str introduced)
{
    return introduced.n == 0 || sw_str_equal_z(introduced, "0");
}

static bool is_plain_fix(const struct sw_affected *a)
{
    return a->n_ranges == 1 && a->ranges[0].type == SW_RANGE_ECOSYSTEM &&
           is_from_beginning(a->ranges[0].introduced) && a->ranges[0].last_affected.n == 0 &&
           a->ranges[0].fixed.n > 0;
}

static void pack_range(struct sw_pack *pack, const struct sw_range *range)
{
    bool has_introduced = !is_from_beginning(range->introduced);
    sw_pack_u8(pack, (uint8_t)(range->type | (has_introduced ? RANGE_INTRODUCED : 0) |
                               (range->fixed.n > 0 ? RANGE_FIXED : 0) |
                               (range->last_affected.n > 0 ? RANGE_LAST : 0)));
    if (has_introduced)
        sw_pack_str(pack, range->introduced);
    if (range->fixed.n > 0)
        sw_pack_str(pack, range->fixed);
    if (range->last_affected.n > 0)
        sw_pack_str(pack, range->last_affected);
}

void sw_entry_pack(struct sw_pack *pack, uint32_t number, const struct sw_affected *a,
    const struct sw_strings *strings)
{
    bool is_plain = is_plain_fix(a);
    size_t n_ranges = a->n_ranges > RANGES_MAX ? RANGES_MAX : a->n_ranges;
    size_t n_versions = a->n_versions > VERSIONS_MAX ? VERSIONS_MAX : a->n_versions;
    sw_pack_number(pack, number);
    sw_pack_u8(pack, (uint8_t)(a->status | a->severity << 4));
    sw_pack_u8(pack,
        (uint8_t)((a->vendor_status.n > 0 ? FLAG_VENDOR_STATUS : 0) |
                  (a->module.n > 0 ? FLAG_MODULE : 0) | (a->arch.n > 0 ? FLAG_ARCH : 0) |
                  (is_plain ? FLAG_FIXED : 0) | (n_ranges > 0 && !is_plain ? FLAG_RANGES : 0) |
                  (n_versions > 0 ? FLAG_VERSIONS : 0)));
    if (a->vendor_status.n > 0)
        sw_shared_pack(pack, a->vendor_status, strings);
    if (a->module.n > 0)
        sw_shared_pack(pack, a->module, strings);
    if (a->arch.n > 0)
        sw_shared_pack(pack, a->arch, strings);
    if (!is_plain && n_ranges > 0)
        sw_pack_number(pack, n_ranges);
    if (n_versions > 0)
        sw_pack_number(pack, n_versions);
    if (is_plain)
        sw_pack_str(pack, a->ranges[0].fixed);
    for (size_t i = 0; i < n_ranges && !is_plain; i++)
        pack_range(pack, &a->ranges[i]);
    for (size_t i = 0; i < n_versions; i++)
        sw_pack_str(pack, a->versions[i]);
}

static void unpack_range(struct sw_unpack *in, struct sw_range *ret)
{
    uint8_t head = sw_unpack_u8(in);
    *ret = (struct sw_range){0};
    if ((head & ~RANGE_ALL) != 0 || (head & 3) >= _SW_RANGE_TYPE_MAX) {
        in->is_bad = true;
        return;
    }
    ret->type = (enum sw_range_type)(head & 3);
    if ((head & RANGE_INTRODUCED) != 0)
        ret->introduced = sw_unpack_str(in);
    if ((head & RANGE_FIXED) != 0)
        ret->fixed = sw_unpack_str(in);
    if ((head & RANGE_LAST) != 0)
        ret->last_affected = sw_unpack_str(in);
}

/* Steps over ranges and versions, so that the next entry's start is known. */
static void skip_rest(struct sw_unpack *in, const struct sw_entry *entry, bool is_plain)
{
    struct sw_range range;
    if (is_plain)
        sw_unpack_str(in);
    for (size_t i = 0; i < entry->n_ranges && !is_plain && !in->is_bad; i++)
        unpack_range(in, &range);
    for (size_t i = 0; i < entry->n_versions && !in->is_bad; i++)
        sw_unpack_str(in);
}

int sw_entry_next(struct sw_unpack *in, const struct sw_strings *strings, struct sw_entry *ret)
{
    if (!in->is_bad && in->p == in->end)
        return 0;
    struct sw_entry entry = {0};
    entry.number = (uint32_t)sw_unpack_number_max(in, UINT32_MAX);
    uint8_t verdict = sw_unpack_u8(in);
    uint8_t flags = sw_unpack_u8(in);
    if ((verdict & 15) >= _SW_FIX_STATUS_MAX || verdict >> 4 >= _SW_SEVERITY_MAX ||
        (flags & ~FLAGS_ALL) != 0 ||
        (flags & (FLAG_FIXED | FLAG_RANGES)) == (FLAG_FIXED | FLAG_RANGES))
        return -EBADMSG;
    entry.status = (enum sw_fix_status)(verdict & 15);
    entry.severity = (enum sw_severity)(verdict >> 4);
    if ((flags & FLAG_VENDOR_STATUS) != 0)
        entry.vendor_status = sw_shared_unpack(in, strings);
    if ((flags & FLAG_MODULE) != 0)
        entry.module = sw_shared_unpack(in, strings);
    if ((flags & FLAG_ARCH) != 0)
        entry.arch = sw_shared_unpack(in, strings);
    bool is_plain = (flags & FLAG_FIXED) != 0;
    entry.n_ranges = is_plain ? 1 : 0;
    if ((flags & FLAG_RANGES) != 0)
        entry.n_ranges = sw_unpack_count(in, RANGES_MAX);
    if ((flags & FLAG_VERSIONS) != 0)
        entry.n_versions = sw_unpack_count(in, VERSIONS_MAX);
    const uint8_t *start = in->p;
    skip_rest(in, &entry, is_plain);
    if (in->is_bad)
        return -EBADMSG;
    entry.rest = (struct sw_str){(const char *)start, (size_t)(in->p - start)};
    entry.is_plain = is_plain;
    *ret = entry;
    return 1;
}

void sw_entry_range(const struct sw_entry *entry, struct sw_unpack *rest, struct sw_range *ret)
{
    if (entry->is_plain)
        *ret = (struct sw_range){.type = SW_RANGE_ECOSYSTEM, .fixed = sw_unpack_str(rest)};
    else
        unpack_range(rest, ret);
}

int sw_entry_get(const struct sw_entry *entry, struct sw_region *region, struct sw_affected *ret)
{
    struct sw_unpack rest;
    sw_unpack_init(&rest, entry->rest);
    struct sw_affected a = {
        .status = entry->status,
        .severity = entry->severity,
        .vendor_status = entry->vendor_status,
        .module = entry->module,
        .arch = entry->arch,
        .n_ranges = entry->n_ranges,
        .n_versions = entry->n_versions,
    };
    a.ranges = sw_region_array(region, a.n_ranges, sizeof(*a.ranges));
    a.versions = sw_region_array(region, a.n_versions, sizeof(*a.versions));
    if (a.ranges == NULL || a.versions == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < a.n_ranges; i++)
        sw_entry_range(entry, &rest, &a.ranges[i]);
    for (size_t i = 0; i < a.n_versions; i++)
        a.versions[i] = sw_unpack_str(&rest);
    if (!sw_unpack_is_done(&rest))
        return -EBADMSG;
    *ret = a;
    return 0;
}

int sw_entry_key_compare(const struct sw_entry_key *a, const struct sw_entry_key *b)
{
    if (a->product != b->product)
        return a->product < b->product ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return sw_str_compare(a->package, b->package);
}

static size_t equal_start(struct sw_str a, struct sw_str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

void sw_entry_keys_pack(struct sw_pack *pack, const struct sw_entry_key *keys, size_t n)
{
    struct sw_str previous = SW_STR_NONE;
    sw_pack_number(pack, n);
    for (size_t i = 0; i < n; i++) {
        size_t shared = equal_start(previous, keys[i].package);
        sw_pack_number(pack, (uint64_t)keys[i].product << 1 | keys[i].kind);
        sw_pack_number(pack, shared);
        sw_pack_str(pack, sw_str_skip(keys[i].package, shared));
        previous = keys[i].package;
    }
}

static int unpack_key(struct sw_unpack *in, struct sw_region *region, struct sw_str previous,
    struct sw_entry_key *ret)
{
    uint64_t head = sw_unpack_number_max(in, SW_PRODUCT_NUMBER_MAX << 1 | 1);
    size_t shared = (size_t)sw_unpack_number_max(in, previous.n);
    struct sw_str rest = sw_unpack_str(in);
    if (in->is_bad || rest.n > SW_KEY_NAME_MAX - shared)
        return -EBADMSG;
    char *name = sw_region_alloc(region, shared + rest.n + 1);
    if (name == NULL)
        return -ENOMEM;
    if (shared > 0)
        memcpy(name, previous.p, shared);
    if (rest.n > 0)
        memcpy(name + shared, rest.p, rest.n);
    *ret = (struct sw_entry_key){
        .product = (uint16_t)(head >> 1),
        .kind = (enum sw_affected_name)(head & 1),
        .package = {name, shared + rest.n},
    };
    return 0;
}

int sw_entry_keys_unpack(
    struct sw_str value, struct sw_region *region, struct sw_entry_key **ret, size_t *ret_n)
{
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    size_t n = sw_unpack_count(&in, SW_ADVISORY_AFFECTED_MAX);
    struct sw_entry_key *keys = sw_region_array(region, n, sizeof(*keys));
    if (keys == NULL)
        return -ENOMEM;
    struct sw_str previous = SW_STR_NONE;
    for (size_t i = 0; i < n; i++) {
        int r = unpack_key(&in, region, previous, &keys[i]);
        if (r < 0)
            return r;
        previous = keys[i].package;
    }
    if (!sw_unpack_is_done(&in))
        return -EBADMSG;
    *ret = keys;
    *ret_n = n;
    return 0;
}

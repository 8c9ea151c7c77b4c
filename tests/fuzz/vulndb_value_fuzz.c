/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Database values of every kind from any bytes: decoding may refuse, but never reads outside. The
 * first byte chooses the kind.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/format.h"
#include "vulndb/record.h"

static void touch(struct sw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        volatile char byte = s.p[i];
        (void)byte;
    }
}

static bool get_string(void *context, uint64_t number, struct sw_str *ret)
{
    (void)context;
    *ret = SW_STR("shared");
    return number < 8;
}

static const struct sw_strings strings = {.get = get_string};

static void read_advisory(struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_advisory a;
    sw_region_init(&region, (size_t)64 << 20);
    if (sw_advisory_unpack(value, &strings, &region, &a) < 0)
        return;
    touch(a.feed);
    touch(a.record);
    touch(a.id);
    touch(a.title);
    touch(a.cvss.vector);
    touch(a.published);
    touch(a.modified);
    for (size_t i = 0; i < a.n_aliases; i++)
        touch(a.aliases[i]);
    for (size_t i = 0; i < a.n_references; i++)
        touch(a.references[i]);
    if (a.severity >= _SW_SEVERITY_MAX)
        abort();
}

static void read_entries(struct sw_str value)
{
    struct sw_unpack in;
    struct sw_entry entry;
    sw_unpack_init(&in, value);
    while (sw_entry_next(&in, &strings, &entry) == 1) {
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        struct sw_affected a;
        sw_region_init(&region, (size_t)64 << 20);
        /* What was stepped over must decode. */
        int r = sw_entry_get(&entry, &region, &a);
        if (r < 0 && r != -ENOMEM)
            abort();
        for (size_t i = 0; r == 0 && i < a.n_ranges; i++) {
            touch(a.ranges[i].introduced);
            touch(a.ranges[i].fixed);
            touch(a.ranges[i].last_affected);
        }
        for (size_t i = 0; r == 0 && i < a.n_versions; i++)
            touch(a.versions[i]);
        touch(entry.vendor_status);
        touch(entry.module);
        touch(entry.arch);
    }
}

static void read_keys(struct sw_str value)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct sw_entry_key *keys = NULL;
    size_t n = 0;
    sw_region_init(&region, (size_t)64 << 20);
    if (sw_entry_keys_unpack(value, &region, &keys, &n) < 0)
        return;
    for (size_t i = 0; i < n; i++)
        touch(keys[i].package);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cve_facts facts;
    struct sw_eol eol;
    struct sw_feed_record feed;
    struct sw_str package;
    uint16_t product = 0;
    enum sw_affected_name kind;
    if (size == 0)
        return 0;
    struct sw_str value = {(const char *)data + 1, size - 1};
    switch (data[0] % 7) {
    case 0:
        read_advisory(value);
        break;
    case 1:
        read_entries(value);
        break;
    case 2:
        read_keys(value);
        break;
    case 3:
        if (sw_kev_unpack(value, &facts) == 0)
            touch(facts.kev_name);
        break;
    case 4:
        if (sw_eol_unpack(value, &eol) == 0)
            touch(eol.extended_date);
        break;
    case 5:
        if (sw_feed_unpack(value, &feed) == 0)
            touch(feed.date);
        break;
    default:
        if (sw_key_parse_entry(value, &package, &product, &kind))
            touch(package);
    }
    return 0;
}

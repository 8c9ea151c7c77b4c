/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advisories, entries and facts as the bytes of database values, and back. Decoding trusts nothing:
 * a value that does not decode to its last byte is -EBADMSG.
 */
#pragma once

#include "base/region.h"
#include "model/advisory.h"
#include "vulndb/pack.h"

/* Text that many records share is stored once and named by number. Text that has no number is
 * written in place. */
struct sw_strings {
    void *context;
    /* Number of s, or -1: write it in place. NULL in a reader. */
    int64_t (*put)(void *context, struct sw_str s);
    /* Text of a number; false when there is none. NULL in a writer. */
    bool (*get)(void *context, uint64_t number, struct sw_str *ret);
};

/* The record without affected entries and details, which have tables of their own. */
void sw_advisory_pack(
    struct sw_pack *pack, const struct sw_advisory *advisory, const struct sw_strings *strings);
/* Text is borrowed from the value and the strings; arrays live in the region. */
int sw_advisory_unpack(struct sw_str value, const struct sw_strings *strings,
    struct sw_region *region, struct sw_advisory *ret);
/* The same without references, which most of a record is. */
int sw_advisory_unpack_brief(struct sw_str value, const struct sw_strings *strings,
    struct sw_region *region, struct sw_advisory *ret);
/* Feed and record alone, for telling duplicates. */
int sw_advisory_unpack_identity(
    struct sw_str value, const struct sw_strings *strings, struct sw_advisory *ret);

/* One affected entry as it stands in a value, together with others of its package and product. */
struct sw_entry {
    uint32_t number; /* of its advisory */
    enum sw_fix_status status;
    enum sw_severity severity;
    struct sw_str vendor_status;
    struct sw_str module;
    struct sw_str arch;
    size_t n_ranges;
    size_t n_versions;
    struct sw_str rest; /* ranges, then versions as plain strings */
    bool is_plain;      /* one range from the beginning, written as its end alone */
};

void sw_entry_pack(struct sw_pack *pack, uint32_t number, const struct sw_affected *affected,
    const struct sw_strings *strings);
/* The next entry of a value: 1, 0 at its end, -EBADMSG. */
int sw_entry_next(struct sw_unpack *value, const struct sw_strings *strings, struct sw_entry *ret);
/* Reads the next of n_ranges off the rest. */
void sw_entry_range(const struct sw_entry *entry, struct sw_unpack *rest, struct sw_range *ret);
/* All of it, arrays in the region; product, package and kind are left to the caller. */
int sw_entry_get(const struct sw_entry *entry, struct sw_region *region, struct sw_affected *ret);

/* Where an advisory's entries stand. */
struct sw_entry_key {
    uint16_t product;
    enum sw_affected_name kind;
    struct sw_str package;
};

/* Keys must be sorted and unique (sw_entry_key_compare); equal starts of names are left out. */
void sw_entry_keys_pack(struct sw_pack *pack, const struct sw_entry_key *keys, size_t n);
int sw_entry_keys_unpack(
    struct sw_str value, struct sw_region *region, struct sw_entry_key **ret, size_t *ret_n);
int sw_entry_key_compare(const struct sw_entry_key *a, const struct sw_entry_key *b);

void sw_kev_pack(struct sw_pack *pack, const struct sw_cve_facts *facts);
int sw_kev_unpack(struct sw_str value, struct sw_cve_facts *ret);
void sw_eol_pack(struct sw_pack *pack, const struct sw_eol *eol);
int sw_eol_unpack(struct sw_str value, struct sw_eol *ret);

/* A feed as it went in. */
struct sw_feed_record {
    struct sw_str name;
    struct sw_str title;
    struct sw_str date;
    uint64_t n_records;
    uint64_t n_skipped;
    bool is_stale;
    uint64_t n_kev; /* facts that are no advisories */
    uint64_t n_epss;
    uint64_t n_eol;
};

void sw_feed_pack(struct sw_pack *pack, const struct sw_feed_record *feed);
int sw_feed_unpack(struct sw_str value, struct sw_feed_record *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and keys of the database's tables (lib/vulndb/README.md tells what each holds). Reader and
 * builder agree on them here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "model/advisory.h"

enum sw_table {
    SW_TABLE_META,       /* text -> text */
    SW_TABLE_FEEDS,      /* number -> a feed and its counts */
    SW_TABLE_FILES,      /* path in the sources folder -> names of the feeds that it made */
    SW_TABLE_PRODUCTS,   /* product key -> its number */
    SW_TABLE_NAMES,      /* number -> product key */
    SW_TABLE_STRINGS,    /* number -> text that many records share */
    SW_TABLE_ADVISORIES, /* number -> record */
    SW_TABLE_DETAILS,    /* number -> long text */
    SW_TABLE_AFFECTED,   /* number -> keys of its entries */
    SW_TABLE_ENTRIES,    /* package, product, kind of name -> entries */
    SW_TABLE_IDS,        /* id or alias -> numbers */
    SW_TABLE_KEV,        /* CVE -> what CISA says */
    SW_TABLE_EPSS,       /* year and 256 numbers -> scores */
    SW_TABLE_EOL,        /* product key -> dates */
    _SW_TABLE_MAX
};

const char *sw_table_name(enum sw_table table);

#define SW_KEY_MAX 511        /* LMDB's own limit */
#define SW_KEY_NAME_MAX 480   /* package names and ids that fit a key with its suffix */
#define SW_PRODUCTS_MAX 65535 /* two bytes in the key */
#define SW_PRODUCT_NUMBER_MAX ((uint64_t)SW_PRODUCTS_MAX - 1)

#define SW_META_FORMAT "format"
#define SW_META_CREATED "created"
#define SW_META_ADVISORIES "advisories" /* counts, decimal */
#define SW_META_ENTRIES "entries"

struct sw_key {
    size_t n;
    char p[SW_KEY_MAX + 1];
};

struct sw_str sw_key_str(const struct sw_key *key);
void sw_key_number(struct sw_key *key, uint32_t number);
/* Package first, so that all products of one name stand together. False: too long or holds NUL. */
bool sw_key_entry(
    struct sw_key *key, struct sw_str package, uint16_t product, enum sw_affected_name kind);
/* The part that all products of one package share. */
bool sw_key_entry_prefix(struct sw_key *key, struct sw_str package);
/* Takes such a key apart; false when it is none. */
bool sw_key_parse_entry(
    struct sw_str key, struct sw_str *package, uint16_t *product, enum sw_affected_name *kind);

/* The block of a CVE and its place in it; false when the id is not of the form CVE-YYYY-N. */
bool sw_key_epss(struct sw_key *key, struct sw_str cve, uint8_t *ret_place);

/* One score in six bytes: place, probability and percentile in steps of 0.00001. */
#define SW_EPSS_BYTES 6
#define SW_EPSS_STEPS 100000
void sw_epss_put(uint8_t *p, uint8_t place, double probability, double percentile);
void sw_epss_get(const uint8_t *p, double *ret_probability, double *ret_percentile);

/* The last page of the file: says what the pages before it must add up to. LMDB never looks at it.
 */
#define SW_TRAILER_MAGIC "SEAWALL VULNDB\n"
#define SW_TRAILER_DIGEST_BYTES 72
#define SW_PAGE_BYTES 4096

struct sw_trailer {
    uint32_t format;
    uint32_t page_bytes;
    uint64_t n_bytes;                     /* before this page */
    char digest[SW_TRAILER_DIGEST_BYTES]; /* "sha256:..." of those bytes, with its NUL */
};

void sw_trailer_put(uint8_t *page, const struct sw_trailer *trailer);
bool sw_trailer_get(const uint8_t *page, struct sw_trailer *ret);

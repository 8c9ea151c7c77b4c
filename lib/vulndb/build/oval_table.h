/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact tables that an OVAL file is held in until its end. Definitions name tests that come
 * hundreds of megabytes later, so everything is kept as small numbers: strings once each in a pool,
 * ids as 64-bit hashes, the criteria of all definitions as one array in document order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"

/* Text of one file: the largest SUSE files hold about 60 MiB of distinct text. */
#define SW_OVAL_TEXT_MAX ((size_t)192 << 20)
/* Entries of each table: criteria of the largest files number about three millions. */
#define SW_OVAL_ENTRIES_MAX ((size_t)8 << 20)
/* Bytes kept of a description. */
#define SW_OVAL_DETAILS_MAX ((size_t)1500)
/* Reference addresses kept of one definition. */
#define SW_OVAL_URLS_MAX 8
/* CVEs of one definition; a kernel erratum names a few hundred. */
#define SW_OVAL_CVES_MAX 2048

/* hash -> number; open addressing. */
struct sw_oval_map {
    uint64_t *keys; /* owned; 0: free */
    uint32_t *values;
    size_t n;
    size_t n_slots;
};

void sw_oval_map_done(struct sw_oval_map *map);
/* NULL when it is not there. */
const uint32_t *sw_oval_map_find(const struct sw_oval_map *map, uint64_t key);
/* Adds key -> value, or finds the value that stands: *ret is what holds. 0, -ENOMEM, -EFBIG. */
int sw_oval_map_add(struct sw_oval_map *map, uint64_t key, uint32_t value, uint32_t *ret);
/* The key of an id; never 0. */
uint64_t sw_oval_map_key(struct sw_str id);

enum sw_oval_node_kind { SW_OVAL_AND, SW_OVAL_OR, SW_OVAL_LEAF };

/* value: test number of a leaf; of the others the index past their last descendant. */
struct sw_oval_node {
    uint32_t kind;
    uint32_t value;
};

enum sw_oval_test_kind {
    SW_OVAL_TEST_PLAIN,   /* object and state tell */
    SW_OVAL_TEST_PRODUCT, /* name: product key, 0 for a system that we do not know */
    SW_OVAL_TEST_ARCH,    /* name: architecture */
    SW_OVAL_TEST_MODULE,  /* name: "nodejs:18" */
    SW_OVAL_TEST_FLAVOUR, /* ksplice or FIPS builds only */
    SW_OVAL_TEST_OTHER,   /* signatures and the like: says nothing about versions */
};

enum sw_oval_operation {
    SW_OVAL_NONE,
    SW_OVAL_LESS,
    SW_OVAL_LESS_OR_EQUAL,
    SW_OVAL_GREATER,
    SW_OVAL_GREATER_OR_EQUAL,
    SW_OVAL_EQUAL,
    SW_OVAL_MATCH,
};

/* What is known of a test: from the criterion's comment (name, evr) and from the test itself. */
struct sw_oval_test {
    uint32_t kind;
    uint32_t operation; /* of the comment's evr */
    uint32_t name;
    uint32_t evr;
    uint64_t object; /* key; 0: not seen */
    uint64_t state;
};

struct sw_oval_state {
    uint32_t evr;
    uint32_t operation;
    uint32_t version; /* <version>, with its operation */
    uint32_t version_operation;
    uint32_t arch;
};

struct sw_oval_definition {
    uint32_t id;
    uint32_t class;
    uint32_t title;
    uint32_t details;
    uint32_t advisory; /* vendor's id: first reference that is no CVE */
    uint32_t severity;
    uint32_t cvss; /* "7/CVSS:3.1/..." */
    uint32_t issued;
    uint32_t updated;
    uint32_t patchable;
    uint32_t platform;
    uint32_t first_cve, n_cves; /* in numbers */
    uint32_t first_url, n_urls; /* in numbers */
    uint32_t first_node, n_nodes;
};

struct sw_oval_table {
    struct sw_region region;       /* text */
    SW_VEC(struct sw_str) strings; /* number -> text; 0 is the empty string */
    struct sw_oval_map string_numbers;
    SW_VEC(struct sw_oval_definition) definitions;
    SW_VEC(struct sw_oval_node) nodes;
    SW_VEC(uint32_t) numbers; /* string numbers of CVEs and addresses */
    SW_VEC(struct sw_oval_test) tests;
    struct sw_oval_map test_numbers;
    struct sw_oval_map objects; /* id -> string number of the package name */
    SW_VEC(struct sw_oval_state) states;
    struct sw_oval_map state_numbers;
};

void sw_oval_table_init(struct sw_oval_table *table);
void sw_oval_table_done(struct sw_oval_table *table);
/* The number of a string, the same for equal strings. 0, -ENOMEM, -EFBIG. */
int sw_oval_table_intern(struct sw_oval_table *table, struct sw_str s, uint32_t *ret);
struct sw_str sw_oval_table_text(const struct sw_oval_table *table, uint32_t number);
/* The number of the test with that id, made when it is new. */
int sw_oval_table_test(struct sw_oval_table *table, struct sw_str id, uint32_t *ret);

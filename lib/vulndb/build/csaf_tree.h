/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The product tree of a CSAF document: platforms (which we know by product keys), components (rpm
 * packages, modules) and what is a component of what. Products are found by the hash of their id,
 * so that a document with 100,000 relationships costs 100,000 steps.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"
#include "vulndb/build/oval_table.h"

/* Products of one document; the largest of Red Hat's has about 200,000. */
#define SW_CSAF_PRODUCTS_MAX ((size_t)2 << 20)
/* Text of one document's tree and entries. */
#define SW_CSAF_TEXT_MAX ((size_t)160 << 20)
/* Branches inside branches; the format needs about five. */
#define SW_CSAF_BRANCH_DEPTH_MAX 32

struct sw_csaf_product {
    struct sw_str key;  /* product key of a platform; empty: none that we know */
    struct sw_str name; /* of an rpm package; empty: no package */
    struct sw_str evr;
    struct sw_str arch;
    struct sw_str module; /* "nodejs:18" */
    bool is_source;
    uint64_t component; /* of a relationship: what, and of what; 0: this is none */
    uint64_t platform;
};

struct sw_csaf_tree {
    struct sw_region region;
    SW_VEC(struct sw_csaf_product) products;
    struct sw_oval_map numbers; /* hash of id -> product */
};

void sw_csaf_tree_init(struct sw_csaf_tree *tree);
void sw_csaf_tree_done(struct sw_csaf_tree *tree);

/* Each: 0 (what has not the form is passed over), -ENOMEM, -EFBIG beyond the caps. */
int sw_csaf_tree_add_branch(struct sw_csaf_tree *tree, const json_t *branch);
int sw_csaf_tree_add_product(struct sw_csaf_tree *tree, const json_t *product);
int sw_csaf_tree_add_relationship(struct sw_csaf_tree *tree, const json_t *relationship);

/* What a product id of a status list means: key, name, evr, arch, module put together from a
 * relationship. False: unknown id. */
bool sw_csaf_tree_resolve(
    const struct sw_csaf_tree *tree, struct sw_str id, struct sw_csaf_product *ret);

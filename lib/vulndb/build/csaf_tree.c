/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds and asks the product tree of one CSAF document. Ids are kept as 64-bit hashes only: two
 * ids of one document with the same hash are less likely than a broken disk.
 */
#include "vulndb/build/csaf_tree.h"

#include <errno.h>

#include "vulndb/build/csaf_product.h"
#include "vulndb/build/csaf_purl.h"
#include "vulndb/build/json_get.h"

/* Relationships on the way from a status entry to its platform: package, module, platform. */
#define CHAIN_MAX 4

void sw_csaf_tree_init(struct sw_csaf_tree *tree)
{
    *tree = (struct sw_csaf_tree){0};
    sw_region_init(&tree->region, SW_CSAF_TEXT_MAX);
}

void sw_csaf_tree_done(struct sw_csaf_tree *tree)
{
    sw_vec_done(&tree->products);
    sw_oval_map_done(&tree->numbers);
    sw_region_done(&tree->region);
}

static int add(struct sw_csaf_tree *tree, struct sw_str id, const struct sw_csaf_product *product)
{
    uint32_t number;
    if (id.n == 0)
        return 0;
    int r =
        sw_oval_map_add(&tree->numbers, sw_oval_map_key(id), (uint32_t)tree->products.n, &number);
    if (r < 0 || number < tree->products.n)
        return r; /* the first of two stands */
    return sw_vec_push(&tree->products, *product, SW_CSAF_PRODUCTS_MAX);
}

static int keep(struct sw_csaf_tree *tree, struct sw_str s, struct sw_str *ret)
{
    return s.n == 0 ? 0 : sw_region_copy(&tree->region, s, ret);
}

/* "ruby:2.7:8080020230427102918:63b34585" is stream 2.7 of ruby. */
static struct sw_str module_label(struct sw_str text)
{
    ptrdiff_t first = sw_str_find_char(text, ':');
    if (first <= 0)
        return SW_STR_NONE;
    ptrdiff_t second = sw_str_find_char(sw_str_skip(text, (size_t)first + 1), ':');
    return second < 0 ? text : sw_str_part(text, 0, (size_t)first + 1 + (size_t)second);
}

static int add_epoch(
    struct sw_csaf_tree *tree, struct sw_str epoch, struct sw_str version, struct sw_str *ret)
{
    *ret = version;
    if (epoch.n == 0 || version.n == 0 || epoch.n > 10)
        return 0;
    char *text =
        sw_region_printf(&tree->region, "%.*s:%.*s", SW_STR_ARG(epoch), SW_STR_ARG(version));
    if (text == NULL)
        return -ENOMEM;
    *ret = sw_str_of(text);
    return 0;
}

static int read_purl(
    struct sw_csaf_tree *tree, const struct sw_csaf_purl *purl, struct sw_csaf_product *product)
{
    struct sw_region *region = &tree->region;
    struct sw_str epoch = SW_STR_NONE;
    struct sw_str module = SW_STR_NONE;
    if (sw_str_equal_z(purl->type, "rpmmod")) {
        ptrdiff_t colon = sw_str_find_char(purl->version, ':');
        struct sw_str stream =
            colon < 0 ? purl->version : sw_str_part(purl->version, 0, (size_t)colon);
        char *label =
            sw_region_printf(region, "%.*s:%.*s", SW_STR_ARG(purl->name), SW_STR_ARG(stream));
        if (label == NULL)
            return -ENOMEM;
        product->module = sw_str_of(label);
        return 0;
    }
    if (!sw_str_equal_z(purl->type, "rpm"))
        return 0;
    int r = sw_csaf_purl_qualifier(region, purl, "arch", &product->arch);
    if (r < 0)
        return r;
    r = sw_csaf_purl_qualifier(region, purl, "epoch", &epoch);
    if (r < 0)
        return r;
    r = sw_csaf_purl_qualifier(region, purl, "rpmmod", &module);
    if (r < 0)
        return r;
    product->name = purl->name;
    product->module = module_label(module);
    return add_epoch(tree, epoch, purl->version, &product->evr);
}

/* Without a package URL the id is the rpm's name: "telnet-1:0.17-65.el7_6.x86_64", "kernel",
 * "nodejs:18/nodejs", "libcurl4-7.66.0-150200.4.57.1.x86_64", "a-1-1.el8.x86_64::nodejs:18". */
static int read_plain_id(
    struct sw_csaf_tree *tree, struct sw_str id, struct sw_csaf_product *product)
{
    struct sw_str text = SW_STR_NONE;
    int r = keep(tree, id, &text);
    if (r < 0)
        return r;
    ptrdiff_t suffix = sw_str_find(text, SW_STR("::"));
    ptrdiff_t slash = sw_str_find_char(text, '/');
    if (suffix > 0) {
        product->module = module_label(sw_str_skip(text, (size_t)suffix + 2));
        text = sw_str_part(text, 0, (size_t)suffix);
    } else if (slash > 0 && sw_str_find_char(sw_str_part(text, 0, (size_t)slash), ':') > 0) {
        product->module = module_label(sw_str_part(text, 0, (size_t)slash));
        text = sw_str_skip(text, (size_t)slash + 1);
    }
    struct sw_csaf_nevra nevra;
    if (sw_csaf_product_parse_nevra(text, &nevra)) {
        product->name = nevra.name;
        product->evr = nevra.evr;
        product->arch = nevra.arch;
        return 0;
    }
    /* Images and the like are named by paths and digests. */
    if (sw_str_find_char(text, '/') < 0 && sw_str_find_char(text, '@') < 0 &&
        sw_str_find_char(text, ' ') < 0)
        product->name = text;
    return 0;
}

int sw_csaf_tree_add_product(struct sw_csaf_tree *tree, const json_t *json)
{
    const json_t *helper = sw_json_get_object(json, "product_identification_helper");
    struct sw_str id = sw_json_get_str(json, "product_id");
    struct sw_str cpe = sw_json_get_str(helper, "cpe");
    struct sw_str purl_text = sw_json_get_str(helper, "purl");
    struct sw_csaf_product product = {0};
    int r = 0;
    if (purl_text.n > 0) {
        struct sw_csaf_purl purl;
        r = sw_csaf_purl_parse(&tree->region, purl_text, &purl);
        if (r > 0)
            r = read_purl(tree, &purl, &product);
    } else if (cpe.n > 0) {
        r = sw_csaf_product_find_cpe(&tree->region, cpe, &product.key);
    } else {
        r = sw_csaf_product_find_name(&tree->region, sw_json_get_str(json, "name"), &product.key);
        if (r == 0)
            r = read_plain_id(tree, id, &product);
    }
    if (r < 0)
        return r;
    product.is_source = sw_str_equal_z(product.arch, "src");
    return add(tree, id, &product);
}

static int add_branch(struct sw_csaf_tree *tree, const json_t *branch, int depth)
{
    if (depth > SW_CSAF_BRANCH_DEPTH_MAX)
        return 0;
    const json_t *product = sw_json_get_object(branch, "product");
    int r = product != NULL ? sw_csaf_tree_add_product(tree, product) : 0;
    const json_t *branches = sw_json_get_array(branch, "branches");
    for (size_t i = 0; r >= 0 && i < json_array_size(branches); i++)
        r = add_branch(tree, json_array_get(branches, i), depth + 1);
    return r;
}

int sw_csaf_tree_add_branch(struct sw_csaf_tree *tree, const json_t *branch)
{
    return add_branch(tree, branch, 0);
}

int sw_csaf_tree_add_relationship(struct sw_csaf_tree *tree, const json_t *relationship)
{
    struct sw_str component = sw_json_get_str(relationship, "product_reference");
    struct sw_str platform = sw_json_get_str(relationship, "relates_to_product_reference");
    const json_t *name = sw_json_get_object(relationship, "full_product_name");
    if (component.n == 0 || platform.n == 0)
        return 0;
    struct sw_csaf_product product = {
        .component = sw_oval_map_key(component), .platform = sw_oval_map_key(platform)};
    return add(tree, sw_json_get_str(name, "product_id"), &product);
}

static const struct sw_csaf_product *find(const struct sw_csaf_tree *tree, uint64_t key)
{
    const uint32_t *number = sw_oval_map_find(&tree->numbers, key);
    return number != NULL ? &tree->products.v[*number] : NULL;
}

/* Takes over what a part of the chain says and the parts before it did not. */
static void merge(struct sw_csaf_product *into, const struct sw_csaf_product *part)
{
    if (into->key.n == 0)
        into->key = part->key;
    if (into->module.n == 0)
        into->module = part->module;
    if (into->name.n == 0 && part->name.n > 0) {
        into->name = part->name;
        into->evr = part->evr;
        into->arch = part->arch;
        into->is_source = part->is_source;
    }
}

bool sw_csaf_tree_resolve(
    const struct sw_csaf_tree *tree, struct sw_str id, struct sw_csaf_product *ret)
{
    struct sw_csaf_product whole = {0};
    const struct sw_csaf_product *product = find(tree, sw_oval_map_key(id));
    if (product == NULL)
        return false;
    for (int i = 0; product != NULL && i < CHAIN_MAX; i++) {
        merge(&whole, product);
        if (product->component == 0)
            break;
        const struct sw_csaf_product *component = find(tree, product->component);
        if (component != NULL)
            merge(&whole, component);
        product = find(tree, product->platform);
    }
    *ret = whole;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the criteria of a definition to affected packages. A definition says "one of these products,
 * and one of these packages below its fix"; products, architecture and module of an AND hold for
 * everything below it. Called once per file, linear in its size.
 */
#include "vulndb/build/oval.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rules/version.h"
#include "vulndb/build/csaf_product.h"

/* Products of one group of criteria; SUSE lists about 40, most of them the same system to us. */
#define PRODUCTS_MAX 64
/* "greater than" bounds beside each other in one AND; real files have one. */
#define LOWER_BOUNDS_MAX 16
/* Working memory of one definition: 200,000 entries of about 200 bytes. */
#define DEFINITION_BYTES_MAX ((size_t)96 << 20)

struct group {
    uint32_t products[PRODUCTS_MAX];
    size_t n_products;
    bool has_products; /* a product was named, known to us or not */
    uint32_t arch;
    uint32_t module;
    bool is_flavour;
};

/* A package test with its parts resolved. */
struct leaf {
    uint32_t package;
    uint32_t evr;
    uint32_t arch;
    enum sw_oval_operation operation;
    enum sw_fix_status status; /* of an entry without a version: affected, not affected */
};

struct entry {
    uint32_t product; /* 0: `derived` */
    uint32_t package;
    uint32_t arch;
    uint32_t module;
    uint32_t fixed;
    uint32_t last_affected;
    uint32_t introduced;
    uint32_t status;
    const char *derived; /* static product key, from the version's dist tag */
};

struct resolving {
    const struct sw_oval_table *table;
    const struct sw_feed_file *file;
    const struct sw_feed_sink *sink;
    struct sw_region *region; /* of the definition */
    SW_VEC(struct entry) entries;
    struct sw_oval_map known; /* product, package ... -> entry */
    bool is_suse;
    bool is_never;     /* the vendor says that it does not apply */
    size_t n_flavours; /* entries left out: ksplice and FIPS builds */
    size_t n_foreign;  /* groups left out: products that are no operating system of ours */
};

static struct sw_str text_of(const struct resolving *resolving, uint32_t number)
{
    return sw_oval_table_text(resolving->table, number);
}

/* Azure Linux and CBL-Mariner name no version but in the release: "0:3.4.0-1.azl3". */
static const char *product_of_evr(struct sw_str evr)
{
    static const struct {
        const char *tag;
        const char *product;
    } tags[] = {
        {".azl3", "azurelinux:3"},
        {".azl4", "azurelinux:4"},
        {".cm2", "mariner:2.0"},
        {".cm1", "mariner:1.0"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(tags); i++)
        if (sw_str_ends_with(evr, sw_str_of(tags[i].tag)))
            return tags[i].product;
    return NULL;
}

/* "(aarch64|x86_64)" makes "aarch64 x86_64". 0 or -ENOMEM. */
static int arch_list(struct resolving *resolving, struct sw_str pattern, struct sw_str *ret)
{
    *ret = SW_STR_NONE;
    if (pattern.n == 0)
        return 0;
    struct sw_str copy;
    if (sw_region_copy(resolving->region, pattern, &copy) < 0)
        return -ENOMEM;
    char *p = (char *)copy.p;
    for (size_t i = 0; i < copy.n; i++) {
        bool is_name = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9') || p[i] == '_';
        if (!is_name && p[i] != ' ' && p[i] != '|' && p[i] != '(' && p[i] != ')' && p[i] != '^' &&
            p[i] != '$')
            return 0; /* a pattern that we do not read: any architecture */
        if (!is_name)
            p[i] = ' ';
    }
    *ret = sw_str_trim(copy);
    return 0;
}

/* False when the test says nothing about a package's version. */
static bool resolve_leaf(
    const struct resolving *resolving, const struct sw_oval_test *test, struct leaf *ret)
{
    const struct sw_oval_table *table = resolving->table;
    struct leaf leaf = {.package = test->name, .evr = test->evr};
    leaf.operation = test->operation;
    if (test->kind != SW_OVAL_TEST_PLAIN)
        return false;
    const uint32_t *package = sw_oval_map_find(&table->objects, test->object);
    const uint32_t *number = sw_oval_map_find(&table->state_numbers, test->state);
    const struct sw_oval_state *state = number != NULL ? &table->states.v[*number] : NULL;
    if (test->object != 0 && package != NULL && state != NULL) {
        leaf.package = *package;
        leaf.arch = state->arch;
        leaf.evr = state->evr;
        leaf.operation = state->operation;
        if (state->evr == 0 && state->version != 0) {
            /* SUSE: version equals 0 is "not affected", greater than 0 "affected, no fix". */
            if (!sw_str_equal_z(sw_oval_table_text(table, state->version), "0"))
                return false;
            leaf.operation = SW_OVAL_NONE;
            leaf.status =
                state->version_operation == SW_OVAL_EQUAL ? SW_FIX_NOT_AFFECTED : SW_FIX_AFFECTED;
        }
    }
    if (leaf.package == 0 || (leaf.evr == 0 && leaf.status == SW_FIX_UNKNOWN))
        return false;
    *ret = leaf;
    return true;
}

static void add_product(struct group *group, uint32_t product)
{
    group->has_products = true;
    if (product == 0)
        return;
    for (size_t i = 0; i < group->n_products; i++)
        if (group->products[i] == product)
            return;
    if (group->n_products < PRODUCTS_MAX)
        group->products[group->n_products++] = product;
}

/* True when every leaf from first to end names a product; they are added to the group then. */
static bool take_products(
    const struct resolving *resolving, size_t first, size_t end, struct group *group)
{
    struct group found = {0};
    for (size_t i = first; i < end; i++) {
        const struct sw_oval_node *node = &resolving->table->nodes.v[i];
        if (node->kind != SW_OVAL_LEAF)
            continue;
        const struct sw_oval_test *test = &resolving->table->tests.v[node->value];
        if (test->kind != SW_OVAL_TEST_PRODUCT)
            return false;
        add_product(&found, test->name);
    }
    if (!found.has_products)
        return false;
    group->has_products = true;
    group->n_products = 0;
    for (size_t i = 0; i < found.n_products; i++)
        add_product(group, found.products[i]);
    return true;
}

/* Two fixes of one package. SUSE: the streams of one service pack (general support, LTSS) got their
 * own builds, and the older one has the fix already. Elsewhere the feed asks for the newer one. */
static void merge_fix(const struct resolving *resolving, struct entry *held, uint32_t fixed)
{
    int order = sw_version_compare(
        SW_VERSION_RPM, text_of(resolving, fixed), text_of(resolving, held->fixed));
    if (resolving->is_suse ? order < 0 : order > 0)
        held->fixed = fixed;
}

static int add_entry(struct resolving *resolving, const struct entry *entry)
{
    uint32_t parts[] = {entry->product, entry->package, entry->arch, entry->module, entry->status,
        entry->last_affected, entry->introduced, entry->fixed != 0};
    uint64_t key = sw_oval_map_key((struct sw_str){(const char *)parts, sizeof(parts)});
    uint32_t number;
    int r = sw_oval_map_add(&resolving->known, key, (uint32_t)resolving->entries.n, &number);
    if (r < 0)
        return r;
    if (number < resolving->entries.n) {
        merge_fix(resolving, &resolving->entries.v[number], entry->fixed);
        return 0;
    }
    return sw_vec_push(&resolving->entries, *entry, SW_ADVISORY_AFFECTED_MAX);
}

static int emit(struct resolving *resolving, const struct group *group, const struct leaf *leaf,
    uint32_t introduced)
{
    struct sw_str evr = text_of(resolving, leaf->evr);
    if (group->is_flavour || sw_str_find(evr, SW_STR(".ksplice")) >= 0 ||
        sw_str_ends_with(evr, SW_STR("_fips"))) {
        resolving->n_flavours++;
        return 0;
    }
    struct entry entry = {.package = leaf->package, .module = group->module};
    entry.arch = leaf->arch != 0 ? leaf->arch : group->arch;
    entry.introduced = introduced;
    entry.status = SW_FIX_AFFECTED;
    if (leaf->operation == SW_OVAL_LESS) {
        entry.fixed = leaf->evr;
        entry.status = SW_FIX_FIXED;
    } else if (leaf->operation == SW_OVAL_LESS_OR_EQUAL) {
        entry.last_affected = leaf->evr;
    } else if (leaf->operation == SW_OVAL_NONE) {
        entry.status = leaf->status;
    } else {
        return 0;
    }
    if (resolving->is_never)
        entry.status = SW_FIX_NOT_AFFECTED;
    if (!group->has_products) {
        entry.derived = product_of_evr(evr);
        if (entry.derived == NULL) {
            resolving->n_foreign++;
            return 0;
        }
        return add_entry(resolving, &entry);
    }
    if (group->n_products == 0)
        resolving->n_foreign++;
    for (size_t i = 0; i < group->n_products; i++) {
        entry.product = group->products[i];
        int r = add_entry(resolving, &entry);
        if (r < 0)
            return r;
    }
    return 0;
}

static size_t next_sibling(const struct sw_oval_table *table, size_t i)
{
    const struct sw_oval_node *node = &table->nodes.v[i];
    return node->kind == SW_OVAL_LEAF || node->value <= i ? i + 1 : node->value;
}

/* What an AND says about all that is below it. Returns the number of lower bounds found. */
static size_t read_conditions(const struct resolving *resolving, size_t first, size_t end,
    struct group *group, struct leaf *lower)
{
    const struct sw_oval_table *table = resolving->table;
    size_t n_lower = 0;
    for (size_t i = first; i < end; i = next_sibling(table, i)) {
        const struct sw_oval_node *node = &table->nodes.v[i];
        if (node->kind != SW_OVAL_LEAF) {
            take_products(resolving, i, next_sibling(table, i), group);
            continue;
        }
        const struct sw_oval_test *test = &table->tests.v[node->value];
        struct leaf leaf;
        if (test->kind == SW_OVAL_TEST_PRODUCT)
            take_products(resolving, i, i + 1, group);
        else if (test->kind == SW_OVAL_TEST_ARCH)
            group->arch = test->name;
        else if (test->kind == SW_OVAL_TEST_MODULE)
            group->module = test->name;
        else if (test->kind == SW_OVAL_TEST_FLAVOUR)
            group->is_flavour = true;
        else if (n_lower < LOWER_BOUNDS_MAX && resolve_leaf(resolving, test, &leaf) &&
                 (leaf.operation == SW_OVAL_GREATER || leaf.operation == SW_OVAL_GREATER_OR_EQUAL))
            lower[n_lower++] = leaf;
    }
    return n_lower;
}

/* "affected" of SUSE's later files is evr greater than 0:0-0; any other lone lower bound opens a
 * range without an end. */
static int emit_lower(
    struct resolving *resolving, const struct group *group, const struct leaf *lower)
{
    struct sw_str evr = text_of(resolving, lower->evr);
    struct leaf leaf = *lower;
    leaf.operation = SW_OVAL_NONE;
    leaf.status = SW_FIX_AFFECTED;
    bool is_any = sw_str_equal_z(evr, "0:0-0") || sw_str_equal_z(evr, "0");
    return emit(resolving, group, &leaf, is_any ? 0 : lower->evr);
}

static int walk(struct resolving *resolving, size_t index, const struct group *outer);

static int walk_leaf(struct resolving *resolving, const struct sw_oval_test *test,
    const struct group *group, struct leaf *lower, size_t n_lower)
{
    struct leaf leaf;
    if (!resolve_leaf(resolving, test, &leaf))
        return 0;
    if (leaf.operation == SW_OVAL_GREATER || leaf.operation == SW_OVAL_GREATER_OR_EQUAL)
        return n_lower == 0 ? emit_lower(resolving, group, &leaf) : 0;
    uint32_t introduced = 0;
    for (size_t i = 0; i < n_lower; i++) {
        if (lower[i].package != leaf.package)
            continue;
        introduced = lower[i].evr;
        lower[i].package = 0; /* used */
    }
    return emit(resolving, group, &leaf, introduced);
}

static int walk_children(struct resolving *resolving, size_t index, const struct group *outer)
{
    const struct sw_oval_table *table = resolving->table;
    struct group group = *outer;
    struct leaf lower[LOWER_BOUNDS_MAX];
    size_t n_lower = 0;
    size_t end = next_sibling(table, index);
    bool is_and = table->nodes.v[index].kind == SW_OVAL_AND;
    if (is_and)
        n_lower = read_conditions(resolving, index + 1, end, &group, lower);
    for (size_t i = index + 1; i < end; i = next_sibling(table, i)) {
        const struct sw_oval_node *node = &table->nodes.v[i];
        int r = node->kind == SW_OVAL_LEAF
                    ? walk_leaf(resolving, &table->tests.v[node->value], &group, lower, n_lower)
                    : walk(resolving, i, &group);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n_lower; i++) {
        int r = lower[i].package != 0 ? emit_lower(resolving, &group, &lower[i]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* Depth is bounded by the XML reader. */
static int walk(struct resolving *resolving, size_t index, const struct group *outer)
{
    const struct sw_oval_table *table = resolving->table;
    if (table->nodes.v[index].kind != SW_OVAL_LEAF)
        return walk_children(resolving, index, outer);
    return walk_leaf(resolving, &table->tests.v[table->nodes.v[index].value], outer, NULL, 0);
}

static int make_affected(
    struct resolving *resolving, const struct entry *entry, struct sw_affected *affected)
{
    *affected = (struct sw_affected){.name_kind = SW_AFFECTED_BINARY, .status = entry->status};
    affected->product =
        entry->derived != NULL ? sw_str_of(entry->derived) : text_of(resolving, entry->product);
    affected->package = text_of(resolving, entry->package);
    affected->module = text_of(resolving, entry->module);
    /* Built for a module, and the feed does not say for which. */
    if (entry->module == 0 && sw_str_find(text_of(resolving, entry->fixed), SW_STR(".module")) >= 0)
        affected->module = SW_STR("*");
    int r = arch_list(resolving, text_of(resolving, entry->arch), &affected->arch);
    if (r < 0)
        return r;
    if (entry->fixed == 0 && entry->last_affected == 0 && entry->introduced == 0)
        return 0;
    affected->ranges = sw_region_array(resolving->region, 1, sizeof(*affected->ranges));
    if (affected->ranges == NULL)
        return -ENOMEM;
    affected->n_ranges = 1;
    affected->ranges[0].introduced = text_of(resolving, entry->introduced);
    affected->ranges[0].fixed = text_of(resolving, entry->fixed);
    affected->ranges[0].last_affected = text_of(resolving, entry->last_affected);
    return 0;
}

static struct sw_str feed_of(struct sw_str id)
{
    static const struct {
        const char *prefix;
        const char *feed;
    } feeds[] = {
        {"oval:org.opensuse.security:", "oval-suse"},
        {"oval:com.oracle.", "oval-oracle"},
        {"oval:com.microsoft.", "oval-azurelinux"},
        {"oval:com.redhat.", "oval-redhat"},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(feeds); i++)
        if (sw_str_starts_with(id, sw_str_of(feeds[i].prefix)))
            return sw_str_of(feeds[i].feed);
    return SW_STR("oval");
}

/* The file's name without folder and suffix: "suse.linux.enterprise.server.15". */
static struct sw_str stem_of(struct sw_str path)
{
    ptrdiff_t slash = sw_str_find_last_char(path, '/');
    if (slash >= 0)
        path = sw_str_skip(path, (size_t)slash + 1);
    if (sw_str_ends_with(path, SW_STR(".xml")))
        path = sw_str_part(path, 0, path.n - 4);
    return path;
}

static void read_score(struct sw_str text, struct sw_cvss *cvss)
{
    cvss->score = -1;
    ptrdiff_t slash = sw_str_find_char(text, '/');
    char number[8] = "";
    if (slash <= 0 || (size_t)slash >= sizeof(number))
        return;
    for (ptrdiff_t i = 0; i < slash; i++)
        number[i] = text.p[i];
    char *end = NULL;
    double score = strtod(number, &end);
    if (end == number || *end != '\0' || !(score >= 0 && score <= 10))
        return;
    cvss->score = score;
    cvss->vector = sw_str_skip(text, (size_t)slash + 1);
}

static int name_advisory(struct resolving *resolving, const struct sw_oval_definition *definition,
    struct sw_advisory *advisory)
{
    const struct sw_oval_table *table = resolving->table;
    size_t n = definition->n_cves;
    struct sw_str *aliases = sw_region_array(resolving->region, n + 1, sizeof(*aliases));
    struct sw_str *urls =
        sw_region_array(resolving->region, (size_t)definition->n_urls + 1, sizeof(*urls));
    if (aliases == NULL || urls == NULL)
        return -ENOMEM;
    struct sw_str id = text_of(resolving, definition->advisory);
    bool is_patch = sw_str_equal_z(text_of(resolving, definition->class), "patch");
    if (n > 0 && (!is_patch || id.n == 0))
        id = text_of(resolving, table->numbers.v[definition->first_cve]);
    if (id.n == 0)
        id = text_of(resolving, definition->id);
    for (size_t i = 0; i < n; i++) {
        struct sw_str cve = text_of(resolving, table->numbers.v[definition->first_cve + i]);
        if (!sw_str_equal(cve, id))
            aliases[advisory->n_aliases++] = cve;
    }
    for (size_t i = 0; i < definition->n_urls; i++)
        urls[i] = text_of(resolving, table->numbers.v[definition->first_url + i]);
    advisory->id = id;
    advisory->aliases = aliases;
    advisory->references = urls;
    advisory->n_references = definition->n_urls;
    return 0;
}

/* Ids of SUSE are the same in the files of all its products, those of Oracle mean the same record
 * wherever they stand. */
static int make_record(struct resolving *resolving, const struct sw_oval_definition *definition,
    struct sw_advisory *advisory)
{
    struct sw_str id = text_of(resolving, definition->id);
    advisory->feed = feed_of(id);
    advisory->record = id;
    if (sw_str_equal_z(advisory->feed, "oval-oracle"))
        return 0;
    char *record = sw_region_printf(
        resolving->region, "%.*s#%.*s", SW_STR_ARG(stem_of(resolving->file->path)), SW_STR_ARG(id));
    if (record == NULL)
        return -ENOMEM;
    advisory->record = sw_str_of(record);
    return 0;
}

static int send(
    struct resolving *resolving, const struct sw_oval_definition *definition, struct sw_err *err)
{
    struct sw_advisory advisory = {0};
    int r = make_record(resolving, definition, &advisory);
    if (r < 0)
        return r;
    r = name_advisory(resolving, definition, &advisory);
    if (r < 0)
        return r;
    advisory.title = text_of(resolving, definition->title);
    advisory.details = text_of(resolving, definition->details);
    advisory.severity = sw_csaf_product_severity(text_of(resolving, definition->severity));
    advisory.published = text_of(resolving, definition->issued);
    advisory.modified = text_of(resolving, definition->updated);
    read_score(text_of(resolving, definition->cvss), &advisory.cvss);
    size_t n = resolving->entries.n;
    advisory.affected = sw_region_array(resolving->region, n, sizeof(*advisory.affected));
    if (advisory.affected == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        r = make_affected(resolving, &resolving->entries.v[i], &advisory.affected[i]);
        if (r < 0)
            return r;
    }
    advisory.n_affected = n;
    return resolving->sink->advisory(resolving->sink->context, &advisory, err);
}

static int resolve_definition(
    struct resolving *resolving, const struct sw_oval_definition *definition, struct sw_err *err)
{
    struct sw_str id = text_of(resolving, definition->id);
    struct sw_str patchable = text_of(resolving, definition->patchable);
    if (id.n == 0) {
        resolving->sink->skipped(
            resolving->sink->context, resolving->file->path, "a definition without an id");
        return 0;
    }
    resolving->is_never = sw_str_equal_z(patchable, "Not Applicable");
    resolving->is_suse = sw_str_starts_with(id, SW_STR("oval:org.opensuse."));
    resolving->n_flavours = 0;
    resolving->n_foreign = 0;
    size_t end = (size_t)definition->first_node + definition->n_nodes;
    for (size_t i = definition->first_node; i < end; i = next_sibling(resolving->table, i)) {
        struct group group = {0};
        int r = walk(resolving, i, &group);
        if (r == -EFBIG) {
            resolving->sink->skipped(resolving->sink->context, id, "too many packages");
            return 0;
        }
        if (r < 0)
            return r;
    }
    if (resolving->entries.n > 0)
        return send(resolving, definition, err);
    /* Other products and special builds are none of our systems: nothing is lost. */
    if (resolving->n_flavours == 0 && resolving->n_foreign == 0)
        resolving->sink->skipped(resolving->sink->context, id, "names no package version");
    return 0;
}

int sw_oval_resolve(const struct sw_oval_table *table, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    int r = 0;
    for (size_t i = 0; i < table->definitions.n && r >= 0; i++) {
        SW_CLEANUP(sw_region_done) struct sw_region region;
        sw_region_init(&region, DEFINITION_BYTES_MAX);
        struct resolving resolving = {
            .table = table, .file = file, .sink = sink, .region = &region};
        r = resolve_definition(&resolving, &table->definitions.v[i], err);
        sw_vec_done(&resolving.entries);
        sw_oval_map_done(&resolving.known);
    }
    if (r < 0 && err != NULL && err->code == 0)
        return sw_err_set(err, r, "out of memory");
    return r;
}

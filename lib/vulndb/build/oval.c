/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an OVAL file as a stream of elements into the compact table, then has it resolved. Called
 * once per file. Nothing of the document is kept but names, versions and short texts.
 */
#include "vulndb/build/oval.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "vulndb/build/csaf_product.h"
#include "vulndb/build/xml.h"

struct reading {
    struct sw_oval_table *table;
    struct sw_region scratch; /* product keys */
    struct sw_oval_definition definition;
    bool in_definition;
    bool in_advisory;
    uint32_t open_criteria[SW_XML_DEPTH_MAX]; /* node numbers */
    size_t n_open;
    uint32_t cves[SW_OVAL_CVES_MAX];
    uint32_t urls[SW_OVAL_URLS_MAX];
    uint32_t test; /* number of the open test, if in_test */
    bool in_test;
    uint64_t object; /* key of the open object; 0: none */
    struct sw_oval_state state;
    uint64_t state_key;
    uint32_t operation; /* of the open <evr> or <version> */
};

static int intern(struct reading *reading, struct sw_str s, uint32_t *ret)
{
    return sw_oval_table_intern(reading->table, sw_str_trim(s), ret);
}

/* "Mitre CVE-2021-1", "CVE-2021-1 at NVD": the word that is a CVE; empty when there is none. */
static struct sw_str cve_in(struct sw_str text)
{
    struct sw_str token;
    struct sw_str rest = sw_str_trim(text);
    while (sw_str_next_token(&rest, ' ', &token))
        if (sw_str_starts_with(token, SW_STR("CVE-")) && token.n < 32)
            return token;
    return SW_STR_NONE;
}

static int add_cve(struct reading *reading, struct sw_str text)
{
    struct sw_str cve = cve_in(text);
    uint32_t number;
    int r = intern(reading, cve, &number);
    if (r < 0 || number == 0)
        return r;
    struct sw_oval_definition *definition = &reading->definition;
    for (size_t i = 0; i < definition->n_cves; i++)
        if (reading->cves[i] == number)
            return 0;
    if (definition->n_cves < SW_OVAL_CVES_MAX)
        reading->cves[definition->n_cves++] = number;
    return 0;
}

static int read_reference(struct reading *reading, const char *const *attributes)
{
    struct sw_str source = sw_xml_attribute(attributes, "source");
    struct sw_str id = sw_xml_attribute(attributes, "ref_id");
    struct sw_oval_definition *definition = &reading->definition;
    int r = add_cve(reading, id);
    if (r < 0)
        return r;
    if (definition->advisory == 0 && !sw_str_ends_with(source, SW_STR("CVE"))) {
        r = intern(reading, id, &definition->advisory);
        if (r < 0)
            return r;
    }
    if (definition->n_urls >= SW_OVAL_URLS_MAX)
        return 0;
    uint32_t url;
    r = intern(reading, sw_xml_attribute(attributes, "ref_url"), &url);
    if (r == 0 && url != 0)
        reading->urls[definition->n_urls++] = url;
    return r;
}

static int read_date(struct reading *reading, const char *const *attributes, uint32_t *ret)
{
    return intern(reading, sw_xml_attribute(attributes, "date"), ret);
}

/* The largest of the scores that the CVEs of a definition carry: "7.5/CVSS:3.1/AV:N/...". */
static int read_cve_score(struct reading *reading, const char *const *attributes)
{
    struct sw_str score = sw_xml_attribute(attributes, "cvss3");
    struct sw_str held = sw_oval_table_text(reading->table, reading->definition.cvss);
    ptrdiff_t slash = sw_str_find_char(score, '/');
    if (slash <= 0 || slash > 4)
        return 0;
    /* Scores are "d.d", "d" or "10.0": the longer integer part is larger, else bytes decide. */
    bool is_ten = sw_str_starts_with(score, SW_STR("10"));
    bool held_ten = sw_str_starts_with(held, SW_STR("10"));
    if (held.n > 0 && (held_ten || (!is_ten && sw_str_compare(score, held) <= 0)))
        return 0;
    return intern(reading, score, &reading->definition.cvss);
}

/* The machine's architecture, not the package's: it runs packages of others too. */
static int read_arch(struct reading *reading, struct sw_str name, struct sw_oval_test *test)
{
    char archs[64];
    if (name.n >= 32)
        return 0;
    int n = snprintf(archs, sizeof(archs), "%.*s%s noarch", SW_STR_ARG(name),
        sw_str_equal_z(name, "x86_64") ? " i686" : "");
    return intern(reading, (struct sw_str){archs, (size_t)n}, &test->name);
}

/* What the comment of a criterion says by itself. Oracle's and Azure's say all; SUSE's name the
 * product. */
static int read_comment(struct reading *reading, struct sw_str comment, struct sw_oval_test *test)
{
    static const struct {
        const char *prefix;
        uint32_t kind;
    } prefixes[] = {
        {"Oracle Linux arch is ", SW_OVAL_TEST_ARCH},
        {"Module ", SW_OVAL_TEST_MODULE},
    };
    struct sw_str installed = SW_STR(" is installed");
    struct sw_str enabled = SW_STR(" is enabled");
    if (sw_str_ends_with(comment, SW_STR("ksplice-based")) ||
        sw_str_ends_with(comment, SW_STR("fips-based"))) {
        test->kind = SW_OVAL_TEST_FLAVOUR;
        return 0;
    }
    if (sw_str_find(comment, SW_STR(" is signed with ")) >= 0 ||
        sw_str_ends_with(comment, SW_STR(" must be installed"))) {
        test->kind = SW_OVAL_TEST_OTHER;
        return 0;
    }
    for (size_t i = 0; i < SW_ARRAY_SIZE(prefixes); i++) {
        struct sw_str prefix = sw_str_of(prefixes[i].prefix);
        if (!sw_str_starts_with(comment, prefix))
            continue;
        struct sw_str name = sw_str_skip(comment, prefix.n);
        if (sw_str_ends_with(name, enabled))
            name = sw_str_part(name, 0, name.n - enabled.n);
        test->kind = prefixes[i].kind;
        if (test->kind == SW_OVAL_TEST_ARCH)
            return read_arch(reading, name, test);
        return intern(reading, name, &test->name);
    }
    if (sw_str_ends_with(comment, installed)) {
        struct sw_str name = sw_str_part(comment, 0, comment.n - installed.n);
        if (sw_str_find_char(name, ' ') < 0)
            return 0;
        struct sw_str product = SW_STR_NONE;
        test->kind = SW_OVAL_TEST_PRODUCT;
        int r = sw_csaf_product_find_name(&reading->scratch, name, &product);
        return r <= 0 ? r : intern(reading, product, &test->name);
    }
    struct sw_str earlier = SW_STR(" is earlier than ");
    ptrdiff_t at = sw_str_find(comment, earlier);
    if (at <= 0)
        return 0;
    struct sw_str name = sw_str_part(comment, 0, (size_t)at);
    if (sw_str_starts_with(name, SW_STR("Package ")))
        name = sw_str_skip(name, 8);
    struct sw_str evr = sw_str_skip(comment, (size_t)at + earlier.n);
    ptrdiff_t comma = sw_str_find_char(evr, ',');
    if (comma >= 0)
        evr = sw_str_part(evr, 0, (size_t)comma);
    if (sw_str_find_char(evr, ' ') >= 0)
        return 0;
    test->operation = SW_OVAL_LESS;
    int r = intern(reading, name, &test->name);
    return r < 0 ? r : intern(reading, evr, &test->evr);
}

static int push_node(struct reading *reading, uint32_t kind, uint32_t value)
{
    struct sw_oval_node node = {.kind = kind, .value = value};
    return sw_vec_push(&reading->table->nodes, node, SW_OVAL_ENTRIES_MAX);
}

static int open_criterion(struct reading *reading, const char *const *attributes)
{
    if (sw_str_equal_z(sw_xml_attribute(attributes, "negate"), "true") || reading->n_open == 0)
        return 0;
    uint32_t number;
    size_t n_before = reading->table->tests.n;
    int r = sw_oval_table_test(reading->table, sw_xml_attribute(attributes, "test_ref"), &number);
    if (r < 0)
        return r;
    if (number >= n_before) {
        struct sw_oval_test test = {0};
        struct sw_str comment = sw_str_trim(sw_xml_attribute(attributes, "comment"));
        r = read_comment(reading, comment, &test);
        if (r < 0)
            return r;
        reading->table->tests.v[number] = test;
    }
    return push_node(reading, SW_OVAL_LEAF, number);
}

static int open_criteria(struct reading *reading, const char *const *attributes)
{
    struct sw_str operator= sw_xml_attribute(attributes, "operator");
    bool is_or = sw_str_equal_ignore_case(operator, SW_STR("OR"));
    if (reading->n_open >= SW_ARRAY_SIZE(reading->open_criteria))
        return -EFBIG;
    reading->open_criteria[reading->n_open++] = (uint32_t)reading->table->nodes.n;
    return push_node(reading, is_or ? SW_OVAL_OR : SW_OVAL_AND, 0);
}

static void close_criteria(struct reading *reading)
{
    if (reading->n_open == 0)
        return;
    uint32_t node = reading->open_criteria[--reading->n_open];
    reading->table->nodes.v[node].value = (uint32_t)reading->table->nodes.n;
}

static int open_definition(struct reading *reading, const char *const *attributes)
{
    reading->definition = (struct sw_oval_definition){0};
    reading->in_definition = true;
    reading->n_open = 0;
    reading->definition.first_node = (uint32_t)reading->table->nodes.n;
    int r = intern(reading, sw_xml_attribute(attributes, "id"), &reading->definition.id);
    if (r < 0)
        return r;
    return intern(reading, sw_xml_attribute(attributes, "class"), &reading->definition.class);
}

static int push_numbers(struct reading *reading, const uint32_t *v, size_t n, uint32_t *ret_first)
{
    *ret_first = (uint32_t)reading->table->numbers.n;
    for (size_t i = 0; i < n; i++) {
        int r = sw_vec_push(&reading->table->numbers, v[i], SW_OVAL_ENTRIES_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

static int close_definition(struct reading *reading)
{
    struct sw_oval_definition *definition = &reading->definition;
    if (!reading->in_definition)
        return 0;
    reading->in_definition = false;
    definition->n_nodes = (uint32_t)reading->table->nodes.n - definition->first_node;
    int r = push_numbers(reading, reading->cves, definition->n_cves, &definition->first_cve);
    if (r < 0)
        return r;
    r = push_numbers(reading, reading->urls, definition->n_urls, &definition->first_url);
    if (r < 0)
        return r;
    return sw_vec_push(&reading->table->definitions, *definition, SW_OVAL_ENTRIES_MAX);
}

static int open_in_definition(
    struct reading *reading, struct sw_str name, const char *const *attributes)
{
    if (sw_str_equal_z(name, "criterion"))
        return open_criterion(reading, attributes);
    if (sw_str_equal_z(name, "criteria"))
        return open_criteria(reading, attributes);
    if (sw_str_equal_z(name, "reference"))
        return read_reference(reading, attributes);
    if (sw_str_equal_z(name, "issued"))
        return read_date(reading, attributes, &reading->definition.issued);
    if (sw_str_equal_z(name, "updated"))
        return read_date(reading, attributes, &reading->definition.updated);
    if (sw_str_equal_z(name, "cve"))
        return read_cve_score(reading, attributes);
    return 0;
}

static int close_in_definition(struct reading *reading, struct sw_str name, struct sw_str text)
{
    struct sw_oval_definition *definition = &reading->definition;
    const struct {
        const char *name;
        uint32_t *ret;
        size_t max;
    } texts[] = {
        {"title", &definition->title, 400},
        {"description", &definition->details, SW_OVAL_DETAILS_MAX},
        {"severity", &definition->severity, 64},
        {"patchable", &definition->patchable, 64},
        {"advisory_date", &definition->issued, 64},
        {"platform", &definition->platform, 128},
    };
    if (sw_str_equal_z(name, "definition"))
        return close_definition(reading);
    if (sw_str_equal_z(name, "criteria"))
        close_criteria(reading);
    if (sw_str_equal_z(name, "cve"))
        return add_cve(reading, text);
    for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
        if (sw_str_equal_z(name, texts[i].name))
            return intern(reading, sw_str_part(sw_str_trim(text), 0, texts[i].max), texts[i].ret);
    return 0;
}

static enum sw_oval_operation operation_of(struct sw_str word)
{
    /* One of SUSE's generators writes the number of the enumeration instead of the word. */
    static const struct {
        const char *word;
        enum sw_oval_operation operation;
    } words[] = {
        {"less than", SW_OVAL_LESS},
        {"6", SW_OVAL_LESS},
        {"less than or equal", SW_OVAL_LESS_OR_EQUAL},
        {"8", SW_OVAL_LESS_OR_EQUAL},
        {"greater than", SW_OVAL_GREATER},
        {"5", SW_OVAL_GREATER},
        {"greater than or equal", SW_OVAL_GREATER_OR_EQUAL},
        {"7", SW_OVAL_GREATER_OR_EQUAL},
        {"equals", SW_OVAL_EQUAL},
        {"1", SW_OVAL_EQUAL},
        {"", SW_OVAL_EQUAL},
        {"pattern match", SW_OVAL_MATCH},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
        if (sw_str_equal_z(word, words[i].word))
            return words[i].operation;
    return SW_OVAL_NONE;
}

static int open_outside(struct reading *reading, struct sw_str name, const char *const *attributes)
{
    struct sw_str id = sw_xml_attribute(attributes, "id");
    if (sw_str_equal_z(name, "rpminfo_test")) {
        reading->in_test = true;
        return sw_oval_table_test(reading->table, id, &reading->test);
    }
    if (sw_str_equal_z(name, "object") && reading->in_test)
        reading->table->tests.v[reading->test].object =
            sw_oval_map_key(sw_xml_attribute(attributes, "object_ref"));
    if (sw_str_equal_z(name, "state") && reading->in_test)
        reading->table->tests.v[reading->test].state =
            sw_oval_map_key(sw_xml_attribute(attributes, "state_ref"));
    if (sw_str_equal_z(name, "rpminfo_object"))
        reading->object = sw_oval_map_key(id);
    if (sw_str_equal_z(name, "rpminfo_state")) {
        reading->state = (struct sw_oval_state){0};
        reading->state_key = sw_oval_map_key(id);
    }
    if (sw_str_equal_z(name, "evr") || sw_str_equal_z(name, "version") ||
        sw_str_equal_z(name, "arch"))
        reading->operation = operation_of(sw_xml_attribute(attributes, "operation"));
    return 0;
}

static int close_state(struct reading *reading)
{
    uint32_t number;
    int r = sw_oval_map_add(&reading->table->state_numbers, reading->state_key,
        (uint32_t)reading->table->states.n, &number);
    reading->state_key = 0;
    if (r < 0 || number != reading->table->states.n)
        return r;
    return sw_vec_push(&reading->table->states, reading->state, SW_OVAL_ENTRIES_MAX);
}

static int close_outside(struct reading *reading, struct sw_str name, struct sw_str text)
{
    if (sw_str_equal_z(name, "rpminfo_test"))
        reading->in_test = false;
    if (sw_str_equal_z(name, "rpminfo_object"))
        reading->object = 0;
    if (sw_str_equal_z(name, "name") && reading->object != 0) {
        uint32_t package;
        int r = intern(reading, text, &package);
        if (r < 0)
            return r;
        return sw_oval_map_add(&reading->table->objects, reading->object, package, &package);
    }
    if (reading->state_key == 0)
        return 0;
    if (sw_str_equal_z(name, "rpminfo_state"))
        return close_state(reading);
    if (sw_str_equal_z(name, "evr")) {
        reading->state.operation = reading->operation;
        return intern(reading, text, &reading->state.evr);
    }
    if (sw_str_equal_z(name, "version")) {
        reading->state.version_operation = reading->operation;
        return intern(reading, text, &reading->state.version);
    }
    if (sw_str_equal_z(name, "arch"))
        return intern(reading, text, &reading->state.arch);
    return 0;
}

static int explain(int r, struct sw_err *err)
{
    if (r == -EFBIG)
        return sw_err_set(err, r, "more text or entries than an OVAL file may have");
    return r < 0 ? sw_err_set(err, r, "out of memory") : 0;
}

static int on_open(
    void *context, struct sw_str name, const char *const *attributes, struct sw_err *err)
{
    struct reading *reading = context;
    int r = 0;
    if (reading->in_definition)
        r = open_in_definition(reading, name, attributes);
    else if (sw_str_equal_z(name, "definition"))
        r = open_definition(reading, attributes);
    else
        r = open_outside(reading, name, attributes);
    return explain(r, err);
}

static int on_close(void *context, struct sw_str name, struct sw_str text, struct sw_err *err)
{
    struct reading *reading = context;
    int r = reading->in_definition ? close_in_definition(reading, name, text)
                                   : close_outside(reading, name, text);
    return explain(r, err);
}

static void reading_free(struct reading **reading)
{
    if (*reading != NULL)
        sw_region_done(&(*reading)->scratch);
    sw_mem_free(*reading);
    *reading = NULL;
}

static int read_oval(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    SW_CLEANUP(sw_oval_table_done) struct sw_oval_table table;
    sw_oval_table_init(&table);
    SW_CLEANUP(reading_free) struct reading *reading = sw_mem_zalloc(1, sizeof(*reading));
    if (reading == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    reading->table = &table;
    sw_region_init(&reading->scratch, SW_OVAL_TEXT_MAX);
    struct sw_xml_handler handler = {.context = reading, .open = on_open, .close = on_close};
    int r = sw_xml_read(in, &handler, err);
    if (r < 0)
        return r;
    return sw_oval_resolve(&table, file, sink, err);
}

static int recognise_oval(const struct sw_feed_file *file)
{
    return sw_str_find(file->head, SW_STR("oval_definitions")) >= 0 ? 95 : 0;
}

const struct sw_feed sw_oval_feed = {
    .name = "oval",
    .title = "OVAL definitions (SUSE, Oracle Linux, Azure Linux)",
    .recognise = recognise_oval,
    .read = read_oval,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secdb: the fixes that apk distributions list (https://secdb.alpinelinux.org/v3.20/main.json,
 * https://packages.wolfi.dev/os/security.json, https://packages.cgr.dev/chainguard/security.json),
 * as JSON, and as the YAML that Alpine publishes beside it. Package -> version -> ids fixed in it;
 * version "0" means that no version was ever affected. Packages are source packages.
 */
#include "vulndb/build/secdb.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"
#include "vulndb/build/secdb_priv.h"

/* One package with all its fixes; the kernel's is under 1 MB. */
#define VALUE_MAX ((size_t)8 << 20)
#define REGION_MAX ((size_t)64 << 20)
/* Fixes of one package, and ids of one fix ("CVE-2019-14697 XSA-290"). */
#define FIXES_MAX ((size_t)100000)
#define IDS_MAX 8
/* Other names of one id in one package. */
#define ALIASES_MAX 64
/* Packages that come before the members that say whose they are; 20 MB hold a whole feed. */
#define PENDING_MAX ((size_t)64 << 20)

enum { PLACE_DISTROVERSION, PLACE_REPONAME, PLACE_URLPREFIX, PLACE_PACKAGE, _PLACE_MAX };

struct secdb_state {
    const struct sw_feed_sink *sink;
    const struct sw_feed_file *file;
    struct sw_region region; /* of the whole file: what the header says */
    struct sw_str header[PLACE_PACKAGE];
    struct sw_str feed;
    struct sw_str product;
    struct sw_str prefix;  /* of record ids: "v3.20/main" */
    struct sw_buf pending; /* packages as JSON lines, until the product is known */
};

/* One id fixed in one version. */
struct fix {
    struct sw_str ids[IDS_MAX]; /* the first names the advisory */
    size_t n_ids;
    bool is_cut; /* names more */
    struct sw_str version;
    size_t order;
};

/* Who publishes it. Alpine's files alone name a release. */
static const struct publisher {
    struct sw_str sign; /* in the address, the repository's name or the file's path */
    const char *feed;
    const char *product;
} publishers[] = {
    {SW_STR_INIT("wolfi"), "secdb-wolfi", "wolfi"},
    {SW_STR_INIT("chainguard"), "secdb-chainguard", "chainguard"},
    {SW_STR_INIT("cgr.dev"), "secdb-chainguard", "chainguard"},
    {SW_STR_INIT("minimos"), "secdb-minimos", "minimos"},
    {SW_STR_INIT("mini.dev"), "secdb-minimos", "minimos"},
};

static const struct publisher *find_publisher(struct sw_str text)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(publishers); i++) {
        if (sw_str_find(text, publishers[i].sign) >= 0)
            return &publishers[i];
    }
    return NULL;
}

/* The release: "3.20" of "v3.20". */
static struct sw_str bare_release(struct sw_str version)
{
    return sw_str_starts_with(version, SW_STR("v")) ? sw_str_skip(version, 1) : version;
}

/* Others name a release too, so Alpine is known by its repositories or its address. */
static bool is_alpine(const struct secdb_state *state)
{
    static const char *const repositories[] = {"main", "community", "testing"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(repositories); i++) {
        if (sw_str_equal_z(state->header[PLACE_REPONAME], repositories[i]))
            return true;
    }
    return sw_str_find(state->header[PLACE_URLPREFIX], SW_STR("alpine")) >= 0;
}

/* Sets product, feed and prefix from the header: 1, or 0 when it does not say enough yet. */
static int find_product(struct secdb_state *state, bool is_last_chance)
{
    struct sw_str release = state->header[PLACE_DISTROVERSION];
    struct sw_str repository = state->header[PLACE_REPONAME];
    const struct publisher *publisher = find_publisher(state->header[PLACE_URLPREFIX]);
    if (publisher == NULL && release.n == 0)
        publisher = find_publisher(repository);
    if (publisher == NULL && release.n == 0 && is_last_chance)
        publisher = find_publisher(state->file->path);
    if (publisher != NULL) {
        state->feed = sw_str_of(publisher->feed);
        state->product = sw_str_of(publisher->product);
        state->prefix = state->product;
        return 1;
    }
    if (release.n == 0 || !is_alpine(state) || (repository.n == 0 && !is_last_chance))
        return 0;
    char *product =
        sw_region_printf(&state->region, "alpine:%.*s", SW_STR_ARG(bare_release(release)));
    char *prefix =
        sw_region_printf(&state->region, "%.*s/%.*s", SW_STR_ARG(release), SW_STR_ARG(repository));
    if (product == NULL || prefix == NULL)
        return -ENOMEM;
    state->feed = SW_STR("secdb-alpine");
    state->product = sw_str_of(product);
    state->prefix = sw_str_of(prefix);
    return 1;
}

/* An id has a dash and a digit ("CVE-2017-2616", "XSA-290", "GHSA-..."); other words are remarks
 * ("(+ regression fix)"). */
static bool is_id(struct sw_str word)
{
    if (sw_str_find_char(word, '-') <= 0 || word.p[0] == '(' || word.p[0] == '+')
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] >= '0' && word.p[i] <= '9')
            return true;
    }
    return false;
}

/* The ids of "CVE-2024-22195 GHSA-h5c8-rqwp-cp95", a CVE first where there is one. */
static void read_ids(struct sw_str text, struct fix *fix)
{
    struct sw_str rest = text;
    struct sw_str word;
    while (!fix->is_cut && sw_str_next_token(&rest, ' ', &word)) {
        while (word.n > 0 && (word.p[word.n - 1] == ',' || word.p[word.n - 1] == ';'))
            word.n--;
        if (!is_id(word))
            continue;
        fix->is_cut = fix->n_ids == IDS_MAX;
        if (fix->is_cut)
            break;
        fix->ids[fix->n_ids++] = word;
        if (sw_str_starts_with(word, SW_STR("CVE-")) &&
            !sw_str_starts_with(fix->ids[0], SW_STR("CVE-"))) {
            fix->ids[fix->n_ids - 1] = fix->ids[0];
            fix->ids[0] = word;
        }
    }
}

static int compare_fixes(const void *a, const void *b)
{
    const struct fix *x = a;
    const struct fix *y = b;
    int order = sw_str_compare(x->ids[0], y->ids[0]);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static size_t count_fixes(json_t *secfixes)
{
    size_t n = 0;
    for (void *at = json_object_iter(secfixes); at != NULL;
         at = json_object_iter_next(secfixes, at))
        n += json_array_size(json_object_iter_value(at));
    return n;
}

/* All fixes of a package, those of one id together. */
static int read_fixes(
    json_t *secfixes, struct sw_region *region, struct fix **ret_fixes, size_t *ret_n)
{
    size_t max = count_fixes(secfixes);
    if (max > FIXES_MAX)
        return -EFBIG;
    struct fix *fixes = sw_region_array(region, max > 0 ? max : 1, sizeof(*fixes));
    if (fixes == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (void *at = json_object_iter(secfixes); at != NULL;
         at = json_object_iter_next(secfixes, at)) {
        struct sw_str rest = {json_object_iter_key(at), json_object_iter_key_len(at)};
        struct sw_str version = SW_STR("");
        sw_str_next_token(&rest, ' ', &version);
        const json_t *ids = json_object_iter_value(at);
        for (size_t i = 0; i < json_array_size(ids) && version.n > 0; i++) {
            struct fix *fix = &fixes[n];
            *fix = (struct fix){.version = version, .order = n};
            read_ids(sw_json_get_text(json_array_get(ids, i)), fix);
            n += fix->n_ids > 0;
        }
    }
    if (n > 1)
        qsort(fixes, n, sizeof(*fixes), compare_fixes);
    *ret_fixes = fixes;
    *ret_n = n;
    return 0;
}

/* Versions and aliases of the fixes of one id: 0, or 1 when there are more aliases than are kept.
 * Several versions are several ranges: what is below
 * any of them is not wholly fixed. */
static int fill(struct sw_region *region, const struct fix *fixes, size_t n,
    struct sw_affected *affected, struct sw_advisory *advisory)
{
    affected->ranges = sw_region_array(region, n, sizeof(*affected->ranges));
    advisory->aliases = sw_region_array(region, n * IDS_MAX, sizeof(*advisory->aliases));
    if (affected->ranges == NULL || advisory->aliases == NULL)
        return -ENOMEM;
    bool is_cut = false;
    for (size_t i = 0; i < n; i++) {
        is_cut = is_cut || fixes[i].is_cut;
        if (!sw_str_equal_z(fixes[i].version, "0"))
            affected->ranges[affected->n_ranges++].fixed = fixes[i].version;
        for (size_t j = 1; j < fixes[i].n_ids; j++) {
            bool is_known = sw_str_equal(fixes[i].ids[j], advisory->id);
            for (size_t k = 0; k < advisory->n_aliases && !is_known; k++)
                is_known = sw_str_equal(advisory->aliases[k], fixes[i].ids[j]);
            is_cut = is_cut || (!is_known && advisory->n_aliases == ALIASES_MAX);
            if (!is_known && advisory->n_aliases < ALIASES_MAX)
                advisory->aliases[advisory->n_aliases++] = fixes[i].ids[j];
        }
    }
    affected->status = affected->n_ranges > 0 ? SW_FIX_FIXED : SW_FIX_NOT_AFFECTED;
    return is_cut;
}

/* One id of one package as an advisory. */
static int hand_on(struct secdb_state *state, struct sw_str package, const struct fix *fixes,
    size_t n, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    char *record = sw_region_printf(&region, "%.*s/%.*s/%.*s", SW_STR_ARG(state->prefix),
        SW_STR_ARG(package), SW_STR_ARG(fixes[0].ids[0]));
    if (record == NULL)
        return -ENOMEM;
    struct sw_affected affected = {
        .product = state->product, .package = package, .name_kind = SW_AFFECTED_SOURCE};
    struct sw_advisory advisory = {.feed = state->feed,
        .record = sw_str_of(record),
        .id = fixes[0].ids[0],
        .cvss.score = -1,
        .affected = &affected,
        .n_affected = 1};
    int r = fill(&region, fixes, n, &affected, &advisory);
    if (r > 0)
        state->sink->skipped(state->sink->context, advisory.record,
            "part of the record: more ids of one flaw than are kept");
    return r < 0 ? r : state->sink->advisory(state->sink->context, &advisory, err);
}

static int read_package(struct secdb_state *state, const json_t *element, struct sw_err *err)
{
    const json_t *pkg = sw_json_get_object(element, "pkg");
    struct sw_str name = sw_json_get_str(pkg, "name");
    json_t *secfixes = json_object_get(pkg, "secfixes");
    if (name.n == 0 || (secfixes != NULL && !json_is_object(secfixes))) {
        /* Packages without fixes are listed with an empty array or null now and then. */
        bool is_empty =
            name.n > 0 &&
            (json_is_null(secfixes) || (json_is_array(secfixes) && json_array_size(secfixes) == 0));
        if (!is_empty)
            state->sink->skipped(state->sink->context, name, "package without name or fixes");
        return 0;
    }
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_MAX);
    struct fix *fixes = NULL;
    size_t n = 0;
    int r = read_fixes(secfixes, &region, &fixes, &n);
    if (r == -EFBIG) {
        state->sink->skipped(state->sink->context, name, "too many fixes in one package");
        return 0;
    }
    for (size_t from = 0, to = 0; from < n && r >= 0; from = to) {
        while (to < n && sw_str_equal(fixes[from].ids[0], fixes[to].ids[0]))
            to++;
        r = hand_on(state, name, &fixes[from], to - from, err);
    }
    return r;
}

static int read_package_text(struct secdb_state *state, struct sw_str text, struct sw_err *err)
{
    SW_CLEANUP(sw_json_get_freep) json_t *element = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(text, &element, &why);
    if (r == -ENOMEM)
        return r;
    if (r >= 0)
        return read_package(state, element, err);
    state->sink->skipped(state->sink->context, sw_str_part(text, 0, 64), why.message);
    return 0;
}

/* Puts a package aside; a line end inside a JSON text is white space, so lines keep it whole. */
static int put_aside(struct secdb_state *state, struct sw_str text, struct sw_err *err)
{
    size_t from = state->pending.n;
    int r = sw_buf_append_str(&state->pending, text);
    for (size_t i = from; i < state->pending.n; i++) {
        if (state->pending.p[i] == '\n')
            state->pending.p[i] = ' ';
    }
    if (r >= 0)
        r = sw_buf_append_char(&state->pending, '\n');
    if (r == -EFBIG)
        return sw_err_set(err, r, "packages come before the distribution's name");
    return r;
}

static int read_pending(struct secdb_state *state, struct sw_err *err)
{
    struct sw_str rest = sw_buf_str(&state->pending);
    struct sw_str line;
    int r = 0;
    while (r >= 0 && rest.n > 0 && sw_str_next_line(&rest, &line))
        r = read_package_text(state, line, err);
    sw_buf_done(&state->pending);
    return r;
}

static int read_header(struct secdb_state *state, size_t place, struct sw_str text)
{
    SW_CLEANUP(sw_json_get_freep) json_t *value = NULL;
    int r = sw_json_get_parsed(text, &value, NULL);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    return sw_region_copy(&state->region, sw_json_get_text(value), &state->header[place]);
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct secdb_state *state = context;
    if (value->place != PLACE_PACKAGE)
        return read_header(state, value->place, value->text);
    int r = state->product.n > 0 ? 1 : find_product(state, false);
    if (r == 0)
        return put_aside(state, value->text, err);
    return r < 0 ? r : read_package_text(state, value->text, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct secdb_state *state = context;
    state->sink->skipped(state->sink->context, sw_str_part(value->text, 0, 64), reason);
}

static int read_json(struct secdb_state *state, struct sw_reader *in, struct sw_err *err)
{
    static const struct sw_json_place places[] = {[PLACE_DISTROVERSION] = {{"distroversion", NULL}},
        [PLACE_REPONAME] = {{"reponame", NULL}},
        [PLACE_URLPREFIX] = {{"urlprefix", NULL}},
        [PLACE_PACKAGE] = {{"packages", "*", NULL}}};
    struct sw_json_split split = {.places = places,
        .n_places = _PLACE_MAX,
        .max_value_bytes = VALUE_MAX,
        .value = on_value,
        .skipped = on_skipped,
        .context = state};
    int r = sw_json_split_run(in, &split, err);
    if (r < 0)
        return r;
    r = state->product.n > 0 ? 1 : find_product(state, true);
    if (r == 0)
        return sw_err_set(err, -EBADMSG, "no known distribution is named");
    return r < 0 ? r : read_pending(state, err);
}

static int read_yaml(struct secdb_state *state, struct sw_reader *in, struct sw_err *err)
{
    static const char *const names[] = {[PLACE_DISTROVERSION] = "distroversion",
        [PLACE_REPONAME] = "reponame",
        [PLACE_URLPREFIX] = "urlprefix"};
    SW_CLEANUP(sw_json_get_freep) json_t *document = NULL;
    int r = secdb_yaml_parse(in, &document, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++)
        state->header[i] = sw_json_get_str(document, names[i]);
    r = find_product(state, true);
    if (r == 0)
        return sw_err_set(err, -EBADMSG, "no known distribution is named");
    const json_t *packages = sw_json_get_array(document, "packages");
    size_t n = json_array_size(packages);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = read_package(state, json_array_get(packages, i), err);
    return r < 0 ? r : 0;
}

static void done(struct secdb_state *state)
{
    sw_region_done(&state->region);
    sw_buf_done(&state->pending);
}

static int read_secdb(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    SW_CLEANUP(done) struct secdb_state state = {.sink = sink, .file = file};
    sw_region_init(&state.region, REGION_MAX);
    sw_buf_init(&state.pending, PENDING_MAX);
    for (size_t i = 0; i < SW_ARRAY_SIZE(state.header); i++)
        state.header[i] = SW_STR("");
    bool is_json = sw_str_starts_with(sw_str_trim(file->head), SW_STR("{"));
    return is_json ? read_json(&state, in, err) : read_yaml(&state, in, err);
}

static bool has(const struct sw_feed_file *file, const char *text)
{
    return sw_str_find(file->head, sw_str_of(text)) >= 0;
}

static int recognise_secdb(const struct sw_feed_file *file)
{
    if (sw_str_starts_with(sw_str_trim(file->head), SW_STR("{"))) {
        if (has(file, "\"secfixes\"") && has(file, "\"pkg\""))
            return 95;
        return has(file, "\"packages\"") && has(file, "\"apkurl\"") ? 90 : 0;
    }
    return has(file, "distroversion:") && has(file, "secfixes:") ? 90 : 0;
}

const struct sw_feed sw_secdb_feed = {
    .name = "secdb",
    .title = "secdb of apk distributions (Alpine, Wolfi, Chainguard)",
    .recognise = recognise_secdb,
    .read = read_secdb,
};

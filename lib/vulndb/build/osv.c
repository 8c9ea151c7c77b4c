/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OSV records (https://ossf.github.io/osv-schema/, 1.x): a file or archive member per record, JSON
 * lines, or an array of records. One schema for every ecosystem, filled in many ways: vendors put
 * severities, CVEs and module streams in different places, and records made from YAML hold strings
 * where numbers belong.
 */
#include "vulndb/build/osv.h"

#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/text.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"
#include "vulndb/build/osv_priv.h"

/* What one record may cost: the largest real one (a kernel erratum with every version listed) takes
 * 30 MiB. */
#define RECORD_BYTES_MAX ((size_t)256 << 20)
#define ALIASES_MAX ((size_t)2048)
#define REFERENCES_MAX ((size_t)1024)
/* A title made from the details' first line. */
#define TITLE_MAX ((size_t)160)
/* Of a feed's name that is made from an id. */
#define FEED_WORD_MAX 24

struct osv_state {
    const struct sw_feed_sink *sink;
    struct sw_err *err;
};

/* Who writes records of which id. Feeds are named by source, so that a finding can say whose word
 * it is. */
static const struct source {
    struct sw_str prefix;
    const char *feed;
    bool is_erratum; /* an advisory about other ids: what is `related` is what it fixes */
    bool is_bug_fix; /* of interest only where it names a CVE */
} sources[] = {
    {SW_STR_INIT("ALSA-"), "osv-almalinux", true},
    {SW_STR_INIT("ALBA-"), "osv-almalinux", true, true},
    {SW_STR_INIT("ALEA-"), "osv-almalinux", true, true},
    {SW_STR_INIT("RLSA-"), "osv-rocky", true},
    {SW_STR_INIT("RXSA-"), "osv-rocky", true},
    {SW_STR_INIT("RHSA-"), "osv-redhat", true},
    {SW_STR_INIT("RHBA-"), "osv-redhat", true, true},
    {SW_STR_INIT("RHEA-"), "osv-redhat", true, true},
    {SW_STR_INIT("SUSE-"), "osv-suse", true},
    {SW_STR_INIT("openSUSE-"), "osv-opensuse", true},
    {SW_STR_INIT("UBUNTU-"), "osv-ubuntu", true},
    {SW_STR_INIT("USN-"), "osv-ubuntu", true},
    {SW_STR_INIT("LSN-"), "osv-ubuntu", true},
    {SW_STR_INIT("DEBIAN-"), "osv-debian", true},
    {SW_STR_INIT("DSA-"), "osv-debian", true},
    {SW_STR_INIT("DLA-"), "osv-debian", true},
    {SW_STR_INIT("DTSA-"), "osv-debian", true},
    {SW_STR_INIT("ALPINE-"), "osv-alpine", true},
    {SW_STR_INIT("MGASA-"), "osv-mageia", true},
    {SW_STR_INIT("OESA-"), "osv-openeuler", true},
    {SW_STR_INIT("CGA-"), "osv-chainguard", true},
    {SW_STR_INIT("AZL-"), "osv-azurelinux", true},
    {SW_STR_INIT("MINI-"), "osv-minimos", true},
    {SW_STR_INIT("ECHO-"), "osv-echo", true},
    {SW_STR_INIT("BELL-"), "osv-alpaquita", true},
    {SW_STR_INIT("BIT-"), "osv-bitnami", false},
    {SW_STR_INIT("DRUPAL-"), "osv-drupal", false},
    {SW_STR_INIT("GHSA-"), "osv-ghsa", false},
    {SW_STR_INIT("GO-"), "osv-go", false},
    {SW_STR_INIT("HSEC-"), "osv-haskell", false},
    {SW_STR_INIT("MAL-"), "osv-malicious-packages", false},
    {SW_STR_INIT("OSV-"), "osv-oss-fuzz", false},
    {SW_STR_INIT("PYSEC-"), "osv-pypi", false},
    {SW_STR_INIT("PSF-"), "osv-psf", false},
    {SW_STR_INIT("RSEC-"), "osv-r", false},
    {SW_STR_INIT("RUSTSEC-"), "osv-rustsec", false},
    {SW_STR_INIT("CVE-"), "osv-cve", false},
};
static const struct source other_source = {SW_STR_INIT(""), "osv", false, false};

static const struct source *find_source(struct sw_str id)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(sources); i++) {
        if (sw_str_starts_with(id, sources[i].prefix))
            return &sources[i];
    }
    return &other_source;
}

/* "osv-" and the letters before a mark: of an id's first part, of a product's family. */
static int name_after(struct sw_region *region, struct sw_str text, char mark, struct sw_str *ret)
{
    char word[FEED_WORD_MAX + 1];
    size_t n = 0;
    while (n < text.n && n < FEED_WORD_MAX && text.p[n] != mark) {
        char c = text.p[n];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        word[n++] = is_plain ? c : '-';
    }
    word[n] = '\0';
    char *name = n > 0 ? sw_region_printf(region, "osv-%s", word) : sw_region_printf(region, "osv");
    if (name == NULL)
        return -ENOMEM;
    *ret = sw_str_of(name);
    return 0;
}

/* Bare CVE ids are used by several (Kubernetes, OSV's own conversion of the CVE list): the first
 * package says by whom. A source that is not in the table is named after its ids. */
static int name_feed(const struct source *source, const struct osv_affected_list *list,
    struct sw_region *region, struct sw_advisory *advisory)
{
    if (source == &other_source)
        return name_after(region, advisory->record, '-', &advisory->feed);
    bool is_bare = sw_str_equal_z(source->prefix, "CVE-");
    if (is_bare && list->n > 0 && !sw_str_equal_z(list->items[0].product, "git"))
        return name_after(region, list->items[0].product, ':', &advisory->feed);
    advisory->feed = sw_str_of(source->feed);
    return 0;
}

static bool is_cve(struct sw_str id)
{
    return sw_str_starts_with(id, SW_STR("CVE-"));
}

/* "CVE-2021-3782" of "UBUNTU-CVE-2021-3782", "DEBIAN-CVE-...", "ALPINE-CVE-...". */
static struct sw_str strip_vendor(struct sw_str id)
{
    ptrdiff_t at = sw_str_find(id, SW_STR("-CVE-"));
    return at > 0 ? sw_str_skip(id, (size_t)at + 1) : id;
}

struct alias_set {
    struct sw_str *items;
    size_t n;
    size_t max;
    size_t n_cves; /* items[0..n_cves) are CVEs */
};

static void add_alias(struct alias_set *set, struct sw_str own, struct sw_str raw)
{
    struct sw_str id = strip_vendor(sw_str_trim(raw));
    if (id.n == 0 || sw_str_equal(id, own) || set->n == set->max)
        return;
    for (size_t i = 0; i < set->n; i++) {
        if (sw_str_equal(set->items[i], id))
            return;
    }
    set->items[set->n++] = id;
    if (!is_cve(id))
        return;
    /* CVEs first: change places with the first of the others. */
    set->items[set->n - 1] = set->items[set->n_cves];
    set->items[set->n_cves++] = id;
}

/* `aliases` and `upstream` are the same thing under another name; `related` only in errata. */
static int read_aliases(const json_t *record, const struct source *source, struct sw_region *region,
    struct sw_advisory *advisory, bool *is_cut)
{
    static const char *const members[] = {"aliases", "upstream", "related"};
    struct sw_str *lists[SW_ARRAY_SIZE(members)] = {0};
    size_t counts[SW_ARRAY_SIZE(members)] = {0};
    size_t n_members = source->is_erratum ? 3 : 2;
    size_t max = 0;
    for (size_t i = 0; i < n_members; i++) {
        int r = sw_json_get_strings(
            json_object_get(record, members[i]), ALIASES_MAX, region, &lists[i], &counts[i]);
        if (r < 0)
            return r;
        *is_cut = *is_cut || json_array_size(json_object_get(record, members[i])) > ALIASES_MAX;
        max += counts[i];
    }
    struct alias_set set = {.max = max};
    set.items = max > 0 ? sw_region_array(region, max, sizeof(*set.items)) : NULL;
    if (max > 0 && set.items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n_members; i++) {
        for (size_t j = 0; j < counts[i]; j++)
            add_alias(&set, advisory->id, lists[i][j]);
    }
    advisory->aliases = set.items;
    advisory->n_aliases = set.n;
    return 0;
}

static int read_references(
    const json_t *record, struct sw_region *region, struct sw_advisory *advisory, bool *is_cut)
{
    const json_t *references = sw_json_get_array(record, "references");
    size_t n = json_array_size(references);
    *is_cut = *is_cut || n > REFERENCES_MAX;
    if (n > REFERENCES_MAX)
        n = REFERENCES_MAX;
    if (n == 0)
        return 0;
    advisory->references = sw_region_array(region, n, sizeof(*advisory->references));
    if (advisory->references == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct sw_str url = sw_json_get_str(json_array_get(references, i), "url");
        if (url.n > 0)
            advisory->references[advisory->n_references++] = url;
    }
    return 0;
}

/* At most max bytes, not ending inside a character. */
static struct sw_str cut(struct sw_str s, size_t max)
{
    if (s.n <= max)
        return s;
    size_t n = max;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return sw_str_part(s, 0, n);
}

static void read_text(const json_t *record, struct sw_advisory *advisory)
{
    struct sw_str details = sw_json_get_str(record, "details");
    advisory->details = cut(details, SW_ADVISORY_DETAILS_MAX);
    advisory->title = sw_str_trim(sw_json_get_str(record, "summary"));
    struct sw_str rest = sw_str_trim(details);
    struct sw_str line = SW_STR("");
    if (advisory->title.n == 0 && sw_str_next_line(&rest, &line))
        advisory->title = cut(line, TITLE_MAX);
    advisory->published = sw_json_get_str(record, "published");
    advisory->modified = sw_json_get_str(record, "modified");
    /* What Go's zero time looks like: no date at all. */
    if (sw_str_starts_with(advisory->modified, SW_STR("0001-01-01")))
        advisory->modified = advisory->published;
    advisory->is_withdrawn = sw_json_get_str(record, "withdrawn").n > 0;
}

/* The vendor's word wherever it stands; the first vector that is found, the record's before its
 * packages'. */
static void read_severity(
    const json_t *record, const json_t *affected, struct sw_advisory *advisory)
{
    const json_t *specific = sw_json_get_object(record, "database_specific");
    const json_t *severity = sw_json_get_array(record, "severity");
    advisory->severity = osv_severity_of_list(severity);
    if (advisory->severity == SW_SEVERITY_UNKNOWN)
        advisory->severity = osv_severity_find(sw_json_get_str(specific, "severity"));
    if (advisory->severity == SW_SEVERITY_UNKNOWN)
        advisory->severity = osv_severity_of_summary(advisory->title);
    advisory->cvss = osv_severity_cvss(severity);
    size_t n = json_array_size(affected);
    for (size_t i = 0; i < n && advisory->cvss.vector.n == 0; i++)
        advisory->cvss =
            osv_severity_cvss(sw_json_get_array(json_array_get(affected, i), "severity"));
}

/* One record, given as parsed JSON: 0, 1 when it lists more of something than is kept, or why it
 * cannot be used: -EINVAL, -EFBIG, -ENOMEM. */
static int read_record(
    const json_t *record, struct sw_region *region, struct sw_advisory *advisory, const char **why)
{
    advisory->record = sw_json_get_str(record, "id");
    *why = "record without an id";
    if (advisory->record.n == 0)
        return -EINVAL;
    const struct source *source = find_source(advisory->record);
    advisory->id = source->is_erratum ? strip_vendor(advisory->record) : advisory->record;
    read_text(record, advisory);
    const json_t *affected = sw_json_get_array(record, "affected");
    read_severity(record, affected, advisory);
    *why = "too much in one record";
    struct osv_affected_list list = {0};
    int r = read_aliases(record, source, region, advisory, &list.is_cut);
    if (r >= 0)
        r = read_references(record, region, advisory, &list.is_cut);
    size_t n = json_array_size(affected);
    size_t n_unnamed = 0;
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = osv_affected_parse(
            json_array_get(affected, i), sw_json_get_str(record, "summary"), region, &list);
        if (r != -EINVAL)
            continue;
        n_unnamed++;
        r = 0;
    }
    if (r < 0)
        return r;
    *why = "no package is named";
    if (n_unnamed > 0 && list.n == 0)
        return -EINVAL;
    /* Bug fixes and enhancements are kept for `db show`, but they make no package vulnerable. */
    if (!source->is_bug_fix || (advisory->n_aliases > 0 && is_cve(advisory->aliases[0]))) {
        advisory->affected = list.items;
        advisory->n_affected = list.n;
    }
    *why = "too much in one record";
    r = name_feed(source, &list, region, advisory);
    return r < 0 ? r : list.is_cut;
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    struct osv_state *state = context;
    SW_CLEANUP(sw_json_get_freep) json_t *record = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(value->text, &record, &why);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        state->sink->skipped(state->sink->context, cut(value->text, 64), why.message);
        return 0;
    }
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, RECORD_BYTES_MAX);
    struct sw_advisory advisory = {0};
    const char *reason = "";
    r = read_record(record, &region, &advisory, &reason);
    /* A region that is not full means that the machine has no memory, not that the record is too
     * much. */
    if (r == -ENOMEM && region.used_bytes < RECORD_BYTES_MAX / 2)
        return r;
    if (r < 0) {
        state->sink->skipped(state->sink->context, sw_json_get_str(record, "id"), reason);
        return 0;
    }
    if (r > 0)
        state->sink->skipped(state->sink->context, advisory.record,
            "part of the record: more aliases, references or versions than are kept");
    return state->sink->advisory(state->sink->context, &advisory, err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    struct osv_state *state = context;
    state->sink->skipped(state->sink->context, cut(value->text, 64), reason);
}

static int read_osv(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    static const struct sw_json_place document[] = {{{NULL}}};
    static const struct sw_json_place elements[] = {{{"*", NULL}}};
    bool is_array = sw_str_starts_with(sw_str_trim(file->head), SW_STR("["));
    struct osv_state state = {.sink = sink, .err = err};
    struct sw_json_split split = {.places = is_array ? elements : document,
        .n_places = 1,
        .value = on_value,
        .skipped = on_skipped,
        .context = &state};
    bool is_lines = sw_str_ends_with(file->path, SW_STR(".jsonl")) ||
                    sw_str_ends_with(file->path, SW_STR(".ndjson"));
    return is_lines ? sw_json_split_lines(in, &split, err) : sw_json_split_run(in, &split, err);
}

static bool has(struct sw_str head, const char *member)
{
    return sw_str_find(head, sw_str_of(member)) >= 0;
}

/* Members come in any order and the head may end inside long details, so several signs count. */
static int recognise_osv(const struct sw_feed_file *file)
{
    struct sw_str head = sw_str_trim(file->head);
    if (head.n == 0 || (head.p[0] != '{' && head.p[0] != '['))
        return 0;
    bool has_affected = has(head, "\"affected\"");
    bool has_shape = has(head, "\"ecosystem\"") || has(head, "\"ranges\"");
    bool has_id = has(head, "\"id\"");
    if (has_affected && has_shape)
        return has_id || has(head, "\"schema_version\"") ? 90 : 80;
    if (!has_id || !(has(head, "\"modified\"") || has(head, "\"schema_version\"")))
        return 0;
    if (has(head, "\"details\"") || has(head, "\"summary\"") || has_affected)
        return sw_str_find(file->path, SW_STR("osv")) >= 0 ? 70 : 60;
    return 0;
}

const struct sw_feed sw_osv_feed = {
    .name = "osv",
    .title = "OSV records",
    .recognise = recognise_osv,
    .read = read_osv,
};

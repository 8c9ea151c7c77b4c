/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CISA's catalogue of known exploited vulnerabilities
 * (https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json, and the
 * same as .csv).
 */
#include "vulndb/build/kev.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "vulndb/build/json_get.h"
#include "vulndb/build/json_split.h"

#define VALUE_MAX ((size_t)1 << 20)
#define NAME_MAX_BYTES ((size_t)16 << 10)
/* The CSV form is read whole, since a quoted cell may hold line ends; it is 1.5 MB in 2025. */
#define CSV_MAX ((size_t)64 << 20)
#define COLUMNS_MAX 32

/* Makes the facts of one entry; name and ransomware use become one text. */
static int hand_on(const struct sw_feed_sink *sink, struct sw_cve_facts *facts,
    struct sw_str ransomware, struct sw_err *err)
{
    if (!sw_str_starts_with(facts->cve, SW_STR("CVE-"))) {
        sink->skipped(sink->context, sw_str_part(facts->cve, 0, 64), "entry without a CVE id");
        return 0;
    }
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, NAME_MAX_BYTES);
    facts->is_kev = true;
    facts->epss = -1;
    facts->epss_percentile = -1;
    facts->kev_name = sw_str_part(facts->kev_name, 0, 1024);
    if (sw_str_equal_ignore_case(ransomware, SW_STR("known"))) {
        char *name =
            sw_region_printf(&region, "%.*s (used by ransomware)", SW_STR_ARG(facts->kev_name));
        if (name == NULL)
            return -ENOMEM;
        facts->kev_name = sw_str_of(name);
    }
    return sink->cve_facts(sink->context, facts, err);
}

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    const struct sw_feed_sink *sink = context;
    SW_CLEANUP(sw_json_get_freep) json_t *entry = NULL;
    struct sw_err why = {0};
    int r = sw_json_get_parsed(value->text, &entry, &why);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        sink->skipped(sink->context, sw_str_part(value->text, 0, 64), why.message);
        return 0;
    }
    struct sw_cve_facts facts = {.cve = sw_str_trim(sw_json_get_str(entry, "cveID")),
        .kev_date = sw_json_get_str(entry, "dateAdded"),
        .kev_due = sw_json_get_str(entry, "dueDate"),
        .kev_name = sw_json_get_str(entry, "vulnerabilityName")};
    return hand_on(sink, &facts, sw_json_get_str(entry, "knownRansomwareCampaignUse"), err);
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    const struct sw_feed_sink *sink = context;
    sink->skipped(sink->context, sw_str_part(value->text, 0, 64), reason);
}

static int read_json(struct sw_reader *in, const struct sw_feed_sink *sink, struct sw_err *err)
{
    static const struct sw_json_place places[] = {{{"vulnerabilities", "*", NULL}}};
    struct sw_json_split split = {.places = places,
        .n_places = 1,
        .max_value_bytes = VALUE_MAX,
        .value = on_value,
        .skipped = on_skipped,
        .context = (void *)sink};
    return sw_json_split_run(in, &split, err);
}

/* One cell of a CSV text, unquoted in place; `*at` moves behind it. True when more cells follow in
 * the same row. A quote that is never closed takes the rest. */
static bool next_cell(char *text, size_t n, size_t *at, struct sw_str *ret)
{
    size_t to = *at;
    size_t from = *at;
    bool is_quoted = false;
    while (*at < n && (is_quoted || (text[*at] != ',' && text[*at] != '\n'))) {
        char c = text[(*at)++];
        if (c != '"')
            text[to++] = c;
        else if (is_quoted && *at < n && text[*at] == '"')
            text[to++] = text[(*at)++];
        else
            is_quoted = !is_quoted;
    }
    *ret = sw_str_trim((struct sw_str){text + from, to - from});
    bool has_more = *at < n && text[*at] == ',';
    *at += *at < n;
    return has_more;
}

/* A whole row; cells beyond COLUMNS_MAX are passed over. */
static size_t next_row(char *text, size_t n, size_t *at, struct sw_str *cells)
{
    size_t n_cells = 0;
    struct sw_str cell;
    bool has_more = true;
    while (has_more) {
        has_more = next_cell(text, n, at, &cell);
        if (n_cells < COLUMNS_MAX)
            cells[n_cells++] = cell;
    }
    return n_cells;
}

enum { COLUMN_CVE, COLUMN_NAME, COLUMN_ADDED, COLUMN_DUE, COLUMN_RANSOMWARE, _COLUMN_MAX };

static const char *const column_names[] = {[COLUMN_CVE] = "cveID",
    [COLUMN_NAME] = "vulnerabilityName",
    [COLUMN_ADDED] = "dateAdded",
    [COLUMN_DUE] = "dueDate",
    [COLUMN_RANSOMWARE] = "knownRansomwareCampaignUse"};

static int read_rows(char *text, size_t n, const struct sw_feed_sink *sink, struct sw_err *err)
{
    struct sw_str cells[COLUMNS_MAX];
    size_t columns[_COLUMN_MAX];
    size_t at = 0;
    size_t n_cells = next_row(text, n, &at, cells);
    for (size_t i = 0; i < _COLUMN_MAX; i++) {
        columns[i] = COLUMNS_MAX;
        for (size_t j = 0; j < n_cells; j++) {
            if (sw_str_equal_z(cells[j], column_names[i]))
                columns[i] = j;
        }
    }
    if (columns[COLUMN_CVE] == COLUMNS_MAX)
        return sw_err_set(err, -EBADMSG, "header line lacks cveID");
    while (at < n) {
        n_cells = next_row(text, n, &at, cells);
        if (n_cells == 1 && cells[0].n == 0)
            continue;
        struct sw_str row[_COLUMN_MAX];
        for (size_t i = 0; i < _COLUMN_MAX; i++)
            row[i] = columns[i] < n_cells ? cells[columns[i]] : SW_STR("");
        struct sw_cve_facts facts = {.cve = row[COLUMN_CVE],
            .kev_date = row[COLUMN_ADDED],
            .kev_due = row[COLUMN_DUE],
            .kev_name = row[COLUMN_NAME]};
        int r = hand_on(sink, &facts, row[COLUMN_RANSOMWARE], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_csv(struct sw_reader *in, const struct sw_feed_sink *sink, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, CSV_MAX);
    int r = sw_reader_read_all(in, &buf, err);
    if (r < 0)
        return r;
    size_t from = sw_str_starts_with(sw_buf_str(&buf), SW_STR("\xef\xbb\xbf")) ? 3 : 0;
    return buf.n > from ? read_rows(buf.p + from, buf.n - from, sink, err)
                        : sw_err_set(err, -EBADMSG, "file is empty");
}

static bool is_json(const struct sw_feed_file *file)
{
    return sw_str_starts_with(sw_str_trim(file->head), SW_STR("{"));
}

static int read_kev(struct sw_reader *in, const struct sw_feed_file *file,
    const struct sw_feed_sink *sink, struct sw_err *err)
{
    return is_json(file) ? read_json(in, sink, err) : read_csv(in, sink, err);
}

static bool has(const struct sw_feed_file *file, const char *text)
{
    return sw_str_find(file->head, sw_str_of(text)) >= 0;
}

static int recognise_kev(const struct sw_feed_file *file)
{
    if (is_json(file))
        return has(file, "\"vulnerabilities\"") && has(file, "\"cveID\"") ? 95 : 0;
    return has(file, "cveID,") && has(file, ",dateAdded") ? 95 : 0;
}

const struct sw_feed sw_kev_feed = {
    .name = "kev",
    .title = "CISA known exploited vulnerabilities",
    .recognise = recognise_kev,
    .read = read_kev,
};
